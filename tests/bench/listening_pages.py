"""A page of sounds: how large, how long in the making, how soon it plays, how it scrolls.

Run ``python tests/bench/listening_pages.py``. Needs chromium. Frames are counted while the list
scrolls from end to end in 5 s, at a desktop's size; a browser without a GPU draws on the processor.
The time a frame is the main thread's own, which other work on the machine does not lengthen much.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from browser import Browser, chromium
from options import options, read

SCROLL = """(async () => {
    const list = document.querySelector("#list");
    const most = list.scrollHeight - list.clientHeight;
    const times = [];
    const start = performance.now();
    await new Promise((resolve) => {
        const step = (now) => {
            times.push(now);
            const share = (now - start) / 5000;
            list.scrollTop = most * share;
            if (share < 1) requestAnimationFrame(step);
            else resolve();
        };
        requestAnimationFrame(step);
    });
    const gaps = times.slice(1).map((one, i) => one - times[i]).sort((a, b) => a - b);
    return [gaps.length / 5, 1000 / gaps[Math.floor(gaps.length * .95)]];
})()"""


def busy(page):
    """Return the processor time of the page's main thread in seconds."""
    found = page.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in found if one["name"] == "TaskDuration")


def parser():
    return options(__doc__, sounds=[256, 1024])


def main():
    given = read(parser())
    with tempfile.TemporaryDirectory() as folder:
        for sounds in given.sounds:
            path = Path(folder) / f"{sounds}.html"
            words = ["listen", "--split", "val", "--sounds", str(sounds), "--out", str(path)]
            start, before = time.perf_counter(), os.times()
            subprocess.run([sys.executable, "-m", "synth_datamodule", *words], check=True)
            seconds, after = time.perf_counter() - start, os.times()
            spent = sum(after[2:4]) - sum(before[2:4])
            text = path.read_text(encoding="utf-8")
            blocks = re.findall(r'<script type="text/plain" id="s\d+">[^\n]*\n([^<]*)<', text)
            besides = (len(text) - sum(map(len, blocks))) / sounds
            print(
                f"{sounds} sounds: {len(text) / 1e6:.1f} MB, made in {seconds:.1f} s "
                f"({spent:.1f} s of processor time), "
                f"{besides / 1e3:.1f} kB a sound besides audio"
            )
            browser = Browser(chromium())
            page = browser.new_page(folder)
            page.send("Performance.enable", timeDomain="threadTicks")
            for throttle in (1, 4):
                page.slow_down(throttle)
                found = []
                for _ in range(5):
                    page.open("about:blank")
                    start = time.perf_counter()
                    page.send("Page.navigate", url=path.as_uri())
                    page.wait_for("!!document.querySelector('#row0 .name')?.textContent")
                    seen = time.perf_counter() - start
                    page.click("#row0")
                    page.wait_for("!audio.paused && audio.currentTime > 0")
                    found.append((time.perf_counter() - start, seen))
                plays, seen = sorted(found)[2]
                page.wait_for("document.readyState === 'complete'")
                before = busy(page)
                mean, slow = page.evaluate(SCROLL)
                spent = (busy(page) - before) / (5 * mean) * 1e3
                print(
                    f"  processor / {throttle}: list after {seen:.2f} s, plays after {plays:.2f} s "
                    f"(median of 5); scrolls at {mean:.0f} frames/s, 95 % above {slow:.0f}, "
                    f"{spent:.1f} ms of processor time a frame"
                )
            page.close()
            browser.close()


if __name__ == "__main__":
    main()
