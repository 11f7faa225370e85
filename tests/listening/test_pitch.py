import math

import pytest
import torch

from synth_datamodule.listening.pitch import pitch

RATE = 44100
TIME = torch.arange(RATE, dtype=torch.float64) / RATE


def harmonics(hertz):
    return sum(torch.sin(2 * math.pi * hertz * k * TIME) / k for k in range(1, 6)).float() / 3


@pytest.mark.parametrize("hertz", [30.0, 55.0, 220.0, 441.7, 1500.0, 4000.0])
def test_a_note_has_its_pitch(hertz):
    found = pitch(harmonics(hertz)[None], RATE).item()
    assert abs(1200 * math.log2(found / hertz)) < 20  # cents


def test_noise_and_silence_have_none():
    noise = torch.rand(RATE, generator=torch.Generator().manual_seed(0)) - 0.5
    assert pitch(torch.stack([noise, torch.zeros(RATE)]), RATE).isnan().all()


def test_a_soft_note_has_the_pitch_of_a_loud_one():
    loud = harmonics(330.0)
    assert pitch(torch.stack([loud, loud / 512]), RATE).unique().numel() == 1


def test_a_sound_shorter_than_a_frame_is_heard():
    found = pitch(harmonics(880.0)[None, :3000], RATE).item()
    assert abs(found / 880 - 1) < 0.01
