import json
import sys
from dataclasses import replace

import pytest

from synth_datamodule.measure.distance import Distance
from synth_datamodule.measure.machine import Machine
from synth_datamodule.measure.report import markdown, outputs, show, write
from synth_datamodule.measure.speed import Failure, Measured, Row
from synth_datamodule.patching.recipe import SynthRecipe


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
    )
    return replace(made, **changes)


@pytest.fixture
def measured():
    return Measured(
        machine=Machine("An EPYC", "An EPYC", 2, {"Python": "3.11.7", "torch": "2.14.1"}),
        recipe=SynthRecipe(),
        num_rounds=3,
        accuracy_sounds=32,
        rows=[
            row(32, "fused"),
            Failure(32, "compiled", "OSError: a | b"),
            row(128, "fused"),
            row(128, "compiled", peak_bytes=None),
        ],
        notes=("torchsynth is not here",),
    )


def cells(line):
    return [cell.strip() for cell in line.replace("\\|", "/").strip("|").split("|")]


def table(text):
    return [cells(line) for line in text.splitlines() if line.startswith("|")]


def test_every_row_of_the_table_has_a_cell_for_every_heading(measured):
    heading, rule, *rows = table(markdown(measured))
    assert {len(line) for line in (heading, rule, *rows)} == {len(heading)}
    assert [line[:2] for line in rows] == [
        ["32", "fused"],
        ["32", "compiled"],
        ["128", "fused"],
        ["128", "compiled"],
    ]


def test_a_row_says_time_memory_and_distance(measured):
    heading, _, first, failed, *_, last = table(markdown(measured))
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


def test_around_the_table_stands_what_it_was_measured_on_and_how(measured):
    lines = markdown(measured).splitlines()
    assert lines[0] == "An EPYC, 2 threads; Python 3.11.7, torch 2.14.1."
    assert lines[1].startswith("Sounds of 4 s at 44100 Hz (control rate 441 Hz), ")
    assert lines[1].endswith("medians of 3 rounds in turn.")
    text = "\n".join(lines)
    assert "over the first 32 sounds" in text
    assert lines[-1] == "torchsynth is not here"


def test_a_gpu_has_its_name_and_its_memory(measured):
    text = markdown(replace(measured, machine=replace(measured.machine, device="A GPU")))
    assert text.startswith("A GPU; An EPYC, 2 threads; ")
    assert "memory allocated on the GPU" in text
    assert "memory resident in the process" in markdown(measured)


def test_what_makes_the_synth_another_is_said(measured):
    recipe = SynthRecipe(nebula="drum", sample_rate=8000, pinned={"keyboard.midi_f0": 60.0})
    line = markdown(replace(measured, recipe=recipe)).splitlines()[1]
    assert line.startswith("Sounds of 4 s at 8000 Hz (control rate 441 Hz), nebula drum, pinned ")
    assert "'keyboard.midi_f0': 60.0" in line


def test_what_is_printed_is_the_table_without_markup(measured, capsys):
    show(measured)
    printed = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    assert "32 compiled does not run: OSError: a | b" in lines
    for line in markdown(measured).splitlines():
        if line.startswith("|") and "---" not in line and "compiled" not in line:
            assert " ".join(cells(line)) in lines
        elif not line.startswith("|"):
            assert line in printed


def test_the_files_hold_everything_the_table_and_a_picture(measured, tmp_path):
    folder = tmp_path / "new" / "folder"
    recipe = SynthRecipe(nebula="drum", pinned={"keyboard.midi_f0": 60.0})
    measured = replace(measured, recipe=recipe)
    written = write(measured, folder)
    assert written == outputs(folder)
    record = json.loads(written[0].read_text())
    assert record["rows"][0]["rounds"] == [0.0025, 0.002, 0.003]
    assert record["machine"]["versions"] == measured.machine.versions
    assert SynthRecipe(**record["recipe"]) == recipe
    assert written[1].read_text() == markdown(measured)
    assert written[2].read_bytes().startswith(b"\x89PNG")


def test_there_is_a_picture_though_nothing_ran(measured, tmp_path):
    failed = [Failure(32, "compiled", "OSError")]
    assert len(write(replace(measured, rows=failed), tmp_path)) == 3


def test_without_matplotlib_the_rest_is_written_all_the_same(measured, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert [path.name for path in write(measured, tmp_path)] == ["speed.json", "speed.md"]
