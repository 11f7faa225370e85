import io
import sys

import soundfile
import torch
from rich.console import Console

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.matching.metrics import ErrorRow
from synth_datamodule.matching.report import print_table, write_examples


def test_rows_that_do_not_beat_the_middle_say_so():
    text = io.StringIO()
    rows = [ErrorRow("keyboard", 0.1, 0.25), ErrorRow("lfo_1", 0.25, 0.25)]
    print_table(rows, "errors", Console(file=text, width=80))
    (keyboard,) = [line for line in text.getvalue().splitlines() if "keyboard" in line]
    (lfo,) = [line for line in text.getvalue().splitlines() if "lfo_1" in line]
    assert "0.40" in keyboard
    assert "no better" not in keyboard
    assert "no better" in lfo


def test_a_perfect_guess_sounds_like_its_target(tmp_path):
    voice = Voice(SynthConfig(sample_rate=16000, buffer_size_seconds=0.5, control_rate=400))
    targets = voice.render_sounds([33, 34])
    written = write_examples(targets, targets.parameters, voice, tmp_path / "new")
    assert {path.name for path in written} == {
        "sound_33_target.wav",
        "sound_33_guess.wav",
        "sound_34_target.wav",
        "sound_34_guess.wav",
        "spectrograms.png",
    }
    for place, number in enumerate((33, 34)):
        for kind in ("target", "guess"):
            audio, rate = soundfile.read(
                tmp_path / "new" / f"sound_{number}_{kind}.wav", dtype="float32"
            )
            assert rate == 16000
            assert torch.equal(torch.from_numpy(audio), targets.audio[place])


def test_without_matplotlib_the_sounds_are_written_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    voice = Voice(SynthConfig(sample_rate=16000, buffer_size_seconds=0.5, control_rate=400))
    targets = voice.render_sounds([33])
    written = write_examples(targets, targets.parameters, voice, tmp_path)
    assert [path.suffix for path in written] == [".wav", ".wav"]
