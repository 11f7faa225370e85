import math

import pytest
import torch

from synth_datamodule.matching.spectral import STFTDistance, log_magnitude, spectral_convergence

DISTANCE = STFTDistance([64, 256], [1e-5, 1e-7])


def sounds(seed, num_sounds=3):
    return torch.randn(num_sounds, 2000, generator=torch.Generator().manual_seed(seed)) / 8


def test_magnitudes_by_hand():
    guess = torch.tensor([[[1.0, 2.0]]])
    target = torch.tensor([[[1.0, 4.0]]])
    assert spectral_convergence(guess, target).item() == pytest.approx(2 / math.sqrt(17))
    assert log_magnitude(guess, target).item() == pytest.approx(math.log(2) / 2)


def test_a_sound_is_measured_by_itself():
    guess, target = sounds(0), sounds(1)
    loud = torch.tensor([1.0, 1.0, 100.0])[:, None]
    for one, other in zip(DISTANCE(guess, target), DISTANCE(loud * guess, target), strict=True):
        assert torch.equal(one[:2], other[:2])
        assert one[2] < other[2]


def test_each_window_has_its_floor():
    # Bins of this noise lie between both floors.
    quiet = 1e-4 * sounds(2)
    for sizes, floors, heard in (([64], [1e-5], False), ([256], [1e-9], True)):
        distances = STFTDistance(sizes, floors)(quiet, torch.zeros_like(quiet))
        assert ((distances.log_magnitude > 0) == heard).all()


@pytest.mark.parametrize("silent", ["guess", "target", "both", "equal"])
def test_the_gradient_is_finite_where_sounds_are_silent_or_the_same(silent):
    guess, target = sounds(3), sounds(4)
    guess = torch.zeros_like(guess) if silent in ("guess", "both") else guess
    target = torch.zeros_like(target) if silent in ("target", "both") else target
    target = guess.clone() if silent == "equal" else target
    guess.requires_grad_()
    total = torch.stack(DISTANCE(guess, target)).sum()
    (gradient,) = torch.autograd.grad(total, guess)
    assert torch.isfinite(gradient).all()
    assert bool(gradient.any()) == (silent == "target")


def test_the_gradient_is_that_of_finite_differences():
    distance = STFTDistance([64, 256], [1e-5, 1e-7]).double()
    guess, target = sounds(5, 1).double()[:, :300], sounds(6, 1).double()[:, :300]
    assert torch.autograd.gradcheck(lambda x: distance(x, target), guess.requires_grad_())
