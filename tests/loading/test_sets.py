from dataclasses import FrozenInstanceError
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import Split
from synth_datamodule.corpus.permutation import Permutation
from synth_datamodule.loading import SoundSet
from synth_datamodule.loading.sets import split_set

LAW = settings(max_examples=60, deadline=None, derandomize=True)

TRAIN = Split.train.num_sounds(2**32)


def stream(sounds, num_epochs):
    return np.concatenate([sounds.numbers(e, 0, len(sounds)) for e in range(num_epochs)])


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


def test_a_set_is_all_of_the_split_in_order_unless_told():
    assert SoundSet("val", 4) == SoundSet(
        Split.val,
        4,
        start=0,
        sounds_per_epoch=None,
        shuffle=False,
        seed=0,
        fresh_epochs=False,
    )
    assert SoundSet("val", 4).split is Split.val
    assert len(SoundSet(Split.val, 4)) == 4
    assert len(SoundSet(Split.val, 4, sounds_per_epoch=3)) == 3


def test_a_set_does_not_change():
    with pytest.raises(FrozenInstanceError):
        SoundSet(Split.val, 4).num_sounds = 5


@pytest.mark.parametrize(
    "arguments",
    [
        {"split": "predict", "num_sounds": 1, "start": 2**32 - 1},
        {"split": "predict", "num_sounds": 2**32},
        {"split": "val", "num_sounds": Split.val.num_sounds(2**32)},
        {"split": "train", "num_sounds": 5, "sounds_per_epoch": 5},
        {"split": "train", "num_sounds": 5, "sounds_per_epoch": 1},
        {"split": "train", "num_sounds": 5, "seed": 2**64 - 1, "shuffle": True},
    ],
    ids=str,
)
def test_bounds_are_allowed(arguments):
    sounds = SoundSet(**arguments)
    assert len(sounds.numbers(0, len(sounds) - 1, len(sounds))) == 1


def test_a_pass_is_cut_by_hand():
    sounds = SoundSet(Split.val, 5, sounds_per_epoch=3)
    epochs = [(sounds.numbers(epoch, 0, 3) - 8192).tolist() for epoch in range(5)]
    assert epochs == [[0, 1, 2], [3, 4, 0], [1, 2, 3], [4, 0, 1], [2, 3, 4]]
    assert (sounds.numbers(3, 1, 2) - 8192).tolist() == [0]


def test_a_shuffled_pass_is_the_permutation_of_its_seed_and_number():
    sounds = SoundSet(Split.val, 5, sounds_per_epoch=3, shuffle=True, seed=7)
    heard = stream(sounds, 5) - 8192
    passes = [Permutation(5, key=(7, number))(np.arange(5)) for number in range(3)]
    assert heard.tolist() == np.concatenate(passes).tolist()


@pytest.mark.parametrize("place", [0, 2, 4])
def test_no_places_have_no_numbers(place):
    numbers = SoundSet(Split.val, 4).numbers(1, place, place)
    assert (numbers.shape, numbers.dtype) == ((0,), np.int64)


@pytest.mark.parametrize(
    ("epoch", "start", "stop", "message"),
    [
        (-1, 0, 1, "^epoch must be a whole number >= 0, got -1$"),
        (0, -1, 1, "^start must be a whole number >= 0 and <= 3, got -1$"),
        (0, 4, 4, "^start must be a whole number >= 0 and <= 3, got 4$"),
        (0, 2, 1, "^stop must be a whole number >= 2 and <= 3, got 1$"),
        (0, 2, 4, "^stop must be a whole number >= 2 and <= 3, got 4$"),
    ],
)
def test_places_outside_an_epoch_are_refused(epoch, start, stop, message):
    with pytest.raises(ValueError, match=message):
        SoundSet(Split.val, 5, sounds_per_epoch=3).numbers(epoch, start, stop)


def test_fresh_epochs_last_until_the_sounds_do():
    sounds = SoundSet(Split.train, 8, sounds_per_epoch=4, fresh_epochs=True)
    assert [sounds.has_epoch(epoch) for epoch in range(4)] == [True, True, False, False]
    sounds.check_epoch(1)
    with pytest.raises(ValueError, match=r"^train sounds ran out: .* for 2 epochs of 4, and this"):
        sounds.check_epoch(2)
    assert SoundSet(Split.train, 8, sounds_per_epoch=4).has_epoch(2)


def test_a_splits_set_takes_the_first_sounds_as_told():
    options = {"sounds_per_epoch": 3, "shuffle": True, "seed": 5, "fresh_epochs": True}
    assert split_set(Split.train, 2048, 4, **options) == SoundSet(Split.train, 4, **options)
    assert split_set(Split.train, 2048, 4) == SoundSet(Split.train, 4)
    assert split_set(Split.train, 2048, None) == SoundSet(Split.train, 2048)
    assert split_set(Split.train, 2048, 2048) == SoundSet(Split.train, 2048)
    assert split_set(Split.val, 2048, 1) == SoundSet(Split.val, 1)


@pytest.mark.parametrize(
    ("split", "num_sounds", "error", "message"),
    [
        (
            Split.train,
            2049,
            ValueError,
            "^train_sounds must be at most 2048, all that 2048 holds, got 2049$",
        ),
        (Split.val, 0, ValueError, "^val_sounds must be a whole number >= 1, got 0$"),
        (Split.val, None, ValueError, "^val_sounds must be a whole number >= 1 and <= .*, got 0$"),
        (Split.val, 1.0, TypeError, r"^val_sounds must be a whole number >= 1, got 1.0 \(float\)$"),
    ],
)
def test_sounds_that_a_corpus_does_not_hold_are_refused(split, num_sounds, error, message):
    with pytest.raises(error, match=message):
        split_set(split, 2048, num_sounds)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"num_sounds": 0},
            ValueError,
            "^train_sounds must be a whole number >= 1 and <= .*, got 0$",
        ),
        ({"num_sounds": 2**32}, ValueError, f"^train_sounds must be .* <= {TRAIN}, got {2**32}$"),
        ({"num_sounds": 5, "start": 1}, ValueError, "^start must be .* >= 0 and <= 0, got 1$"),
        (
            {"split": "predict", "num_sounds": 5, "start": -1},
            ValueError,
            f"^start must be a whole number >= 0 and <= {2**32 - 1}, got -1$",
        ),
        (
            {"split": "predict", "num_sounds": 5, "start": 2**32 - 4},
            ValueError,
            "^predict_sounds must be a whole number >= 1 and <= 4, got 5$",
        ),
        ({"num_sounds": 5, "shuffle": 1}, TypeError, "^shuffle must be True or False, got 1 "),
        ({"num_sounds": 5, "fresh_epochs": 1}, TypeError, "^fresh_epochs must be True or False, "),
        ({"num_sounds": 5, "seed": 2**64}, ValueError, f"^seed must .* <= {2**64 - 1}, got "),
        ({"num_sounds": 5, "sounds_per_epoch": 0}, ValueError, "^sounds_per_epoch .* >= 1 and"),
        ({"num_sounds": 5.0}, TypeError, r"train_sounds must be .*, got 5.0 \(float\)"),
        ({"num_sounds": 5, "sounds_per_epoch": 6}, ValueError, "sounds_per_epoch .* <= 5, got 6"),
        ({"num_sounds": 5, "seed": -1}, ValueError, "seed must be a whole number >= 0"),
    ],
)
def test_impossible_sets_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        SoundSet(**{"split": "train", **arguments})


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
