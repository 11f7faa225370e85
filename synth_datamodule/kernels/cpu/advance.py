"""How far a phase comes along a straight line of pitch: a formula for all its samples at once.

A pitch that bends by ``b`` octaves a sample makes steps ``f exp(c m)`` with ``c = b ln 2``. With
``q(z) = (exp(z) - 1)/z`` the first k of them add up to ``f k q(c k)/q(c)``, which keeps its digits
where c is 0. So a gradient needs no sum over samples: not for the phase, whose derivatives by level
and bend are such formulas too, nor back.
"""

import numpy as np
import numpy.typing as npt

from synth_datamodule.kernels.cpu.lines import Floats, Integers, first_sample
from synth_datamodule.kernels.exact.arithmetic import (
    ONE,
    SIGN_32,
    WHOLE,
    ZERO,
    fold32,
    larger,
    pitch_exp2,
    smaller,
)
from synth_datamodule.kernels.exact.operations import Number, bits64, float32, float64, fma, int32
from synth_datamodule.kernels.exact.slopes import LN_2
from synth_datamodule.numerics.compiled import inlined, stage

Singles = npt.NDArray[np.float32]
Words = npt.NDArray[np.int32]

LONGEST = 400
"""Samples of a piece, at most."""
LANES = 8
"""Samples of a vector, of which a loop takes whole ones."""
# Rows of a sound's lines, for each oscillator: whether the formula holds; the phase before a piece,
# in cycles; f/q(c); c; q'(c)/q(c); what the whole piece comes to, by level and by bend in octaves.
HOLDS, PHASE, STEP, BEND, RATIO, BY_LEVEL, BY_BEND = range(7)
NUM_ROWS = 7
# In octaves, for the polynomials below: q is good to 1e-12. A jump is followed step by step.
_STRAIGHT = np.float64(0.125)
# In cycles, beyond what a pitch that did not bend would come to: float32 holds it to 3e-8.
_BEYOND = np.float64(0.125)
TWO_TO_32 = np.float64(2.0**32)
TWO_TO_MINUS_31 = np.float32(2.0**-31)
QUARTER_32 = np.int32(1 << 30)

Q_1 = np.float64(1 / 2)
Q_2 = np.float64(1 / 6)
Q_3 = np.float64(1 / 24)
Q_4 = np.float64(1 / 120)
Q_5 = np.float64(1 / 720)
Q_6 = np.float64(1 / 5040)
DQ_0 = np.float64(1 / 2)
DQ_1 = np.float64(1 / 3)
DQ_2 = np.float64(1 / 8)
DQ_3 = np.float64(1 / 30)
DQ_4 = np.float64(1 / 144)
DQ_5 = np.float64(1 / 840)
Q_32_1, Q_32_2, Q_32_3, Q_32_4 = (np.float32(1 / k) for k in (2, 6, 24, 120))
DQ_32_0, DQ_32_1, DQ_32_2, DQ_32_3 = (np.float32(1 / k) for k in (2, 3, 8, 30))
ONE_32 = np.float32(1.0)


@inlined
def swell(z: Number) -> Number:
    """Return ``q(z) = (exp(z) - 1)/z``, for z in [-0.09, 0.09]."""
    q = fma(fma(z, Q_6, Q_5), z, Q_4)
    q = fma(q, z, Q_3)
    q = fma(q, z, Q_2)
    q = fma(q, z, Q_1)
    return fma(q, z, ONE)


@inlined
def swell_slope(z: Number) -> Number:
    """Return the derivative of q."""
    q = fma(fma(z, DQ_5, DQ_4), z, DQ_3)
    q = fma(q, z, DQ_2)
    q = fma(q, z, DQ_1)
    return fma(q, z, DQ_0)


@inlined
def _folded(place: Number, rest: Number) -> Number:
    """Return the distance to the nearest half cycle, in half cycles, and the sign bit there.

    Args:
        place: Phase in units of 2**-32 cycles, as int32.
        rest: Remainder of it, in units; a steep edge is as narrow as 2**14 of them.
    """
    half = fma(rest, TWO_TO_MINUS_31, fold32(int32(place << 1)))
    return half, int32((place + QUARTER_32) & SIGN_32)


