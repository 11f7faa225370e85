from dataclasses import FrozenInstanceError
from itertools import chain

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from synth_datamodule.loading import Shards
from synth_datamodule.loading.shards import current_place

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


DEALT = {
    "full steps": ((8, 4), [[(0, 4)], [(4, 8)]]),
    "a last step of one device": ((10, 4), [[(0, 4)], [(4, 8)], [(8, 10)]]),
    "fewer than a step": ((3, 4, 2), [[(0, 1), (1, 3)]]),
    "one each": ((2, 4, 2), [[(0, 1), (1, 2)]]),
    "a last step": ((11, 2, 2), [[(0, 2), (2, 4)], [(4, 6), (6, 8)], [(8, 9), (9, 11)]]),
    "one each in a last step": ((9, 2, 3), [[(0, 2), (2, 4), (4, 6)], [(6, 7), (7, 8), (8, 9)]]),
    "fewer than devices in a last step": (
        (9, 2, 2),
        [[(0, 2), (2, 4)], [(4, 5), (5, 6)], [(6, 7), (7, 9)]],
    ),
    "the same with batches of one": (
        (7, 1, 3),
        [[(0, 1), (1, 2), (2, 3)], [(3, 4), (4, 5), (5, 7)]],
    ),
    "drop_last": ((11, 2, 2, True), [[(0, 2), (2, 4)], [(4, 6), (6, 8)]]),
}


@pytest.mark.parametrize(("sizes", "steps"), DEALT.values(), ids=DEALT)
def test_steps_and_devices_take_these_places(sizes, steps):
    shards = Shards(*sizes)
    assert [
        [shards.places(step, rank) for rank in range(shards.world_size)]
        for step in range(len(shards))
    ] == steps
    begins = [ranks[0][0] for ranks in steps]
    assert [shards.start(step) for step in range(len(steps) + 1)] == [*begins, steps[-1][-1][1]]


def test_one_device_that_drops_nothing_is_the_default():
    assert Shards(10, 4) == Shards(10, 4, world_size=1, drop_last=False)


def test_shards_do_not_change():
    with pytest.raises(FrozenInstanceError):
        Shards(10, 4).num_sounds = 5


@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        ((-1, 4), ValueError, r"^num_sounds must be a whole number >= 0, got -1$"),
        ((0, 4), ValueError, "^0 sounds are too few for 1 devices: each needs at least one$"),
        ((2, 4, 3), ValueError, "^2 sounds are too few for 3 devices: each needs at least one$"),
        ((9, 0), ValueError, "^batch_size must be a whole number >= 1, got 0$"),
        ((9, 1, 0), ValueError, "^world_size must be a whole number >= 1, got 0$"),
        ((9, 4, 1, 1), TypeError, r"^drop_last must be True or False, got 1 \(int\)$"),
        (
            (7, 4, 2, True),
            ValueError,
            "^drop_last leaves no batch: 7 sounds are fewer than one "
            "step of 2 devices, batch_size 4 on each$",
        ),
    ],
)
def test_shards_that_cannot_be_are_refused(sizes, error, message):
    with pytest.raises(error, match=message):
        Shards(*sizes)


@pytest.mark.parametrize(
    ("step", "rank", "message"),
    [
        (-1, 0, "^step must be a whole number >= 0 and <= 2, got -1$"),
        (3, 0, "^step must be a whole number >= 0 and <= 2, got 3$"),
        (0, -1, "^rank must be a whole number >= 0 and <= 1, got -1$"),
        (0, 2, "^rank must be a whole number >= 0 and <= 1, got 2$"),
    ],
)
def test_places_of_no_step_or_device_are_refused(step, rank, message):
    with pytest.raises(ValueError, match=message):
        Shards(11, 2, 2).places(step, rank)


def test_a_process_has_the_rank_that_torch_distributed_gives_it(monkeypatch):
    assert current_place() == (0, 1)
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 2)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 5)
    assert current_place() == (2, 5)
    monkeypatch.setattr(torch.distributed, "is_available", lambda: False)
    assert current_place() == (0, 1)


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
