"""Which sounds ``render`` is asked for: by number, name, range and corpus, or the first of a split.

They are counted and handed out one by one; a billion of them take no memory.
"""

import bisect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from synth_datamodule import checks
from synth_datamodule.corpus.splits import CORPORA, NUM_SOUNDS, Split, corpus_size, sound_number


@dataclass(frozen=True)
class Selection:
    """Sounds by their places in the corpus or, with a split, in that split; no place is twice.

    Args:
        parts: Places, in the order in which they are handed out.
        split: Split that they are places of; None is the whole corpus.
    """

    parts: tuple[range, ...]
    split: Split | None = None

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __iter__(self) -> Iterator[int]:
        for part in self.parts:
            yield from part if self.split is None else map(self.split.sounds, part)


def named_sounds(words: Sequence[str]) -> Selection:
    """Return sounds by what each is called; one that is named again comes once.

    Args:
        words: Numbers, names such as synth1B1-312-6, ranges such as 0-99, whose ends both count, or
            corpora such as synth1K1.

    Raises:
        ValueError: If a word names no sound.

    Example:
        >>> list(named_sounds(["7", "5-8", "synth1B1-0-3"]))
        [7, 5, 6, 8, 3]
    """
    return Selection(tuple(_distinct(map(_places, words))))


def first_sounds(
    split: Split | None = None, corpus: str | int | None = None, sounds: int | None = None
) -> Selection:
    """Return the first sounds of a split, or of a corpus.

    Args:
        split: Split; None is all sounds.
        corpus: Name or size of the corpus, which bounds how far train goes; None is all there are.
        sounds: Number of sounds; None is all that lie within the corpus.

    Raises:
        TypeError: If ``sounds`` is not an integer.
        ValueError: If there are no such sounds.

    Example:
        >>> list(first_sounds(Split.val, sounds=2))
        [8192, 8193]
    """
    size = NUM_SOUNDS if corpus is None else corpus_size(corpus)
    within = size if split is None else split.num_sounds(size)
    if sounds is None and not within:
        raise ValueError(
            f"sounds must say how many: {checks.shown(corpus)} has no {split} sounds of its own"
        )
    # Validation and test are the first of their split, whatever the corpus.
    bounded = split in (None, Split.train)
    most = within if bounded or split is None else split.num_sounds(NUM_SOUNDS)
    number = within if sounds is None else checks.whole_number("sounds", sounds, 1, most)
    return Selection((range(number),), split)


def _places(word: str) -> range:
    if word in CORPORA:
        return range(CORPORA[word])
    if ends := re.fullmatch(r"([0-9]{1,20})-([0-9]{1,20})", word):
        first, last = (sound_number(end) for end in ends.groups())
        if first > last:
            raise ValueError(f"a range of sounds must ascend, got {checks.shown(word)}")
        return range(first, last + 1)
    if not re.fullmatch(r"-?[0-9]+|[A-Za-z0-9]+-[0-9]+-[0-9]+", word):
        raise ValueError(
            "sound must be a number, a range (0-99), a corpus (synth1K1), a name (synth1B1-312-6) "
            f"or a preset's file (bell.json), got {checks.shown(word)}"
        )
    number = sound_number(word)
    return range(number, number + 1)


def _distinct(parts: Iterable[range]) -> Iterator[range]:
    """Cut out of each range what lies in those before it."""
    known: list[tuple[int, int]] = []  # disjoint, ascending
    for part in parts:
        start, stop = part.start, part.stop
        place = bisect.bisect(known, (start, stop))
        place -= place > 0 and known[place - 1][1] > start
        new = []
        while place < len(known) and known[place][0] < stop:
            low, high = known[place]
            if start < low:
                new.append((start, low))
            start = max(start, high)
            place += 1
        if start < stop:
            new.append((start, stop))
        for piece in new:
            bisect.insort(known, piece)
            yield range(*piece)
