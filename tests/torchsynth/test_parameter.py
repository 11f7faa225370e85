import copy
import pickle

import pytest
import torch

from synth_datamodule.parameters import ParameterRange, ParameterTable
from synth_datamodule.torchsynth.parameter import (
    ModuleParameter,
    ModuleParameterRange,
    range_of,
)

CURVES = [(1.0, False), (0.5, False), (3.0, False), (1.0, True), (0.2, True), (3.0, True)]
LEVEL = ModuleParameterRange(0.0, 10.0, name="level")


@pytest.mark.parametrize(("curve", "symmetric"), CURVES)
def test_values_are_those_of_our_table_rounded_once(curve, symmetric):
    u = torch.linspace(0, 1, 51)
    table = ParameterTable([ParameterRange("one", -3.0, 7.0, curve, symmetric)])
    one = ModuleParameterRange(-3.0, 7.0, curve, symmetric)
    exact = table.to_physical(u[:, None])[:, 0]
    assert torch.equal(one.exact(u), exact)
    assert torch.equal(one.from_0to1(u), exact.float())
    assert torch.equal(one.from_0to1(u[3]), exact.float()[3])
    torch.testing.assert_close(one.to_0to1(exact), u.double(), atol=1e-7, rtol=0)
    assert one.to_0to1(exact.float()).dtype == torch.float32


def test_a_range_may_be_changed_and_says_what_it_is():
    one = ModuleParameterRange(0.0, 10.0, name="one", description="words")
    half = torch.tensor([0.5])
    assert one.from_0to1(half) == 5
    one.maximum, one.curve = 20.0, 0.5
    assert one.from_0to1(half) == 5
    assert repr(one) == (
        "ModuleParameterRange(minimum=0.0, maximum=20.0, curve=0.5, symmetric=False, name='one', "
        "description='words')"
    )
    one.curve = 0.0
    with pytest.raises(ValueError, match=r"^curve of one must be a finite number > 0"):
        one.from_0to1(half)


def test_a_range_of_one_value_has_that_value():
    one = ModuleParameterRange(3.0, 3.0, name="one")
    assert one.from_0to1(torch.tensor([0.0, 0.7])).tolist() == [3.0, 3.0]
    assert one.to_0to1(torch.tensor([3.0])).tolist() == [0.0]
    with pytest.raises(AssertionError, match=r"^one must"):
        one.to_0to1(torch.tensor([3.1]))


def test_a_value_out_of_range_is_an_assertion_as_well():
    for error in (ValueError, AssertionError):
        with pytest.raises(error, match=r"^level must lie in \[0, 10\], got 11"):
            LEVEL.to_0to1(torch.tensor([11.0]))


def test_a_parameter_keeps_numbers_and_gives_values():
    one = ModuleParameter(torch.tensor([5.0, 2.5]), "level", LEVEL)
    assert one.data.tolist() == [0.5, 0.25]
    assert one.from_0to1().tolist() == [5.0, 2.5]
    one.to_0to1(torch.tensor([10.0]))
    assert one.data.tolist() == [1.0]
    assert one.requires_grad
    assert not ModuleParameter(requires_grad=False).requires_grad
    assert torch.equal(ModuleParameter(data=torch.ones(3)).from_0to1(), torch.ones(3))
    assert ModuleParameter().numel() == 0


def test_what_is_kept_is_not_what_was_given():
    given = torch.tensor([5.0])
    whole = ModuleParameterRange(0.0, 1.0, name="whole")
    one = ModuleParameter(data=torch.zeros(1), parameter_range=whole)
    one.to_0to1(given / 5)
    given.zero_()
    assert one.item() == 1.0


def test_a_gradient_reaches_a_parameter_through_its_range():
    one = ModuleParameter(torch.tensor([5.0]), "level", LEVEL)
    one.from_0to1().sum().backward()
    assert one.grad.tolist() == [10.0]


def test_a_frozen_parameter_refuses_other_values():
    one = ModuleParameter(torch.tensor([5.0]), "level", LEVEL, frozen=True)
    assert ModuleParameter.is_parameter_frozen(one)
    with pytest.raises(RuntimeError, match=r"^Parameter is frozen: 'level' keeps"):
        one.to_0to1(torch.tensor([1.0]))
    with pytest.raises(ValueError, match=r"is not a ModuleParameter$"):
        ModuleParameter.is_parameter_frozen(torch.nn.Parameter(torch.ones(1)))


def test_a_parameter_without_a_range_has_no_values():
    one = ModuleParameter(data=torch.ones(1), parameter_name="bare")
    with pytest.raises(RuntimeError, match=r"^A range was never set for this parameter"):
        one.to_0to1(torch.ones(1))
    with pytest.raises(ValueError, match=r"^bare must have a range"):
        range_of(one)
    with pytest.raises(ValueError, match=r"^parameter_range must be given with a value"):
        ModuleParameter(torch.ones(1))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_is_a_parameter_of_its_own(copied):
    one = ModuleParameter(torch.tensor([5.0]), "level", copy.deepcopy(LEVEL), frozen=True)
    other = copied(one)
    assert isinstance(other, ModuleParameter)
    assert repr(other) == repr(one) == "ModuleParameter(name=level, value=tensor([0.5000]))"
    assert other.frozen
    other.parameter_range.maximum = 20.0
    other.data.fill_(1.0)
    assert (one.from_0to1().item(), other.from_0to1().item()) == (5.0, 20.0)
