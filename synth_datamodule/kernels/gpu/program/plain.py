"""Steps whose samples know nothing of each other: one kernel, whatever the formula."""

import triton
import triton.language as tl

from synth_datamodule.kernels.gpu.formulas import v
from synth_datamodule.kernels.gpu.program.calling import (
    KEPT,
    LENGTH,
    OUT,
    OUT_SIZE,
    stop_of,
    taken,
)

_ANY = ["row", "width", "size", "num_samples", "shift"]


@triton.jit(do_not_specialize=_ANY, do_not_specialize_on_alignment=["out"])
def elementwise_kernel(
    doubles,
    singles,
    integers,
    out,
    rows,
    row,
    width,
    size,
    stops,
    lefts,
    remainders,
    num_samples,
    shift,
    FUNCTION: tl.constexpr,
    TAKES: tl.constexpr,
    TILE: tl.constexpr,
):
    """Compute one step, a tile of a sound: ``FUNCTION`` of its inputs, each as ``TAKES`` tells.

    What is kept is +0 from where a sound has ended.
    """
    sound = tl.program_id(0).to(tl.int64)
    tile = tl.program_id(1)
    base = sound * size
    page = rows + row * width
    m = tile * TILE + tl.arange(0, TILE)
    stop = stop_of(doubles, base, page, stops)
    at = out + sound * tl.load(page + OUT_SIZE) + tl.load(page + OUT) + m
    if tile * TILE < stop:
        inside = m < stop
        inputs = ()
        for k in tl.static_range(len(TAKES)):
            inputs += (
                taken(
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
                    TAKES[k],
                ),
            )
        tl.store(at, tl.broadcast_to(FUNCTION(*inputs), [TILE]), mask=inside)
    length = tl.load(page + LENGTH)
    if (tl.load(page + KEPT) != 0) & (tile * TILE + TILE > stop):
        tl.store(at, tl.zeros([TILE], tl.float32), mask=(m >= stop) & (m < length))


@triton.jit(do_not_specialize=["row", "width", "size"])
def noise_kernel(
    noise,
    noise_rows,
    out,
    rows,
    row,
    width,
    size,
    NUM_ROWS: tl.constexpr,
    TILE: tl.constexpr,
):
    """Copy each sound's row of a noise table."""
    sound = tl.program_id(0).to(tl.int64)
    page = rows + row * width
    m = tl.program_id(1) * TILE + tl.arange(0, TILE)
    length = tl.load(page + LENGTH)
    inside = m < length
    found = tl.load(noise_rows + sound)
    # A sound whose row does not exist becomes NaN in the end: any other row will do.
    found = tl.where((found >= 0) & (found < NUM_ROWS), found, 0)
    x = tl.load(noise + found * length + m, mask=inside, other=0.0)
    tl.store(out + sound * tl.load(page + OUT_SIZE) + tl.load(page + OUT) + m, x, mask=inside)


@triton.jit(do_not_specialize=["out_size"], do_not_specialize_on_alignment=["out"])
def mark_kernel(flaws, out, out_size, TILE: tl.constexpr):
    """Make all that is handed out of a sound NaN if there is a flaw in what it was given."""
    sound = tl.program_id(0).to(tl.int64)
    flaw = tl.load(flaws + sound)
    if flaw != flaw:
        m = tl.program_id(1) * TILE + tl.arange(0, TILE)
        nothing = tl.full([TILE], float("nan"), tl.float32)
        tl.store(out + sound * out_size + m, nothing, mask=m < out_size)


@triton.jit
def same(a):
    """Return the signal as it is."""
    return a


@triton.jit
def added(a, b):
    """Return a sum."""
    return a + b


@triton.jit
def subtracted(a, b):
    """Return a difference."""
    return a - b


@triton.jit
def multiplied(a, b):
    """Return a product."""
    return a * b


@triton.jit
def normalized(a, peak):
    """Return a signal divided by its peak where that exceeds 1; the type is the signal's."""
    by = v.larger(peak, v.ONE).to(a.dtype)
    return v.quotient32(a, by) if a.dtype == tl.float32 else a / by


@triton.jit
def mixed_1(gain_a, a):
    """Return a signal at its gain."""
    return v.mixed_1(a, gain_a)


@triton.jit
def mixed_2(gain_a, a, gain_b, b):
    """Return two signals at their gains, added."""
    return v.mixed_2(a, gain_a, b, gain_b)


@triton.jit
def mixed_3(gain_a, a, gain_b, b, gain_c, c):
    """Return three signals at their gains, added."""
    return v.mixed(a, gain_a, b, gain_b, c, gain_c)


@triton.jit
def mixed_4(gain_a, a, gain_b, b, gain_c, c, gain_d, d):
    """Return four signals at their gains, added."""
    return v.mixed_4(a, gain_a, b, gain_b, c, gain_c, d, gain_d)
