"""Which sound numbers a split has, ascending: blocks of the corpus, rows of one's own, a list."""

import hashlib
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from synth_datamodule.corpus.splits import (
    BLOCK,
    NUM_SOUNDS,
    PERIOD,
    TEST_BLOCK,
    VAL_BLOCK,
    Split,
)
from synth_datamodule.numerics.hashing import Integers

Codes: TypeAlias = npt.NDArray[np.int8]
"""A split for each number: its place in ``CODED``."""

CODED = (Split.train, Split.val, Split.test)
BY_PLACE = "i mod 10"
"""The rule that splits rows where nothing else is said."""

_RULES = {Split.train: f"< {VAL_BLOCK}", Split.val: f"= {VAL_BLOCK}", Split.test: f"= {TEST_BLOCK}"}


class Roster:
    """Numbers of each split, ascending; ``predict`` has all of them. Compared by ``settings``."""

    @property
    def settings(self) -> dict[str, Any]:
        """What tells it from other rosters, in JSON's types by name; nothing for the corpus."""
        raise NotImplementedError

    def num_sounds(self, split: Split, corpus: int = NUM_SOUNDS) -> int:
        """Return how many numbers a split has of a corpus of so many; lists have their own end."""
        raise NotImplementedError

    def most(self, split: Split, wanted: int | None = None, corpus: int = NUM_SOUNDS) -> int:
        """Return how many numbers a split has, as far as it matters where so many are wanted."""
        return self.num_sounds(split, corpus)

    def up_to(self, split: Split, wanted: int, corpus: int = NUM_SOUNDS) -> int:
        """Return how many numbers a split has, ``wanted`` at most."""
        return min(self.num_sounds(split, corpus), wanted)

    def sounds(self, split: Split, places: Integers) -> Integers:
        """Return a split's numbers at places, which there are. int64, shape ``[B]``."""
        raise NotImplementedError

    def codes(self, numbers: Integers) -> Codes:
        """Return the split of each number as its place in ``CODED``. Shape ``[B]``."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Roster) and self.settings == other.settings

    def __hash__(self) -> int:
        return hash(tuple(self.settings.items()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.settings})"


class Blocks(Roster):
    """The corpus: block ``k`` of 1024 numbers is val where ``k mod 10 = 8``, test where 9."""

    @property
    def settings(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def num_sounds(self, split: Split, corpus: int = NUM_SOUNDS) -> int:
        """Return how many numbers a split has of a corpus of so many."""
        return corpus if split is Split.predict else split.num_sounds(corpus)

    def sounds(self, split: Split, places: Integers) -> Integers:
        """Return a split's numbers at places."""
        return places if split is Split.predict else split.sounds(places)

    def codes(self, numbers: Integers) -> Codes:
        """Return the split of each number."""
        block = numbers // BLOCK % PERIOD
        return _coded(block == VAL_BLOCK, block == TEST_BLOCK)


CORPUS = Blocks()


class Rows(Roster):
    """Rows of one's own: row ``i`` is val where ``i mod 10 = 8``, test where 9, or as is said.

    Args:
        num_rows: Number of rows, M.
        split: Split of each row as its place in ``CODED``; None is by ``i mod 10``. Shape ``[M]``.
    """

    def __init__(self, num_rows: int, split: Codes | None = None) -> None:
        self.num_rows = num_rows
        self.split = split
        self._by_split = None if split is None else _by_split(split)

    @property
    def settings(self) -> dict[str, Any]:
        """The number of rows, and how they are split."""
        return {"rows": self.num_rows, "split": split_rule(self.split)}

    def num_sounds(self, split: Split, corpus: int = NUM_SOUNDS) -> int:
        """Return how many rows a split has."""
        if split is Split.predict:
            return self.num_rows
        if self._by_split is not None:
            return len(self._by_split[CODED.index(split)])
        first, width = split._blocks
        periods, rest = divmod(self.num_rows, PERIOD)
        return periods * width + min(max(rest - first, 0), width)

    def sounds(self, split: Split, places: Integers) -> Integers:
        """Return a split's rows at places."""
        if split is Split.predict:
            return places
        if self._by_split is not None:
            return self._by_split[CODED.index(split)][places]
        first, width = split._blocks
        return places // width * PERIOD + first + places % width

    def codes(self, numbers: Integers) -> Codes:
        """Return the split of each row."""
        if self.split is not None:
            return self.split[numbers]
        place = numbers % PERIOD
        return _coded(place == VAL_BLOCK, place == TEST_BLOCK)


