"""Which sounds an epoch holds, and in which order."""

import functools
from dataclasses import dataclass

import numpy as np

from synth_datamodule import checks
from synth_datamodule.corpus.permutation import Permutation
from synth_datamodule.corpus.rosters import CORPUS, Roster
from synth_datamodule.corpus.splits import Split, corpus_size
from synth_datamodule.numerics.hashing import Integers

AUTO = 1024
"""Sounds of validation and of test where nothing else is said."""


@dataclass(frozen=True)
class SoundSet:
    """Sounds in passes, passes cut into epochs.

    A pass goes through all ``num_sounds`` once, in ascending order or in a permutation of its own.
    Passes follow one another, and epoch e is the e-th run of ``sounds_per_epoch`` sounds, so no
    sound is skipped and none comes twice within a pass.

    Args:
        split: Split that the sounds are the first of; for predict, sound numbers count from
            ``start``.
        num_sounds: Number of sounds, at least 1.
        start: First sound number of a predict set.
        sounds_per_epoch: Sounds in an epoch, at most ``num_sounds``; None is all of them.
        shuffle: Whether each pass has a permutation of its own.
        seed: Seed of the permutations, in [0, 2**64).
        fresh_epochs: Whether there is one pass only, and running out an error.
        roster: Which numbers each split has; the corpus's blocks, rows of one's own, or a list.

    Raises:
        TypeError: If a number is not an integer.
        ValueError: If one is out of bounds.

    Example:
        >>> SoundSet(Split.val, num_sounds=4, sounds_per_epoch=3).numbers(epoch=1, start=0, stop=3)
        array([8195, 8192, 8193])
    """

    split: Split
    num_sounds: int
    start: int = 0
    sounds_per_epoch: int | None = None
    shuffle: bool = False
    seed: int = 0
    fresh_epochs: bool = False
    roster: Roster = CORPUS

    def __post_init__(self) -> None:
        object.__setattr__(self, "split", Split(self.split))
        checks.instance("roster", self.roster, Roster)
        most = self.roster.most(self.split, self.num_sounds)
        last = most - 1 if self.split is Split.predict else 0
        checks.whole_number("start", self.start, 0, last)
        most -= self.start
        checks.whole_number(f"{self.split.value}_sounds", self.num_sounds, 1, most)
        checks.truth_value("shuffle", self.shuffle)
        checks.truth_value("fresh_epochs", self.fresh_epochs)
        checks.whole_number("seed", self.seed, 0, 2**64 - 1)
        if self.sounds_per_epoch is not None:
            checks.whole_number("sounds_per_epoch", self.sounds_per_epoch, 1, self.num_sounds)

    def __len__(self) -> int:
        """Sounds in an epoch."""
        return self.num_sounds if self.sounds_per_epoch is None else self.sounds_per_epoch

    def has_epoch(self, epoch: int) -> bool:
        """Return whether an epoch's sounds exist; with ``fresh_epochs`` they run out."""
        return not self.fresh_epochs or (epoch + 1) * len(self) <= self.num_sounds

    def check_epoch(self, epoch: int) -> None:
        """Check that an epoch's sounds exist.

        Raises:
            ValueError: With ``fresh_epochs``, where they would have to come a second time.
        """
        checks.whole_number("epoch", epoch, minimum=0)
        if not self.has_epoch(epoch):
            raise ValueError(
                f"{self.split.value} sounds ran out: with fresh_epochs each of {self.num_sounds} "
                f"comes once, enough for {self.num_sounds // len(self)} epochs of {len(self)}, and "
                f"this is epoch {epoch} counted from 0; use a larger corpus, fewer "
                "sounds_per_epoch or fewer epochs"
            )

    def numbers(self, epoch: int, start: int, stop: int) -> Integers:
        """Return the sound numbers at places ``[start, stop)`` of an epoch, in constant memory.

        Args:
            epoch: Number of the epoch, from 0.
            start: First place, counted from 0 within the epoch.
            stop: Place after the last, at most ``len(self)``.

        Returns:
            int64. Shape ``[stop - start]``.

        Raises:
            TypeError: If an argument is not an integer.
            ValueError: If a place lies outside the epoch, or with ``fresh_epochs`` the sounds have
                run out.
        """
        return self._numbers(self.places(epoch, start, stop))

    def number(self, place: int) -> int:
        """Return the sound number at a place of the set, which ascends.

        Raises:
            TypeError: If ``place`` is not an integer.
            ValueError: If it lies outside the set.

        Example:
            >>> SoundSet(Split.val, num_sounds=4, shuffle=True).number(0)
            8192
        """
        checks.whole_number("place", place, 0, self.num_sounds - 1)
        return int(self._numbers(np.array([place]))[0])

    def places(self, epoch: int, start: int, stop: int) -> Integers:
        """Return the places in the set that lie at places ``[start, stop)`` of an epoch.

        Args:
            epoch: Number of the epoch, from 0.
            start: First place, counted from 0 within the epoch.
            stop: Place after the last, at most ``len(self)``.

        Returns:
            int64, in [0, ``num_sounds``). Shape ``[stop - start]``.

        Raises:
            TypeError: If an argument is not an integer.
            ValueError: If a place lies outside the epoch, or with ``fresh_epochs`` the sounds have
                run out.
        """
        self.check_epoch(epoch)
        checks.whole_number("start", start, 0, len(self))
        checks.whole_number("stop", stop, start, len(self))
        # Python's integers first: an epoch late in a long run overflows 64 bits of none of them.
        first = epoch * len(self)
        places = np.arange(start, stop) + first % self.num_sounds
        laps = places // self.num_sounds
        return np.concatenate(
            [
                self._pass(first // self.num_sounds + lap, places[laps == lap])
                for lap in np.unique(laps).tolist()
            ]
            or [places]
        )

    def _pass(self, number: int, places: Integers) -> Integers:
        places = places % self.num_sounds
        return _permutation(self.num_sounds, self.seed, number)(places) if self.shuffle else places

    def _numbers(self, places: Integers) -> Integers:
        return self.roster.sounds(self.split, places + self.start)


def split_set(
    split: Split,
    corpus: str | int,
    num_sounds: int | None,
    *,
    sounds_per_epoch: int | None = None,
    shuffle: bool = False,
    seed: int = 0,
    fresh_epochs: bool = False,
    roster: Roster = CORPUS,
) -> SoundSet:
    """Return the first sounds of a split of a corpus.

    Args:
        split: train, val or test.
        corpus: A corpus's name, or the number of its sounds.
        num_sounds: Number of sounds; None is all that the corpus holds. Validation and test sounds
            may lie beyond it: they are the same whatever the corpus.
        sounds_per_epoch: Sounds in an epoch, see SoundSet.
        shuffle: Whether each pass has a permutation of its own.
        seed: Seed of the permutations, in [0, 2**64).
        fresh_epochs: Whether there is one pass only, and running out an error.
        roster: Which numbers each split has; of the corpus, those that lie within it count.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If the corpus holds fewer train sounds, or there are not so many; it names the
            most there are.

    Example:
        >>> split_set(Split.test, "synth1M1", None).num_sounds
        99328
    """
    split = Split(split)
    name = f"{split.value}_sounds"
    size = corpus_size(corpus)
    checks.instance("roster", roster, Roster)
    wanted = None if num_sounds is None else checks.whole_number(name, num_sounds, minimum=1)
    if wanted is None or split is Split.train:
        held = roster.most(split, wanted, size)
        wanted = held if wanted is None else wanted
        if wanted > held:
            raise ValueError(
                f"{name} must be at most {held}, all that {corpus} holds, got {wanted}"
            )
    return SoundSet(
        split,
        wanted,
        sounds_per_epoch=sounds_per_epoch,
        shuffle=shuffle,
        seed=seed,
        fresh_epochs=fresh_epochs,
        roster=roster,
    )


def evaluation_set(
    split: Split, corpus: str | int, num_sounds: int | str | None, roster: Roster = CORPUS
) -> SoundSet | None:
    """Return the first sounds of a split to validate or to test on; None where there are none.

    Args:
        split: val or test.
        corpus: A corpus's name, or the number of its sounds.
        num_sounds: Number of sounds; None is all that the corpus holds, ``"auto"`` is 1024, of
            rows of one's own and of a list as many of these as there are.
        roster: Which numbers each split has.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If there are not so many.

    Example:
        >>> evaluation_set(Split.val, "synth1K1", 0) is None
        True
    """
    name = f"{split.value}_sounds"
    if isinstance(num_sounds, str) and num_sounds == "auto":
        num_sounds = AUTO
        if {"rows", "listed"} & roster.settings.keys():
            num_sounds = roster.up_to(split, AUTO, corpus_size(corpus))
    if num_sounds is None:
        num_sounds = roster.most(split, None, corpus_size(corpus))
    wanted = checks.whole_number(name, num_sounds, minimum=0)
    return split_set(split, corpus, wanted, roster=roster) if wanted else None


@functools.lru_cache(maxsize=16)
def _permutation(size: int, seed: int, number: int) -> Permutation:
    return Permutation(size, key=(seed, number))
