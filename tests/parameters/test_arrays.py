"""numpy in, numpy out."""

import numpy as np
import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.parameters.table import ParameterTable

PINNED = {"keyboard.midi_f0": 60.0}
TABLE = ParameterTable(Voice(SynthConfig()).parameter_table.ranges, PINNED)
U = torch.rand(3, 78, generator=torch.Generator().manual_seed(0))
CALLS = {
    "to_physical": U,
    "to_normalized": TABLE.to_physical(U),
    "pin": U,
    "take_free": U,
    "put_free": U[:, 1:],
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_array_gives_the_array_of_what_a_tensor_gives(call, dtype):
    given = CALLS[call].numpy().astype(dtype)
    if call == "to_normalized" and dtype == np.float32:
        given = TABLE.to_physical(np.full((3, 78), 0.5)).astype(dtype)
    before = given.copy()
    found = getattr(TABLE, call)(given)
    expected = getattr(TABLE, call)(torch.from_numpy(given))
    assert isinstance(found, np.ndarray)
    assert found.dtype == expected.numpy().dtype
    assert np.array_equal(found, expected.numpy())
    assert np.array_equal(given, before)


def test_an_array_is_never_shared_with_what_is_made_of_it():
    table = ParameterTable(TABLE.ranges)
    given = U.numpy().copy()
    found = table.pin(given)
    found[:] = 0
    assert np.array_equal(given, U.numpy())


@pytest.mark.parametrize(
    "strange",
    [
        lambda u: u[::-1],
        lambda u: np.asfortranarray(u),
        lambda u: u.astype(">f4"),
        lambda u: np.broadcast_to(u[:1], u.shape),  # which cannot be written to
        lambda u: u.T.copy().T,
    ],
    ids=["reversed", "columns-first", "big-endian", "read-only", "transposed"],
)
def test_arrays_in_any_layout_are_the_numbers_they_hold(strange):
    given = strange(U.numpy())
    plain = np.array(given, np.float32)
    assert np.array_equal(TABLE.to_physical(given), TABLE.to_physical(plain))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.zeros((2, 78), int), "^parameters must be a float array, got dtype int64$"),
        (np.zeros((2, 78), bool), "^parameters must be a float array, got dtype bool$"),
        (np.zeros((2, 78), object), "^parameters must be a float array, got dtype object$"),
        (np.ma.zeros((2, 78)), "^parameters must be a float array, got a masked one$"),
    ],
)
def test_arrays_of_other_things_are_refused(given, message):
    with pytest.raises(TypeError, match=message):
        TABLE.to_physical(given)


def test_an_array_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"^parameters must be .* got shape \[2, 77\]$"):
        TABLE.to_physical(np.zeros((2, 77)))
