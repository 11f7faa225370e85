"""Each parameter is told by its value, its number, both, or the sound that is begun with."""

import pytest
import torch

from synth_datamodule.parameters import ParameterRange, ParameterTable
from synth_datamodule.patching.preset_values import completed

RANGES = [ParameterRange("a.x", 0.0, 10.0, unit="s"), ParameterRange("a.y", -1.0, 1.0, curve=0.01)]
TABLE = ParameterTable(RANGES)


def test_a_value_is_kept_as_it_is_given():
    values, numbers = completed(TABLE, {"a.x": 1 / 3, "a.y": 0.5}, {})
    assert values.tolist() == [1 / 3, 0.5]
    assert numbers.dtype == torch.float32
    assert torch.equal(numbers, TABLE.to_normalized(values).float())


def test_a_number_is_kept_as_it_is_given_and_says_its_value():
    values, numbers = completed(TABLE, {}, {"a.x": 0.1, "a.y": 0.9})
    assert torch.equal(numbers, torch.tensor([0.1, 0.9]))
    assert torch.equal(values, TABLE.to_physical(numbers))


def test_what_nothing_is_given_of_is_the_sounds():
    start = torch.tensor([0.25, 0.5])
    values, numbers = completed(TABLE, {"a.x": 5.0}, {}, start)
    assert torch.equal(numbers, torch.tensor([0.5, 0.5]))
    assert values[1] == TABLE.to_physical(start)[1]
    assert torch.equal(start, torch.tensor([0.25, 0.5]))


@pytest.mark.parametrize("number", [0.0, 2**-24, 1e-6, 0.1, 0.5, 0.999, 1.0])
@pytest.mark.parametrize("curve", [0.01, 0.5, 1.0, 2.0, 100.0])
@pytest.mark.parametrize("symmetric", [False, True])
def test_a_number_and_the_value_it_means_agree_on_every_curve(number, curve, symmetric):
    table = ParameterTable([ParameterRange("a.x", -3.0, 5.0, curve, symmetric)])
    values, numbers = completed(table, {}, {"a.x": number})
    again = completed(table, {"a.x": values.item()}, {"a.x": numbers.item()})
    assert torch.equal(again[0], values)
    assert torch.equal(again[1], numbers)


def test_a_typed_value_and_the_number_it_gave_agree():
    for value in (0.1, 3.3, 7.77777, 10.0):
        _, numbers = completed(TABLE, {"a.x": value}, {"a.y": 0.5})
        again = completed(
            TABLE, {"a.x": value}, dict(zip(TABLE.names, numbers.tolist(), strict=True))
        )
        assert again[0][0] == value
        assert torch.equal(again[1], numbers)


def test_a_small_edit_beside_an_old_number_is_noticed():
    with pytest.raises(ValueError, match=r"^value and number of a\.x must agree, got 5\.0001 and"):
        completed(TABLE, {"a.x": 5.0001}, {"a.x": 0.5, "a.y": 0.5})


def test_a_pinned_parameter_needs_no_value_and_takes_no_other():
    table = ParameterTable(RANGES, {"a.x": 2.5})
    values, numbers = completed(table, {"a.y": 0.0}, {})
    assert values.tolist() == [2.5, 0.0]
    assert numbers[0] == 0.25
    completed(table, {"a.x": 2.5, "a.y": 0.0}, {"a.x": 0.25})
    with pytest.raises(ValueError, match=r"^a\.x is pinned at 2\.5, got 5$"):
        completed(table, {"a.x": 5, "a.y": 0.0}, {})
    with pytest.raises(ValueError, match=r"^a\.x is pinned at 2\.5, got the number 0\.5$"):
        completed(table, {"a.y": 0.0}, {"a.x": 0.5})


def test_what_is_missing_is_named():
    message = r"^values are missing for 1 parameters: \['a\.y'\]; give them, or a sound to begin"
    with pytest.raises(ValueError, match=message):
        completed(TABLE, {"a.x": 5.0}, {})
