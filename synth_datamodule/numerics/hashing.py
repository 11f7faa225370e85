"""Numbers that look random and are a function of their arguments alone, the same everywhere."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Integers: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.uint64]


def mix(words: Words) -> Words:
    """Finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), wrapping at 2**64.

    Args:
        words: Words of 64 bits. Any shape.

    Returns:
        One to one with ``words``. Same shape.

    Example:
        >>> mix(np.zeros(1, np.uint64))
        array([16294208416658607535], dtype=uint64)
    """
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Words = words ^ (words >> np.uint64(31))
    return mixed


def mix_key(key: tuple[int, ...]) -> Words:
    """Return one word for a key of whole numbers in [0, 2**64). Shape ``[1]``."""
    state = np.zeros(1, np.uint64)
    for part in key:
        state = mix(state ^ np.uint64(part))
    return state


def uniform(key: tuple[int, ...], index: Integers, num: int) -> npt.NDArray[np.float32]:
    """Return numbers in [0, 1) for each sound number, 24 bits each, exact in float32.

    Args:
        key: Whole numbers in [0, 2**64): what the numbers are for, and a seed.
        index: Sound numbers. Shape ``[B]``.
        num: Numbers per sound, K.

    Returns:
        Shape ``[B, K]``.

    Example:
        >>> uniform((0,), np.array([7]), 2).shape
        (1, 2)
    """
    sounds = mix(mix_key(key) ^ index.astype(np.uint64))
    places: Words = np.arange(num, dtype=np.uint64)
    words: Words = mix(np.add(sounds[:, None], places))
    numbers: npt.NDArray[np.float32] = (words >> np.uint64(40)).astype(np.float32)
    numbers *= np.float32(2.0**-24)
    return numbers
