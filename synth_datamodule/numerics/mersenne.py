"""MT19937: the few of its words that a sound's draws need, for many seeds, and all of one's.

The generator's constants (Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS 1998) are numpy
scalars: numba and Triton both compile them in.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from synth_datamodule.numerics.compiled import inlined
from synth_datamodule.numerics.native import entry

Number = Any

MIDDLE = np.int64(397)
"""How many words ahead in the state a draw's third word lies."""
SEEDING = np.uint32(1812433253)
"""Multiplier of the seeding, ``init_genrand``."""
HIGHEST_BIT = np.uint32(0x80000000)
LOWER_BITS = np.uint32(0x7FFFFFFF)
TWIST = np.uint32(0x9908B0DF)
TEMPERING_B = np.uint32(0x9D2C5680)
TEMPERING_C = np.uint32(0xEFC60000)

SIZE = np.int64(624)
"""Words of a state."""
DRAW_BITS = np.uint32(0xFFFFFF)
"""The low 24 of an output's 32 bits, which a float32 holds exactly."""

# 16 seeds fill a vector register of 512 bits; the serial chain of one seed hides behind the others.
LANES = 16
"""Seeds side by side."""


@inlined
def _seeded(word: Number, place: Number) -> Number:
    """The word of a seeded state after another."""
    return np.uint32(SEEDING * (word ^ (word >> np.uint32(30))) + np.uint32(place))


@inlined
def _twisted(word: Number, following: Number, ahead: Number) -> Number:
    """A word of the next state, from one, that after it and that 397 ahead."""
    joined = np.uint32((word & HIGHEST_BIT) | (following & LOWER_BITS))
    return np.uint32(ahead ^ (joined >> np.uint32(1)) ^ (TWIST * (joined & np.uint32(1))))


@inlined
def _tempered(word: Number) -> Number:
    """The output of a word of the state."""
    word ^= word >> np.uint32(11)
    word ^= (word << np.uint32(7)) & TEMPERING_B
    word ^= (word << np.uint32(15)) & TEMPERING_C
    return np.uint32(word ^ (word >> np.uint32(18)))


@entry
def draw_words(
    seeds: npt.NDArray[np.uint32],
    num_draws: int,
    words: npt.NDArray[np.uint32],
    low: npt.NDArray[np.uint32],
    high: npt.NDArray[np.uint32],
    state: npt.NDArray[np.uint32],
) -> None:
    """Write the first ``num_draws`` 32-bit outputs of MT19937, seeded by ``init_genrand``.

    Draw ``k`` reads words ``k``, ``k + 1`` and ``k + 397`` of the seeded state, so only ``397 +
    num_draws`` words of 624 are made and ``2 num_draws + 1`` kept.

    Args:
        seeds: Seeds, one per sound. Shape ``[B]``.
        num_draws: Draws per seed, at most 227.
        words: Memory for the outputs. Shape ``[B, num_draws]``.
        low: Memory for the first words of the states. Shape ``[num_draws + 1, LANES]``.
        high: Memory for those 397 words ahead. Shape ``[num_draws, LANES]``.
        state: Memory for the last words. Shape ``[LANES]``.
    """
    for start in range(0, seeds.shape[0], LANES):
        num_lanes = min(LANES, seeds.shape[0] - start)
        for lane in range(LANES):
            state[lane] = seeds[start + min(lane, num_lanes - 1)]
            low[0, lane] = state[lane]
        for step in range(1, MIDDLE + num_draws):
            for lane in range(LANES):
                state[lane] = _seeded(state[lane], step)
            if step <= num_draws:
                for lane in range(LANES):
                    low[step, lane] = state[lane]
            if step >= MIDDLE:
                for lane in range(LANES):
                    high[step - MIDDLE, lane] = state[lane]
        for draw in range(num_draws):
            for lane in range(LANES):
                word = _twisted(low[draw, lane], low[draw + 1, lane], high[draw, lane])
                high[draw, lane] = _tempered(word)
        for lane in range(num_lanes):
            for draw in range(num_draws):
                words[start + lane, draw] = high[draw, lane]


@entry
def fill_uniform(
    seed: int,
    state: npt.NDArray[np.uint32],
    following: npt.NDArray[np.uint32],
    numbers: npt.NDArray[np.float32],
) -> None:
    """Fill memory with MT19937's outputs, seeded by ``init_genrand``, as numbers in [-1, 1).

    ``numbers[m] = (x[m] & 0xFFFFFF) / 2**23 - 1``, exact in float32.

    Args:
        seed: Seed, in [0, 2**32).
        state: Memory for the generator's state. Shape ``[624]``.
        following: Memory for the state after it. Shape ``[624]``.
        numbers: Memory for the numbers. Shape ``[M]``.
    """
    state[0] = np.uint32(seed)
    for place in range(1, SIZE):
        state[place] = _seeded(state[place - 1], place)
    # A word takes the one 397 ahead, which from the 227th on is of the following state. In parts
    # that read nothing that they write it is vector code: 0.6 ns a word, where one by one it is 5.
    far, rest = SIZE - MIDDLE, 2 * MIDDLE - SIZE
    first, second, third = following[:far], following[far : 2 * far], following[2 * far :]
    for start in range(0, numbers.shape[0], SIZE):
        for place in range(far):
            first[place] = _twisted(state[place], state[place + 1], state[place + MIDDLE])
        for place in range(far):
            at = place + far
            second[place] = _twisted(state[at], state[at + 1], first[place])
        for place in range(rest - 1):
            at = place + 2 * far
            third[place] = _twisted(state[at], state[at + 1], second[place])
        third[rest - 1] = _twisted(state[SIZE - 1], first[0], second[rest - 1])
        for place in range(SIZE):
            state[place] = following[place]
        out = numbers[start : start + SIZE]
        for place in range(out.shape[0]):
            low = np.int32(_tempered(state[place]) & DRAW_BITS)
            out[place] = np.float32(low) * np.float32(2.0**-23) - np.float32(1)