class Listed(Roster):
    """Numbers of a list, which keep their splits; ``predict`` has them in the list's own order.

    Args:
        base: Roster that says which split a number lies in.
        numbers: Different numbers, in any order. int64, shape ``[K]``.
    """

    def __init__(self, base: Roster, numbers: Integers) -> None:
        self.base = base
        self.numbers = numbers
        ascending = np.sort(numbers)
        self._hash = hashlib.sha256(ascending.astype("<i8").tobytes()).hexdigest()
        self._by_split = [ascending[rows] for rows in _by_split(base.codes(ascending))]

    @property
    def settings(self) -> dict[str, Any]:
        """How many numbers there are, and their SHA-256, ascending as 64-bit integers."""
        more = {"listed": len(self.numbers), "listed_sha256": self._hash}
        return {**self.base.settings, **more}

    def num_sounds(self, split: Split, corpus: int = NUM_SOUNDS) -> int:
        """Return how many listed numbers a split has."""
        return len(self._of(split))

    def sounds(self, split: Split, places: Integers) -> Integers:
        """Return a split's listed numbers at places."""
        return self._of(split)[places]

    def _of(self, split: Split) -> Integers:
        return self.numbers if split is Split.predict else self._by_split[CODED.index(split)]

    def codes(self, numbers: Integers) -> Codes:
        """Return the split of each number."""
        return self.base.codes(numbers)


def split_rule(split: Codes | None) -> str:
    """Return how rows are split: ``i mod 10``, or the SHA-256 of the words of all rows."""
    if split is None:
        return BY_PLACE
    return f"sha256:{hashlib.sha256(split.astype('<i1').tobytes()).hexdigest()}"


def rule_of(settings: Mapping[str, Any], split: Split, num_sounds: int, start: int = 0) -> str:
    """Return the sounds of a set in words.

    Args:
        settings: Settings of its roster.
        split: Split that the sounds are of.
        num_sounds: Number of sounds.
        start: First sound number of a predict range.

    Example:
        >>> rule_of({"rows": 100, "split": BY_PLACE}, Split.val, 4)
        'the first 4 rows, ascending, of the 100 rows i with i mod 10 = 8'
    """
    kind = "rows" if "rows" in settings else "sounds"
    listed = ""
    if "listed" in settings:
        listed = f"{settings['listed']} listed {kind} (SHA-256 {settings['listed_sha256'][:16]})"
    if split is Split.predict:
        return listed or f"the {kind} {start} to {start + num_sounds - 1}"
    if kind == "rows":
        by_place = settings["split"] == BY_PLACE
        rule = f"i mod 10 {_RULES[split]}" if by_place else f"split {split}, {settings['split']}"
        where = f"the {settings['rows']} rows i with {rule[:60]}"
    else:
        where = (
            f"the blocks k with k mod {PERIOD} {_RULES[split]}; block k holds the sounds {BLOCK} k "
            f"to {BLOCK} k + {BLOCK - 1}"
        )
    within = f"{listed} in " if listed else ""
    passing = passing_of(settings)
    return f"the first {num_sounds} {kind}{passing}, ascending, of {within}{where}"


def passing_of(settings: Mapping[str, Any]) -> str:
    """Return in words which sounds pass a roster's filter; nothing where it has none.

    Args:
        settings: Settings of the roster.

    Example:
        >>> passing_of({"minimum_rms": 0.05})
        ' with an RMS of 0.05 or more'
    """
    bounds = []
    if settings.get("minimum_rms") is not None:
        bounds.append(f"an RMS of {settings['minimum_rms']} or more")
    if settings.get("loudest") is not None:
        bounds.append(f"a peak of {settings['loudest']} or less")
    return f" with {' and '.join(bounds)}" if bounds else ""


def _coded(val: npt.NDArray[np.bool_], test: npt.NDArray[np.bool_]) -> Codes:
    codes: Codes = val.astype(np.int8) + np.int8(2) * test.astype(np.int8)
    return codes


def _by_split(codes: Codes) -> list[Integers]:
    return [np.flatnonzero(codes == code).astype(np.int64) for code in range(len(CODED))]
