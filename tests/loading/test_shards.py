from itertools import chain

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from synth_datamodule.loading import Shards

LAW = settings(max_examples=300, deadline=None, derandomize=True)
SIZES = {
    "num_sounds": st.integers(1, 200),
    "batch_size": st.integers(1, 20),
    "world_size": st.integers(1, 7),
}


def dealt(shards):
    return [
        [list(range(*shards.places(step, rank))) for rank in range(shards.world_size)]
        for step in range(len(shards))
    ]


@LAW
@given(**SIZES)
def test_every_place_is_dealt_exactly_once_and_in_order(num_sounds, batch_size, world_size):
    assume(num_sounds >= world_size)
    steps = dealt(Shards(num_sounds, batch_size, world_size))
    assert [place for step in steps for run in step for place in run] == list(range(num_sounds))


@LAW
@given(**SIZES)
def test_no_device_is_left_empty_and_sizes_within_a_step_differ_by_one_at_most(
    num_sounds, batch_size, world_size
):
    assume(num_sounds >= world_size)
    for step in dealt(Shards(num_sounds, batch_size, world_size)):
        sizes = [len(run) for run in step]
        assert min(sizes) >= 1
        assert max(sizes) - min(sizes) <= 1
        assert max(sizes) <= max(batch_size, 2 if world_size > 1 else 1)


@LAW
@given(steps=st.integers(1, 9), batch_size=st.sampled_from([6, 12]))
def test_with_full_global_batches_a_step_covers_the_same_places_for_any_world_size(
    steps, batch_size
):
    one = dealt(Shards(steps * batch_size, batch_size, 1))
    for world_size in (2, 3):
        many = dealt(Shards(steps * batch_size, batch_size // world_size, world_size))
        assert [list(chain(*step)) for step in many] == [list(chain(*step)) for step in one]


@LAW
@given(**SIZES)
def test_drop_last_leaves_full_batches_only(num_sounds, batch_size, world_size):
    assume(num_sounds >= world_size * batch_size)
    shards = Shards(num_sounds, batch_size, world_size, drop_last=True)
    assert {len(run) for step in dealt(shards) for run in step} == {batch_size}
    assert len(shards) == num_sounds // (batch_size * world_size)


def test_fewer_sounds_than_devices_are_refused():
    with pytest.raises(ValueError, match="2 sounds are too few for 3 devices"):
        Shards(2, batch_size=4, world_size=3)


def test_drop_last_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match=r"drop_last leaves no batch: 7 sounds .* 2 x 4"):
        Shards(7, batch_size=4, world_size=2, drop_last=True)
