"""How far a match is off counts while it sounds, not in the silence around it."""

import pytest
import torch
from torch.nn import functional

from synth_datamodule.recordings.nearness import NEAR, heard_difference, is_near, words


def tone(hertz, samples=8000, level=0.5):
    return level * torch.sin(torch.arange(samples) * (2 * torch.pi * hertz / 8000))[None]


def test_the_same_sound_is_0_off():
    assert heard_difference(tone(300), tone(300), 8000).item() == 0


def test_silence_behind_both_changes_nothing():
    short = heard_difference(tone(300), tone(400), 8000)
    padded = [functional.pad(tone(hertz), (0, 24000)) for hertz in (300, 400)]
    longer = heard_difference(*padded, 8000)
    assert longer.item() == pytest.approx(short.item(), rel=0.1)


def test_a_sound_where_there_is_none_counts():
    target = functional.pad(tone(300), (0, 8000))
    assert heard_difference(tone(300, 16000), target, 8000).item() > 1


def test_silence_is_as_far_off_as_there_is():
    noise = torch.rand(1, 8000, generator=torch.Generator().manual_seed(0)) - 0.5
    assert heard_difference(torch.zeros(1, 8000), noise, 8000).item() > 40


def test_alone_and_among_others_a_sound_is_as_far_off():
    targets = torch.cat([tone(300), tone(400), tone(500)])
    guesses = torch.cat([tone(310), tone(300), tone(700)])
    together = heard_difference(guesses, targets, 8000)
    alone = [heard_difference(guesses[k : k + 1], targets[k : k + 1], 8000) for k in range(3)]
    assert torch.equal(together, torch.cat(alone))


def test_the_words_change_at_the_bound():
    assert is_near(NEAR)
    assert not is_near(NEAR + 0.01)
    assert words(NEAR) != words(NEAR + 0.01) == "nothing near"
