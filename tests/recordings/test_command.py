"""``match`` writes what was heard beside what was found, and says where nothing is near."""

import json

import numpy as np
import pytest
import soundfile
import torch

from synth_datamodule import Preset, Voice, cli, reporting

FEW = ("--indexed", "8", "--renders", "0")


@pytest.fixture(scope="module")
def sound():
    return Voice().sound(0).audio


@pytest.fixture
def folder(tmp_path, monkeypatch, sound):
    """Return a folder of two recordings, a sound of the index at half its level and a clang."""
    monkeypatch.chdir(tmp_path)
    reporting.write_wave(tmp_path / "in" / "first.wav", sound / 2, 44100)
    # Thirteen partials, no multiples of each other, cut up sixteen times a second.
    time = np.arange(32000) / 8000
    partials = sum(np.sin(2 * np.pi * 50 * 2 ** (k / 2) * time) for k in range(13)) / 13
    cut = partials * (np.sin(2 * np.pi * 16 * time) > 0)
    soundfile.write(tmp_path / "in" / "second.flac", np.stack([cut, cut], 1), 8000)
    return tmp_path


def test_sounds_presets_pictures_and_figures_of_a_folder_are_written(folder, capsys):
    status = cli.main(["match", "in", *FEW, "--page"])
    said = capsys.readouterr().out
    table = json.loads((folder / "matched" / "matches.json").read_text())
    first, second = table["matches"]
    assert (first["name"], second["name"]) == ("first", "second")
    assert (first["near"], second["near"]) == (True, False)
    assert status == 1
    assert "nothing near was found to 1 of 2" in said
    for name in ("first", "second"):
        for kind in ("target", "nearest", "guess"):
            audio, rate = soundfile.read(folder / "matched" / kind / f"{name}.wav")
            assert (audio.shape, rate) == ((176400,), 44100)
        preset = Preset.load(folder / "matched" / "guess" / f"{name}.json")
        guess, _ = soundfile.read(folder / "matched" / "guess" / f"{name}.wav", dtype="float32")
        assert torch.equal(preset.render(), torch.from_numpy(guess))
        assert preset.name == name
        assert (folder / "matched" / f"{name}.png").stat().st_size > 1000
    page = (folder / "matched" / "matches.html").read_text()
    assert "first" in page
    assert "nearest" in page


def test_where_all_is_near_the_status_is_0(folder, capsys):
    assert cli.main(["match", "in/first.wav", *FEW]) == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith("first: ")
    assert " dB off while it sounds (nearest of the corpus " in line
    assert "0.14 to 4.00 s heard" in line


def test_what_stands_there_is_refused_before_any_work_and_replaced_where_asked(
    folder, capsys, monkeypatch
):
    assert cli.main(["match", "in/first.wav", *FEW]) == 0
    table = (folder / "matched" / "matches.json").read_text()
    with monkeypatch.context() as nothing:
        nothing.setattr(Voice, "render", None)
        assert cli.main(["match", "in/first.wav", *FEW]) == 2
    assert "exists; --overwrite" in capsys.readouterr().err
    assert (folder / "matched" / "matches.json").read_text() == table
    assert cli.main(["match", "in/first.wav", *FEW, "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_bytes(b"none"), "other.wav is no sound file"),
        (lambda path: soundfile.write(path, np.zeros(0), 8000), "other.wav must hold a sound"),
        (lambda path: soundfile.write(path, np.zeros(9000), 8000), "other.wav: audio must not be"),
        (lambda path: soundfile.write(path, np.ones(1), 8000), "other.wav: audio must last 5 ms"),
        (
            lambda path: soundfile.write(path, np.full(9000, np.nan), 8000, subtype="FLOAT"),
            "other.wav: audio must be finite",
        ),
        (lambda path: path.mkdir(), "other.wav must hold recordings"),
        (lambda path: None, "No such file or directory"),
    ],
)
def test_one_that_cannot_be_heard_is_named_before_any_work(
    make, words, folder, capsys, monkeypatch
):
    monkeypatch.setattr(Voice, "render", None)
    make(folder / "other.wav")
    assert cli.main(["match", "in/first.wav", "other.wav", *FEW]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.err.count("\n") == 1
    assert not (folder / "matched").exists()


def test_a_file_that_may_not_be_read_is_named(folder, capsys, monkeypatch):
    def refused(path, mode):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.open", refused)
    assert cli.main(["match", "in/first.wav", *FEW]) == 2
    assert "Permission denied: 'in/first.wav'" in capsys.readouterr().err


def test_without_a_recording_there_is_nothing_to_match(capsys):
    assert cli.main(["match"]) == 2
    assert "there is nothing to match: give FILE ..." in capsys.readouterr().err


def test_without_matplotlib_all_else_is_written(folder, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    assert cli.main(["match", "in/first.wav", *FEW]) == 0
    assert "no picture: that needs matplotlib" in capsys.readouterr().out
    assert (folder / "matched" / "guess" / "first.json").exists()
