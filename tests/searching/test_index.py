import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.searching import index_of
from synth_datamodule.searching.coordinates import Coordinates

SHORT = {"sample_rate": 16000, "buffer_size_seconds": 1.0, "control_rate": 400}


@pytest.fixture(scope="module")
def voice():
    return Voice(SynthConfig(**SHORT))


@pytest.fixture(scope="module")
def sounds(voice):
    return voice.render_sounds(range(128))


@pytest.fixture(scope="module")
def index(voice, sounds):
    return index_of([sounds], voice.sample_rate)


def test_a_sound_of_the_index_is_nearest_to_itself_where_it_is(index, sounds):
    for place in range(0, 128, 8):
        found = index.nearest(sounds.audio[place], 1)
        assert torch.equal(found.parameters[0], sounds.parameters[place])
        assert found.shifts[0] == 0


@pytest.mark.parametrize("shift", [-5, 3, 12])
def test_a_sound_played_at_another_note_is_found_at_that_transposition(voice, index, sounds, shift):
    coordinates = Coordinates(voice.parameter_table)
    pitches = coordinates.pitches(sounds.parameters)
    # Notes whose partials the bands tell apart, and whose bends leave no range.
    fit = ((pitches > 65) & (pitches < 85)).all(1).nonzero()[:, 0]
    assert len(fit) > 3
    moved = coordinates.at_pitches(sounds.parameters[fit], pitches[fit] + shift)
    audio = voice.render(moved, sounds.index[fit] % 32)
    found = [index.nearest(one, 1) for one in audio]
    right = [
        torch.equal(one.parameters[0], sounds.parameters[place]) and one.shifts[0].item() == shift
        for one, place in zip(found, fit, strict=True)
    ]
    assert sum(right) > len(right) / 2


def test_distances_ascend(index, sounds):
    distances = index.nearest(sounds.audio[5], 20).distances
    assert (distances.diff() >= 0).all()


def test_batches_do_not_matter(voice, index):
    other = index_of([voice.render_sounds(range(k, k + 32)) for k in range(0, 128, 32)], 16000)
    assert torch.equal(other.spectra, index.spectra)
    assert torch.equal(other.parameters, index.parameters)


def test_sounds_of_another_length_are_refused(index):
    with pytest.raises(ValueError, match="audio must be as long as the index's sounds"):
        index.nearest(torch.zeros(64000), 1)


def test_more_sounds_than_there_are_are_refused(index, sounds):
    with pytest.raises(ValueError, match="count must be"):
        index.nearest(sounds.audio[0], 129)


def test_no_batches_are_refused():
    with pytest.raises(ValueError, match="batches must be at least one, got none"):
        index_of([], 16000)
