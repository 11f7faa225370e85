from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import Split
from synth_datamodule.loading import SoundSet

LAW = settings(max_examples=60, deadline=None, derandomize=True)


def stream(sounds, num_epochs):
    return np.concatenate([sounds.numbers(e, 0, len(sounds)) for e in range(num_epochs)])


@LAW
@given(
    num_sounds=st.integers(1, 60),
    per_epoch=st.integers(1, 60),
    shuffle=st.booleans(),
    seed=st.integers(0, 2**64 - 1),
)
def test_every_pass_holds_each_sound_once_however_epochs_cut_it(
    num_sounds, per_epoch, shuffle, seed
):
    per_epoch = min(per_epoch, num_sounds)
    sounds = SoundSet(Split.train, num_sounds, 0, per_epoch, shuffle, seed)
    everything = stream(sounds, -(-3 * num_sounds // per_epoch))
    for number in range(3):
        one_pass = everything[number * num_sounds : (number + 1) * num_sounds]
        assert sorted(one_pass.tolist()) == list(range(num_sounds))


@LAW
@given(cuts=st.lists(st.integers(0, 50), max_size=6), epoch=st.integers(0, 9))
def test_an_epoch_is_the_same_however_it_is_cut_into_batches(cuts, epoch):
    sounds = SoundSet(Split.train, 70, sounds_per_epoch=50, shuffle=True, seed=3)
    bounds = [0, *sorted(cuts), 50]
    pieces = [sounds.numbers(epoch, a, b) for a, b in pairwise(bounds) if a < b]
    assert np.array_equal(np.concatenate(pieces), sounds.numbers(epoch, 0, 50))


def test_without_shuffle_a_pass_ascends():
    assert stream(SoundSet(Split.test, 4), 2).tolist() == [9216, 9217, 9218, 9219] * 2


def test_each_pass_has_a_permutation_of_its_own():
    sounds = SoundSet(Split.train, 100, shuffle=True)
    assert sounds.numbers(0, 0, 100).tolist() != sounds.numbers(1, 0, 100).tolist()


def test_another_seed_is_another_order_of_the_same_sounds():
    first, second = (
        SoundSet(Split.train, 100, shuffle=True, seed=seed).numbers(0, 0, 100) for seed in (0, 1)
    )
    assert first.tolist() != second.tolist()
    assert sorted(first.tolist()) == sorted(second.tolist())


def test_a_predict_set_is_a_range_of_sound_numbers():
    assert SoundSet(Split.predict, 3, start=9215).numbers(0, 0, 3).tolist() == [9215, 9216, 9217]


def test_fresh_epochs_never_repeat_a_sound_and_say_when_they_run_out():
    sounds = SoundSet(Split.train, 10, sounds_per_epoch=4, shuffle=True, fresh_epochs=True)
    heard = stream(sounds, 2)
    assert len(set(heard.tolist())) == 8
    with pytest.raises(ValueError, match="each of 10 comes once, enough for 2 epochs of 4"):
        sounds.numbers(2, 0, 4)


def test_an_epoch_far_into_a_run_costs_no_more_than_the_first():
    sounds = SoundSet(Split.train, 801_000_000, sounds_per_epoch=10**8 + 7, shuffle=True)
    numbers = sounds.numbers(epoch=10**12, start=10**8, stop=10**8 + 7)
    assert len(set(numbers.tolist())) == 7
    assert all(Split.of(number) is Split.train for number in numbers.tolist())


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"num_sounds": 0},
            ValueError,
            "train_sounds must be a whole number >= 1 and <= .*, got 0",
        ),
        ({"num_sounds": 5.0}, TypeError, r"train_sounds must be .*, got 5.0 \(float\)"),
        ({"num_sounds": 5, "sounds_per_epoch": 6}, ValueError, "sounds_per_epoch .* <= 5, got 6"),
        ({"num_sounds": 5, "seed": -1}, ValueError, "seed must be a whole number >= 0"),
    ],
)
def test_impossible_sets_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        SoundSet(Split.train, **arguments)
