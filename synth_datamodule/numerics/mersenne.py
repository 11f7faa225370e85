"""MT19937, the few of its words that a sound's draws need, for many seeds side by side.

The generator's constants (Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS 1998) are numpy
scalars: numba and Triton both compile them in.
"""

import numpy as np
import numpy.typing as npt

from synth_datamodule.numerics.compiled import kernel

MIDDLE = np.int64(397)
"""How many words ahead in the state a draw's third word lies."""
SEEDING = np.uint32(1812433253)
"""Multiplier of the seeding, ``init_genrand``."""
HIGHEST_BIT = np.uint32(0x80000000)
LOWER_BITS = np.uint32(0x7FFFFFFF)
TWIST = np.uint32(0x9908B0DF)
TEMPERING_B = np.uint32(0x9D2C5680)
TEMPERING_C = np.uint32(0xEFC60000)

# 16 seeds fill a vector register of 512 bits; the serial chain of one seed hides behind the others.
_LANES = 16


@kernel
def draw_words(
    seeds: npt.NDArray[np.uint32], num_draws: int, words: npt.NDArray[np.uint32]
) -> None:
    """Write the first ``num_draws`` 32-bit outputs of MT19937, seeded by ``init_genrand``.

    Draw ``k`` reads words ``k``, ``k + 1`` and ``k + 397`` of the seeded state, so only ``397 +
    num_draws`` words of 624 are made and ``2 num_draws + 1`` kept.

    Args:
        seeds: Seeds, one per sound. Shape ``[B]``.
        num_draws: Draws per seed, at most 227.
        words: Memory for the outputs. Shape ``[B, num_draws]``.
    """
    low = np.empty((num_draws + 1, _LANES), np.uint32)
    high = np.empty((num_draws, _LANES), np.uint32)
    state = np.empty(_LANES, np.uint32)
    for start in range(0, seeds.shape[0], _LANES):
        num_lanes = min(_LANES, seeds.shape[0] - start)
        for lane in range(_LANES):
            state[lane] = seeds[start + min(lane, num_lanes - 1)]
            low[0, lane] = state[lane]
        for step in range(1, MIDDLE + num_draws):
            offset = np.uint32(step)
            for lane in range(_LANES):
                word = state[lane]
                word ^= word >> np.uint32(30)
                state[lane] = np.uint32(SEEDING * word + offset)
            if step <= num_draws:
                for lane in range(_LANES):
                    low[step, lane] = state[lane]
            if step >= MIDDLE:
                for lane in range(_LANES):
                    high[step - MIDDLE, lane] = state[lane]
        for draw in range(num_draws):
            for lane in range(_LANES):
                joined = (low[draw, lane] & HIGHEST_BIT) | (low[draw + 1, lane] & LOWER_BITS)
                word = high[draw, lane] ^ (joined >> np.uint32(1))
                word ^= TWIST * (joined & np.uint32(1))
                word ^= word >> np.uint32(11)
                word ^= (word << np.uint32(7)) & TEMPERING_B
                word ^= (word << np.uint32(15)) & TEMPERING_C
                high[draw, lane] = word ^ (word >> np.uint32(18))
        for lane in range(num_lanes):
            for draw in range(num_draws):
                words[start + lane, draw] = high[draw, lane]
