import json
import sys
from dataclasses import asdict, replace

import pytest

from synth_datamodule.measure.distance import Distance
from synth_datamodule.measure.machine import Machine
from synth_datamodule.measure.report import markdown, write
from synth_datamodule.measure.results import Failure, Row, Speed
from synth_datamodule.measure.settings import Settings
from synth_datamodule.measure.start import Start


def row(batch_size, candidate, **changes):
    made = Row(
        batch_size=batch_size,
        candidate=candidate,
        seconds=0.0025,
        rounds=[0.0025, 0.002, 0.003],
        first_call=1.5,
        sounds_per_second=batch_size / 0.0025,
        realtime=4 * batch_size / 0.0025,
        output_bytes=2_000_000,
        peak_bytes=3_000_000,
        distance=Distance(1e-8, 2e-8, 3e-8, 32),
        copy_share=None,
    )
    return replace(made, **changes)


@pytest.fixture
def speed():
    return Speed(
        machine=Machine("An EPYC", "An EPYC", 2, {"Python": "3.11.7", "torch": "2.14.1"}),
        settings=Settings(batch_sizes=(32, 128), rounds=3),
        rows=[
            row(32, "fused"),
            Failure(32, "compiled", "OSError: a | b"),
            row(128, "fused"),
            row(128, "compiled", peak_bytes=None),
        ],
        copy_bandwidth={},
        start=Start(7.25, 0.5, 32),
        notes=["torchsynth is not here"],
    )


def cells(line):
    return [cell.strip() for cell in line.replace("\\|", "/").strip("|").split("|")]


def table(text):
    return [cells(line) for line in text.splitlines() if line.startswith("|")]


def test_every_row_of_the_table_has_a_cell_for_every_heading(speed):
    heading, rule, *rows = table(markdown(speed))
    assert {len(line) for line in (heading, rule, *rows)} == {len(heading)}
    assert [line[:2] for line in rows] == [
        ["32", "fused"],
        ["32", "compiled"],
        ["128", "fused"],
        ["128", "compiled"],
    ]


def test_a_row_says_time_memory_and_distance(speed):
    heading, _, first, failed, *_, last = table(markdown(speed))
    assert dict(zip(heading, first, strict=True)) == {
        "batch": "32",
        "candidate": "fused",
        "ms per batch": "2.50",
        "sounds/s": "12,800",
        "times realtime": "51,200",
        "peak MB": "3.00",
        "of the audio": "1.5x",
        "distance, median": "1.0e-08",
        "99 %": "2.0e-08",
        "worst": "3.0e-08",
        "first call, s": "1.50",
    }
    assert failed[2] == "does not run: OSError: a / b"
    assert last[heading.index("peak MB")] == last[heading.index("of the audio")] == "-"


def test_around_the_table_stands_what_it_was_measured_on_and_how(speed):
    lines = markdown(speed).splitlines()
    assert lines[0] == "An EPYC, 2 threads; Python 3.11.7, torch 2.14.1."
    assert lines[1].startswith("Sounds of 4 s at 44100 Hz (control rate 441 Hz), ")
    assert lines[1].endswith("medians of 3 rounds in turn.")
    text = "\n".join(lines)
    assert "over the first 32 sounds" in text
    assert "7.25 s after installation, then 0.500 s." in text
    assert lines[-1] == "torchsynth is not here"


def test_a_gpu_adds_its_name_and_the_share_of_its_bandwidth(speed):
    machine = replace(speed.machine, device="A GPU")
    rows = [row(32, "fused", copy_share=0.25), speed.rows[1]]
    text = markdown(replace(speed, machine=machine, rows=rows, copy_bandwidth={32: 2.5e12}))
    heading, _, first, failed = table(text)
    assert first[heading.index("of copy bandwidth")] == "25%"
    assert len(failed) == len(heading)
    assert text.startswith("A GPU; An EPYC, 2 threads; ")
    assert "Copying the audio of 32 sounds reads and writes 2,500 GB/s." in text
    assert "of copy bandwidth" not in markdown(speed)


def test_the_files_hold_everything_the_table_and_a_picture(speed, tmp_path):
    folder = tmp_path / "new" / "folder"
    written = write(speed, folder)
    assert [path.name for path in written] == ["speed.json", "speed.md", "speed.png"]
    assert json.loads(written[0].read_text()) == json.loads(json.dumps(asdict(speed)))
    assert json.loads(written[0].read_text())["rows"][0]["rounds"] == [0.0025, 0.002, 0.003]
    assert written[1].read_text() == markdown(speed)
    assert written[2].read_bytes().startswith(b"\x89PNG")


def test_there_is_a_picture_though_nothing_ran(speed, tmp_path):
    failed = [Failure(32, "compiled", "OSError")]
    assert len(write(replace(speed, rows=failed), tmp_path)) == 3


def test_without_matplotlib_the_rest_is_written_all_the_same(speed, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert [path.name for path in write(speed, tmp_path)] == ["speed.json", "speed.md"]
