import math

import pytest
import torch

from synth_datamodule.pretraining.contrast import contrast


def test_it_is_the_formula_it_names():
    torch.manual_seed(0)
    first, second = torch.randn(2, 3, 5, dtype=torch.float64)
    views = torch.nn.functional.normalize(torch.cat((first, second)), dim=1)
    total = 0.0
    for i in range(6):
        scores = [torch.dot(views[i], views[k]).item() / 0.5 for k in range(6)]
        rest = sum(math.exp(score) for k, score in enumerate(scores) if k != i)
        total -= math.log(math.exp(scores[(i + 3) % 6]) / rest)
    assert contrast(first, second, 0.5).item() == pytest.approx(total / 6)


def test_views_that_are_told_apart_cost_less_than_views_of_the_wrong_sounds():
    sounds = torch.eye(4)
    assert contrast(sounds, sounds) < 0.01
    assert contrast(sounds, sounds.roll(1, 0)) > 2


def test_neither_the_length_of_a_view_nor_which_is_first_matters():
    torch.manual_seed(0)
    first, second = torch.randn(2, 4, 8)
    loss = contrast(first, second)
    torch.testing.assert_close(contrast(3 * first, 0.1 * second), loss)
    torch.testing.assert_close(contrast(second, first), loss)
