import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import Split
from synth_datamodule.corpus.splits import NUM_SOUNDS
from synth_datamodule.identity.places import (
    parameter_columns,
    sample_ranges,
    window_places,
)
from synth_datamodule.loading import SoundSet

LAW = settings(max_examples=100, deadline=None, derandomize=True)
SOUND_NUMBERS = st.lists(st.integers(0, NUM_SOUNDS - 1), min_size=1, max_size=20).map(np.array)


@st.composite
def sound_sets(draw):
    split = draw(st.sampled_from(list(Split)))
    if split is Split.predict:
        start = draw(st.integers(0, NUM_SOUNDS - 1))
        return SoundSet(split, draw(st.integers(1, min(10**6, NUM_SOUNDS - start))), start)
    return SoundSet(split, draw(st.integers(1, split.num_sounds(NUM_SOUNDS))))


@LAW
@given(sounds=sound_sets(), most_sounds=st.integers(1024, 20_000))
def test_a_sample_is_of_whole_blocks_of_the_split_with_both_ends(sounds, most_sounds):
    ranges = sample_ranges(sounds, most_sounds)
    first, last = (sounds.numbers(0, at, at + 1)[0] for at in (0, len(sounds) - 1))
    assert ranges[0][0] == first
    assert ranges[-1][1] - 1 == last or len(ranges) == 1
    for start, stop in ranges:
        assert start < stop
        assert start // 1024 == (stop - 1) // 1024
        whole = start in (first, 1024 * (start // 1024)) and (stop - 1 == last or stop % 1024 == 0)
        assert whole
        if sounds.split is not Split.predict:
            assert Split.of(start) is sounds.split
    blocks = [start // 1024 for start, _ in ranges]
    assert blocks == sorted(set(blocks))


@LAW
@given(sounds=sound_sets(), most_sounds=st.integers(1024, 20_000))
def test_a_small_split_is_hashed_whole_and_a_large_one_within_the_bound(sounds, most_sounds):
    count = sum(stop - start for start, stop in sample_ranges(sounds, most_sounds))
    if sounds.num_sounds <= most_sounds:
        assert count == sounds.num_sounds
    else:
        assert most_sounds - 3 * 1024 < count <= most_sounds


@LAW
@given(num_sounds=st.integers(1025, 10**6), most_sounds=st.integers(1024, 50_000))
def test_blocks_are_evenly_spaced_with_both_ends(num_sounds, most_sounds):
    ranges = sample_ranges(SoundSet(Split.predict, num_sounds), most_sounds)
    blocks = [start // 1024 for start, _ in ranges]
    assert blocks[0] == 0
    if len(blocks) > 1:
        assert blocks[-1] == (num_sounds - 1) // 1024
        gaps = np.diff(blocks)
        assert gaps.min() >= 1
        assert gaps.max() - gaps.min() <= 1


def test_order_and_epochs_of_a_set_play_no_part():
    plain = SoundSet(Split.train, 50_000)
    other = SoundSet(Split.train, 50_000, 0, 700, shuffle=True, seed=9, fresh_epochs=True)
    assert sample_ranges(plain) == sample_ranges(other)


@pytest.mark.parametrize("most_sounds", [1023, 0, -1])
def test_a_sample_holds_a_block_at_least(most_sounds):
    with pytest.raises(ValueError, match="most_sounds must be a whole number >= 1024"):
        sample_ranges(SoundSet(Split.test, 10), most_sounds)


@LAW
@given(numbers=SOUND_NUMBERS, windows=st.integers(1, 5), num_samples=st.integers(2, 10**6))
def test_a_sounds_windows_lie_in_it_and_follow_from_its_number_alone(numbers, windows, num_samples):
    places = window_places(numbers, windows, num_samples)
    assert places.shape == (len(numbers), windows * min(4, num_samples))
    assert places.min() >= 0
    assert places.max() < num_samples
    alone = [window_places(numbers[[row]], windows, num_samples)[0] for row in range(len(numbers))]
    assert np.array_equal(places, alone)
    fewer = window_places(numbers, 1, num_samples)
    assert np.array_equal(places[:, : fewer.shape[1]], fewer)


@pytest.mark.parametrize("num_parameters", [1, 2, 3, 77, 78, 227])
def test_a_block_stores_every_parameter(num_parameters):
    columns = parameter_columns(np.arange(9216, 10240), num_parameters)
    assert columns.shape == (1024, 2)
    assert set(columns.flat) == set(range(num_parameters))


def test_stored_places_never_change():
    numbers = np.array([0, 9216, 2**32 - 1])
    first_of_each = window_places(numbers, 2, 176400)[:, ::4]
    assert first_of_each.tolist() == [[19188, 84340], [142996, 37553], [94171, 113953]]
    assert parameter_columns(numbers, 78).tolist() == [[0, 1], [24, 25], [42, 43]]
