"""Steps of oscillators: phases, added up in two passes, and waves."""

import triton
import triton.language as tl

from synth_datamodule.kernels.gpu.formulas import v
from synth_datamodule.kernels.gpu.program.calling import OUT, double, number, stop_of


@triton.jit(do_not_specialize=["row", "width", "size", "num_samples", "sums"])
def phase_kernel(
    doubles,
    integers,
    rows,
    row,
    width,
    size,
    stops,
    lefts,
    remainders,
    num_samples,
    sums,
    FUNCTION: tl.constexpr,
    NUMBERS: tl.constexpr,
    TILE: tl.constexpr,
):
    """Add up a phase's steps within each tile, and tell each tile's sum.

    A step is ``FUNCTION`` of a sample of the first input, and of the numbers after it, in whole
    units. The sums lie from ``sums`` on in a sound's memory.
    """
    tile = tl.program_id(1)
    base = tl.program_id(0).to(tl.int64) * size
    page = rows + row * width
    stop = stop_of(doubles, base, page, stops)
    if tile * TILE < stop:
        m = tile * TILE + tl.arange(0, TILE)
        inside = m < stop
        inputs = (double(doubles, base, page, 0, m, inside, lefts, remainders, num_samples),)
        for k in tl.static_range(NUMBERS):
            inputs += (number(doubles, base, page, k + 1),)
        steps = tl.where(inside, FUNCTION(*inputs), 0)
        tl.store(integers + base + tl.load(page + OUT) + m, tl.cumsum(steps, 0), mask=inside)
        tl.store(integers + base + sums + tile, tl.sum(steps, 0))


@triton.jit(do_not_specialize=["row", "width", "size", "sums", "start"])
def scan_kernel(
    doubles,
    integers,
    rows,
    row,
    width,
    size,
    stops,
    sums,
    start,
    TILE: tl.constexpr,
    WINDOW: tl.constexpr,
):
    """Turn tiles' sums into the phase before each: of whole numbers, so in any order exact.

    Input ``start`` tells where the phase starts.
    """
    base = tl.program_id(0).to(tl.int64) * size
    page = rows + row * width
    num_tiles = tl.cdiv(stop_of(doubles, base, page, stops), TILE)
    total = number(doubles, base, page, start).to(tl.int64)
    for first in range(0, num_tiles, WINDOW):
        t = first + tl.arange(0, WINDOW)
        at = integers + base + sums + t
        found = tl.load(at, mask=t < num_tiles, other=0)
        tl.store(at, total + tl.cumsum(found, 0) - found, mask=t < num_tiles)
        total += tl.sum(found, 0)


@triton.jit
def sine_single(half):
    """Return the sine of a phase, in float32."""
    return v.flipped(v.sine(v.fold(half)), v.flip(half))


@triton.jit
def sine_double(phase, quarter):
    """Return the sine of a phase, in float64; a quarter of a cycle has so many units."""
    of_cycle = quarter.to(tl.int64)
    h = v.fold64(phase, of_cycle, v.HALF / quarter)
    return v.signed(v.sine64(h), phase, of_cycle)


@triton.jit
def square_saw_single(half, steep, shape, level):
    """Return the wave between square and saw of a phase, in float32."""
    return v.square_saw_wave(v.fold(half), v.flip(half), steep, shape, level)


@triton.jit
def square_saw_double(phase, steep, shape, level, quarter):
    """Return the wave between square and saw of a phase, in float64."""
    unit = v.HALF / quarter
    return v.square_saw_wave64(phase, quarter.to(tl.int64), unit, steep, shape, level)