@stage
def pieces_of(
    num_frames: int, num_samples: int, starts: Integers, frames: Integers, shares: Floats
) -> int:
    """Cut a sound into pieces that lie between two control samples; return how many there are.

    Fills their first samples, and N after the last; the control samples at their left; and how far
    their first samples lie on the way to the next, as a share.
    """
    last, count = num_frames - 1, 0
    for n in range(last):
        start = first_sample(n, num_frames, num_samples)
        stop = first_sample(n + 1, num_frames, num_samples) if n < last - 1 else num_samples
        while start < stop:
            starts[count], frames[count] = start, n
            shares[count] = float64(start * last - n * (num_samples - 1)) / float64(num_samples - 1)
            start = min(start + LONGEST, stop)
            count += 1
    starts[count] = num_samples
    return count


@stage
def most_pieces(num_frames: int, num_samples: int) -> int:
    """Return a number that a sound's pieces do not exceed."""
    return num_frames + num_samples // LONGEST + 1


@stage
def advance(
    pitch: Floats,
    bounds: tuple[float, float],
    unit: float,
    phase: float,
    per_sample: float,
    starts: Integers,
    frames: Integers,
    shares: Floats,
    rows: Floats,
    halves: Singles,
    signs: Words,
    by_level: Singles,
    by_bend: Singles,
) -> None:
    """Fill the rows ``[7, P]`` of an oscillator, from its pitch in octaves and initial phase.

    The last four arrays are memory of a piece.
    """
    holds, steps, bends = rows[HOLDS], rows[STEP], rows[BEND]
    ratios, levels, bent = rows[RATIO], rows[BY_LEVEL], rows[BY_BEND]
    for p in range(frames.shape[0]):
        left = pitch[frames[p]]
        bend = pitch[frames[p] + 1] - left
        lowest, highest = smaller(left, left + bend), larger(left, left + bend)
        c, before = bend * LN_2 * per_sample, bend * LN_2 * shares[p]
        first = pitch_exp2(left) * unit * fma(before, swell(before), ONE)
        step, ratio = first / swell(c), swell_slope(c) / swell(c)
        k = float64(starts[p + 1] - starts[p])
        sum_of, grown = step * k, swell(c * k)
        beyond = sum_of * (grown - ONE)
        holds[p] = (
            (lowest >= bounds[0])
            & (highest <= bounds[1])
            & (highest - lowest <= _STRAIGHT)
            & (larger(c * k, ZERO - c * k) <= _STRAIGHT * LN_2)
            & (larger(beyond, ZERO - beyond) <= _BEYOND)
        )
        steps[p], bends[p], ratios[p] = step, c, ratio
        levels[p] = sum_of * grown * LN_2
        by_c = sum_of * (k * swell_slope(c * k) - grown * ratio)
        bent[p] = fma(by_c, per_sample, shares[p] * sum_of * grown) * LN_2
    for p in range(frames.shape[0]):
        total = levels[p] / LN_2
        if holds[p] == ZERO:
            left = pitch[frames[p]]
            bend = pitch[frames[p] + 1] - left
            count = starts[p + 1] - starts[p]
            levels[p], bent[p], total = followed(
                left,
                bend,
                bounds,
                unit,
                phase,
                shares[p],
                per_sample,
                halves[:count],
                signs[:count],
                by_level,
                by_bend,
            )
        rows[PHASE, p] = phase
        phase += total
        phase -= np.floor(phase)


