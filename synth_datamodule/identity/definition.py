"""SplitDefinition: which sounds a split has, and which of them stand for it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from synth_datamodule import checks
from synth_datamodule.corpus.rosters import rule_of
from synth_datamodule.corpus.splits import BLOCK, NUM_SOUNDS, Split, corpus_size
from synth_datamodule.identity.places import (
    MOST_SOUNDS,
    sample_members,
    sample_ranges,
    sound_at,
)
from synth_datamodule.loading import SoundSet
from synth_datamodule.numerics.hashing import Integers


@dataclass(frozen=True)
class SplitDefinition:
    """Sounds of a split, and those of them that are hashed.

    Args:
        corpus: Name of the corpus, or the number of its sounds.
        split: Split, ``train``, ``val``, ``test`` or ``predict``.
        start: First sound number of a predict set, else 0.
        num_sounds: Number of sounds, the first of the split.
        checked: Blocks that are hashed: the first sound number of each and the one after its last.
        chosen: Settings of the roster of rows, a list or a filter by name, in pairs; none of the
            corpus.
        members: Numbers in each of the blocks, where sounds are chosen, as 32-bit integers.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If the corpus does not hold these sounds.

    Example:
        >>> SplitDefinition.of("synth1M1", SoundSet(Split.test, 1024)).rule
        'the first 1024 sounds, ascending, of the blocks k with k mod 10 = 9; block k holds the
         sounds 1024 k to 1024 k + 1023'
    """

    corpus: str | int
    split: Split
    start: int
    num_sounds: int
    checked: tuple[tuple[int, int], ...]
    chosen: tuple[tuple[str, Any], ...] = ()
    members: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.chosen or self.members:
            self._check_members()
            return
        sounds = SoundSet(self.split, self.num_sounds, self.start)
        size = corpus_size(self.corpus)
        predict = sounds.split is Split.predict
        most = size - self.start if predict else sounds.split.num_sounds(size)
        # Validation and test are the first of their split whatever the corpus.
        if self.num_sounds > most and sounds.split in (Split.train, Split.predict):
            raise ValueError(
                f"{self.split} must have at most {most} sounds, all that {self.corpus} holds, got "
                f"{self.num_sounds}"
            )
        last, end = sound_at(sounds, self.num_sounds - 1), 0
        for start, stop in self.checked:
            one_block = start < stop and start // BLOCK == (stop - 1) // BLOCK
            inside = max(end, self.start) <= start and stop - 1 <= last
            if not (one_block and inside and (predict or Split.of(start) is sounds.split)):
                raise ValueError(
                    f"checked must be sounds of {self.split} up to {last}, block by block and "
                    f"ascending, got {start} to {stop - 1} after {end - 1}"
                )
            end = stop
        if not self.checked:
            raise ValueError("checked must be one block of sounds or more, got none")

    def _check_members(self) -> None:
        """Check that the numbers of chosen sounds ascend, are in range, and fill the blocks."""
        object.__setattr__(self, "split", Split(self.split))
        checks.whole_number("num_sounds", self.num_sounds, 1, NUM_SOUNDS)
        checks.whole_number("start", self.start, 0, NUM_SOUNDS - 1)
        corpus_size(self.corpus)
        blocks = [self.numbers(place) for place in range(len(self.members))]
        ends = tuple((int(block[0]), int(block[-1]) + 1) for block in blocks if len(block))
        joined = np.concatenate(blocks) if blocks else np.zeros(0, np.int64)
        ascend = bool((np.diff(joined) > 0).all())
        if ends != self.checked or not ascend or not 0 < len(joined) <= self.num_sounds:
            raise ValueError(
                f"members must be up to {self.num_sounds} numbers of the blocks in checked, "
                f"ascending, got {len(joined)} in {len(ends)} blocks"
            )
        if any(len(block) > BLOCK for block in blocks):
            raise ValueError(f"members must be at most {BLOCK} of each block")

    def numbers(self, place: int) -> Integers:
        """Return the sound numbers of the block at a place of ``checked``, ascending."""
        if self.members:
            return np.frombuffer(self.members[place], "<u4").astype(np.int64)
        return np.arange(*self.checked[place])

    @staticmethod
    def of(
        corpus: str | int, sounds: SoundSet, most_sounds: int = MOST_SOUNDS
    ) -> "SplitDefinition":
        """Return the definition of a set of sounds; their order plays no part.

        Args:
            corpus: Name of the corpus that they are of, or the number of its sounds.
            sounds: Set of sounds.
            most_sounds: Number of sounds up to which all are hashed, else evenly spaced blocks.
        """
        checks.instance("sounds", sounds, SoundSet)
        if sounds.roster.settings:
            return _of_chosen(corpus, sounds, sample_members(sounds, most_sounds))
        checked = sample_ranges(sounds, most_sounds)
        corpus = corpus if isinstance(corpus, str) else corpus_size(corpus)
        start, num_sounds = int(sounds.start), int(sounds.num_sounds)
        return SplitDefinition(corpus, sounds.split, start, num_sounds, checked)

    @property
    def corpus_size(self) -> int:
        """Number of sounds in the corpus."""
        return corpus_size(self.corpus)

    @property
    def num_checked(self) -> int:
        """Number of sounds that are hashed."""
        if self.members:
            return sum(map(len, self.members)) // 4
        return sum(stop - start for start, stop in self.checked)

    @property
    def rule(self) -> str:
        """The sounds of the split in words."""
        return rule_of(dict(self.chosen), self.split, self.num_sounds, self.start)

    @property
    def checked_rule(self) -> str:
        """The sounds that are hashed in words."""
        if self.num_checked == self.num_sounds:
            return "all"
        return f"{self.num_checked} of {self.num_sounds}: {len(self.checked)} blocks, evenly spaced"


def _of_chosen(
    corpus: str | int, sounds: SoundSet, blocks: tuple[Integers, ...]
) -> SplitDefinition:
    return SplitDefinition(
        corpus if isinstance(corpus, str) else corpus_size(corpus),
        sounds.split,
        int(sounds.start),
        int(sounds.num_sounds),
        tuple((int(block[0]), int(block[-1]) + 1) for block in blocks),
        tuple(sounds.roster.settings.items()),
        tuple(block.astype("<u4").tobytes() for block in blocks),
    )
