import errno
import os
import sys

import pytest
import soundfile
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.matching.metrics import ErrorRow
from synth_datamodule.matching.report import print_table, write_examples


@pytest.fixture(scope="module")
def voice():
    return Voice(SynthConfig(sample_rate=16000, buffer_size_seconds=0.5, control_rate=400))


@pytest.fixture(scope="module")
def targets(voice):
    return voice.render_sounds([33, 34])


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_rows_that_do_not_beat_the_middle_say_so(capsys):
    print_table([ErrorRow("keyboard", 0.1, 0.25), ErrorRow("lfo_1", 0.25, 0.25)], "errors of 2")
    title, *lines = capsys.readouterr().out.splitlines()
    assert title == "errors of 2"
    (keyboard,) = [line for line in lines if "keyboard" in line]
    (lfo,) = [line for line in lines if "lfo_1" in line]
    assert keyboard.split() == ["keyboard", "0.1000", "0.2500", "0.40"]
    assert lfo.split() == ["lfo_1", "0.2500", "0.2500", "1.00", "no", "better"]


def test_a_perfect_guess_sounds_like_its_target(voice, targets, tmp_path):
    written = write_examples(targets, targets.parameters, voice, tmp_path / "new")
    assert [path.name for path in written] == [
        "sound_33_target.wav",
        "sound_33_guess.wav",
        "sound_34_target.wav",
        "sound_34_guess.wav",
        "spectrograms.png",
    ]
    for place, number in enumerate((33, 34)):
        for kind in ("target", "guess"):
            audio, rate = soundfile.read(
                tmp_path / "new" / f"sound_{number}_{kind}.wav", dtype="float32"
            )
            assert rate == 16000
            assert torch.equal(torch.from_numpy(audio), targets.audio[place])


def test_other_guesses_are_written_beside_by_their_names(voice, targets, tmp_path):
    middle = torch.full_like(targets.parameters, 0.5)
    others = {"network": middle}
    written = write_examples(targets, targets.parameters, voice, tmp_path, others)
    names = [path.name for path in written[:3]]
    assert names == ["sound_33_target.wav", "sound_33_guess.wav", "sound_33_network.wav"]
    audio, _ = soundfile.read(tmp_path / "sound_33_network.wav", dtype="float32")
    wanted = voice.rerender(targets._replace(parameters=middle))
    assert torch.equal(torch.from_numpy(audio), wanted[0])


@pytest.mark.parametrize("num_samples", [2, 400, 512, 513])
def test_a_sound_shorter_than_half_a_window_is_drawn(num_samples, tmp_path):
    seconds = num_samples / 8000
    voice = Voice(SynthConfig(2, sample_rate=8000, buffer_size_seconds=seconds, control_rate=8000))
    targets = voice.render_sounds([33, 34])
    written = write_examples(targets, targets.parameters, voice, tmp_path)
    assert written[-1].name == "spectrograms.png"


def test_without_matplotlib_the_sounds_are_written_all_the_same(
    voice, targets, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    written = write_examples(targets, targets.parameters, voice, tmp_path)
    assert [path.suffix for path in written] == [".wav"] * 4


def test_another_runs_files_stay_as_they_are(voice, targets, tmp_path):
    write_examples(targets, targets.parameters, voice, tmp_path)
    before = contents(tmp_path)
    # The same run again is no other run.
    write_examples(targets, targets.parameters, voice, tmp_path)
    other = torch.full_like(targets.parameters, 0.5)
    with pytest.raises(FileExistsError, match=r"sound_33_guess\.wav exists; --overwrite"):
        write_examples(targets, other, voice, tmp_path)
    assert contents(tmp_path) == before


def test_a_folder_that_cannot_be_made_is_an_error_before_anything_is_rendered(
    voice, targets, tmp_path, monkeypatch
):
    monkeypatch.setattr(Voice, "render", None)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match=r"file/sound_33_target\.wav cannot be written"):
        write_examples(targets, targets.parameters, voice, tmp_path / "file")


def test_a_failed_write_leaves_the_old_file_whole(voice, targets, tmp_path, monkeypatch):
    write_examples(targets, targets.parameters, voice, tmp_path)
    before = contents(tmp_path)

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    other = torch.full_like(targets.parameters, 0.5)
    with pytest.raises(OSError, match=r"guess\.wav cannot be written: No space left on device"):
        write_examples(targets, other, voice, tmp_path)
    assert contents(tmp_path) == before
