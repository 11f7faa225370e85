"""From a sound's parameters to its five control signals, on the CPU."""

import numpy as np
import numpy.typing as npt

from synth_datamodule.kernels.exact.arithmetic import ONE, ZERO, larger
from synth_datamodule.kernels.exact.columns import (
    ADSR_1,
    ADSR_2,
    KEYBOARD,
    LFO_1,
    LFO_1_AMP,
    LFO_1_RATE,
    LFO_2,
    LFO_2_AMP,
    LFO_2_RATE,
    MATRIX,
    MIXER,
    VCO_1,
    VCO_2,
)
from synth_datamodule.kernels.exact.formulas import (
    LFO_SCALE,
    TWELFTH,
    adsr_ramps,
    fall,
    fixed_phase,
    gain,
    held,
    lfo_shape,
    lfo_step,
    octaves,
    rise,
    share_of,
    value,
    weighted,
)
from synth_datamodule.kernels.exact.operations import fma
from synth_datamodule.numerics.compiled import stage

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

_ENVELOPES = (ADSR_1, ADSR_2, LFO_1_RATE, LFO_2_RATE, LFO_1_AMP, LFO_2_AMP)
_LFOS = (LFO_1, LFO_2)
_VCOS = (VCO_1, VCO_2)
# The matrix's outputs: pitch and amp of one oscillator, of the other, amp of the noise.
_GAINS = (1, 3, 4)


@stage
def to_values(u: Floats, table: Floats, values: Floats) -> None:
    """Fill ``values`` ``[P]`` in their units, from ``u`` ``[P]`` and the table ``[5, P]``."""
    minimum, width, maximum, exponent, symmetric = table
    for column in range(values.shape[0]):
        values[column] = value(
            u[column],
            minimum[column],
            width[column],
            maximum[column],
            exponent[column],
            symmetric[column],
        )


@stage
def envelope(
    values: Floats, column: np.int64, duration: float, rate: float, eps: float, out: Floats
) -> None:
    """Fill ``out`` ``[C]`` with the ADSR whose parameters begin at ``column``."""
    decay, sustain = values[column + 1], values[column + 2]
    release, alpha = values[column + 3], values[column + 4]
    attack_slope, decay_start, decay_slope, release_start, release_slope = adsr_ramps(
        duration, values[column], decay, release, rate
    )
    # Powers are computed only where a ramp moves; before and after it they are one number.
    first, stop = _moving(ZERO, attack_slope, out.shape[0])
    _fill(out[:first], ONE)
    moving = out[first:stop]
    for n in range(moving.shape[0]):
        moving[n] = rise(np.float64(first + n), ZERO, attack_slope, alpha, eps)
    _fill(out[stop:], ONE)
    first, stop = _moving(decay_start, decay_slope, out.shape[0])
    _scale(out[:first], held(fall(ZERO, decay_start, decay_slope, alpha, eps), sustain))
    moving = out[first:stop]
    for n in range(moving.shape[0]):
        decay_ramp = fall(np.float64(first + n), decay_start, decay_slope, alpha, eps)
        moving[n] *= held(decay_ramp, sustain)
    _scale(out[stop:], held(ZERO, sustain))
    first, stop = _moving(release_start, release_slope, out.shape[0])
    _scale(out[:first], fall(ZERO, release_start, release_slope, alpha, eps))
    moving = out[first:stop]
    for n in range(moving.shape[0]):
        moving[n] *= fall(np.float64(first + n), release_start, release_slope, alpha, eps)
    _fill(out[stop:], ZERO)


# Loops, for an array expression brings two seconds of compilation along.
@stage
def _fill(out: Floats, number: float) -> None:
    for n in range(out.shape[0]):
        out[n] = number


@stage
def _scale(out: Floats, number: float) -> None:
    for n in range(out.shape[0]):
        out[n] *= number


@stage
def _moving(start: float, slope: float, num_frames: int) -> tuple[int, int]:
    """Return the start and stop of a frame range that safely contains a ramp.

    A ramp of slope 0 does not exist: the range is empty and lies at the end, since before a ramp
    the envelope is 1.
    """
    if slope == ZERO:
        return num_frames, num_frames
    end = start + ONE / slope
    first = min(np.int64(start), num_frames)
    return first, min(np.int64(end) + 3, num_frames)