@stage
def followed(
    left: float,
    bend: float,
    bounds: tuple[float, float],
    unit: float,
    phase: float,
    share: float,
    per_sample: float,
    halves: Singles,
    signs: Words,
    by_level: Singles,
    by_bend: Singles,
) -> tuple[float, float, float]:
    """Do as ``filled``, step by step, where a pitch jumps or is clamped; return the sums of all.

    By level, by bend, and of the steps, in cycles.
    """
    total, level, bent = 0.0, 0.0, 0.0
    for j in range(halves.shape[0]):
        here = fma(float64(j), per_sample, share)
        octave = fma(here, bend, left)
        step = pitch_exp2(smaller(larger(octave, bounds[0]), bounds[1])) * unit
        total += step
        if bounds[0] <= octave <= bounds[1]:
            level += step * LN_2
            bent += here * step * LN_2
        units = (phase + total) * TWO_TO_32
        rest = float32(units - ((units + WHOLE) - WHOLE))
        halves[j], signs[j] = _folded(int32(bits64(units + WHOLE)), rest)
        by_level[j], by_bend[j] = float32(level), float32(bent)
    return level, bent, total


@stage
def filled(
    first: int,
    stop: int,
    row: Floats,
    pitch: Floats,
    bounds: tuple[float, float],
    unit: float,
    per_sample: float,
    pieces: tuple[Integers, Integers, Floats],
    halves: Singles,
    signs: Words,
    by_level: Singles,
    by_bend: Singles,
) -> None:
    """Fill the phases of some pieces, and how they grow with the pitch's level and bend.

    What a step's whole units make is added up in integers; the rest, less than an eighth of a
    cycle, in float32: to 3e-8 cycles. A piece's last vector reaches beyond it: what it writes too
    much, the next piece writes again.

    Args:
        first: First piece.
        stop: Piece after the last.
        row: Rows that ``advance`` has filled. Shape ``[7, P]``.
        pitch: Pitch in octaves. Shape ``[C]``.
        bounds: Lowest and highest pitch.
        unit: Size of a phase's unit in cycles.
        per_sample: How much further a sample lies on the way to the next control sample.
        pieces: Three arrays that ``pieces_of`` has filled.
        halves: Memory of the phases: distances to the nearest half cycle, in half cycles.
        signs: Memory of the sign bits that sine and cosine have there.
        by_level: Memory of their growth by the level of the pitch, in cycles an octave.
        by_bend: Memory of that by the octaves from one control sample to the next.
    """
    starts, frames, shares = pieces
    rate = float32(per_sample)
    for p in range(first, stop):
        at, count = starts[p] - starts[first], starts[p + 1] - starts[p]
        if row[HOLDS, p] == ZERO:
            to, n = at + count, frames[p]
            followed(
                pitch[n],
                pitch[n + 1] - pitch[n],
                bounds,
                unit,
                row[PHASE, p],
                shares[p],
                per_sample,
                halves[at:to],
                signs[at:to],
                by_level[at:to],
                by_bend[at:to],
            )
            continue
        to = at + (count + LANES - 1) // LANES * LANES
        half, sign, level, bend = halves[at:to], signs[at:to], by_level[at:to], by_bend[at:to]
        units, start = row[STEP, p] * TWO_TO_32, row[PHASE, p] * TWO_TO_32
        whole, begin = int32(bits64(units + WHOLE)), int32(bits64(start + WHOLE))
        rest = float32(units - ((units + WHOLE) - WHOLE))
        beside = float32(start - ((start + WHOLE) - WHOLE))
        units_32, step_32 = float32(units), float32(row[STEP, p] * LN_2)
        c, ratio, share = float32(row[BEND, p]), float32(row[RATIO, p]), float32(shares[p])
        for j in range(half.shape[0]):
            number = int32(j + 1)
            k = float32(number)
            z = k * c
            q = fma(fma(z, Q_32_4, Q_32_3), z, Q_32_2)
            beyond = fma(q, z, Q_32_1) * z
            q = beyond + ONE_32
            more = fma(k, fma(units_32, beyond, rest), beside)
            more_whole = int32(more)
            place = int32(int32(begin + int32(number * whole)) + more_whole)
            half[j], sign[j] = _folded(place, more - float32(more_whole))
            slope = fma(fma(z, DQ_32_3, DQ_32_2), z, DQ_32_1)
            slope = fma(slope, z, DQ_32_0)
            sum_of = k * step_32
            level[j] = sum_of * q
            bend[j] = sum_of * fma(fma(k, slope, -q * ratio), rate, share * q)
