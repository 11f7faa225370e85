"""LFO: a slow oscillator that blends five shapes."""

import math
from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import MOST_SAMPLES
from synth_datamodule.modules.base import SynthModule, Values
from synth_datamodule.numerics.clamping import clamp
from synth_datamodule.numerics.constants import SHAPE_EXPONENT
from synth_datamodule.numerics.powers import power_shares
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.program import Builder, Signal
from synth_datamodule.program.builder import CONTROL, VALUE
from synth_datamodule.program.words import shares

_UNITS = 2**51  # in a cycle, as the fused renderer counts them
_TURNS_PER_RADIAN = 1 / (2 * math.pi)


def lfo_shapes(cycles: Tensor) -> Tensor:
    """Return the five shapes of an LFO at a phase.

    sin ``(1 - cos 2 pi s)/2``; tri ``2s`` up to the middle, then ``2 - 2s``; saw ``s``; rsaw
    ``1 - s``; sqr 0 in the outer quarters, 1 in the inner half, 1/2 on the steps between.

    The gradient of sqr, a step, is 0; that of tri at its peak is the rising one, and the jump of
    saw and rsaw where the phase wraps is in none.

    Args:
        cycles: Phase s in cycles, in [0, 1). Shape ``[B, C]``.

    Returns:
        sin, tri, saw, rsaw, sqr in [0, 1]. Shape ``[B, 5, C]``.

    Raises:
        TypeError: If ``cycles`` is not a float tensor.
        ValueError: If it is not ``[B, C]``.

    Example:
        >>> lfo_shapes(torch.tensor([[0.0, 0.5]]))[0, :, 1]
        tensor([1.0000, 1.0000, 0.5000, 0.5000, 1.0000])
    """
    checks.float_tensor("cycles", cycles, "[B, C]", (None, None))
    cosine = torch.cos(2 * math.pi * cycles + math.pi)
    sine = (cosine + 1) / 2
    triangle = torch.where(2 * cycles <= 1, 2 * cycles, 2 - 2 * cycles)
    # Not by the cosine, which misses 0 by a rounding where the phase lies on the step.
    square = (torch.sign(0.25 - (cycles - 0.5).abs()) + 1) / 2
    return torch.stack((sine, triangle, cycles, 1 - cycles, square), dim=1)


def lfo_cycles(frequency: Tensor, initial_phase: Tensor, rate: int) -> Tensor:
    r"""Return an LFO's phase in cycles, wrapped: a sum of whole numbers of :math:`2^{-51}` cycles.

    .. math:: s[n] = \Big(\rho(\phi_0/2\pi) + \sum_{k \le n} \rho(f[k]/r)\Big) \bmod 1

    with :math:`\rho` the nearest multiple of :math:`2^{-51}`. A saw steps where the phase wraps, a
    square at its quarters, and round rates come to lie on a step exactly: 4 Hz does at every
    hundredth of 400 frames a second. A sum of floats falls to this or that side of it by its
    rounding, and by another order of summation to the other. Whole numbers add up exactly, in any
    order, so the sum says by itself on which side a phase lies; one on the wrap has passed it.

    Its gradient is that of the phase before it is rounded and wrapped.

    Args:
        frequency: Frequency in hertz, at least 0. Shape ``[B, C]``.
        initial_phase: Initial phase in radians, in [-pi, pi]. Shape ``[B]``.
        rate: Control samples per second.

    Returns:
        Phase in cycles, in [0, 1) (rounding to float32 may reach 1), in the dtype of
        ``frequency``. Shape ``[B, C]``.

    Example:
        >>> lfo_cycles(torch.full((1, 5), 100.0), torch.zeros(1), rate=400)
        tensor([[0.2500, 0.5000, 0.7500, 0.0000, 0.2500]])
    """
    steps = frequency.to(torch.float64) * (1 / rate)
    start = initial_phase.to(torch.float64)[:, None] * _TURNS_PER_RADIAN
    units = _units(steps - steps.detach().round()).cumsum(-1) + _units(start)
    wrapped = (units & (_UNITS - 1)).to(torch.float64) / _UNITS
    unwrapped = steps.cumsum(-1) + start
    return (wrapped + (unwrapped - unwrapped.detach())).to(frequency.dtype)


def _units(cycles: Tensor) -> Tensor:
    return (cycles.detach() * _UNITS).round().to(torch.int64)


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
        TypeError: If a signal is not a float tensor, or ``rate`` not an integer.
        ValueError: If a shape differs, or ``rate`` is below 1.

    Example:
        >>> only_saw = torch.tensor([[0.0, 0.0, 1.0, 0.0, 0.0]])
        >>> lfo_signal(torch.full((1, 3), 1.0), torch.zeros(1), only_saw, rate=4)
        tensor([[0.2500, 0.5000, 0.7500]])
    """
    checks.float_tensor("frequency", frequency, "[B, C]", (None, None))
    checks.float_tensor("initial_phase", initial_phase, "[B]", (len(frequency),))
    checks.float_tensor("weights", weights, "[B, 5]", (len(frequency), 5))
    checks.whole_number("rate", rate, 1, MOST_SAMPLES)
    shapes = lfo_shapes(lfo_cycles(frequency, initial_phase, rate))
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
    # A sine whose rate rests.
    parameter_defaults = MappingProxyType(
        {"mod_depth": 0.0, "sin": 1.0, "tri": 0.0, "saw": 0.0, "rsaw": 0.0, "sqr": 0.0}
    )

    def forward(self, values: Values, mod: Tensor | None = None) -> Tensor:
        """Return the signal in [0, 1], ``[B, C]``.

        Args:
            values: This module's parameters.
            mod: Control signal added to the frequency, ``mod_depth`` hertz per unit. Below 0 Hz the
                LFO stands still, with a gradient of 0; at 0 Hz it has the gradient of one that
                moves. Shape ``[B, C]``.
        """
        values = self.complete(values, mod)
        num_sounds = self.check(values)
        frequency = values["frequency"][:, None].expand(-1, self.control_buffer_size)
        if mod is not None:
            self.check_control(num_sounds, mod=mod)
            frequency = frequency + values["mod_depth"][:, None] * mod
        weights = torch.stack([values[name] for name in ("sin", "tri", "saw", "rsaw", "sqr")], 1)
        frequency, phase = clamp(frequency, low=0), values["initial_phase"]
        return lfo_signal(frequency, phase, weights, self.control_rate)

    def exact(
        self, build: Builder, values: Mapping[str, Signal], mod: Signal | None = None
    ) -> Signal:
        """Return the signal as a program has it."""
        if mod is None:
            mod = build.filled(build.constant(0.0), CONTROL)
        weights = shares(build, [values[name] for name in ("sin", "tri", "saw", "rsaw", "sqr")])
        phase = build.value("lfo_phase", values["initial_phase"])
        numbers = [values["frequency"], values["mod_depth"], phase, *weights]
        for one in numbers:
            build.expect(one, VALUE)
        return build.node("lfo", CONTROL, [*numbers, build.expect(mod, CONTROL)])
