"""MT19937, the few of its words that a sound's draws need, for many seeds side by side."""

import numpy as np
import numpy.typing as npt

from synth_datamodule.numerics.compiled import kernel

# 16 seeds fill a vector register of 512 bits; the serial chain of one seed hides behind the others.
_LANES = 16


@kernel
def draw_words(
    seeds: npt.NDArray[np.uint32], num_draws: int, words: npt.NDArray[np.uint32]
) -> None:
    """Write the first ``num_draws`` 32-bit outputs of MT19937, seeded by ``init_genrand``.

    Draw ``k`` reads words ``k``, ``k + 1`` and ``k + 397`` of the seeded state, so only ``397 +
    num_draws`` words of 624 are made and ``2 num_draws + 1`` kept (Matsumoto and Nishimura,
    "Mersenne Twister", ACM TOMACS 1998).

    Args:
        seeds: Shape ``[B]``.
        num_draws: At most 227.
        words: Filled. Shape ``[B, num_draws]``.
    """
    low = np.empty((num_draws + 1, _LANES), np.uint32)
    high = np.empty((num_draws, _LANES), np.uint32)
    state = np.empty(_LANES, np.uint32)
    for start in range(0, seeds.shape[0], _LANES):
        num_lanes = min(_LANES, seeds.shape[0] - start)
        for lane in range(_LANES):
            state[lane] = seeds[start + min(lane, num_lanes - 1)]
            low[0, lane] = state[lane]
        for step in range(1, 397 + num_draws):
            offset = np.uint32(step)
            for lane in range(_LANES):
                word = state[lane]
                word ^= word >> np.uint32(30)
                state[lane] = np.uint32(np.uint32(1812433253) * word + offset)
            if step <= num_draws:
                for lane in range(_LANES):
                    low[step, lane] = state[lane]
            if step >= 397:
                for lane in range(_LANES):
                    high[step - 397, lane] = state[lane]
        for draw in range(num_draws):
            for lane in range(_LANES):
                joined = (low[draw, lane] & np.uint32(0x80000000)) | (
                    low[draw + 1, lane] & np.uint32(0x7FFFFFFF)
                )
                word = high[draw, lane] ^ (joined >> np.uint32(1))
                word ^= np.uint32(0x9908B0DF) * (joined & np.uint32(1))
                word ^= word >> np.uint32(11)
                word ^= (word << np.uint32(7)) & np.uint32(0x9D2C5680)
                word ^= (word << np.uint32(15)) & np.uint32(0xEFC60000)
                high[draw, lane] = word ^ (word >> np.uint32(18))
        for lane in range(num_lanes):
            for draw in range(num_draws):
                words[start + lane, draw] = high[draw, lane]
