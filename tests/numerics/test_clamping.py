"""Clamps: torch's own values, and gradients that are stated at a bound."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule.numerics.clamping import clamp, smaller

law = settings(max_examples=100, deadline=None, derandomize=True, database=None)
numbers = st.lists(st.floats(-10, 10) | st.sampled_from([-1.0, 0.0, 1.0, math.nan]), min_size=1)
BOUNDS = [(None, None), (-1.0, None), (None, 1.0), (-1.0, 1.0)]


def wide(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize(("low", "high"), BOUNDS[1:])
@law
@given(values=numbers)
def test_values_are_those_of_torch_with_a_gradient_or_without(low, high, values):
    expected = wide(values).clamp(low, high)
    for recording in (True, False):
        with torch.set_grad_enabled(recording):
            found = clamp(wide(values), low, high)
        assert torch.equal(found.nan_to_num(99), expected.nan_to_num(99))


@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_the_gradient_is_1_within_and_at_the_bounds_and_0_beyond(low, high):
    values = wide([-2.0, -1.0, 0.0, 1.0, 2.0]).requires_grad_()
    clamp(values, low, high).sum().backward()
    below, above = float(low is None), float(high is None)
    assert values.grad.tolist() == [below, 1, 1, 1, above]


def test_bounds_may_be_tensors():
    values = wide([0.0, 1.0, 2.0]).requires_grad_()
    found = clamp(values, wide([0.0, 2.0, 0.0]), wide([0.0, 3.0, 1.0]))
    found.sum().backward()
    assert found.tolist() == [0, 2, 1]
    assert values.grad.tolist() == [1, 0, 0]


@law
@given(first=numbers, second=numbers)
def test_the_smaller_is_the_minimum_and_ties_go_to_the_first(first, second):
    one, other = wide(first)[:, None].requires_grad_(), wide(second).nan_to_num().requires_grad_()
    found = smaller(one, other)
    expected = torch.minimum(one, other)
    assert torch.equal(found.nan_to_num(99), expected.nan_to_num(99))
    found.sum().backward()
    counted = (one <= other) | one.isnan()
    assert torch.equal(one.grad[:, 0], counted.sum(1).double())
    assert torch.equal(other.grad, (~counted).sum(0).double())