@stage
def lfo(
    values: Floats,
    column: np.int64,
    rate_envelope: Floats,
    amp_envelope: Floats,
    cycles_per_hz: float,
    phase: Integers,
    out: Floats,
) -> None:
    """Fill ``out`` ``[C]`` with the LFO whose parameters begin at ``column``, enveloped."""
    num_frames = out.shape[0]
    frequency, depth = values[column], values[column + 1]
    for n in range(num_frames):
        phase[n] = lfo_step(frequency, depth, rate_envelope[n], cycles_per_hz)
    total = fixed_phase(values[column + 2], LFO_SCALE)
    for n in range(num_frames):
        total += phase[n]
        phase[n] = total
    weights = values[column + 3 : column + 8]
    largest = weights[0]
    for weight in weights[1:]:
        largest = larger(weight, largest)
    sin = share_of(weights[0], largest)
    tri = share_of(weights[1], largest)
    saw = share_of(weights[2], largest)
    rsaw = share_of(weights[3], largest)
    sqr = share_of(weights[4], largest)
    total_share = sin + tri + saw + rsaw + sqr
    sin, tri, saw = sin / total_share, tri / total_share, saw / total_share
    rsaw, sqr = rsaw / total_share, sqr / total_share
    for n in range(num_frames):
        out[n] = lfo_shape(phase[n], sin, tri, saw, rsaw, sqr) * amp_envelope[n]


@stage
def control_signals(
    values: Floats,
    rate: float,
    eps: float,
    offset: float,
    envelopes: Floats,
    lfos: Floats,
    phase: Integers,
    pitches: Floats,
    gains: Singles,
) -> None:
    """Fill the pitches ``[2, C]``, in octaves, and the gains ``[3, C]`` of a sound.

    ``envelopes`` ``[6, C]``, ``lfos`` ``[2, C]`` and ``phase`` ``[C]`` are room to work in.
    """
    duration, cycles_per_hz = values[KEYBOARD + 1], ONE / rate
    # Loops, for LLVM compiles each call's vector code anew: a third of the time to compile all.
    for k in range(6):
        envelope(values, _ENVELOPES[k], duration, rate, eps, envelopes[k])
    for k in range(2):
        rate_envelope, amp_envelope = envelopes[2 + k], envelopes[4 + k]
        lfo(values, _LFOS[k], rate_envelope, amp_envelope, cycles_per_hz, phase, lfos[k])
    for k in range(2):
        centre = octaves(values[KEYBOARD] + values[_VCOS[k]], offset)
        _pitch(values, 2 * k, envelopes, lfos, centre, values[_VCOS[k] + 1] * TWELFTH, pitches[k])
    for k in range(3):
        _gain(values, _GAINS[k], envelopes, lfos, values[MIXER + k], gains[k])


@stage
def _pitch(
    values: Floats,
    output: int,
    envelopes: Floats,
    lfos: Floats,
    centre: float,
    depth: float,
    out: Floats,
) -> None:
    adsr_1, adsr_2, lfo_1, lfo_2 = envelopes[0], envelopes[1], lfos[0], lfos[1]
    w_1, w_2, w_3, w_4 = values[MATRIX + output : MATRIX + 20 : 5]
    for n in range(out.shape[0]):
        mod = weighted(adsr_1[n], adsr_2[n], lfo_1[n], lfo_2[n], w_1, w_2, w_3, w_4)
        out[n] = fma(depth, mod, centre)


@stage
def _gain(
    values: Floats, output: int, envelopes: Floats, lfos: Floats, level: float, out: Singles
) -> None:
    adsr_1, adsr_2, lfo_1, lfo_2 = envelopes[0], envelopes[1], lfos[0], lfos[1]
    w_1, w_2, w_3, w_4 = values[MATRIX + output : MATRIX + 20 : 5]
    for n in range(out.shape[0]):
        amplitude = weighted(adsr_1[n], adsr_2[n], lfo_1[n], lfo_2[n], w_1, w_2, w_3, w_4)
        out[n] = gain(level, amplitude)
