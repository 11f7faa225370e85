"""How a kernel finds what its step takes: by the step's page.

A page is a row of whole numbers: how long the signal is, where its sounds end, where it is written;
then for each input where it lies, or of what it is made on the way. So a kernel is compiled once
for each formula, and a patch needs no compiler.
"""

import triton
import triton.language as tl

from synth_datamodule.kernels.gpu.audio import control_at, octave_at
from synth_datamodule.kernels.gpu.formulas import constant, v

# The columns of a page: the signal's length, the number that tells where its sounds end (-1: at
# their end), whether it is silence after that, and where it is written.
LENGTH, STOP, KEPT, OUT_SIZE, OUT = (constant(column) for column in range(5))
HEAD = 5
"""Columns before the first input's."""
INPUT = constant(HEAD)
# The columns of an input: what it is, and where it lies, counted in its own type.
PER_INPUT = 4
STRIDE = constant(PER_INPUT)
_AT, _MORE, _LAST = (constant(column) for column in range(1, PER_INPUT))

# What an input is. All but a signal in memory is cheaper made anew than written and read.
SIGNAL, LINE, CLAMPED_LINE, FILL, STEADY, FRAME = range(6)
_LINE, _CLAMPED_LINE, _SIGNAL, _STEADY, _FRAME = (
    constant(kind) for kind in (LINE, CLAMPED_LINE, SIGNAL, STEADY, FRAME)
)
# What a kernel takes it for.
SINGLE, DOUBLE, HALF, WHOLE, NUMBER, NUMBER_32 = range(6)
_SINGLE, _HALF, _WHOLE, _NUMBER, _NUMBER_32 = (
    constant(taken) for taken in (SINGLE, HALF, WHOLE, NUMBER, NUMBER_32)
)


@triton.jit
def stop_of(doubles, base, page, stops):
    """Return the sample at which a sound ends, ``stops`` holding it by control sample."""
    at = tl.load(page + STOP)
    stop = (base * 0).to(tl.int32) + tl.load(page + LENGTH).to(tl.int32)
    if at >= 0:
        stop = tl.load(stops + tl.load(doubles + base + at).to(tl.int32))
    return stop


@triton.jit
def number(doubles, base, page, k):
    """Return input ``k``, a number."""
    return tl.load(doubles + base + tl.load(page + INPUT + STRIDE * k + _AT))


@triton.jit
def single(doubles, singles, base, page, k, m, inside, lefts, remainders, num_samples):
    """Return samples of input ``k`` in float32."""
    given = page + INPUT + STRIDE * k
    kind, at = tl.load(given), tl.load(given + _AT)
    if kind == _SIGNAL:
        x = tl.load(singles + 2 * base + at + m, mask=inside, other=0.0)
    elif kind == _LINE:
        share = tl.load(remainders + m).to(tl.float64) * (v.ONE / (num_samples - 1).to(tl.float64))
        control = doubles + base + at + tl.load(lefts + m)
        here = tl.load(control).to(tl.float32)
        x = v.between(share.to(tl.float32), here, tl.load(control + 1).to(tl.float32) - here)
    else:
        x = tl.load(doubles + base + at + m * 0).to(tl.float32)
    return x


@triton.jit
def double(doubles, base, page, k, m, inside, lefts, remainders, num_samples):
    """Return samples of input ``k`` in float64."""
    given = page + INPUT + STRIDE * k
    kind, at = tl.load(given), tl.load(given + _AT)
    if kind == _SIGNAL:
        x = tl.load(doubles + base + at + m, mask=inside, other=0.0)
    elif (kind == _LINE) | (kind == _CLAMPED_LINE):
        share = tl.load(remainders + m).to(tl.float64) * (v.ONE / (num_samples - 1).to(tl.float64))
        left = tl.load(lefts + m)
        if kind == _LINE:
            x = control_at(doubles + base + at, left, share)
        else:
            lowest = tl.load(doubles + base + tl.load(given + _MORE))
            highest = tl.load(doubles + base + tl.load(given + _LAST))
            x = octave_at(doubles + base + at, left, share, lowest, highest)
    elif kind == _FRAME:
        x = (base * 0 + m).to(tl.float64)
    else:
        x = tl.load(doubles + base + at + m * 0)
    return x


@triton.jit
def phase(doubles, integers, base, page, k, m, tile, inside):
    """Return input ``k``, a phase in units, as int64."""
    given = page + INPUT + STRIDE * k
    at, more = tl.load(given + _AT), tl.load(given + _MORE)
    if tl.load(given) == _STEADY:
        by = tl.load(doubles + base + at).to(tl.int64)
        x = tl.load(doubles + base + more).to(tl.int64) + (m + 1).to(tl.int64) * by
    else:
        x = tl.load(integers + base + at + m, mask=inside, other=0)
        x += tl.load(integers + base + more + tile)
    return x


@triton.jit
def taken(
    doubles,
    singles,
    integers,
    base,
    page,
    k,
    m,
    tile,
    inside,
    lefts,
    remainders,
    num_samples,
    shift,
    AS: tl.constexpr,
):
    """Return input ``k`` as what a formula takes it for."""
    if AS == _NUMBER:
        x = number(doubles, base, page, k)
    elif AS == _NUMBER_32:
        x = number(doubles, base, page, k).to(tl.float32)
    elif AS == _SINGLE:
        x = single(doubles, singles, base, page, k, m, inside, lefts, remainders, num_samples)
    elif AS == _HALF:
        x = v.half_cycles(phase(doubles, integers, base, page, k, m, tile, inside), shift)
    elif AS == _WHOLE:
        x = phase(doubles, integers, base, page, k, m, tile, inside)
    else:
        x = double(doubles, base, page, k, m, inside, lefts, remainders, num_samples)
    return x
