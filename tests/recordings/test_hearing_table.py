"""The table says of guesses what is heard: pitch, gain, sound."""

import math

import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.recordings.hearing_table import hearing, print_hearing


def tone(hertz, level=0.5):
    time = torch.arange(8000, dtype=torch.float64) / 8000
    return (level * torch.sin(2 * math.pi * hertz * time)).float()[None]


def test_the_sound_itself_is_off_by_nothing():
    assert hearing(tone(300), tone(300), 8000) == (1.0, 0.0, 0.0)


def test_a_pitch_counts_within_half_a_semitone_alone():
    targets = torch.cat([tone(300)] * 3)
    guesses = torch.cat([tone(300 * 2 ** (off / 12)) for off in (0.3, 0.8, 12)])
    assert hearing(guesses, targets, 8000).pitch == 1 / 3


def test_a_level_is_off_by_its_decibels():
    found = hearing(tone(300, 0.05), tone(300, 0.5), 8000)
    assert round(found.gain, 6) == 20
    assert found.pitch == 1


def test_where_no_target_has_a_pitch_there_is_no_share():
    noise = torch.rand(1, 8000, generator=torch.Generator().manual_seed(0)) - 0.5
    assert math.isnan(hearing(noise, noise, 8000).pitch)
    silence = torch.zeros(1, 8000)
    assert hearing(silence, tone(300), 8000).pitch == 0


def test_each_kind_of_guess_has_a_row(capsys):
    voice = Voice(SynthConfig(sample_rate=8000, buffer_size_seconds=0.5, control_rate=400))
    targets = voice.render_sounds([33, 34, 35])
    middle = torch.full_like(targets.parameters, 0.5)
    print_hearing(voice, targets, {"network": middle, "guess": targets.parameters})
    title, *lines = capsys.readouterr().out.splitlines()
    assert title == "what is heard of the guesses, 3 val sounds"
    (network,) = [line.split() for line in lines if "the network's" in line]
    (searched,) = [line.split() for line in lines if "searched from there" in line]
    assert searched[-2:] == ["0.0", "0.0"]
    assert float(network[-1]) > 0
