"""SquareSawVCO: the second oscillator of the Voice, from square to saw by one knob."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.modules.base import Values
from synth_datamodule.modules.phase import midi_to_hz
from synth_datamodule.modules.vco import VCO
from synth_datamodule.numerics.clamping import clamp
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.program import Builder, Signal
from synth_datamodule.program.builder import AUDIO


def num_partials(pitch: Tensor) -> Tensor:
    r"""Return the constant that sets how steep an edge is, falling with pitch against aliasing.

    .. math:: P = \frac{12000}{f \log_{10} f}

    Args:
        pitch: The highest pitch of the sound in semitones, above -72 so that f > 1 Hz. Any shape.

    Returns:
        Same shape.

    Raises:
        TypeError: If ``pitch`` is not a float tensor.

    Example:
        >>> num_partials(torch.tensor([69.0]))
        tensor([10.3171])
    """
    checks.float_tensor("pitch", pitch, "[...]", None)
    frequency = midi_to_hz(pitch)
    return 12000 / (frequency * torch.log10(frequency))


def square_saw(radians: Tensor, partials: Tensor, shape: Tensor) -> Tensor:
    r"""Return a wave between square (shape 0) and saw (shape 1).

    .. math::
        q = \tanh\big(\tfrac{\pi}{2} P \sin\phi\big), \quad
        (1 - \tfrac{k}{2}) \, q \, (1 + k \cos\phi)

    After Lazzarini and Timoney, "New Perspectives on Distortion Synthesis for Virtual Analog
    Oscillators", Computer Music Journal 34(1), 2010, https://doi.org/10.1162/comj.2010.34.1.28.

    Args:
        radians: Phase in radians. Shape ``[B, N]``.
        partials: Constant P of ``num_partials``. Shape ``[B]``.
        shape: Knob k in [0, 1]. Shape ``[B]``.

    Returns:
        Audio in [-1.13, 1.13]. Shape ``[B, N]``.

    Raises:
        TypeError: If an argument is not a float tensor.
        ValueError: If a shape differs.

    Example:
        >>> quarters = torch.tensor([[0.5, 1.5]]) * math.pi
        >>> square_saw(quarters, torch.tensor([10.0]), torch.tensor([0.0]))
        tensor([[ 1., -1.]])
    """
    num_sounds = checks.per_sound(partials=partials, shape=shape)
    checks.float_tensor("radians", radians, "[B, N]", (num_sounds, None))
    square = torch.tanh(math.pi / 2 * partials[:, None] * torch.sin(radians))
    knob = shape[:, None]
    return (1 - knob / 2) * square * (1 + knob * torch.cos(radians))


class SquareSawVCO(VCO):
    """Virtual analog oscillator.

    The steepness of its edges depends on upward pitch bends only; at a ``mod_depth`` of 0 the
    gradient is the one for upward bends.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> config = SynthConfig(sample_rate=8, control_rate=4, buffer_size_seconds=1.0)
        >>> values = {p.name: torch.tensor([0.0]) for p in SquareSawVCO.parameter_ranges}
        >>> SquareSawVCO(config)(values, torch.tensor([60.0])).shape
        torch.Size([1, 8])
    """

    parameter_ranges = (*VCO.parameter_ranges, ParameterRange("shape", 0.0, 1.0))

    def forward(self, values: Values, midi_f0: Tensor | float, mod: Tensor | None = None) -> Tensor:
        """Return audio in [-1.13, 1.13], ``[B, N]``.

        Args:
            values: This module's parameters; ``defaults`` for those left out.
            midi_f0: Note in semitones. Shape ``[B]``, or a number.
            mod: Signal that bends the pitch, ``mod_depth`` semitones per unit. Shape ``[B, N]``.
        """
        values, midi_f0 = self.sounded(values, midi_f0, mod)
        radians = self.radians(values, midi_f0, mod)
        highest = midi_f0 + values["tuning"] + clamp(values["mod_depth"], low=0)
        return square_saw(radians, num_partials(highest), values["shape"])

    def exact(
        self,
        build: Builder,
        values: Mapping[str, Signal],
        midi_f0: Signal | float,
        mod: Signal | None = None,
    ) -> Signal:
        """Return the wave as a program has it."""
        phase = self.exact_phase(build, values, midi_f0, mod)
        upward = build.value("larger", values["mod_depth"], 0.0)
        steep = build.value("steepness", build.signal(midi_f0) + values["tuning"] + upward)
        level = 1.0 - values["shape"] * 0.5
        return build.node("square_saw", AUDIO, [phase, steep, values["shape"], level])
