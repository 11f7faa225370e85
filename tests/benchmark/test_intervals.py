import pytest
import torch

from synth_datamodule.benchmark.intervals import bootstrap


def test_the_ends_are_those_of_a_normal_mean():
    values = torch.randn(1000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    low, high = bootstrap(values)
    mean, half = values.mean().item(), 1.96 * values.std().item() / 1000**0.5
    assert low == pytest.approx(mean - half, abs=0.1 * half)
    assert high == pytest.approx(mean + half, abs=0.1 * half)
    assert bootstrap(values) == (low, high)


def test_equal_values_have_no_interval():
    assert bootstrap(torch.full((7,), 0.25)) == (0.25, 0.25)


def test_a_share_among_some_is_over_those():
    weights = torch.tensor([1.0, 0.0] * 200)
    right = torch.tensor([1.0, 0.0, 0.0, 0.0] * 100)
    low, high = bootstrap(right, weights)
    assert low < 0.5 < high
    assert 0.1 < high - low < 0.18
    assert bootstrap(right * 0, weights * 0) == (0, 0)
