"""How fast `synth-datamodule play` answers, and whether its memory is flat.

Run ``python tests/bench/playing.py``. A chromium moves sliders by its arrow keys, one after
another, and tells for each the milliseconds from the key's event to the start of the sound, also
while the index of the nearest sounds is built. Then sounds, meters, neighbours and files are asked
for at random, without a pause, from connections that come and go.
"""

import http.client
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from options import options, read

from synth_datamodule.measure.machine import this_machine
from synth_datamodule.reporting import figures, print_table, say

sys.path.append(str(Path(__file__).parents[1]))
NUM_SLIDERS = 78


class Playing:
    """A server in a process of its own."""

    def __enter__(self):
        words = [sys.executable, "-m", "synth_datamodule", "play", "--no_open"]
        self._process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.url = self._process.stdout.readline().split(" at ")[1].strip()
        return self

    def __exit__(self, *error):
        self._process.terminate()
        self._process.wait(30)

    @property
    def megabytes(self):
        """Resident memory."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    @property
    def threads(self):
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("Threads:")[2].split()[0])


class Client:
    """Whoever asks the server, without a browser."""

    def __init__(self, url):
        self._host, self._token = url.removeprefix("http://").strip("/").split("/")
        self._connection = http.client.HTTPConnection(self._host, timeout=60)

    def close(self):
        self._connection.close()

    def ask(self, call, given):
        headers = {"Origin": f"http://{self._host}", "Content-Type": "application/json"}
        self._connection.request("POST", f"/{self._token}/{call}", json.dumps(given), headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        return content


def milliseconds_to_sound(page, steps):
    """Move sliders by keys, as a person does; return what the page tells of each."""
    page.evaluate(
        "window.told = []; document.addEventListener('heard', (e) => told.push(e.detail)); 0"
    )
    for step in range(steps):
        slider = f"document.querySelectorAll('#modules input[type=range]')[{step % NUM_SLIDERS}]"
        page.evaluate(f"{slider}.focus()")
        low = page.evaluate(f"{slider}.value < 0.5")
        page.press("ArrowRight" if low else "ArrowLeft")
        page.wait_for(f"told.length > {step}")
    return page.evaluate("told")


def row(name, told):
    found = [one["milliseconds"] for one in told]
    cuts = statistics.quantiles(found, n=20)
    return [name, len(found), *map(figures, (statistics.median(found), cuts[18], max(found)))]


def latency(url, steps):
    """Print the milliseconds from a slider's key to its sound."""
    from browser import Browser, chromium  # beside the tests

    browser = Browser(chromium())
    try:
        page = browser.new_page(tempfile.mkdtemp())
        page.open(url)
        page.wait_for("document.documentElement.dataset.ready === 'yes'")
        page.click("#play")
        during = milliseconds_to_sound(page, steps)
        page.wait_for(
            "document.getElementById('nearest-about').textContent.startsWith('Among sounds')", 600
        )
        after = milliseconds_to_sound(page, steps)
    finally:
        browser.close()
    print_table(
        ["from a key to its sound", "changes", "median ms", "p95 ms", "most ms"],
        [row("while sounds are indexed", during), row("afterwards", after)],
    )
    say(f"The browser's own output adds {figures(after[-1]['output'])} ms.")


def play_at_random(playing, minutes, seed=0):
    """Ask for everything at random; print memory on the way."""
    draw, rows, asked = random.Random(seed), [], 0
    start = time.monotonic()
    client = Client(playing.url)
    for part in range(11):
        while time.monotonic() - start < 60 * minutes * part / 10:
            sound = json.loads(client.ask("draw", {"number": draw.randrange(2**32)}))
            numbers = [one if draw.random() < 0.8 else draw.random() for one in sound["parameters"]]
            given = {"parameters": numbers, "noise_row": sound["noise_row"]}
            client.ask("sound", given)
            client.ask("meters", given)
            client.ask("nearest", given)
            about = {"number": sound["number"], "name": "x"}
            kind = draw.choice(["wav", "preset", "nebula"])
            saved = client.ask("save", {**given, **about, "kind": kind})
            if kind == "preset":
                client.ask("load", {"text": saved.decode()})
            asked += 5 + (kind == "preset")
            if draw.random() < 0.05:
                client.close()
                client = Client(playing.url)
        rows.append([f"{minutes * part / 10:.3g}", asked, f"{playing.megabytes:.1f}",
                     playing.threads])  # fmt: skip
    client.close()
    print_table(["minutes", "answers", "MB", "threads"], rows)


def parser():
    return options(__doc__, steps=200, minutes=5.0)


def main():
    given = read(parser())
    say(f"{this_machine(torch.device('cpu'))}")
    with Playing() as playing:
        latency(playing.url, given.steps)
        play_at_random(playing, given.minutes)


if __name__ == "__main__":
    main()
