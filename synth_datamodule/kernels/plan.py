"""What a config and a parameter table are to the kernels: plain numbers, the same everywhere."""

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth_datamodule.config import SynthConfig
from synth_datamodule.kernels.differentiable import Controls
from synth_datamodule.numerics.constants import A4_HZ, A4_MIDI, MIDI_MAX
from synth_datamodule.parameters.table import ParameterTable

_HIGHEST_HZ = math.ceil(A4_HZ * 2 ** ((MIDI_MAX - A4_MIDI) / 12))  # where a pitch is clamped
_MOST_BITS = 51
STEEP_PER_PARTIAL = math.pi / math.log(2)
"""The kernels' tanh takes ``(pi/2) P sin`` as an exponent of 2: times ``2/ln 2``."""
# A phase has as many bits of fraction as its largest step leaves below 2**51, where to_fixed stops:
# 51 above 12,544 Hz. Each step is rounded by half a unit at most. In the steepest wave, P = 18910,
# N roundings that all go one way reach (pi/2) P 2 pi N 2**-(bits + 1): 7e-4 at N = 2**(bits - 27).
_BITS_BEYOND_LENGTH = 27


class Plan:
    """The numbers of one Voice that its kernels are given.

    Args:
        synthconfig: Rates and lengths.
        parameters: Ranges, curves and pinned values of the Voice's 78 parameters.

    Raises:
        ValueError: If the buffer is too long for the phase's format.

    Example:
        >>> from synth_datamodule import SynthConfig, Voice
        >>> Plan(SynthConfig(), Voice().parameter_table).bits
        51
    """

    def __init__(self, synthconfig: SynthConfig, parameters: ParameterTable) -> None:
        sample_rate = synthconfig.sample_rate
        self.bits = _MOST_BITS
        while _HIGHEST_HZ * 2**self.bits >= 2**_MOST_BITS * sample_rate:
            self.bits -= 1
        longest = 2 ** (self.bits - _BITS_BEYOND_LENGTH)
        if synthconfig.buffer_size > longest:
            raise ValueError(
                f"buffer_size_seconds must be at most {longest / sample_rate:g} at sample_rate "
                f"{sample_rate}, longer ones need backend='reference', got "
                f"{synthconfig.buffer_size_seconds}"
            )
        self.num_samples = synthconfig.buffer_size
        self.num_frames = synthconfig.control_buffer_size
        self.sample_rate = float(sample_rate)
        self.control_rate = float(synthconfig.control_rate)
        self.eps = float(synthconfig.eps)
        self.table = _table(parameters)
        zeros = torch.zeros(1, len(parameters), dtype=torch.float32, device="cpu")
        self.pinned = parameters.pin(zeros)[0]
        free = [name not in parameters.pinned for name in parameters.names]
        self.pinned[torch.tensor(free, dtype=torch.bool, device="cpu")] = torch.nan
        order = parameters.draw_order
        self.column_of_draw = torch.tensor(
            sorted(range(len(order)), key=order.__getitem__), dtype=torch.int64, device="cpu"
        )

    def rates(self) -> list[float]:
        """Return sample rate, control rate, eps and phase bits, for a kernel's float64 memory."""
        return [self.sample_rate, self.control_rate, self.eps, float(self.bits)]

    def octaves(self, pitches: Tensor) -> Tensor:
        """Return pitches in semitones as the kernels take them: log2 of a phase step in units."""
        return (pitches - A4_MIDI) / 12 + (math.log2(A4_HZ / self.sample_rate) + self.bits)

    def phases(self, initial_phases: Tensor) -> Tensor:
        """Return both initial phases, ``[B, 2]`` in radians, in units, the first as a sine's."""
        cycles = initial_phases / (2 * math.pi)
        cycles = torch.stack((cycles[:, 0] + 0.25, cycles[:, 1]), 1)
        return (cycles * 2.0**self.bits).round().to(torch.int64)

    def positions(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Return the control sample left of each audio sample, and what remains, in 1/(N - 1)."""
        numerator = np.arange(self.num_samples, dtype=np.int64) * (self.num_frames - 1)
        left = np.minimum(numerator // (self.num_samples - 1), self.num_frames - 2)
        remainder = numerator - left * (self.num_samples - 1)
        return left.astype(np.int32), remainder.astype(np.int32)


def by_controls(by_octave: Tensor, by_gain: Tensor, by_constant: Tensor) -> Controls:
    """Return the gradient with respect to the controls, from that of what the kernels take.

    Args:
        by_octave: Gradient with respect to the pitches in octaves. Shape ``[B, 2, C]``.
        by_gain: Gradient with respect to the gains. Shape ``[B, 3, C]``.
        by_constant: Gradient with respect to both initial phases in cycles, the second oscillator's
            steepness (``STEEP_PER_PARTIAL`` times its partials) and its shape. Shape ``[B, 4]``.
    """
    return Controls(
        by_octave / 12,
        by_gain,
        by_constant[:, :2] / (2 * math.pi),
        by_constant[:, 2] * STEEP_PER_PARTIAL,
        by_constant[:, 3],
    )


def _table(parameters: ParameterTable) -> npt.NDArray[np.float64]:
    """Minimum, width, maximum, exponent and symmetry. Shape ``[5, P]``.

    A pinned parameter has a range of no width.
    """
    rows = []
    for name, found in zip(parameters.names, parameters.ranges, strict=True):
        low = parameters.pinned.get(name, found.minimum)
        high = parameters.pinned.get(name, found.maximum)
        rows.append((low, high - low, high, 1 / found.curve, float(found.symmetric)))
    return np.ascontiguousarray(np.array(rows, np.float64).T)
