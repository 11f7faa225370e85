"""Steps of control signals that need more than a formula."""

import triton
import triton.language as tl

from synth_datamodule.kernels.gpu.formulas import v
from synth_datamodule.kernels.gpu.program.calling import LENGTH, OUT, double, number


@triton.jit(do_not_specialize=["row", "width", "size", "num_samples"])
def lfo_kernel(
    doubles,
    rows,
    row,
    width,
    size,
    lefts,
    remainders,
    num_samples,
    FRAMES: tl.constexpr,
):
    """Compute an LFO: a program a sound, its phase carried from tile to tile."""
    base = tl.program_id(0).to(tl.int64) * size
    page = rows + row * width
    num_frames = tl.load(page + LENGTH).to(tl.int32)
    out = doubles + base + tl.load(page + OUT)
    frequency = number(doubles, base, page, 0)
    depth = number(doubles, base, page, 1)
    phase = number(doubles, base, page, 2).to(tl.int64)
    sin = number(doubles, base, page, 3)
    tri = number(doubles, base, page, 4)
    saw = number(doubles, base, page, 5)
    rsaw = number(doubles, base, page, 6)
    sqr = number(doubles, base, page, 7)
    cycles_per_hz = number(doubles, base, page, 9)
    for first in range(0, num_frames, FRAMES):
        n = first + tl.arange(0, FRAMES)
        inside = n < num_frames
        mod = double(doubles, base, page, 8, n, inside, lefts, remainders, num_samples)
        steps = tl.where(inside, v.lfo_step(frequency, depth, mod, cycles_per_hz), 0)
        y = v.lfo_shape(tl.cumsum(steps, 0) + phase, sin, tri, saw, rsaw, sqr)
        tl.store(out + n, y, mask=inside)
        phase += tl.sum(steps, 0)


@triton.jit
def weighted_1(a, w_a):
    """Return a signal at its weight."""
    return w_a * a


@triton.jit
def weighted_2(a, w_a, b, w_b):
    """Return two signals at their weights, added."""
    return v.fma(w_b, b, w_a * a)


@triton.jit
def weighted_3(a, w_a, b, w_b, c, w_c):
    """Return three signals at their weights, added."""
    return v.fma(w_c, c, v.fma(w_b, b, w_a * a))


@triton.jit
def weighted_4(a, w_a, b, w_b, c, w_c, d, w_d):
    """Return four signals at their weights, added."""
    return v.weighted(a, b, c, d, w_a, w_b, w_c, w_d)


@triton.jit
def affine(a, depth, centre):
    """Return a signal times a number, and another added, rounded once."""
    return v.fma(depth, a, centre)


@triton.jit
def gain(level, a):
    """Return a signal times a level, rounded to float32."""
    return v.gain(level, a).to(tl.float64)
