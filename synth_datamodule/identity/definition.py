"""SplitDefinition: which sounds a split has, and which of them stand for it."""

from dataclasses import dataclass

from synth_datamodule.corpus.splits import (
    BLOCK,
    PERIOD,
    TEST_BLOCK,
    VAL_BLOCK,
    Split,
    corpus_size,
)
from synth_datamodule.identity.places import MOST_SOUNDS, sample_ranges, sound_at
from synth_datamodule.loading import SoundSet

_RULES = {Split.train: f"< {VAL_BLOCK}", Split.val: f"= {VAL_BLOCK}", Split.test: f"= {TEST_BLOCK}"}


@dataclass(frozen=True)
class SplitDefinition:
    """Sounds of a split, and those of them that are hashed.

    Args:
        corpus: Name of the corpus, or the number of its sounds.
        split: Split, ``train``, ``val``, ``test`` or ``predict``.
        start: First sound number of a predict set, else 0.
        num_sounds: Number of sounds, the first of the split.
        checked: Blocks that are hashed: the first sound number of each and the one after its last.

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

    def __post_init__(self) -> None:
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
        return sum(stop - start for start, stop in self.checked)

    @property
    def rule(self) -> str:
        """The sounds of the split in words."""
        if self.split is Split.predict:
            return f"the sounds {self.start} to {self.start + self.num_sounds - 1}"
        return (
            f"the first {self.num_sounds} sounds, ascending, of the blocks k with k mod {PERIOD} "
            f"{_RULES[self.split]}; block k holds the sounds {BLOCK} k to {BLOCK} k + {BLOCK - 1}"
        )

    @property
    def checked_rule(self) -> str:
        """The sounds that are hashed in words."""
        if self.num_checked == self.num_sounds:
            return "all"
        return f"{self.num_checked} of {self.num_sounds}: {len(self.checked)} blocks, evenly spaced"
