"""Control signals between their samples: a block is cut into pieces, each signal drawn in each.

Control sample n lies at ``n (N - 1)/(C - 1)`` audio samples. Between two of them every signal is a
straight line, so within a piece its left value and step are constants of a loop, and nothing is
looked up per sample. Signals are drawn several at a time: how far a sample lies is found once.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from synth_datamodule.kernels.exact.arithmetic import ONE
from synth_datamodule.kernels.exact.formulas import between, octave
from synth_datamodule.kernels.exact.operations import Number, float32, float64, fma
from synth_datamodule.numerics.compiled import inlined, stage

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

BLOCK = 1200
"""Samples at a time, at most: 80 kB of work, in the second cache of any core."""
_SMALL_BLOCK = 480
_LARGE = 48
_FIRST_CACHE = Path("/sys/devices/system/cpu/cpu0/cache/index0/size")
ROW = BLOCK + 32
"""A row of a work array; a piece's last vector may reach beyond the block."""
PIECES = 4 * (BLOCK + 2)
"""Numbers that a block's pieces are told by, at most: a control sample may lie at each sample."""
_LANES = 8


def block_size() -> int:
    """Return how many samples at a time are fastest on this machine; no bit depends on it.

    The work of 480, 33 KB, stays in a first cache of 48 kB: the Voice takes 0.94 of the time
    (Emerald Rapids). In one of 32 kB it would not, and longer blocks cost less (Zen 4: 400 samples
    take 1.05, 800 take 1.01 of the time of 1200).
    """
    try:
        size = int(_FIRST_CACHE.read_text().strip().removesuffix("K"))
    except (OSError, ValueError):  # a system that does not say
        return BLOCK
    return _SMALL_BLOCK if size >= _LARGE else BLOCK


