"""SynthBatch: what a training step receives."""

import pickle

import pytest
import torch

from synth_datamodule.batch import SynthBatch


@pytest.fixture
def batch():
    return SynthBatch(
        audio=torch.tensor([[0.5, -1.0, 0.1], [0.0, 0.25, 1.0]]),
        parameters=torch.tensor([[0.1, 0.9], [0.3, 0.7]]),
        is_train=torch.tensor([True, False]),
        index=torch.tensor([0, 2**32 - 1]),
    )


def equal(one, other):
    return all(torch.equal(*pair) for pair in zip(one, other, strict=True))


def test_a_batch_is_a_tuple_of_its_four_fields(batch):
    assert SynthBatch._fields == ("audio", "parameters", "is_train", "index")
    audio, parameters, is_train, index = batch
    assert audio is batch.audio
    assert parameters is batch.parameters
    assert is_train is batch.is_train
    assert index is batch.index


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize(
    "to",
    [
        lambda batch, dtype: batch.to(dtype),
        lambda batch, dtype: batch.to(dtype=dtype),
        lambda batch, dtype: batch.to("cpu", dtype),
    ],
    ids=["alone", "by-name", "after-device"],
)
def test_a_dtype_applies_to_audio_and_parameters_alone(batch, dtype, to):
    expected = SynthBatch(
        batch.audio.to(dtype), batch.parameters.to(dtype), batch.is_train, batch.index
    )
    cast = to(batch, dtype)
    assert equal(cast, expected)
    assert [field.dtype for field in cast] == [dtype, dtype, torch.bool, torch.int64]
    assert isinstance(cast, SynthBatch)


@pytest.mark.parametrize("device", ["meta", torch.device("meta")], ids=["word", "device"])
def test_a_device_applies_to_every_field(batch, device):
    moved = batch.to(device, non_blocking=True)
    assert [field.device.type for field in moved] == ["meta"] * 4
    assert [field.dtype for field in moved] == [field.dtype for field in batch]
    assert [field.device.type for field in batch] == ["cpu"] * 4


@pytest.mark.parametrize("arguments", [(), ("cpu",), (torch.float32,), (None, None)], ids=str)
def test_nothing_is_copied_where_nothing_changes(batch, arguments):
    same = batch.to(*arguments)
    assert all(one is other for one, other in zip(same, batch, strict=True))


@pytest.mark.parametrize(
    ("dtype", "shown"),
    [(torch.int64, r"torch\.int64"), (torch.bool, r"torch\.bool"), ("float32", "'float32'")],
    ids=str,
)
def test_only_a_floating_point_dtype_can_hold_sound(batch, dtype, shown):
    with pytest.raises(TypeError, match=rf"dtype must be a floating point dtype, got {shown}"):
        batch.to(dtype=dtype)


def test_one_sound_has_the_same_fields_without_the_batch_axis(batch):
    sound = SynthBatch(*(field[1] for field in batch))
    cast = sound.to(torch.float64)
    assert cast.audio.tolist() == [0.0, 0.25, 1.0]
    assert cast.is_train.item() is False
    assert cast.index.item() == 2**32 - 1


def test_a_batch_can_be_pickled(batch):
    loaded = pickle.loads(pickle.dumps(batch))
    assert isinstance(loaded, SynthBatch)
    assert equal(loaded, batch)


@pytest.mark.gpu
def test_a_pinned_batch_holds_the_same_in_page_locked_memory(batch):
    pinned = batch.pin_memory()
    assert isinstance(pinned, SynthBatch)
    assert all(field.is_pinned() for field in pinned)
    assert equal(pinned, batch)
