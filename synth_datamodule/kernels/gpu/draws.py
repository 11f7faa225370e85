"""Parameters from sound numbers, on the GPU: MT19937 in registers, a lane a sound."""

import triton
import triton.language as tl


@triton.jit
def _seeded(word, step):
    return (word ^ (word >> 30)) * 1812433253 + step.to(tl.uint32)


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
    # torchsynth's rule: of ten blocks of 1024 sounds the last is for testing.
    tl.store(is_train + sound, ((number // 1024) % 10 != 9).to(tl.uint8), mask=inside)
    # Draw k reads words k, k + 1 and k + 397 of the seeded state: two runs of the seeding, 397
    # steps apart, so that nothing is stored.
    low = number.to(tl.uint32)
    flaw = tl.where((number >= 0) & (number < 4294967296), 0.0, float("nan"))
    high = low
    for step in range(1, 398):
        high = _seeded(high, tl.full([], step, tl.int32))
    for draw in range(NUM_DRAWS):
        after = _seeded(low, tl.full([], draw + 1, tl.int32))
        joined = (low & 0x80000000) | (after & 0x7FFFFFFF)
        word = high ^ (joined >> 1) ^ ((joined & 1) * 0x9908B0DF)
        word ^= word >> 11
        word ^= (word << 7) & 0x9D2C5680
        word ^= (word << 15) & 0xEFC60000
        word ^= word >> 18
        column = tl.load(column_of_draw + draw)
        pin = tl.load(pinned + column)
        u = (word & 0xFFFFFF).to(tl.float32) * 5.9604644775390625e-08
        u = tl.where(pin == pin, pin, u) + flaw
        tl.store(parameters + sound.to(tl.int64) * NUM_DRAWS + column, u, mask=inside)
        low = after
        high = _seeded(high, tl.full([], draw + 398, tl.int32))
