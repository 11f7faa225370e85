import pickle
import tracemalloc
from itertools import chain, islice

import pytest
import torch

from synth_datamodule import Split, SynthBatch, SynthConfig, Voice
from synth_datamodule.loading import Rendering, SoundLoader, SoundNumbers, SoundSet


@pytest.fixture(scope="module")
def voice():
    return Voice(SynthConfig(sample_rate=8000, buffer_size_seconds=0.25, control_rate=200))


def numbers_of(loader):
    return [numbers.index.tolist() for numbers in loader]


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


UNEVEN = pytest.mark.filterwarnings("ignore:.*do not divide evenly among")


@UNEVEN
def test_devices_share_the_sounds_of_one_device(voice):
    sounds = SoundSet(Split.train, 11, shuffle=True)
    alone = list(chain(*numbers_of(SoundLoader(sounds, voice, batch_size=6))))
    ranks = [
        numbers_of(SoundLoader(sounds, voice, batch_size=3, place=lambda rank=rank: (rank, 2)))
        for rank in range(2)
    ]
    assert [number for step in zip(*ranks, strict=True) for run in step for number in run] == alone


def test_numbers_become_the_sounds_of_the_voice(voice):
    (numbers,) = SoundLoader(SoundSet(Split.test, 3), voice, batch_size=4)
    batch = numbers.to("cpu")
    expected = voice.render_sounds([9216, 9217, 9218])
    assert isinstance(batch, SynthBatch)
    for given, wanted in zip(batch, expected, strict=True):
        assert torch.equal(given, wanted)


def test_an_iteration_that_hands_out_nothing_does_not_count(voice):
    loader = SoundLoader(SoundSet(Split.train, 6, shuffle=True), voice, batch_size=2)
    iter(loader)
    assert numbers_of(loader) == numbers_of(
        SoundLoader(SoundSet(Split.train, 6, shuffle=True), voice, batch_size=2)
    )


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
            "7 sounds done in 1 steps is no",
        ),
        ({"epoch": 0, "sounds_done": 4, "steps_done": 10**30}, "each step has one sound or more"),
        ({"epoch": 0, "sounds_done": 4, "steps_done": 0}, "each step has one sound or more"),
        ({"epoch": 0, "sounds_done": 11, "steps_done": 2}, "sounds_done must be .* <= 10, got 11"),
        ({"epoch": -1, "sounds_done": 0, "steps_done": 0}, "epoch must be"),
    ],
)
def test_what_is_no_position_is_refused(voice, state, message):
    with pytest.raises(ValueError, match=message):
        SoundLoader(SoundSet(Split.train, 10), voice, 4).load_state_dict(state)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_audio_is_synthesised_in_full_precision_and_cast_last(voice, dtype):
    numbers = SoundNumbers(torch.tensor([5, 6]), torch.zeros((), dtype=dtype), Rendering(voice))
    batch, full = numbers.to("cpu"), voice.render_sounds([5, 6])
    assert torch.equal(batch.audio, full.audio.to(dtype))
    assert torch.equal(batch.parameters, full.parameters.to(dtype))
    assert batch.index.dtype == torch.int64


def test_autocast_around_the_transfer_does_not_change_a_bit(voice):
    numbers = SoundNumbers(torch.tensor([5]), torch.zeros(()), Rendering(voice))
    plain = numbers.to("cpu").audio
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(numbers.to("cpu").audio, plain)


def test_numbers_travel_small():
    full_size = Voice()
    numbers = SoundNumbers(torch.arange(128), torch.zeros(()), Rendering(full_size))
    full_size.sound(0)  # makes the noise table
    assert len(pickle.dumps(numbers)) < 100_000


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
    ],
)
def test_impossible_loaders_are_refused(voice, arguments, error, message):
    with pytest.raises(error, match=message):
        SoundLoader(SoundSet(Split.val, 10), voice, **{"batch_size": 4, **arguments})


def test_a_loader_of_something_else_is_refused(voice):
    with pytest.raises(TypeError, match="sounds must be a SoundSet, got range"):
        SoundLoader(range(10), voice, batch_size=2)
    with pytest.raises(TypeError, match="synth must be an AbstractSynth, got NoneType"):
        SoundLoader(SoundSet(Split.val, 10), None, batch_size=2)


@pytest.mark.parametrize("device", [None, True, 1.5, torch.float32])
def test_numbers_moved_to_no_device_are_refused(voice, device):
    numbers = SoundNumbers(torch.tensor([0]), torch.zeros(()), Rendering(voice))
    with pytest.raises(TypeError, match="device must be a device, such as 'cpu'"):
        numbers.to(device)


@pytest.mark.parametrize("name", ["audio", "parameters", "is_train", "cuda"])
def test_numbers_that_are_taken_for_a_batch_say_what_to_do(voice, name):
    numbers = SoundNumbers(torch.tensor([0]), torch.zeros(()), Rendering(voice))
    with pytest.raises(AttributeError, match=rf"no '{name}': .*\.to\(device\) renders them"):
        getattr(numbers, name)
    assert pickle.loads(pickle.dumps(numbers)).index == 0
