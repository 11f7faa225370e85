"""A match is the synth's own sound where it is one, and says where nothing is near."""

import math

import numpy as np
import pytest
import torch

from synth_datamodule import Match, Preset, Voice, match
from synth_datamodule.synths import OneOscillator


@pytest.fixture(scope="module")
def target(voice):
    return voice.sound(32 * 3).audio  # noise row 0


def matched(voice, audio, **changes):
    return match(audio, 8000, **{"voice": voice, "num_indexed": 32, "renders": 24, **changes})


def test_a_sound_of_the_index_is_found_as_itself(voice):
    numbers = torch.arange(24)
    audio = voice.render(voice.draw(numbers), torch.zeros(24, dtype=torch.int64))
    # One that begins at once, for a recording is heard from its beginning on.
    begins = (audio.abs() > 0.02).int().argmax(1)
    place = int(begins.argmin())
    found = matched(voice, audio[place], renders=0)
    assert torch.equal(found.parameters, voice.draw([place])[0])
    assert found.guess is found.nearest
    assert found.is_near


def test_a_search_goes_on_from_the_nearest(voice, target):
    found = matched(voice, target)
    assert isinstance(found, Match)
    assert found.guess.decibels <= found.nearest.decibels
    assert found.parameters.shape == (78,)
    assert found.parameters.min() >= 0
    assert found.parameters.max() <= 1
    assert found.seconds > 0


def test_the_preset_renders_what_is_heard(voice, target, tmp_path):
    found = matched(voice, target, name="mine")
    found.preset.save(tmp_path / "mine.json")
    again = Preset.load(tmp_path / "mine.json")
    assert torch.equal(again.render(), found.audio)
    assert (again.name, again.noise_row) == ("mine", 0)


def test_the_same_arguments_give_the_same_match_whatever_came_before(voice, target):
    first = matched(voice, target)
    matched(voice, voice.sound(5).audio, seed=3)
    again = matched(voice, target)
    assert torch.equal(first.parameters, again.parameters)
    assert torch.equal(first.audio, again.audio)
    assert (first.guess.decibels, first.guess.stft) == (again.guess.decibels, again.guess.stft)


def test_arrays_and_channels_and_float64_are_the_same_recording(voice, target):
    found = matched(voice, target, renders=0)
    for same in (target.numpy(), np.stack([target, target]), target.double(), target[None]):
        other = matched(voice, same, renders=0)
        assert torch.equal(other.parameters, found.parameters)
        torch.testing.assert_close(other.heard.audio, found.heard.audio)


def test_a_level_changes_nothing_but_the_gain(voice, target):
    loud, soft = matched(voice, target, renders=0), matched(voice, target / 64, renders=0)
    assert torch.equal(loud.parameters, soft.parameters)
    assert soft.heard.gain == pytest.approx(64 * loud.heard.gain)


def test_what_no_sound_of_the_index_is_like_is_not_near(voice):
    time = torch.arange(4000) / 8000
    # Sixteen inharmonic partials over the whole range, cut up sixteen times.
    partials = [math.sqrt(2) ** k * 50 for k in range(13)]
    sound = sum(torch.sin(2 * math.pi * hertz * time) for hertz in partials)
    found = matched(voice, sound * (torch.sin(2 * math.pi * 16 * time) > 0), renders=0)
    assert not found.is_near
    assert found.guess.words == "nothing near"


def test_a_voice_without_a_gradient_and_another_synth_are_searched_too(voice, target):
    plain = Voice(voice.synthconfig)
    assert torch.equal(matched(plain, target).parameters, matched(voice, target).parameters)
    one = OneOscillator(voice.synthconfig)
    found = match(one.sound(40).audio, 8000, voice=one, num_indexed=16, renders=20)
    assert found.parameters.shape == (len(one.parameter_names),)
