import sys

import peer_faust
import programs
import pytest
import torch

from synth_datamodule import SynthConfig
from synth_datamodule.synths import OneOscillator

SMALL = ["--batch_size", "2", "--rounds", "1", "--seconds", "0.1", "--sample_rate", "8000"]


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the script on small sounds, and return the lines that it prints."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["programs.py", *SMALL, "--control_rate", "100", *words])
        programs.main()
        return capsys.readouterr().out.splitlines()

    return run


def test_each_synth_has_a_line_and_the_voices_bits_are_said(run, monkeypatch):
    monkeypatch.setattr(programs, "why_no_faust", lambda device: "Faust is not here")
    lines = run()
    assert [line.split()[0] for line in lines[2:6]] == [*programs.SYNTHS]
    assert lines[6].endswith("the bits are the same")
    assert lines[7].startswith("a patch nobody has rendered: ")
    assert lines[8].startswith("a moving filter adds ")
    assert lines[9:] == ["Faust is not here"]


def test_without_dawdreamer_a_line_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "dawdreamer", None)
    said = peer_faust.why_no_faust(torch.device("cpu"))
    assert said.startswith("DawDreamer is not here (")
    assert said.endswith(f"): {peer_faust.INSTALL}")


def test_on_a_gpu_faust_is_not_measured():
    said = peer_faust.why_no_faust(torch.device("cuda"))
    assert said == "Faust is measured on the CPU only, not on cuda"


def test_fausts_label_of_each_parameter_is_our_name():
    for name in OneOscillator().parameter_names:
        assert f'hslider("{name}"' in peer_faust.CODE


def test_faust_sounds_as_ours():
    if missing := peer_faust.why_no_faust(torch.device("cpu")):
        pytest.skip(missing)
    synth = OneOscillator(SynthConfig(buffer_size_seconds=1.0))
    batch = synth.render_sounds(range(16))
    theirs = peer_faust.faust_oscillator(synth)(synth.parameter_table.to_physical(batch.parameters))
    far = sorted(programs.distances(batch.audio, theirs))
    # Measured: 0.2 % to 15 %; envelopes of short notes are coarser at control rate.
    assert far[8] < 0.05


def test_the_distance_of_a_sound_to_itself_is_none_and_to_silence_whole():
    audio = torch.rand(2, 4000, generator=torch.Generator().manual_seed(0)) - 0.5
    assert programs.distances(audio, audio) == [0.0, 0.0]
    assert programs.distances(audio, 0 * audio) == pytest.approx([1.0, 1.0])
    assert programs.distances(audio, 4 * audio)[0] == pytest.approx(
        abs(1 / audio[0].abs().max().item() - 1), abs=1e-3
    )
