"""Numbers on their way, and the sounds that they become."""

import pickle

import pytest
import torch

from synth_datamodule import Split, SynthBatch, Voice
from synth_datamodule.loading import Rendering, SoundLoader, SoundNumbers, SoundSet


def test_numbers_become_the_sounds_of_the_voice(voice):
    (numbers,) = SoundLoader(SoundSet(Split.test, 3), voice, batch_size=4)
    batch = numbers.to("cpu")
    expected = voice.render_sounds([9216, 9217, 9218])
    assert isinstance(batch, SynthBatch)
    for given, wanted in zip(batch, expected, strict=True):
        assert torch.equal(given, wanted)


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
