"""Pitch to frequency, frequency to phase: the two steps that every oscillator takes."""

import math

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import MOST_SAMPLES
from synth_datamodule.numerics.constants import A4_HZ, A4_MIDI


def midi_to_hz(midi: Tensor) -> Tensor:
    r"""Return the frequency of a pitch in equal temperament.

    .. math:: f = 440 \cdot 2^{(p - 69)/12}

    Written as exp(x ln 2): torch.exp2 gives other last bits in the tail of a chunk, so a sound
    would depend on its batch.

    Args:
        midi: Pitch in semitones, 69 for the A of 440 Hz, or notes as integers. Any shape.

    Returns:
        Frequency in hertz. Same shape.

    Raises:
        TypeError: If ``midi`` is no tensor of numbers.

    Example:
        >>> midi_to_hz(torch.tensor([69.0, 81.0]))
        tensor([440., 880.])
    """
    if checks.instance("midi", midi, Tensor).dtype in (torch.int64, torch.int32):
        midi = midi.to(torch.float32)  # a note
    checks.float_tensor("midi", midi, "[...]", None)
    frequency: Tensor = A4_HZ * torch.exp((midi - A4_MIDI) * (math.log(2) / 12))
    return frequency


def oscillator_cycles(frequency: Tensor, initial_phase: Tensor, rate: int) -> Tensor:
    r"""Integrate frequency into phase, counted in cycles and wrapped.

    .. math:: s[n] = \frac{1}{2\pi}
        \Big(\phi_0 + \sum_{k \le n} \frac{2\pi f[k]}{r}\Big) \bmod 1

    Its gradient is that of the phase before it is wrapped.

    The sum runs in float64 whatever the dtype of ``frequency``; in float32 a high note would be off
    by 0.03 rad after 4 s. In float64 the worst note, 12.5 kHz held for 4 s, is off by 7e-7 rad.

    Args:
        frequency: Frequency in hertz. Shape ``[B, T]``.
        initial_phase: Initial phase in radians. Shape ``[B]``.
        rate: Samples per second.

    Returns:
        Phase in cycles, in [0, 1) (rounding may reach 1), in the dtype of ``frequency``. Shape
        ``[B, T]``.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a shape differs, or ``rate`` is below 1.

    Example:
        >>> oscillator_cycles(torch.full((1, 3), 1.0), torch.zeros(1), rate=4)
        tensor([[0.2500, 0.5000, 0.7500]])
    """
    checks.float_tensor("frequency", frequency, "[B, T]", (None, None))
    checks.float_tensor("initial_phase", initial_phase, "[B]", (len(frequency),))
    checks.whole_number("rate", rate, 1, MOST_SAMPLES)
    increments = 2 * math.pi * frequency.to(torch.float64) / rate
    radians = increments.cumsum(-1) + initial_phase.to(torch.float64)[:, None]
    cycles = radians / (2 * math.pi)
    # Wrapped before it is rounded to float32, where a phase of 3e5 rad is good to 0.03 only.
    return (cycles - torch.floor(cycles)).to(frequency.dtype)
