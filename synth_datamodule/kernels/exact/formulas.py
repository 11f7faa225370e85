"""The formulas of the Voice, one number at a time: what each kernel computes between its loops.

Control rate is float64: one of its samples stands for a hundred of audio, and the LFO's square is a
threshold. At audio rate pitch is float64, phase a wrapping integer, waves and gains float32.
"""

import numpy as np

from synth_datamodule.kernels.exact.arithmetic import (
    ONE,
    ONE_32,
    TWO,
    WHOLE,
    ZERO,
    ZERO_32,
    cosine,
    cosine64,
    exp2,
    flipped,
    larger,
    log2,
    pitch_exp2,
    power,
    sine,
    smaller,
    tanh_from_exponent,
    to_fixed,
)
from synth_datamodule.kernels.exact.operations import Number, float32, float64, fma, where
from synth_datamodule.numerics import constants
from synth_datamodule.numerics.compiled import inlined

HALF = np.float64(0.5)
SHAPE_EXPONENT = np.float64(constants.SHAPE_EXPONENT)
# An LFO's phase has 51 bits of fraction: to_fixed takes numbers below 2**51, and a step, its whole
# cycles dropped, is at most half a cycle, 2**50 units.
LFO_SCALE = np.float64(2.0**51)
LFO_UNIT = np.float64(2.0**-51)
LFO_MASK = np.int64(2**51 - 1)
TURNS_PER_RADIAN = np.float64(0.15915494309189535)
LOG2_440 = np.float64(8.78135971352466)
A4_MIDI = np.float64(constants.A4_MIDI)
MIDI_MAX = np.float64(constants.MIDI_MAX)
TWELFTH = np.float64(1.0 / 12.0)
LOG10_2 = np.float64(0.3010299956639812)
# (pi/2) 12000 times 2/ln 2: tanh x is tanh_from_exponent(2 x/ln 2)
STEEP = np.float64(54388.321701926325)
# Gains below 1e-18 are silence. Products of what is left are no denormals, which
# torch.set_flush_denormal would change.
SILENCE = np.float64(2.0**-60)


@inlined
def value(
    u: Number, minimum: Number, width: Number, maximum: Number, exponent: Number, symmetric: Number
) -> Number:
    """Return a parameter's value: ``minimum + width u**exponent``, or bent about the middle."""
    signed = u * TWO - ONE
    magnitude = where(signed < 0.0, ZERO - signed, signed)
    base = where(symmetric != 0.0, magnitude, u)
    bent = where(exponent == 1.0, base, power(base, exponent))
    about = where(signed < 0.0, ZERO - bent, bent) * HALF + HALF
    share = where(symmetric != 0.0, about, bent)
    return where(share < 1.0, smaller(fma(width, share, minimum), maximum), maximum)


@inlined
def adsr_ramps(
    duration: Number, attack: Number, decay: Number, release: Number, rate: Number
) -> Number:
    """Return an envelope's ramps: attack slope, decay start and slope, release start and slope."""
    attack_cut = smaller(attack, duration)
    decay_cut = smaller(larger(duration - attack, ZERO), decay)
    return (
        slope(attack_cut * rate),
        attack_cut * rate,
        slope(decay_cut * rate),
        duration * rate,
        slope(release * rate),
    )


@inlined
def slope(length: Number) -> Number:
    """Return the slope per frame of a ramp ``length`` frames long; 0 if there is no ramp."""
    return where(length > 0.0, ONE / where(length > 0.0, length, ONE), ZERO)


@inlined
def rise(frame: Number, start: Number, slope: Number, alpha: Number, eps: Number) -> Number:
    """Return a ramp from 0 to 1 after ``start``, in frames, to the power ``alpha``."""
    x = smaller(fma(larger(frame - start, ZERO) + eps, slope, eps), ONE)
    return where(slope > 0.0, power(x, alpha), ONE)


@inlined
def fall(frame: Number, start: Number, slope: Number, alpha: Number, eps: Number) -> Number:
    """Return ``(1 - x)**alpha`` for the x that rises."""
    x = smaller(fma(larger(frame - start, ZERO) + eps, slope, eps), ONE)
    return where(slope > 0.0, power(ONE - x, alpha), ONE)


@inlined
def held(decay_ramp: Number, sustain: Number) -> Number:
    """Return the level during a decay, from 1 to ``sustain``, for a ramp that falls from 1 to 0."""
    return fma(ONE - sustain, decay_ramp, sustain)


@inlined
def share_of(weight: Number, largest: Number) -> Number:
    """Return a shape's weight to the power e, relative to the largest; all 0 are equal."""
    relative = where(largest > 0.0, weight / where(largest > 0.0, largest, ONE), ONE)
    return power(relative, SHAPE_EXPONENT)


