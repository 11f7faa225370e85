"""A loader that goes on from a position, and what is none."""

from itertools import chain, islice

import pytest

from synth_datamodule import Split
from synth_datamodule.loading import SoundLoader, SoundSet


def numbers_of(loader):
    return [numbers.index.tolist() for numbers in loader]


UNEVEN = pytest.mark.filterwarnings("ignore:.*do not divide evenly among")


@pytest.mark.parametrize("drop_last", [False, True], ids=["all", "drop_last"])
@pytest.mark.parametrize("stop", range(10))
def test_a_position_taken_anywhere_is_where_another_loader_goes_on(voice, stop, drop_last):
    sounds = SoundSet(Split.train, 30, sounds_per_epoch=14, shuffle=True)

    def three_epochs(loader):
        for _ in range(3):
            yield from loader

    whole = [n.index.tolist() for n in three_epochs(SoundLoader(sounds, voice, 4, drop_last))]
    first = SoundLoader(sounds, voice, 4, drop_last)
    heard = [n.index.tolist() for n in islice(three_epochs(first), stop)]
    second = SoundLoader(sounds, voice, 4, drop_last)
    second.load_state_dict(first.state_dict())
    heard += [n.index.tolist() for n in three_epochs(second)]
    assert heard[: len(whole)] == whole


@UNEVEN
@pytest.mark.parametrize(("world_size", "batch_size"), [(1, 8), (2, 4), (4, 2), (8, 1), (3, 5)])
def test_a_run_goes_on_with_another_number_of_devices(voice, world_size, batch_size):
    sounds = SoundSet(Split.train, 50, shuffle=True)
    loader = SoundLoader(sounds, voice, batch_size=8)
    whole = list(chain(*numbers_of(loader)))
    loader = SoundLoader(sounds, voice, batch_size=8)
    steps = iter(loader)
    heard = [*next(steps).index.tolist(), *next(steps).index.tolist()]
    ranks = []
    for rank in range(world_size):
        other = SoundLoader(sounds, voice, batch_size, place=lambda rank=rank: (rank, world_size))
        other.load_state_dict(loader.state_dict())
        num_batches = len(other)
        ranks.append(numbers_of(other))
        assert len(ranks[-1]) + 2 == num_batches
    assert heard + [n for step in zip(*ranks, strict=True) for run in step for n in run] == whole


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"epoch": 0}, r"state must have the keys \['epoch', 'sounds_done', 'steps_done'\]"),
        ({"epoch": 0, "sounds_done": 0, "steps_done": 0, "step": 1}, "got .*'step'"),
        (
            {"epoch": 0, "sounds_done": 7, "steps_done": 1},
            "7, .steps_done.: 1} is no position",
        ),
        ({"epoch": 0, "sounds_done": 4, "steps_done": 10**30}, "steps_done must be a whole number"),
        ({"epoch": 10**30, "sounds_done": 0, "steps_done": 0}, "epoch must be a whole number"),
        ({"epoch": 0, "sounds_done": 4, "steps_done": 5}, "each step has one sound or more"),
        ({"epoch": 0, "sounds_done": 4, "steps_done": 0}, "each step has one sound or more"),
        ({"epoch": 0, "sounds_done": 11, "steps_done": 2}, "sounds_done must be .* <= 10, got 11"),
        ({"epoch": -1, "sounds_done": 0, "steps_done": 0}, "epoch must be"),
    ],
)
def test_what_is_no_position_is_refused(voice, state, message):
    with pytest.raises(ValueError, match=message):
        SoundLoader(SoundSet(Split.train, 10), voice, 4).load_state_dict(state)


POSITION = {"epoch": 0, "sounds_done": 4, "steps_done": 1}


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ([], TypeError, r"^state must be what state_dict\(\) returned, got list$"),
        (
            {"epoch": 0, "order": {}},
            ValueError,
            r"^state must have the keys \['epoch', 'sounds_done', 'steps_done'\] and what else "
            r"state_dict\(\) returns, it lacks 'sounds_done'$",
        ),
        (
            {**POSITION, "batch_size": 0},
            ValueError,
            "^batch_size must be .* >= 1 and <= .*, got 0$",
        ),
        ({**POSITION, "devices": 0}, ValueError, "^devices must be .* >= 1 and <= .*, got 0$"),
        ({**POSITION, "cycles": -1}, ValueError, "^cycles must be .* >= 0 and <= .*, got -1$"),
        (
            {**POSITION, "comes_again": -1},
            ValueError,
            "^comes_again must be .* >= 0 and <= .*, got -1$",
        ),
        (
            {**POSITION, "order": {"shuffle": True}},
            ValueError,
            "^shuffle was True in .* is False now",
        ),
        (
            {**POSITION, "batch_size": 3},
            ValueError,
            "an epoch of 10 sounds, 3 a step .* on each of 1",
        ),
        ({**POSITION, "devices": 3}, ValueError, "an epoch of 10 sounds, 4 a step .* on each of 3"),
    ],
    ids=str,
)
def test_what_is_no_state_is_refused(voice, state, error, message):
    loader = SoundLoader(SoundSet(Split.train, 10), voice, 4)
    before = loader.state_dict()
    with pytest.raises(error, match=message):
        loader.load_state_dict(state)
    assert loader.state_dict() == before


