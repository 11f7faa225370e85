"""Which sounds there are: sound number <-> block <-> split, and the names people give them."""

import re
from collections.abc import Sequence
from enum import Enum
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import (
    DEFAULT_BATCH_SIZE,
    N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY,
)
from synth_datamodule.numerics import tracing
from synth_datamodule.numerics.hashing import Integers

NUM_SOUNDS = 2**32
"""Sounds that have a number: torch's seeds repeat from there on."""

CORPORA = {"synth1K1": 10**3, "synth1M1": 10**6, "synth10M1": 10**7, "synth1B1": 10**9}
"""Named corpora: the first so many sounds."""

BLOCK = N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY
PERIOD = 10
"""Blocks after which the pattern of splits repeats."""
VAL_BLOCK = 8
"""Place of the validation block in each period, counted from 0; the blocks before are train."""
TEST_BLOCK = 9
"""Place of the test block."""

_Numbers = TypeVar("_Numbers", int, Tensor, Integers)
_TEXT = (str, bytes, bytearray, memoryview)  # sequences to Python, but not of numbers


class Split(str, Enum):
    """A set of sounds. Block ``k`` of 1024 sounds is test where ``k mod 10 = 9``.

    Validation (``k mod 10 = 8``) is taken from torchsynth's train blocks, so test is torchsynth's
    own. ``predict`` is whatever the user asks for and has no blocks.

    Example:
        >>> Split.of(9 * 1024)
        <Split.test: 'test'>
        >>> Split("val") is Split.val
        True
    """

    train = "train"
    val = "val"
    test = "test"
    predict = "predict"

    __str__ = str.__str__

    @classmethod
    def _missing_(cls, value: object) -> "Split":
        checks.one_of("split", value, [split.value for split in cls])
        raise AssertionError("a known word is never missing")

    @staticmethod
    def of(index: int) -> "Split":
        """Return the split that sound ``index`` lies in.

        Raises:
            TypeError: If ``index`` is not an integer.
            ValueError: If it is outside [0, 2**32).
        """
        index = checks.whole_number("index", index, 0, NUM_SOUNDS - 1)
        block = index // BLOCK % PERIOD
        return {VAL_BLOCK: Split.val, TEST_BLOCK: Split.test}.get(block, Split.train)

    @property
    def _blocks(self) -> tuple[int, int]:
        """The first of this split's blocks in every ten, and how many they are."""
        if self is Split.predict:
            raise ValueError("predict is a range of sound numbers and has no blocks of its own")
        return {
            Split.train: (0, VAL_BLOCK),
            Split.val: (VAL_BLOCK, 1),
            Split.test: (TEST_BLOCK, 1),
        }[self]

    def num_sounds(self, first_sounds: int) -> int:
        """Return how many of the first ``first_sounds`` sounds lie in this split.

        Raises:
            TypeError: If ``first_sounds`` is not an integer.
            ValueError: If it is outside [0, 2**32], or for ``predict``.

        Example:
            >>> [split.num_sounds(10**6) for split in (Split.train, Split.val, Split.test)]
            [801344, 99328, 99328]
        """
        first_sounds = checks.whole_number("first_sounds", first_sounds, 0, NUM_SOUNDS)
        first, width = self._blocks
        periods, rest = divmod(first_sounds, PERIOD * BLOCK)
        return periods * width * BLOCK + min(max(rest - first * BLOCK, 0), width * BLOCK)

    def sounds(self, places: _Numbers) -> _Numbers:
        """Return the numbers of this split's sounds, ascending, by their place in the split.

        Args:
            places: 0 for the split's first sound. An int, or int64 of any shape.

        Returns:
            Sound numbers, of the same type and shape.

        Raises:
            TypeError: If they are not integers.
            ValueError: For ``predict``, or (but on a GPU, where reading values back stalls) where
                the split has no such place.

        Example:
            >>> Split.val.sounds(0), Split.val.sounds(1024)
            (8192, 18432)
        """
        first, width = self._blocks
        places = _numbers("place", places, self.num_sounds(NUM_SOUNDS))
        block, offset = places // BLOCK, places % BLOCK
        return (block // width * PERIOD + first + block % width) * BLOCK + offset

    def batch_index(self, place: int, batch_size: int) -> int:
        """Return the batch of the corpus that is this split's ``place``-th ascending batch.

        Args:
            place: 0 for the split's first batch.
            batch_size: A divisor of 1024, so that no batch lies across two blocks.

        Returns:
            The ``batch_idx`` for which ``voice(batch_idx)`` renders it.

        Raises:
            TypeError: If an argument is not an integer.
            ValueError: If ``batch_size`` does not divide 1024, or the batch lies beyond the last
                sound.

        Example:
            >>> Split.test.batch_index(0, batch_size=128)
            72
        """
        batch_size = checks.whole_number("batch_size", batch_size, minimum=1)
        if BLOCK % batch_size:
            raise ValueError(f"batch_size must divide {BLOCK}, got {checks.shown(batch_size)}")
        num_batches = self.num_sounds(NUM_SOUNDS) // batch_size
        place = checks.whole_number("place", place, 0, num_batches - 1)
        return self.sounds(place * batch_size) // batch_size


def is_train(index: _Numbers) -> _Numbers:
    """Return whether sounds are train in torchsynth's sense: ``index // 1024 mod 10 != 9``.

    Args:
        index: Sound numbers: an int, or int64 of any shape.

    Raises:
        TypeError: If they are not integers.
        ValueError: If (but on a GPU, where reading values back stalls) one lies outside [0, 2**32).

    Example:
        >>> is_train(torch.tensor([0, 8192, 9216]))
        tensor([ True,  True, False])
    """
    index = _numbers("index", index, NUM_SOUNDS)
    train: _Numbers = index // BLOCK % PERIOD != TEST_BLOCK
    return train


def corpus_size(corpus: str | int) -> int:
    """Return how many sounds a corpus holds, by its name or as the number itself.

    Raises:
        TypeError: If ``corpus`` is neither a string nor an integer.
        ValueError: If the name is unknown, or the number outside [1, 2**32].

    Example:
        >>> corpus_size("synth1B1")
        1000000000
    """
    if isinstance(corpus, str):
        return CORPORA[checks.one_of("corpus", corpus, CORPORA)]
    return checks.whole_number("corpus", corpus, 1, NUM_SOUNDS)


def sound_number(name: str | int) -> int:
    """Return a sound's number from its number or its name.

    Args:
        name: ``312``, ``"312"``, or ``"synth1B1-312-6"``: batch 312 of 128 sounds, sound 6.

    Raises:
        TypeError: If ``name`` is neither a string nor an integer.
        ValueError: If the name is not of this form, or names a sound that is not in its corpus.

    Example:
        >>> sound_number("synth1B1-312-6") == 312 * 128 + 6
        True
    """
    if not isinstance(name, str):
        return checks.whole_number("sound", name, 0, NUM_SOUNDS - 1)
    if re.fullmatch(r"0*[0-9]{1,20}", name):
        return checks.whole_number("sound", int(name), 0, NUM_SOUNDS - 1)
    parts = re.fullmatch(r"([A-Za-z0-9]+)-([0-9]{1,20})-([0-9]{1,20})", name)
    if parts is None or parts[1] not in CORPORA:
        raise ValueError(
            "sound must be a number or CORPUS-BATCH-SOUND with a corpus of "
            f"{', '.join(CORPORA)}, such as 'synth1B1-312-6', got {checks.shown(name)}"
        )
    batch, place = int(parts[2]), int(parts[3])
    if place >= DEFAULT_BATCH_SIZE:
        raise ValueError(
            f"a sound's name counts batches of {DEFAULT_BATCH_SIZE}, got sound {place} in "
            f"{checks.shown(name)}"
        )
    index = batch * DEFAULT_BATCH_SIZE + place
    if index >= CORPORA[parts[1]]:
        raise ValueError(
            f"{checks.shown(name)} is sound {index}, but {parts[1]} ends at {CORPORA[parts[1]] - 1}"
        )
    return index


def sound_numbers(indices: Tensor | Sequence[int] | Integers) -> Tensor:
    """Return sound numbers as a checked tensor.

    Args:
        indices: An int64 tensor ``[B]``, or a sequence or array of integers, not empty.

    Returns:
        Sound numbers in [0, 2**32), int64, where ``indices`` was, else on the CPU. Shape ``[B]``.

    Raises:
        TypeError: If they are not integers.
        ValueError: If there is none, more than one axis, or (but on a GPU, where reading values
            back stalls) a number out of range.

    Example:
        >>> sound_numbers([5, 2**32 - 1])
        tensor([         5, 4294967295])
    """
    rule = f"sound numbers must be whole numbers in [0, {NUM_SOUNDS}), shape [B]"
    if isinstance(indices, Tensor):
        numbers = checks.integer_tensor(f"{rule}, as an int64 tensor", indices)
    elif isinstance(indices, np.ma.MaskedArray):
        raise TypeError(f"{rule}, got a masked array: take .compressed()")
    elif isinstance(indices, np.ndarray):
        if indices.dtype.kind not in "iu":
            raise TypeError(f"{rule}, got an array of dtype {indices.dtype}")
        if indices.size and int(indices.max()) >= NUM_SOUNDS:  # what int64 would wrap among them
            raise ValueError(f"{rule}, got {int(indices.max())}")
        numbers = torch.from_numpy(indices.astype(np.int64))
    elif isinstance(indices, Sequence) and not isinstance(indices, _TEXT):
        listed = [checks.whole_number("sound number", item, 0, NUM_SOUNDS - 1) for item in indices]
        numbers = torch.tensor(listed, dtype=torch.int64, device="cpu")
    else:
        raise TypeError(f"{rule}, got {checks.shown(indices)} ({type(indices).__name__})")
    numbers = tracing.plain(numbers)
    if numbers.ndim != 1 or len(numbers) == 0:
        raise ValueError(f"{rule}, got shape {list(numbers.shape)}")
    _check_range(rule, numbers, NUM_SOUNDS)
    return numbers


def _numbers(name: str, given: _Numbers, stop: int) -> _Numbers:
    """Check a number, or int64 of any shape, in [0, stop)."""
    rule = f"{name} must be a whole number >= 0 and <= {stop - 1}, or int64 of such"
    if isinstance(given, Tensor):
        checks.integer_tensor(rule, given)
    elif isinstance(given, np.ndarray):
        if given.dtype != np.int64 or isinstance(given, np.ma.MaskedArray):
            kind = "masked " if isinstance(given, np.ma.MaskedArray) else ""
            raise TypeError(f"{rule}, got a {kind}array of dtype {given.dtype}")
    else:
        checks.whole_number(name, given, 0, stop - 1)
        return given
    _check_range(rule, given, stop)
    return given


def _check_range(rule: str, numbers: Tensor | Integers, stop: int) -> None:
    if isinstance(numbers, Tensor):
        if numbers.device.type == "cuda" or not tracing.readable(numbers):
            return
        lowest, highest = map(int, numbers.aminmax() if numbers.numel() else (0, 0))
    else:
        lowest, highest = (numbers.min(), numbers.max()) if numbers.size else (0, 0)
    if lowest < 0 or highest >= stop:
        raise ValueError(f"{rule}, got {int(lowest if lowest < 0 else highest)}")