@stage
def first_sample(frame: int, num_frames: int, num_samples: int) -> int:
    """Return the first audio sample at or after a control sample."""
    return -(-frame * (num_samples - 1) // (num_frames - 1))


@stage
def cut(start: int, count: int, num_frames: int, num_samples: int, pieces: Integers) -> None:
    """Fill ``pieces`` with four numbers for each piece of a block, and -1 after the last.

    They are its place in the block, its size in whole vectors (what they write too much, the next
    piece writes again), the control sample n at its left, and how far its first sample m lies
    beyond that: ``m (C - 1) - n (N - 1)``, of ``N - 1``. Each sample lies ``C - 1`` further.
    """
    last = num_frames - 1
    position, stop, k = start, start + count, 0
    n = min(position * last // (num_samples - 1), last - 1)
    while position < stop:
        end = stop
        if n < last - 1:
            end = min(stop, first_sample(n + 1, num_frames, num_samples))
        pieces[k] = position - start
        pieces[k + 1] = (end - position + _LANES - 1) // _LANES * _LANES
        pieces[k + 2] = n
        pieces[k + 3] = position * last - n * (num_samples - 1)
        k += 4
        position, n = end, min(n + 1, last - 1)
    pieces[k] = -1


@inlined
def steps_of(num_frames: Number, num_samples: Number) -> Number:
    """Return how far a sample lies beyond the one before it, and the share of the way of 1."""
    return float64(num_frames - 1), ONE / float64(num_samples - 1)


@inlined
def _share(ramp: Number, beyond: Number, steps: Number) -> Number:
    """Return how far a sample lies on the way to the next control sample, as a share."""
    return fma(ramp, steps[0], beyond) * steps[1]


@inlined
def _single(control: Number, n: Number) -> Number:
    here = float32(control[n])
    return here, float32(control[n + 1]) - here


@inlined
def _double(control: Number, n: Number) -> Number:
    return control[n], control[n + 1] - control[n]


@stage
def lines_1(pieces: Integers, ramp: Floats, steps: Number, a: Floats, to_a: Singles) -> None:
    """Interpolate a control signal over a block."""
    k = 0
    while pieces[k] >= 0:
        at, size, n, beyond = pieces[k], pieces[k + 1], pieces[k + 2], float64(pieces[k + 3])
        (a_0, a_1), out_a = _single(a, n), to_a[at:]
        for j in range(size):
            out_a[j] = between(float32(_share(ramp[j], beyond, steps)), a_0, a_1)
        k += 4


@stage
def lines_2(
    pieces: Integers,
    ramp: Floats,
    steps: Number,
    a: Floats,
    b: Floats,
    to_a: Singles,
    to_b: Singles,
) -> None:
    """Interpolate two control signals over a block."""
    k = 0
    while pieces[k] >= 0:
        at, size, n, beyond = pieces[k], pieces[k + 1], pieces[k + 2], float64(pieces[k + 3])
        (a_0, a_1), (b_0, b_1) = _single(a, n), _single(b, n)
        out_a, out_b = to_a[at:], to_b[at:]
        for j in range(size):
            share = float32(_share(ramp[j], beyond, steps))
            out_a[j] = between(share, a_0, a_1)
            out_b[j] = between(share, b_0, b_1)
        k += 4


@stage
def lines_3(
    pieces: Integers,
    ramp: Floats,
    steps: Number,
    a: Floats,
    b: Floats,
    c: Floats,
    to_a: Singles,
    to_b: Singles,
    to_c: Singles,
) -> None:
    """Interpolate three control signals over a block."""
    k = 0
    while pieces[k] >= 0:
        at, size, n, beyond = pieces[k], pieces[k + 1], pieces[k + 2], float64(pieces[k + 3])
        (a_0, a_1), (b_0, b_1), (c_0, c_1) = _single(a, n), _single(b, n), _single(c, n)
        out_a, out_b, out_c = to_a[at:], to_b[at:], to_c[at:]
        for j in range(size):
            share = float32(_share(ramp[j], beyond, steps))
            out_a[j] = between(share, a_0, a_1)
            out_b[j] = between(share, b_0, b_1)
            out_c[j] = between(share, c_0, c_1)
        k += 4


@stage
def wide_line(pieces: Integers, ramp: Floats, steps: Number, a: Floats, to_a: Floats) -> None:
    """Interpolate a control signal over a block, in float64."""
    k = 0
    while pieces[k] >= 0:
        at, size, n, beyond = pieces[k], pieces[k + 1], pieces[k + 2], float64(pieces[k + 3])
        (a_0, a_1), out_a = _double(a, n), to_a[at:]
        for j in range(size):
            out_a[j] = between(_share(ramp[j], beyond, steps), a_0, a_1)
        k += 4


@stage
def octaves_1(
    pieces: Integers,
    ramp: Floats,
    steps: Number,
    a: Floats,
    bounds_a: tuple[float, float],
    to_a: Floats,
) -> None:
    """Interpolate a pitch over a block, clamped."""
    k = 0
    while pieces[k] >= 0:
        at, size, n, beyond = pieces[k], pieces[k + 1], pieces[k + 2], float64(pieces[k + 3])
        (a_0, a_1), out_a = _double(a, n), to_a[at:]
        for j in range(size):
            share = _share(ramp[j], beyond, steps)
            out_a[j] = octave(share, a_0, a_1, bounds_a[0], bounds_a[1])
        k += 4


@stage
def octaves_2(
    pieces: Integers,
    ramp: Floats,
    steps: Number,
    a: Floats,
    bounds_a: tuple[float, float],
    b: Floats,
    bounds_b: tuple[float, float],
    to_a: Floats,
    to_b: Floats,
) -> None:
    """Interpolate two pitches over a block, clamped."""
    k = 0
    while pieces[k] >= 0:
        at, size, n, beyond = pieces[k], pieces[k + 1], pieces[k + 2], float64(pieces[k + 3])
        (a_0, a_1), (b_0, b_1) = _double(a, n), _double(b, n)
        out_a, out_b = to_a[at:], to_b[at:]
        for j in range(size):
            share = _share(ramp[j], beyond, steps)
            out_a[j] = octave(share, a_0, a_1, bounds_a[0], bounds_a[1])
            out_b[j] = octave(share, b_0, b_1, bounds_b[0], bounds_b[1])
        k += 4
