"""The derivatives of what is computed at control rate: values, ramps and an LFO's shapes.

One-sided at bounds, as ``numerics.clamping`` has it: 1 within them and at them, 0 beyond.
"""

import numpy as np

from synth_datamodule.kernels.exact.arithmetic import (
    ONE,
    TWO,
    ZERO,
    cosine64,
    exp2,
    larger,
    log2,
    power,
    sine64,
)
from synth_datamodule.kernels.exact.formulas import (
    HALF,
    LFO_MASK,
    LFO_UNIT,
    LOG2_440,
    SHAPE_EXPONENT,
    octaves,
)
from synth_datamodule.kernels.exact.operations import Number, both, float64, where
from synth_datamodule.kernels.exact.slopes import LN_2
from synth_datamodule.numerics import powers
from synth_datamodule.numerics.compiled import inlined

PI = np.float64(3.141592653589793)
LN_2_TWELFTH = np.float64(0.05776226504666211)
SMALLEST_DRAW = np.float64(powers.SMALLEST_DRAW)


@inlined
def value_slope(u: Number, width: Number, exponent: Number, symmetric: Number) -> Number:
    """Return how a parameter's value grows with u; an infinite slope is the one at 2**-24."""
    signed = u * TWO - ONE
    magnitude = where(signed < 0.0, ZERO - signed, signed)
    base = where(symmetric != 0.0, magnitude, u)
    base = where(exponent < 1.0, larger(base, SMALLEST_DRAW), base)
    here = where(base > 0.0, base, ONE)
    bent = where(base > 0.0, exponent * power(here, exponent) / here, ZERO)
    return width * where(exponent == 1.0, ONE, bent)


@inlined
def ramp_place(
    frame: Number, start: Number, length: Number, per_frame: Number, eps: Number
) -> Number:
    """Return where a frame lies in a ramp, from 0 to 1, its steps there, and what moves it.

    Args:
        frame: Frame.
        start: Frame at which the ramp starts.
        length: Frames that it takes, above 0.
        per_frame: ``1 / length``.
        eps: Number that keeps ramps off zero, in frames.

    Returns:
        The place; the steps; whether the length moves the place; whether the start does.
    """
    late = frame - start
    started = both(late >= 0.0, frame > 0.0)
    steps = where(started, late, ZERO) + eps
    place = steps * per_frame + eps
    moves = both(steps < length, place <= 1.0)
    return where(moves, place, ONE), steps, moves, both(moves, started)


@inlined
def power_slopes(base: Number, exponent: Number) -> Number:
    """Return ``base**exponent`` for a base in [0, 1], and its derivatives by both."""
    positive = base > 0.0
    here = where(positive, base, ONE)
    octave = log2(here)
    raised = where(positive, exp2(exponent * octave), ZERO)
    # At 0 the slope is the true one for an exponent of 1, and 0 for others.
    at_zero = where(exponent == 1.0, ONE, ZERO)
    by_base = where(positive, exponent * raised / here, at_zero)
    return raised, by_base, raised * octave * LN_2


@inlined
def lfo_waves(phase: Number) -> Number:
    """Return an LFO's sine, triangle, saw and square at a phase; the first two's slopes in cycles.

    The saw's slope is 1, the other saw is 1 less the saw, the square's slope is 0.
    """
    s = float64(phase & LFO_MASK) * LFO_UNIT
    double = s * TWO
    rising = double <= 1.0
    triangle = where(rising, double, TWO - double)
    by_triangle = where(rising, TWO, ZERO - TWO)
    away = where(s < 0.5, HALF - s, s - HALF)
    square = where(away < 0.25, ONE, where(away == 0.25, HALF, ZERO))
    inner = where(away <= 0.25, away, HALF - away)
    cosine = cosine64(inner * TWO)
    sinusoid = where(away <= 0.25, cosine, ZERO - cosine) * HALF + HALF
    # sin 2 pi s is sin 2 pi a at a distance a before the middle, -sin 2 pi a beyond it.
    sine = sine64(inner * TWO)
    by_sinusoid = PI * where(s < 0.5, sine, ZERO - sine)
    return sinusoid, triangle, s, square, by_sinusoid, by_triangle


@inlined
def share_slope(weight: Number, largest: Number) -> Number:
    """Return how ``share_of`` grows with a weight; shares have no scale: the largest is held."""
    relative = where(largest > 0.0, weight / where(largest > 0.0, largest, ONE), ZERO)
    here = where(relative > 0.0, relative, ONE)
    by_relative = SHAPE_EXPONENT * power(here, SHAPE_EXPONENT) / here
    return where(relative > 0.0, by_relative / larger(largest, SMALLEST_DRAW), ZERO)


@inlined
def steepness_slope(pitch: Number, steep: Number) -> Number:
    """Return how ``steepness`` falls with a pitch in semitones, at which it is ``steep``."""
    ln_f = octaves(pitch, LOG2_440) * LN_2
    return ZERO - steep * LN_2_TWELFTH * (ONE + ONE / ln_f)
