import math

import pytest
import torch

from synth_datamodule.numerics.sums import pairwise_sum


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 1000, 4097])
def test_the_sum_is_right_at_every_length(size):
    values = torch.arange(2 * size, dtype=torch.float64).reshape(2, size)
    assert pairwise_sum(values).tolist() == values.sum(-1).tolist()


def test_a_row_has_the_bits_that_it_has_alone():
    values = torch.rand(37, 50_001, generator=torch.Generator().manual_seed(1))
    whole = pairwise_sum(values)
    for row in range(len(values)):
        assert torch.equal(pairwise_sum(values[row : row + 1])[0], whole[row])


def test_a_long_sum_keeps_its_digits():
    values = torch.rand(2**20, generator=torch.Generator().manual_seed(2)) + 1
    exact = math.fsum(values.tolist())
    assert abs(pairwise_sum(values).item() - exact) < 1e-6 * exact


def test_its_gradient_is_one_everywhere():
    values = torch.zeros(3, 7, requires_grad=True)
    pairwise_sum(values).sum().backward()
    assert torch.equal(values.grad, torch.ones(3, 7))
