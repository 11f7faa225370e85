import json
import subprocess
import sys

import pytest

from synth_datamodule.cli import main
from synth_datamodule.measure import speed
from synth_datamodule.measure.command import show_progress
from synth_datamodule.measure.start import Start

SMALL = [
    "--batch_sizes",
    "2",
    "--rounds",
    "1",
    "--seconds",
    "0.1",
    "--sample_rate",
    "8000",
    "--device",
    "cpu",
]


@pytest.fixture
def _no_new_processes(monkeypatch):
    monkeypatch.setattr(speed, "first_batches", lambda config, device: Start(2.0, 1.0, 2))


@pytest.mark.usefixtures("_no_new_processes")
def test_it_prints_the_table_and_writes_the_files(tmp_path, capsys):
    assert main(["speed", *SMALL, "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr()
    text = (tmp_path / "out" / "speed.md").read_text()
    assert printed.out.startswith(text)
    for name in ("fused", "reference", "reference-float32"):
        assert f"| 2 | {name} |" in text
    assert printed.out.endswith(
        "written:\n" + "".join(f"  {tmp_path}/out/speed.{kind}\n" for kind in ("json", "md", "png"))
    )
    assert "batch 2: round 1 of 1" in printed.err
    measured = json.loads((tmp_path / "out" / "speed.json").read_text())
    assert measured["settings"]["batch_sizes"] == [2]
    assert len(measured["rows"]) == 3


@pytest.mark.usefixtures("_no_new_processes")
def test_without_a_folder_nothing_is_written(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["speed", *SMALL, "--backends", "reference"]) == 0
    assert "written" not in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("_no_new_processes")
def test_without_matplotlib_a_line_says_what_the_picture_needs(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["speed", *SMALL, "--backends", "reference", "--out", str(tmp_path)]) == 0
    assert "pip install 'synth_datamodule[plots]'" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--backends", "kazoo"], "backends must be one of 'fused', 'reference', "),
        (["--batch_sizes", "0"], "batch_size must be a whole number >= 1"),
        (["--rounds", "0"], "rounds must be a whole number >= 1, got 0"),
        (["--device", "meta"], "device must be 'cpu' or a CUDA device, got 'meta'"),
        (["--seconds", "-1"], "buffer_size_seconds must be a finite number > 0, got -1.0"),
    ],
)
def test_it_refuses_in_one_line(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main(["speed", *words, "--out", "out"])
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_what_fails_on_the_way_is_said_in_one_line(capsys, monkeypatch):
    def fail(config, device):
        raise RuntimeError("the first batch in a new process failed: no memory")

    monkeypatch.setattr(speed, "first_batches", fail)
    assert main(["speed", *SMALL]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == (
        "synth-datamodule speed: error: the first batch in a new process failed: no memory"
    )


def test_a_terminal_shows_the_latest_line_only(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for text in ("a long line", "short", ""):
        show_progress(text)
    said = capsys.readouterr().err
    assert "\n" not in said
    shown = said.split("\r")
    assert [line.rstrip() for line in shown if line] == ["a long line", "short", ""]
    assert len({len(line) for line in shown if line}) == 1


def test_it_is_among_the_commands(capsys):
    main(["--help"])
    assert "\n  speed " in capsys.readouterr().out


def test_it_imports_no_lightning_and_draws_nothing_unasked(tmp_path):
    script = (
        "import sys; from synth_datamodule.measure import speed, start; "
        "speed.first_batches = lambda config, device: start.Start(2.0, 1.0, 2); "
        "from synth_datamodule.cli import main; "
        f"assert main(['speed', *{SMALL}]) == 0; "
        "assert not {'pytorch_lightning', 'lightning', 'torchaudio', 'matplotlib'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True)
