"""How near ``match`` comes to recordings that no synth here made, and to what it must not.

Run ``python tests/bench/recordings.py --folder FOLDER --out results/matching/recordings.json``. The
folder holds recordings, and ``sources.json``, which says where each comes from by its name; where
it is not there, ``peer_sounds.py`` makes it, of what it says how to install. Beside the JSON file
lies the same as a table, ``.md``. With ``--own`` the synth's own validation sounds are matched as
well, from which the bound of ``recordings/nearness.py`` was taken.
"""

import json
import statistics
from dataclasses import asdict
from pathlib import Path

import peer_sounds
import torch
from options import options, read

from synth_datamodule import Voice, match, reporting
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.recordings import reading
from synth_datamodule.recordings.nearness import NEAR


def parser():
    made = options(__doc__, out=Path("recordings.json"), overwrite=False)
    made.add_argument("--folder", type=Path, default=Path("recordings"), help="recordings")
    made.add_argument("--own", type=int, default=0, help="validation sounds matched as well (0)")
    made.add_argument("--renders", type=int, default=1000, help="renders of a search (1000)")
    made.add_argument("--indexed", type=int, default=2**14, help="sounds looked among (16384)")
    return made


def measured(name, source, audio, rate, given):
    """Return what a match is like, by name."""
    found = match(audio, rate, renders=given.renders, num_indexed=given.indexed)
    row = {"name": name, "source": source, "near": found.is_near}
    for kind, sound in (("nearest", found.nearest), ("guess", found.guess)):
        figures = {one: getattr(sound, one) for one in ("decibels", "log_mel", "stft")}
        row[kind] = {one: round(value, 3) for one, value in figures.items()}
    row["used_seconds"] = round(found.heard.seconds, 2)
    row["seconds"] = round(found.seconds, 1)
    print(json.dumps(row), flush=True)
    return row


def rows_of(given):
    """Yield a row for each recording, then for each of the synth's own sounds."""
    sources = json.loads((given.folder / "sources.json").read_text(encoding="utf-8"))
    for path in reading.recordings([given.folder]):
        audio, rate = reading.read(path)
        yield measured(path.stem, sources[path.stem], audio, rate, given)
    voice = Voice()
    for number in range(8 * 1024, 8 * 1024 + given.own):
        audio = voice.sound(number).audio
        if audio.abs().max() > 0:
            yield measured(f"sound {number}", "this package", audio, voice.sample_rate, given)


def table(rows):
    """Return the rows as a Markdown table."""
    header = (
        "recording", "source", "nearest, dB off", "guess, dB off", "log-mel, dB", "STFT", "near",
        "seconds",
    )  # fmt: skip
    lines = [
        (
            row["name"],
            row["source"],
            f"{row['nearest']['decibels']:.1f}",
            f"{row['guess']['decibels']:.1f}",
            f"{row['guess']['log_mel']:.2f}",
            f"{row['guess']['stft']:.2f}",
            "yes" if row["near"] else "no",
            f"{row['seconds']:.1f}",
        )
        for row in rows
    ]
    return reporting.markdown_table(header, lines, align="llrrrrlr")


def main():
    """Measure, print and write."""
    given = read(parser(), lambda given: [given.out, given.out.with_suffix(".md")])
    if not given.folder.exists():
        peer_sounds.make(given.folder)
    torch.manual_seed(0)
    rows = list(rows_of(given))
    about = {
        "machine": asdict(this_machine(torch.device("cpu"))),
        "renders": given.renders,
        "indexed": given.indexed,
        "near": NEAR,
        "recordings": [row for row in rows if row["source"] != "this package"],
        "own": [row for row in rows if row["source"] == "this package"],
    }
    reporting.write_json(given.out, about, overwrite=given.overwrite)
    text = table(about["recordings"])
    if about["own"]:
        own = [row["guess"]["decibels"] for row in about["own"]]
        text += (
            f"\n\nOf {len(own)} of the synth's own validation sounds the guess is "
            f"{statistics.median(own):.1f} dB off in the median, "
            f"{statistics.quantiles(own, n=10)[-1]:.1f} in the worst tenth."
        )
    reporting.write_text(given.out.with_suffix(".md"), f"{text}\n", overwrite=given.overwrite)


if __name__ == "__main__":
    main()
