"""LFO: a slow oscillator that blends five shapes."""

import math

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.modules.base import SynthModule, Values
from synth_datamodule.modules.phase import oscillator_cycles
from synth_datamodule.numerics.clamping import clamp
from synth_datamodule.numerics.constants import SHAPE_EXPONENT
from synth_datamodule.numerics.powers import power_shares
from synth_datamodule.parameters.table import ParameterRange


def lfo_shapes(cycles: Tensor) -> Tensor:
    """Return the five shapes of an LFO at a phase.

    sin ``(1 - cos 2 pi s)/2``; tri ``2s`` up to the middle, then ``2 - 2s``; saw ``s``; rsaw
    ``1 - s``; sqr 0 in the outer quarters, 1 in the inner half.

    The gradient of sqr, a step, is 0; that of tri at its peak is the rising one, and the jump of
    saw and rsaw where the phase wraps is in none.

    Args:
        cycles: Phase s in cycles, in [0, 1). Shape ``[B, C]``.

    Returns:
        sin, tri, saw, rsaw, sqr in [0, 1]. Shape ``[B, 5, C]``.

    Example:
        >>> lfo_shapes(torch.tensor([[0.0, 0.5]]))[0, :, 1]
        tensor([1.0000, 1.0000, 0.5000, 0.5000, 1.0000])
    """
    cosine = torch.cos(2 * math.pi * cycles + math.pi)
    sine = (cosine + 1) / 2
    triangle = torch.where(2 * cycles <= 1, 2 * cycles, 2 - 2 * cycles)
    square = (torch.sign(cosine) + 1) / 2
    return torch.stack((sine, triangle, cycles, 1 - cycles, square), dim=1)


def lfo_signal(frequency: Tensor, initial_phase: Tensor, weights: Tensor, rate: int) -> Tensor:
    r"""Return a weighted sum of the five shapes.

    .. math:: \sum_k \frac{w_k^e}{\sum_j w_j^e} \; \mathrm{shape}_k(s)

    Where all weights are 0 they count as equal (torchsynth gives NaN), a step: their gradient is 0.

    Args:
        frequency: Frequency in hertz. Shape ``[B, C]``.
        initial_phase: Initial phase in radians. Shape ``[B]``.
        weights: Weights of sin, tri, saw, rsaw and sqr, not negative. Shape ``[B, 5]``.
        rate: Control samples per second.

    Returns:
        In [0, 1]. Shape ``[B, C]``.

    Raises:
        TypeError: If an argument is not a float tensor.
        ValueError: If a shape differs.

    Example:
        >>> only_saw = torch.tensor([[0.0, 0.0, 1.0, 0.0, 0.0]])
        >>> lfo_signal(torch.full((1, 3), 1.0), torch.zeros(1), only_saw, rate=4)
        tensor([[0.2500, 0.5000, 0.7500]])
    """
    checks.float_tensor("frequency", frequency, "[B, C]", (None, None))
    checks.float_tensor("initial_phase", initial_phase, "[B]", (len(frequency),))
    checks.float_tensor("weights", weights, "[B, 5]", (len(frequency), 5))
    shapes = lfo_shapes(oscillator_cycles(frequency, initial_phase, rate))
    shares = power_shares(weights, SHAPE_EXPONENT)
    signal = shares[:, 0, None] * shapes[:, 0]
    for k in range(1, shapes.shape[1]):
        signal = signal + shares[:, k, None] * shapes[:, k]
    return signal


class LFO(SynthModule):
    """Low frequency oscillator at control rate, its rate open to modulation.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> config = SynthConfig(buffer_size_seconds=1.0)
        >>> values = {p.name: torch.tensor([0.5]) for p in LFO.parameter_ranges}
        >>> LFO(config)(values).shape
        torch.Size([1, 441])
    """

    parameter_ranges = (
        ParameterRange("frequency", 0.0, 20.0, curve=0.25, unit="Hz"),
        ParameterRange("mod_depth", -10.0, 20.0, curve=0.5, symmetric=True, unit="Hz"),
        ParameterRange("initial_phase", -math.pi, math.pi, unit="rad"),
        ParameterRange("sin", 0.0, 1.0),
        ParameterRange("tri", 0.0, 1.0),
        ParameterRange("saw", 0.0, 1.0),
        ParameterRange("rsaw", 0.0, 1.0),
        ParameterRange("sqr", 0.0, 1.0),
    )

    def forward(self, values: Values, mod: Tensor | None = None) -> Tensor:
        """Return the signal in [0, 1], ``[B, C]``.

        Args:
            values: This module's parameters.
            mod: Control signal added to the frequency, ``mod_depth`` hertz per unit. Below 0 Hz the
                LFO stands still, with a gradient of 0; at 0 Hz it has the gradient of one that
                moves. Shape ``[B, C]``.
        """
        num_sounds = self.check(values)
        frequency = values["frequency"][:, None].expand(-1, self.control_buffer_size)
        if mod is not None:
            self.check_control(num_sounds, mod=mod)
            frequency = frequency + values["mod_depth"][:, None] * mod
        weights = torch.stack([values[name] for name in ("sin", "tri", "saw", "rsaw", "sqr")], 1)
        frequency, phase = clamp(frequency, low=0), values["initial_phase"]
        return lfo_signal(frequency, phase, weights, self.control_rate)
