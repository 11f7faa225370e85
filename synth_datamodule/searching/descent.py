"""Descent: Adam through the renderer, from the best that a search has found."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from synth_datamodule.parameters.table import ParameterTable

RATE = 0.02
"""Share of a range that a first step covers."""

_SEMITONES = 3.0  # that a share of 1 stands for where the unit is semitones
_MEMORY = 0.9, 0.95  # of Adam's means of slopes and of their squares

Heard = Callable[[Tensor], Tensor]
"""From parameters ``[K, P]`` to how far each sounds from the target, ``[K]``."""


def descend(
    heard: Heard, start: Tensor, table: ParameterTable, num_steps: int, rate: float = RATE
) -> tuple[Tensor, Tensor]:
    """Return the best parameters on the way down, ``[K, P]``, and their distances, ``[K]``.

    ``u <- clip(u - r_s w Adam(dD/du), 0, 1)``, r falling along half a cosine to 0; w is 1 or, where
    the unit is semitones, three semitones' share of the range, for slopes tell only of pitches that
    nearly overlap. See ``matching.inversion``, which starts from anywhere.

    Args:
        heard: Function from parameters to distances, with a gradient; it is called ``num_steps``
            times.
        start: Parameters to start from, in [0, 1]. Shape ``[K, P]``.
        table: Parameters of the synth.
        num_steps: Number of steps, each of a render with its gradient.
        rate: Share of a range that the first step covers.
    """
    widths = [
        one.maximum - one.minimum if one.unit == "semitones" and not one.is_fixed else _SEMITONES
        for one in table.ranges
    ]
    weights = _SEMITONES / torch.tensor(widths, dtype=torch.float32, device="cpu").to(start)
    u, best = start.clone(), start.clone()
    lowest = torch.full_like(start[:, 0], torch.inf)
    slope, square = torch.zeros_like(u), torch.zeros_like(u)
    for step in range(num_steps):
        with torch.enable_grad():
            moving = u.clone().requires_grad_()
            found = heard(moving)
            (gradient,) = torch.autograd.grad(found.sum(), moving)
        found = found.detach()
        better = found < lowest
        best = torch.where(better[:, None], u, best)
        lowest = torch.where(better, found, lowest)
        slope = _MEMORY[0] * slope + (1 - _MEMORY[0]) * gradient
        square = _MEMORY[1] * square + (1 - _MEMORY[1]) * gradient.square()
        direction = slope / (1 - _MEMORY[0] ** (step + 1))
        spread = (square / (1 - _MEMORY[1] ** (step + 1))).sqrt() + 1e-9
        length = rate * 0.5 * (1 + math.cos(math.pi * step / num_steps))
        u = table.pin((u - length * weights * direction / spread).clamp(0, 1))
    return best, lowest
