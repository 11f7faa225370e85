"""The waves and their derivatives: what a sample changes by, per unit of what it is made of.

In float32, as the waves are; a gradient needs no bits that are the same everywhere.
"""

import numpy as np

from synth_datamodule.kernels.exact.arithmetic import (
    ONE_32,
    SIGN_32,
    cosine,
    exp2_down,
    flipped,
    pitch_exp2,
    sine,
)
from synth_datamodule.kernels.exact.operations import Number, bits32, fma, int32, quotient32, where
from synth_datamodule.numerics.compiled import inlined

TWO_PI_32 = np.float32(6.2831855)
HALF_32 = np.float32(0.5)
HALF_LN_2_32 = np.float32(0.3465736)
FOUR_32 = np.float32(4.0)
LN_2 = np.float64(0.6931471805599453)
NONE = np.float64(0.0)


@inlined
def sine_slope(h: Number, sign_bit: Number) -> Number:
    """Return the derivative of ``sin(2 pi phase)`` by the phase, in cycles."""
    return TWO_PI_32 * flipped(cosine(h), sign_bit)


@inlined
def square_saw_slopes(
    h: Number, sign_bit: Number, steep: Number, shape: Number, level: Number
) -> Number:
    """Return square_saw_wave, and its derivatives by phase in cycles, by steep and by shape.

    The derivative of ``tanh(x ln(2)/2)`` is ``(ln(2)/2) 4 t/(1 + t)**2`` with ``t = 2**-|x|``,
    which keeps its digits where the tanh is flat.
    """
    s, c = flipped(sine(h), sign_bit), flipped(cosine(h), sign_bit)
    x = s * steep
    t = exp2_down(x)
    inverse = quotient32(ONE_32, ONE_32 + t)
    square = flipped((ONE_32 - t) * inverse, int32(bits32(x) & SIGN_32))
    rise = HALF_LN_2_32 * FOUR_32 * t * inverse * inverse
    bent = fma(shape, c, ONE_32)
    leveled = level * bent
    by_phase = TWO_PI_32 * (leveled * rise * steep * c - level * square * shape * s)
    by_shape = square * (level * c - HALF_32 * bent)
    return square * leveled, by_phase, leveled * rise * s, by_shape


@inlined
def cycles_per_octave(octave: Number, lowest: Number, highest: Number, unit: Number) -> Number:
    """Return how a sample's phase step, in cycles, grows with its pitch; 0 where that is clamped.

    Args:
        octave: Pitch as log2 of a phase step in units of ``unit`` cycles, not clamped.
        lowest: Lower bound of the pitch.
        highest: Upper bound of the pitch.
        unit: Size of a phase's unit in cycles.
    """
    inside = (octave >= lowest) & (octave <= highest)
    return where(inside, pitch_exp2(where(inside, octave, lowest)) * (LN_2 * unit), NONE)
