"""From a sound's parameters to its control signals, on the CPU."""

import numpy as np
import numpy.typing as npt

from synth_datamodule.kernels.exact.arithmetic import ONE, ZERO
from synth_datamodule.kernels.exact.formulas import (
    adsr_ramps,
    fall,
    held,
    lfo_shape,
    lfo_step,
    rise,
    value,
)
from synth_datamodule.numerics.compiled import stage

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


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
    duration: float,
    attack: float,
    decay: float,
    sustain: float,
    release: float,
    alpha: float,
    rate: float,
    eps: float,
    out: Floats,
) -> None:
    """Fill ``out`` ``[C]`` with an ADSR."""
    attack_slope, decay_start, decay_slope, release_start, release_slope = adsr_ramps(
        duration, attack, decay, release, rate
    )
    # Powers are computed only where a ramp moves; before and after it they are one number.
    first, stop = moving_frames(ZERO, attack_slope, out.shape[0])
    _fill(out[:first], ONE)
    moving = out[first:stop]
    for n in range(moving.shape[0]):
        moving[n] = rise(np.float64(first + n), ZERO, attack_slope, alpha, eps)
    _fill(out[stop:], ONE)
    first, stop = moving_frames(decay_start, decay_slope, out.shape[0])
    _scale(out[:first], held(fall(ZERO, decay_start, decay_slope, alpha, eps), sustain))
    moving = out[first:stop]
    for n in range(moving.shape[0]):
        decay_ramp = fall(np.float64(first + n), decay_start, decay_slope, alpha, eps)
        moving[n] *= held(decay_ramp, sustain)
    _scale(out[stop:], held(ZERO, sustain))
    first, stop = moving_frames(release_start, release_slope, out.shape[0])
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
def moving_frames(start: float, slope: float, num_frames: int) -> tuple[int, int]:
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
    frequency: float,
    depth: float,
    initial_phase: int,
    shares: tuple[float, float, float, float, float],
    mod: Floats,
    cycles_per_hz: float,
    phase: Integers,
    out: Floats,
) -> None:
    """Fill ``out`` ``[C]`` with an LFO, from its initial phase in units and its shapes' shares."""
    for n in range(out.shape[0]):
        phase[n] = lfo_step(frequency, depth, mod[n], cycles_per_hz)
    total = initial_phase
    for n in range(out.shape[0]):
        total += phase[n]
        phase[n] = total
    sin, tri, saw, rsaw, sqr = shares
    for n in range(out.shape[0]):
        out[n] = lfo_shape(phase[n], sin, tri, saw, rsaw, sqr)
