"""Values by name: of one sound, of a batch, of some names, and back."""

import numpy as np
import pytest
import torch

from synth_datamodule import SynthConfig, Voice

TABLE = Voice(SynthConfig()).parameter_table
NOTE, RATE = "keyboard.midi_f0", "lfo_1.frequency"
VALUES = TABLE.to_physical(torch.rand(4, 78, generator=torch.Generator().manual_seed(0)))


def test_a_batch_is_tensors_by_name_and_comes_back():
    by_name = TABLE.to_dict(VALUES)
    assert tuple(by_name) == TABLE.names
    assert torch.equal(by_name[RATE], VALUES[:, TABLE.column(RATE)])
    assert torch.equal(TABLE.from_dict(by_name), VALUES)
    assert torch.equal(TABLE.from_dict(TABLE.to_dict(VALUES.view(2, 2, 78))), VALUES.view(2, 2, 78))


def test_an_array_is_arrays_by_name_and_comes_back():
    by_name = TABLE.to_dict(VALUES.numpy())
    assert isinstance(by_name[RATE], np.ndarray)
    back = TABLE.from_dict(by_name)
    assert isinstance(back, np.ndarray)
    assert np.array_equal(back, VALUES.numpy())
    one = TABLE.to_dict(VALUES[0].numpy())
    assert one == TABLE.to_dict(VALUES[0])
    assert type(one[RATE]) is float


def test_some_names_are_in_the_order_asked_for():
    assert list(TABLE.to_dict(VALUES[0], names=[RATE, NOTE])) == [RATE, NOTE]
    vco = TABLE.to_dict(VALUES, names=TABLE.modules["vco_1"])
    assert tuple(vco) == TABLE.modules["vco_1"]


def test_some_values_are_put_into_others():
    notes = torch.tensor([60.0, 61, 62, 63])
    found = TABLE.from_dict({NOTE: notes, "lfo_1": {"frequency": 2.0}}, base=VALUES)
    assert found[:, TABLE.column(NOTE)].tolist() == [60, 61, 62, 63]
    assert found[:, TABLE.column(RATE)].tolist() == [2.0] * 4
    others = [k for k, name in enumerate(TABLE.names) if name not in (NOTE, RATE)]
    assert torch.equal(found[:, others], VALUES[:, others])
    array = TABLE.from_dict({NOTE: notes.numpy(), RATE: 2.0}, base=VALUES.numpy())
    assert np.array_equal(array, found.numpy())


def test_numbers_among_tensors_hold_for_each_sound():
    by_name = {name: 0.5 * (one.minimum + one.maximum) for name, one in
               zip(TABLE.names, TABLE.ranges, strict=True)}  # fmt: skip
    found = TABLE.from_dict({**by_name, NOTE: torch.tensor([60.0, 61.0])})
    assert found.shape == (2, 78)
    assert found[:, 0].tolist() == [60, 61]
    assert torch.equal(found[0, 1:], found[1, 1:])


def test_gradients_go_to_values_by_name():
    notes = torch.tensor([60.0, 61.0], requires_grad=True)
    TABLE.from_dict({NOTE: notes}, base=VALUES[:2]).sum().backward()
    assert notes.grad.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("values", "base", "error", "message"),
    [
        (
            {NOTE: 60.0},
            None,
            ValueError,
            r"missing for 77 parameters: \['keyboard\.dur",
        ),
        (
            {NOTE: torch.tensor([3.0, 128.0])},
            VALUES[:2],
            ValueError,
            r"\[0, 127\] .*128",
        ),
        ({NOTE: torch.ones(3)}, VALUES[:2], ValueError, r"of shape \[2\], got shape \[3\]"),
        ({NOTE: 60.0}, VALUES[:, 1:], ValueError, r"base must be a float tensor .*, got shape \[4"),
        ({NOTE: torch.ones(4)}, VALUES.numpy(), TypeError, "a number or an array beside arrays"),
        ({"note": 60.0}, VALUES, ValueError, "no parameter is named 'note'"),
    ],
    ids=["missing", "above", "shape", "base", "kinds", "unknown"],
)
def test_what_does_not_fit_is_an_error(values, base, error, message):
    with pytest.raises(error, match=message):
        TABLE.from_dict(values, base=base)


def test_names_that_are_none_are_an_error():
    with pytest.raises(ValueError, match="no parameter is named 'note'"):
        TABLE.to_dict(VALUES, names=["note"])
    with pytest.raises(TypeError, match="names must be one or more different names, got 'note'"):
        TABLE.to_dict(VALUES, names="note")
