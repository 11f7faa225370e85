"""Steps of numbers, one for each sound: a lane a sound, one step after another in one launch."""

import triton
import triton.language as tl

from synth_datamodule.kernels.gpu.control import flaw_of, num_wrong, values_of
from synth_datamodule.kernels.gpu.formulas import constant, v
from synth_datamodule.kernels.gpu.program.calling import INPUT, LENGTH, OUT

KINDS = (
    "add",
    "subtract",
    "multiply",
    "divide",
    "larger",
    "smaller",
    "equal",
    "exp2",
    "octaves",
    "steepness",
    "fixed_phase",
    "lfo_phase",
    "turn",
    "share",
    "gain",
    "choose",
)
"""Steps of one launch, by their codes."""
(
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    LARGER,
    SMALLER,
    EQUAL,
    EXP2,
    OCTAVES,
    STEEPNESS,
    FIXED_PHASE,
    LFO_PHASE,
    TURN,
    SHARE,
    GAIN,
    CHOOSE,
) = (constant(code) for code in range(len(KINDS)))
CODE_WIDTH = 6
"""Columns of a step: its code, where its number is written, and what it takes."""
_WIDTH = constant(CODE_WIDTH)


@triton.jit(do_not_specialize=["num_parameters", "num_constants", "size"])
def parameters_kernel(
    parameters,
    noise_rows,
    table,
    constants,
    doubles,
    flaws,
    num_parameters,
    num_constants,
    size,
    NUM_ROWS: tl.constexpr,
    TILE: tl.constexpr,
):
    """Begin each sound's memory: its parameters' values, then what is the same for all sounds.

    Flaws ``[B]`` become NaN where what a sound was given is out of range, else 0.
    """
    sound = tl.program_id(0).to(tl.int64)
    values = doubles + sound * size
    given = parameters + sound * num_parameters
    wrong = 0
    for first in range(0, num_parameters, TILE):
        parameter = first + tl.arange(0, TILE)
        exists = parameter < num_parameters
        u, value = values_of(given, table, parameter, exists, num_parameters)
        tl.store(values + parameter, value, mask=exists)
        wrong += num_wrong(u)
    for first in range(0, num_constants, TILE):
        k = first + tl.arange(0, TILE)
        exists = k < num_constants
        found = tl.load(constants + k, mask=exists, other=0.0)
        tl.store(values + num_parameters + k, found, mask=exists)
    tl.store(flaws + sound, flaw_of(wrong, tl.load(noise_rows + sound), NUM_ROWS))


@triton.jit
def _computed(code, a, b, lists, more, size):
    if code == ADD:
        y = a + b
    elif code == SUBTRACT:
        y = a - b
    elif code == MULTIPLY:
        y = a * b
    elif code == DIVIDE:
        y = a / b
    elif code == LARGER:
        y = v.larger(a, b)
    elif code == SMALLER:
        y = v.smaller(a, b)
    elif code == EQUAL:
        y = (a == b).to(tl.float64)
    elif code == EXP2:
        y = v.exp2(a)
    elif code == OCTAVES:
        y = v.octaves(a, b)
    elif code == STEEPNESS:
        y = v.steepness64(a)
    elif code == FIXED_PHASE:
        y = v.fixed_phase(a, v.exp2(b)).to(tl.float64)
    elif code == LFO_PHASE:
        y = v.fixed_phase(a, v.LFO_SCALE).to(tl.float64)
    elif code == TURN:
        y = v.turn(a, v.exp2(b)).to(tl.float64)
    elif code == SHARE:
        y = v.share_of(a, b)
    elif code == GAIN:
        y = v.gain(a, b).to(tl.float64)
    else:
        place = tl.minimum(tl.maximum(a.to(tl.int64), 0), size - 1)
        y = tl.load(lists + more + place)
    return y


@triton.jit(do_not_specialize=["num_steps", "size", "num_sounds"])
def values_kernel(doubles, codes, lists, num_steps, size, num_sounds, LANES: tl.constexpr):
    """Compute steps, each from the numbers before it.

    A row of ``codes [S, CODE_WIDTH]`` is a step: its code, the place of what it gives, those of two
    numbers, and for a choice where its list begins and how long it is.
    """
    sound = tl.program_id(0) * LANES + tl.arange(0, LANES)
    inside = sound < num_sounds
    values = doubles + sound.to(tl.int64) * size
    for step in range(num_steps):
        page = codes + step * _WIDTH
        a = tl.load(values + tl.load(page + 2), mask=inside, other=1.0)
        b = tl.load(values + tl.load(page + 3), mask=inside, other=1.0)
        y = _computed(tl.load(page), a, b, lists, tl.load(page + 4), tl.load(page + 5))
        tl.store(values + tl.load(page + 1), y, mask=inside)
        # The next step may read it.
        tl.debug_barrier()


@triton.jit(do_not_specialize=["row", "width", "size"])
def sounding_kernel(doubles, rows, row, width, size, TILE: tl.constexpr):
    """Find the control sample from which on a control signal is 0."""
    base = tl.program_id(0).to(tl.int64) * size
    page = rows + row * width
    length = tl.load(page + LENGTH).to(tl.int32)
    control = doubles + base + tl.load(page + INPUT + 1)
    end = tl.zeros([TILE], tl.int32)
    for first in range(0, length, TILE):
        n = first + tl.arange(0, TILE)
        x = tl.load(control + n, mask=n < length, other=0.0)
        end = tl.where(x == 0.0, end, n + 1)
    tl.store(doubles + base + tl.load(page + OUT), tl.max(end, 0).to(tl.float64))
