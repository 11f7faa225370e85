"""The batches of a loader, epoch by epoch."""

import tracemalloc
import warnings
from itertools import chain
from types import SimpleNamespace

import pytest
import torch

from synth_datamodule import Split
from synth_datamodule.loading import Rendering, SoundLoader, SoundSet


def numbers_of(loader):
    return [numbers.index.tolist() for numbers in loader]


UNEVEN = pytest.mark.filterwarnings("ignore:.*do not divide evenly among")


def test_each_iteration_is_the_next_epoch(voice):
    sounds = SoundSet(Split.train, 10, sounds_per_epoch=5, shuffle=True)
    loader = SoundLoader(sounds, voice, batch_size=2)
    epochs = [list(chain(*numbers_of(loader))) for _ in range(4)]
    assert sorted(epochs[0] + epochs[1]) == list(range(10))
    assert sorted(epochs[2] + epochs[3]) == list(range(10))
    assert epochs[0] + epochs[1] != epochs[2] + epochs[3]


def test_an_epoch_left_early_begins_again_and_a_loaded_state_goes_on(voice):
    sounds = SoundSet(Split.train, 12, shuffle=True)
    first, second = (SoundLoader(sounds, voice, batch_size=4) for _ in range(2))
    whole = numbers_of(first) + numbers_of(first)
    steps = iter(second)
    assert [next(steps).index.tolist() for _ in range(2)] == whole[:2]
    assert numbers_of(second) == whole[:3]
    assert next(iter(second)).index.tolist() == whole[3]
    second.load_state_dict(second.state_dict())
    assert numbers_of(second) == whole[4:]


def test_an_epoch_counts_once_its_last_batch_is_handed_out(voice):
    loader = SoundLoader(SoundSet(Split.train, 4, shuffle=True), voice, batch_size=2)
    taken = [numbers.index.tolist() for _, numbers in zip(range(2), loader, strict=False)]
    other = SoundLoader(SoundSet(Split.train, 4, shuffle=True), voice, batch_size=2)
    assert taken + numbers_of(loader) == numbers_of(other) + numbers_of(other)


def test_fresh_epochs_begin_no_epoch_again_but_after_a_look_at_a_first_batch(voice):
    sounds = SoundSet(Split.train, 8, shuffle=True, fresh_epochs=True)
    loader = SoundLoader(sounds, voice, batch_size=2)
    for _ in range(3):
        next(iter(loader))
    steps = iter(loader)
    next(steps), next(steps)
    with pytest.raises(ValueError, match=r"epoch 0 was left after 2 batches.*no sound comes twice"):
        next(iter(loader))
    loader.load_state_dict(loader.state_dict())
    heard = list(chain(*numbers_of(loader)))
    assert len(set(heard)) == 4
    with pytest.raises(ValueError, match="train sounds ran out"):
        next(iter(loader))


@pytest.mark.parametrize("num_workers", [1, 2])
def test_workers_of_a_data_loader_hand_out_each_sound_once(voice, num_workers):
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return (n.index for n in SoundLoader(SoundSet(Split.val, 24), voice, batch_size=4))

    stream = torch.utils.data.DataLoader(Stream(), batch_size=None, num_workers=num_workers)
    assert sorted(int(n) for index in stream for n in index) == list(range(8192, 8192 + 24))


def test_length_is_the_number_of_batches_last_partial_one_included(voice):
    loader = SoundLoader(SoundSet(Split.val, 10), voice, batch_size=4)
    assert len(loader) == len(numbers_of(loader)) == 3
    loader = SoundLoader(SoundSet(Split.val, 10), voice, batch_size=4, drop_last=True)
    assert len(loader) == len(numbers_of(loader)) == 2


@UNEVEN
def test_devices_share_the_sounds_of_one_device(voice):
    sounds = SoundSet(Split.train, 11, shuffle=True)
    alone = list(chain(*numbers_of(SoundLoader(sounds, voice, batch_size=6))))
    ranks = [
        numbers_of(SoundLoader(sounds, voice, batch_size=3, place=lambda rank=rank: (rank, 2)))
        for rank in range(2)
    ]
    assert [number for step in zip(*ranks, strict=True) for run in step for number in run] == alone


def test_an_iteration_that_hands_out_nothing_does_not_count(voice):
    loader = SoundLoader(SoundSet(Split.train, 6, shuffle=True), voice, batch_size=2)
    iter(loader)
    assert numbers_of(loader) == numbers_of(
        SoundLoader(SoundSet(Split.train, 6, shuffle=True), voice, batch_size=2)
    )


def test_an_epoch_that_is_set_begins_at_its_beginning_and_the_current_one_stays(voice):
    loader = SoundLoader(SoundSet(Split.train, 4, sounds_per_epoch=2), voice, 1)
    loader.set_epoch(3)
    assert numbers_of(loader) == [[2], [3]]
    loader.load_state_dict({"epoch": 1, "sounds_done": 1, "steps_done": 1})
    loader.set_epoch(1)
    assert numbers_of(loader) == [[3]]
    with pytest.raises(ValueError, match=r"^epoch must be .* >= 0 and <= .*, got -1$"):
        loader.set_epoch(-1)
    loader.set_epoch(0)
    assert loader.state_dict()["epoch"] == 0