@inlined
def fixed_phase(radians: Number, scale: Number) -> Number:
    """Return an initial phase as a whole number of ``1 / scale`` cycles, whole cycles dropped."""
    cycles = radians * TURNS_PER_RADIAN
    return to_fixed((cycles - ((cycles + WHOLE) - WHOLE)) * scale)


@inlined
def lfo_step(frequency: Number, depth: Number, mod: Number, cycles_per_hz: Number) -> Number:
    """Return an LFO's phase step in a frame, whole cycles dropped, in units of 2**-51 cycles."""
    cycles = larger(fma(depth, mod, frequency), ZERO) * cycles_per_hz
    return to_fixed((cycles - ((cycles + WHOLE) - WHOLE)) * LFO_SCALE)


@inlined
def lfo_shape(
    phase: Number, sin: Number, tri: Number, saw: Number, rsaw: Number, sqr: Number
) -> Number:
    """Return the five shapes at a phase, each times its share."""
    s = float64(phase & LFO_MASK) * LFO_UNIT
    double = s * TWO
    triangle = where(double <= 1.0, double, TWO - double)
    away = where(s < 0.5, HALF - s, s - HALF)
    square = where(away < 0.25, ONE, where(away == 0.25, HALF, ZERO))
    # At a distance a from the middle cos 2 pi s is -cos 2 pi a, and a is folded to [0, 1/4].
    inner = where(away <= 0.25, away, HALF - away)
    cosine = cosine64(inner * TWO)
    sinusoid = where(away <= 0.25, cosine, ZERO - cosine) * HALF + HALF
    y = fma(tri, triangle, sin * sinusoid)
    y = fma(saw, s, y)
    y = fma(rsaw, ONE - s, y)
    return fma(sqr, square, y)


@inlined
def weighted(
    adsr_1: Number,
    adsr_2: Number,
    lfo_1: Number,
    lfo_2: Number,
    w_1: Number,
    w_2: Number,
    w_3: Number,
    w_4: Number,
) -> Number:
    """Return one output of the modulation matrix."""
    return fma(w_4, lfo_2, fma(w_3, lfo_1, fma(w_2, adsr_2, w_1 * adsr_1)))


@inlined
def gain(level: Number, amplitude: Number) -> Number:
    """Return a mixer level times an amplitude, in float32."""
    product = level * amplitude
    magnitude = where(product < 0.0, ZERO - product, product)
    return float32(where(magnitude < SILENCE, ZERO, product))


@inlined
def octave_offset(sample_rate: Number, bits: Number) -> Number:
    """Return log2 of the phase step of A4 in units: octaves above A4 plus this are any pitch's."""
    return LOG2_440 - log2(sample_rate) + bits


@inlined
def octaves(pitch: Number, offset: Number) -> Number:
    """Return a MIDI pitch in octaves above A4, plus an offset."""
    return fma(pitch - A4_MIDI, TWELFTH, offset)


@inlined
def steepness(pitch: Number) -> Number:
    """Return ``(pi/2) P (2/ln 2)`` with ``P = 12000/(f log10 f)``, f the pitch's frequency."""
    return float32(steepness64(pitch))


@inlined
def steepness64(pitch: Number) -> Number:
    """Return the same before it is rounded."""
    log2_f = octaves(pitch, LOG2_440)
    return STEEP / (exp2(log2_f) * (log2_f * LOG10_2))


@inlined
def octave(share: Number, left: Number, step: Number, lowest: Number, highest: Number) -> Number:
    """Return the pitch between two frames, clamped, in octaves."""
    return smaller(larger(fma(share, step, left), lowest), highest)


@inlined
def phase_step(octave: Number) -> Number:
    """Return the phase step of a sample in whole units, from its log2."""
    return to_fixed(pitch_exp2(octave))


@inlined
def square_saw_wave(
    h: Number, sign_bit: Number, steep: Number, shape: Number, level: Number
) -> Number:
    """Return ``level tanh(steep ln(2)/2 sin(2 pi phase)) (1 + shape cos(2 pi phase))``.

    The phase comes folded: ``h`` half cycles from a half cycle whose sign is ``sign_bit``.
    """
    square = tanh_from_exponent(flipped(sine(h), sign_bit) * steep)
    return square * level * fma(shape, flipped(cosine(h), sign_bit), ONE_32)


@inlined
def between(share: Number, left: Number, step: Number) -> Number:
    """Return the gain between two frames."""
    return fma(share, step, left)


@inlined
def mixed(
    a: Number, gain_a: Number, b: Number, gain_b: Number, c: Number, gain_c: Number
) -> Number:
    """Return three signals at their gains, added."""
    # Adding 0 makes silence +0 whatever the signs: what is known to be silent need not be computed.
    return fma(gain_c, c, fma(gain_b, b, gain_a * a)) + ZERO_32