def test_a_position_in_a_last_batch_that_is_dropped_is_refused(voice):
    state = {"epoch": 0, "sounds_done": 10, "steps_done": 3}
    SoundLoader(SoundSet(Split.train, 10), voice, 4).load_state_dict(state)
    with pytest.raises(ValueError, match=r"10, .steps_done.: 3} is no position"):
        SoundLoader(SoundSet(Split.train, 10), voice, 4, drop_last=True).load_state_dict(state)


def test_a_state_says_its_position_batches_devices_and_order(voice):
    loader = SoundLoader(SoundSet(Split.train, 10), voice, 2, place=lambda: (1, 2))
    batches = iter(loader)
    begin = {"epoch": 0, "sounds_done": 0, "steps_done": 0, "batch_size": 2, "devices": 2}
    state = loader.state_dict()
    assert state == {**begin, "order": loader.order}
    assert state["order"] is not loader.order
    assert loader.order["train_sounds"] == 10
    assert (loader.order["drop_last"], loader.order["synth"]) == (False, "synth_datamodule.Voice")
    next(batches)
    assert loader.state_dict() == {**state, "sounds_done": 4, "steps_done": 1}
    next(batches), next(batches)
    assert loader.state_dict() == {**state, "epoch": 1}


def test_a_state_of_another_run_of_batches_is_dealt_anew_and_the_first_device_says_so(
    voice, caplog
):
    sounds = SoundSet(Split.train, 20)
    state = {**POSITION, "devices": 1, "batch_size": 4}
    said = "The run goes on with batches of 2 on 2 devices; it had 4 on 1."
    for rank in (0, 1):
        caplog.clear()
        loader = SoundLoader(sounds, voice, 2, place=lambda rank=rank: (rank, 2))
        with caplog.at_level("INFO"):
            loader.load_state_dict(state)
        assert caplog.text.count(said) == (rank == 0)
        dealt = {"dealt_sounds": 4, "dealt_steps": 1, "batch_size": 2, "devices": 2}
        assert loader.state_dict() == {**state, **dealt, "order": loader.order}
        assert numbers_of(loader)[0] == [4 + 2 * rank, 5 + 2 * rank]
    caplog.clear()
    loader = SoundLoader(sounds, voice, 4)
    with caplog.at_level("INFO"):
        loader.load_state_dict(POSITION)
    assert caplog.text == ""
    assert loader.state_dict() == {**state, "order": loader.order}


@UNEVEN
def test_a_rest_of_fewer_sounds_than_devices_is_left_out(voice):
    sounds = SoundSet(Split.train, 9)
    loader = SoundLoader(sounds, voice, 2, place=lambda: (1, 2))
    loader.load_state_dict(
        {"epoch": 0, "sounds_done": 8, "steps_done": 2, "batch_size": 4, "devices": 1}
    )
    assert len(loader) == 3
    assert numbers_of(loader) == []
    assert loader.state_dict()["epoch"] == 1
    assert list(chain(*numbers_of(loader))) == [2, 3, 5, 7, 8]


def test_fresh_epochs_may_be_resumed_where_they_end_and_not_beyond(voice):
    loader = SoundLoader(SoundSet(Split.train, 8, fresh_epochs=True), voice, 4)
    loader.load_state_dict({"epoch": 1, "sounds_done": 0, "steps_done": 0})
    with pytest.raises(ValueError, match=r"train sounds ran out: .* epochs of 8, and this is ep"):
        next(iter(loader))
    with pytest.raises(ValueError, match=r"train sounds ran out: .* this is epoch 1"):
        loader.load_state_dict({"epoch": 2, "sounds_done": 0, "steps_done": 0})


def test_a_state_is_kept_whole_until_somebody_takes_a_batch(voice):
    loader = SoundLoader(SoundSet(Split.train, 8), voice, 2)
    state = {**loader.state_dict(), "epoch": 3, "sounds_done": 4, "steps_done": 2}
    state |= {"cycles": 1, "comes_again": 2}
    loader.load_state_dict(state)
    assert loader.state_dict() == state
    next(iter(loader))
    assert not {"cycles", "comes_again"} & loader.state_dict().keys()
