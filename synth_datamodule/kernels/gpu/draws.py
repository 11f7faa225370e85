"""Parameters from sound numbers, on the GPU: MT19937 in registers, a lane a sound."""

import triton
import triton.language as tl

from synth_datamodule.corpus import splits
from synth_datamodule.kernels.gpu.formulas import constant
from synth_datamodule.numerics import mersenne
from synth_datamodule.numerics.powers import SMALLEST_DRAW

NUM_SOUNDS = constant(splits.NUM_SOUNDS)
BLOCK = constant(splits.BLOCK)
PERIOD = constant(splits.PERIOD)
TEST_BLOCK = constant(splits.TEST_BLOCK)
DRAW_BITS = constant(mersenne.DRAW_BITS)
DRAW_UNIT = constant(SMALLEST_DRAW)
MIDDLE = constant(mersenne.MIDDLE)
SEEDING = constant(mersenne.SEEDING)
HIGHEST_BIT = constant(mersenne.HIGHEST_BIT)
LOWER_BITS = constant(mersenne.LOWER_BITS)
TWIST = constant(mersenne.TWIST)
TEMPERING_B = constant(mersenne.TEMPERING_B)
TEMPERING_C = constant(mersenne.TEMPERING_C)


@triton.jit
def _seeded(word, step):
    return (word ^ (word >> 30)) * SEEDING + step.to(tl.uint32)


@triton.jit
def draw_kernel(
    numbers,
    column_of_draw,
    pinned,
    parameters,
    is_train,
    num_sounds,
    NUM_DRAWS: tl.constexpr,
    LANES: tl.constexpr,
):
    """Draw the parameters ``[B, P]`` of sounds by number, and is_train ``[B]``."""
    sound = tl.program_id(0) * LANES + tl.arange(0, LANES)
    inside = sound < num_sounds
    number = tl.load(numbers + sound, mask=inside, other=0)
    tl.store(is_train + sound, ((number // BLOCK) % PERIOD != TEST_BLOCK).to(tl.uint8), mask=inside)
    # Draw k reads words k, k + 1 and k + MIDDLE of the seeded state: two runs of the seeding,
    # MIDDLE steps apart, so that nothing is stored.
    low = number.to(tl.uint32)
    flaw = tl.where((number >= 0) & (number < NUM_SOUNDS), 0.0, float("nan"))
    high = low
    for step in range(1, MIDDLE + 1):
        high = _seeded(high, tl.full([], step, tl.int32))
    for draw in range(NUM_DRAWS):
        after = _seeded(low, tl.full([], draw + 1, tl.int32))
        joined = (low & HIGHEST_BIT) | (after & LOWER_BITS)
        word = high ^ (joined >> 1) ^ ((joined & 1) * TWIST)
        word ^= word >> 11
        word ^= (word << 7) & TEMPERING_B
        word ^= (word << 15) & TEMPERING_C
        word ^= word >> 18
        column = tl.load(column_of_draw + draw)
        pin = tl.load(pinned + column)
        u = (word & DRAW_BITS).to(tl.float32) * DRAW_UNIT
        u = tl.where(pin == pin, pin, u) + flaw
        tl.store(parameters + sound.to(tl.int64) * NUM_DRAWS + column, u, mask=inside)
        low = after
        high = _seeded(high, tl.full([], draw + MIDDLE + 1, tl.int32))