def test_fresh_epochs_begin_anew_where_the_epoch_is_set(voice):
    loader = SoundLoader(SoundSet(Split.train, 8, fresh_epochs=True), voice, 2)
    steps = iter(loader)
    next(steps), next(steps)
    loader.set_epoch(0)
    assert numbers_of(loader) == [[0, 1], [2, 3], [4, 5], [6, 7]]
    loader.set_epoch(0)
    assert next(iter(loader)).index.tolist() == [0, 1]


def test_a_loader_has_begun_once_a_batch_is_handed_out(voice):
    loader = SoundLoader(SoundSet(Split.train, 4), voice, 2)
    assert (loader.begun, loader.trainer) == (False, None)
    steps = iter(loader)
    next(steps)
    assert loader.begun
    next(steps)
    assert loader.begun
    loader.set_epoch(0)
    assert not loader.begun


def test_a_worker_takes_its_part_of_its_devices_share(voice, monkeypatch):
    info = SimpleNamespace(id=1, num_workers=3)
    monkeypatch.setattr(torch.utils.data, "get_worker_info", lambda: info)
    loader = SoundLoader(SoundSet(Split.train, 24), voice, 2, place=lambda: (1, 2))
    assert numbers_of(loader) == [[8, 9], [20, 21]]
    assert loader.state_dict()["devices"] == 6


def uneven_loader(voice, num_sounds, **options):
    return SoundLoader(SoundSet(Split.train, num_sounds), voice, 2, place=lambda: (0, 2), **options)


def test_uneven_shares_are_warned_of_once_where_the_loop_is(voice):
    with pytest.warns(UserWarning, match="^1009 train sounds do not divide evenly among 2") as seen:
        next(iter(uneven_loader(voice, 1009)))
    assert [warning.filename for warning in seen] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        next(iter(uneven_loader(voice, 1009)))
        next(iter(uneven_loader(voice, 1010)))
        next(iter(uneven_loader(voice, 1011, drop_last=True)))


def test_the_precision_is_a_float_on_the_cpu_whatever_the_defaults(voice):
    loader = SoundLoader(SoundSet(Split.train, 4), voice, 2)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.device("meta"):
            precision = next(iter(loader)).precision
    finally:
        torch.set_default_dtype(before)
    assert (precision.dtype, precision.device.type, precision.ndim) == (torch.float32, "cpu", 0)


def test_the_following_batch_is_announced_and_all_is_closed_behind_a_loop(voice, monkeypatch):
    made = []

    class Ahead:
        def __init__(self, rendering):
            self.rendering, self.following, self.closed = rendering, "nothing", False
            made.append(self)

        def close(self):
            self.closed = True

    monkeypatch.setattr("synth_datamodule.loading.dealing.RenderAhead", Ahead)
    sounds = SoundSet(Split.train, 5)
    assert next(iter(SoundLoader(sounds, voice, 2))).rendering.synth is voice
    assert made == []
    loader = SoundLoader(sounds, Rendering(voice), 2, render_ahead=True)
    announced = []
    for numbers in loader:
        (ahead,) = made
        assert (numbers.rendering, ahead.rendering, ahead.closed) == (
            ahead,
            loader.rendering,
            False,
        )
        announced.append(None if ahead.following is None else ahead.following.tolist())
    assert announced == [[2, 3], [4], None]
    assert ahead.closed


def test_the_first_batch_of_a_shuffled_billion_needs_less_than_10_mb(voice):
    num_train = Split.train.num_sounds(10**9)
    tracemalloc.start()
    loader = SoundLoader(SoundSet(Split.train, num_train, shuffle=True), voice, batch_size=128)
    first = next(iter(loader)).index
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(set(first.tolist())) == 128
    assert int(first.max()) > 10**8
    assert peak < 10e6


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size must be a whole number >= 1, got 0"),
        ({"batch_size": 2.0}, TypeError, "batch_size must be a whole number"),
        ({"drop_last": 1}, TypeError, "drop_last must be True or False, got 1"),
        ({"render_ahead": 1}, TypeError, "render_ahead must be True or False, got 1"),
    ],
)
def test_impossible_loaders_are_refused(voice, arguments, error, message):
    with pytest.raises(error, match=message):
        SoundLoader(SoundSet(Split.val, 10), voice, **{"batch_size": 4, **arguments})


def test_a_loader_of_something_else_is_refused(voice):
    with pytest.raises(TypeError, match="sounds must be a SoundSet, got range"):
        SoundLoader(range(10), voice, batch_size=2)
    with pytest.raises(TypeError, match="must be an AbstractSynth, got None"):
        SoundLoader(SoundSet(Split.val, 10), None, batch_size=2)


def test_an_epoch_beyond_what_a_state_holds_is_refused(voice):
    loader = SoundLoader(SoundSet(Split.train, 8), voice, 2)
    loader.set_epoch(2**63 - 1)
    with pytest.raises(ValueError, match=r"^epoch must be a whole number >= 0 and <= 92233720"):
        loader.set_epoch(2**63)
