"""The formulas of parts that the Voice has not: frequency modulation, a filter, waves that bend.

What bends a pitch is float64: a bend of 96 semitones would turn float32's error into a tenth of a
cycle after some seconds.
"""

import numpy as np

from synth_datamodule.kernels.exact.arithmetic import (
    ONE,
    TWO,
    WHOLE,
    WHOLE_BITS,
    ZERO,
    ZERO_32,
    cosine64,
    exp2,
    larger,
    pitch_exp2,
    sine64,
    smaller,
    to_fixed,
)
from synth_datamodule.kernels.exact.formulas import HALF
from synth_datamodule.kernels.exact.operations import Number, fma, from_bits64, where
from synth_datamodule.numerics.compiled import inlined

POSITIVE_64 = np.int64(0x7FFFFFFFFFFFFFFF)


@inlined
def turn(cycles: Number, scale: Number) -> Number:
    """Return cycles as a whole number of ``1 / scale`` cycles, whole cycles dropped, as int64."""
    return to_fixed((cycles - ((cycles + WHOLE) - WHOLE)) * scale)


@inlined
def fm_step(mod: Number, carrier: Number, swing: Number, top: Number) -> Number:
    """Return a phase step in whole units: ``carrier + swing mod``, in units, within [0, top]."""
    return to_fixed(smaller(larger(fma(swing, mod, carrier), ZERO), top))


@inlined
def phase_step64(octave: Number) -> Number:
    """Return ``phase_step`` to 2e-16 relative: its error adds up, and a bend makes more of it."""
    return to_fixed(exp2(octave))


@inlined
def bent(mod: Number, depth: Number, centre: Number, lowest: Number, highest: Number) -> Number:
    """Return a pitch in octaves, bent by a signal and clamped."""
    return smaller(larger(fma(depth, mod, centre), lowest), highest)


@inlined
def fold64(phase: Number, quarter: Number, unit: Number) -> Number:
    """Return ``fold``'s distance in half cycles in float64, no bit of the phase lost.

    Args:
        phase: Phase in units.
        quarter: A quarter of a cycle in units, a power of two.
        unit: A unit in half cycles.
    """
    place = (phase + quarter) & (quarter + quarter - 1)
    # Below 2**51: as a float64, its bits beside those of WHOLE.
    return fma(from_bits64(place + WHOLE_BITS) - WHOLE, unit, ZERO - HALF)


@inlined
def signed(x: Number, phase: Number, quarter: Number) -> Number:
    """Return ``x``, or ``-x`` where sine and cosine are negative at the nearest half cycle."""
    odd = (phase + quarter) & (quarter + quarter)
    return where(odd != 0, ZERO - x, x)


@inlined
def tanh64_from_exponent(x: Number) -> Number:
    """Return ``tanh(x ln(2)/2)`` in float64."""
    t = exp2(where(x < 0.0, x, ZERO - x))
    y = (ONE - t) / (ONE + t)
    return where(x < 0.0, ZERO - y, y)


@inlined
def square_saw_wave64(
    phase: Number, quarter: Number, unit: Number, steep: Number, shape: Number, level: Number
) -> Number:
    """Return ``square_saw_wave`` in float64, of a phase as ``fold64`` takes it."""
    h = fold64(phase, quarter, unit)
    square = tanh64_from_exponent(signed(sine64(h), phase, quarter) * steep)
    return square * level * fma(shape, signed(cosine64(h), phase, quarter), ONE)


@inlined
def filter_coefficients(octave: Number, damping: Number) -> Number:
    """Return ``2 a_1 - 1``, ``2 a_2`` and ``1 - 2 a_3`` of a state-variable filter, and ``2 a_3``.

    With ``g = s / c`` the tangent of half the cutoff's angle ``a_1 = 1 / (1 + g (g + damping))`` is
    ``c**2 / (c**2 + s (s + damping c))``: one division instead of two.

    Args:
        octave: Cutoff as log2 of its share of the sample rate, at most log2 of 0.49.
        damping: ``1 / Q``.
    """
    h = pitch_exp2(octave)
    s, c = sine64(h), cosine64(h)
    square = c * c
    over = TWO / fma(s, fma(damping, c, s), square)
    twice_a_2 = s * c * over
    twice_a_3 = s * s * over
    return fma(square, over, ZERO - ONE), twice_a_2, ONE - twice_a_3, twice_a_3


@inlined
def filter_step(
    s_1: Number,
    s_2: Number,
    m_11: Number,
    m_12: Number,
    m_22: Number,
    drive_1: Number,
    drive_2: Number,
) -> Number:
    """Return both states of a filter after a sample: ``A s + b``."""
    next_1 = fma(m_11, s_1, fma(ZERO - m_12, s_2, drive_1))
    next_2 = fma(m_22, s_2, fma(m_12, s_1, drive_2))
    return next_1, next_2


@inlined
def mean(a: Number, b: Number) -> Number:
    """Return the mean of two neighbouring states."""
    return (a + b) * HALF


@inlined
def mixed_1(a: Number, gain_a: Number) -> Number:
    """Return a signal at its gain, silence as +0, in float32 or float64 as they are."""
    return gain_a * a + ZERO_32


@inlined
def mixed_2(a: Number, gain_a: Number, b: Number, gain_b: Number) -> Number:
    """Return two signals at their gains, added."""
    return fma(gain_b, b, gain_a * a) + ZERO_32


@inlined
def mixed_4(
    a: Number,
    gain_a: Number,
    b: Number,
    gain_b: Number,
    c: Number,
    gain_c: Number,
    d: Number,
    gain_d: Number,
) -> Number:
    """Return four signals at their gains, added."""
    return fma(gain_d, d, fma(gain_c, c, fma(gain_b, b, gain_a * a))) + ZERO_32
