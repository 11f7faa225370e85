"""Sound number -> its draws in [0, 1), and the noise table; both without any random state."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE, MOST_SAMPLES
from synth_datamodule.corpus.splits import sound_numbers
from synth_datamodule.numerics.hashing import Integers
from synth_datamodule.numerics.mersenne import DRAW_BITS, LANES, SIZE, draw_words, fill_uniform
from synth_datamodule.numerics.powers import SMALLEST_DRAW

MOST_PARAMETERS = 227
"""Draws that read the seeded state alone; draw 228 would read the regenerated one."""

NOISE_SEED = 13


def draw_parameters(indices: Tensor | Sequence[int] | Integers, num_parameters: int = 78) -> Tensor:
    """Return each sound's draws, as ``torch.rand`` with a CPU generator seeded by its number.

    ``u[i, k] = (MT19937(seed=i)[k] & 0xFFFFFF) / 2**24``

    Args:
        indices: Sound numbers in [0, 2**32), an int64 tensor, or a sequence or array of integers.
            Shape ``[B]``.
        num_parameters: Draws per sound, P, at most 227: those that need no second round of the
            generator.

    Returns:
        Draws in [0, 1), float32, in draw order (parameters sorted by name), on the device of
        ``indices``. Shape ``[B, P]``.

    Raises:
        TypeError: If the numbers are not integers.
        ValueError: If a number is out of range, there is none, or ``num_parameters`` is.

    Example:
        >>> draw_parameters(torch.tensor([0]), num_parameters=2)
        tensor([[0.4963, 0.7682]])
    """
    numbers = sound_numbers(indices)
    num_parameters = checks.whole_number("num_parameters", num_parameters, 1, MOST_PARAMETERS)
    # A draw is the low bits of an output, times the smallest one.
    words = np.empty((len(numbers), num_parameters), np.uint32)
    host = numbers if numbers.is_cpu else sound_numbers(numbers.cpu())  # read at last
    seeds = host.numpy().astype(np.uint32)
    low, high, state = (
        np.empty(shape, np.uint32)
        for shape in ((num_parameters + 1, LANES), (num_parameters, LANES), (LANES,))
    )
    draw_words(seeds, num_parameters, words, low, high, state)
    draws = (words & DRAW_BITS).astype(np.float32) * np.float32(SMALLEST_DRAW)
    return torch.from_numpy(draws).to(numbers.device)


def noise_rows(indices: Tensor) -> Tensor:
    """Return the row of the noise table that each sound reads: ``index mod 32``.

    Args:
        indices: Sound numbers in [0, 2**32), int64. Shape ``[B]``.

    Raises:
        TypeError: If they are not integers.
        ValueError: If there is none, or (but on a GPU) one is out of range.

    Example:
        >>> noise_rows(torch.tensor([31, 32]))
        tensor([31,  0])
    """
    return sound_numbers(indices) % BASE_REPRODUCIBLE_BATCH_SIZE


def noise_table(num_samples: int, seed: int = NOISE_SEED) -> Tensor:
    """Return 32 rows of white noise, uniform in [-1, 1), the same on every machine.

    ``table[r, m] = (x & 0xFFFFFF) / 2**23 - 1`` with x output number ``r N + m`` of MT19937(seed),
    exact in float32. numpy's RandomState is that generator, and its stream is frozen (NEP 19);
    a new process takes longer to import it than to make the table.

    Args:
        num_samples: Samples per row, N; the table depends on it.
        seed: Seed of the generator, in [0, 2**32); 13 is the Voice's.

    Returns:
        float32, on the CPU. Shape ``[32, N]``.

    Raises:
        TypeError: If a number is not an integer.
        ValueError: If ``num_samples`` is below 1 or not below 2**31, or the seed out of range.

    Example:
        >>> noise_table(4)[0]
        tensor([-0.8164, -0.0412,  0.6211, -0.9698])
    """
    num_samples = checks.whole_number("num_samples", num_samples, 1, MOST_SAMPLES)
    seed = checks.whole_number("seed", seed, 0, 2**32 - 1)
    noise = np.empty(BASE_REPRODUCIBLE_BATCH_SIZE * num_samples, np.float32)
    fill_uniform(seed, np.empty(SIZE, np.uint32), np.empty(SIZE, np.uint32), noise)
    # A plain tensor even when asked for inside inference_mode, so that it can serve a later fit.
    with torch.inference_mode(False):
        return torch.from_numpy(noise.reshape(BASE_REPRODUCIBLE_BATCH_SIZE, num_samples))
