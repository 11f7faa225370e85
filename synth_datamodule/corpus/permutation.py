"""A shuffle of any size in constant memory: place -> item, computed, never stored."""

import math

import numpy as np

from synth_datamodule import checks
from synth_datamodule.numerics.hashing import Integers, Words, mix, mix_key

_ROUNDS = 8

# Up to this size a permutation is a table, sorted by hash: a network of few rows and columns cannot
# reach every order (a grid of 3 x 3 reaches the even ones only).
_TABLE_SIZE = 4096


class Permutation:
    """A pseudo-random one-to-one map of ``[0, size)`` onto itself, fixed by its key.

    A generalised Feistel network (Black and Rogaway, "Ciphers with Arbitrary Finite Domains",
    CT-RSA 2002): ``[0, size)`` lies in a grid of ``rows x columns >= size``, each round adds a hash
    of one coordinate to the other, and what lands beyond ``size`` walks on until it is inside. The
    grid exceeds ``size`` by less than ``rows + columns``, so hardly anything walks. Up to 4096
    items are sorted by hash instead. Integer arithmetic only: the same order on every machine.

    Args:
        size: Number of items shuffled, at least 1.
        key: Whole numbers in [0, 2**64); another key is another shuffle.

    Raises:
        TypeError: If ``size`` or a key is not an integer.
        ValueError: If ``size`` is below 1 or above 2**32, or a key out of range.

    Example:
        >>> sorted(Permutation(5, key=(0, 3))(np.arange(5)).tolist())
        [0, 1, 2, 3, 4]
    """

    def __init__(self, size: int, key: tuple[int, ...]) -> None:
        self.size = checks.whole_number("size", size, minimum=1, maximum=2**32)
        if not isinstance(key, tuple):
            raise TypeError(f"key must be a tuple of whole numbers, got {checks.shown(key)}")
        self.key = tuple(checks.whole_number("key", part, 0, 2**64 - 1) for part in key)
        self._rows = math.isqrt(self.size - 1) + 1
        self._columns = -(-self.size // self._rows)
        state = mix_key(self.key)
        self._round_keys = [mix(state + np.uint64(number)) for number in range(1, _ROUNDS + 1)]
        self._table: Integers | None = None
        if self.size <= _TABLE_SIZE:
            hashes = mix(np.arange(self.size, dtype=np.uint64) ^ self._round_keys[0])
            self._table = np.argsort(hashes, kind="stable")

    def __call__(self, places: Integers) -> Integers:
        """Return the items at ``places``.

        Args:
            places: Integers in [0, size). Shape ``[B]``.

        Returns:
            Integers in [0, size), no two alike for different places. Shape ``[B]``.

        Raises:
            TypeError: If ``places`` is not an array of integers.
            ValueError: If a place lies outside.
        """
        array = isinstance(places, np.ndarray) and not isinstance(places, np.ma.MaskedArray)
        if not array or places.dtype.kind not in "iu":
            raise TypeError(f"places must be an array of integers, got {checks.shown(places)}")
        if places.size and (places.min() < 0 or places.max() >= self.size):
            raise ValueError(f"places must lie in [0, {self.size}), got {checks.shown(places)}")
        if self._table is not None:
            return self._table[places]
        items = self._scramble(places.astype(np.uint64))
        while (beyond := items >= self.size).any():
            items[beyond] = self._scramble(items[beyond])
        found: Integers = items.astype(np.int64)
        return found

    def _scramble(self, items: Words) -> Words:
        rows, columns = np.uint64(self._rows), np.uint64(self._columns)
        row, column = items // columns, items % columns
        for number, key in enumerate(self._round_keys):
            if number % 2:
                column = (column + mix(row ^ key) % columns) % columns
            else:
                row = (row + mix(column ^ key) % rows) % rows
        scrambled: Words = row * columns + column
        return scrambled
