"""Which sounds an epoch holds, and in which order."""

import functools
from dataclasses import dataclass

import numpy as np

from synth_datamodule import checks
from synth_datamodule.corpus.permutation import Permutation
from synth_datamodule.corpus.splits import NUM_SOUNDS, Split, corpus_size
from synth_datamodule.numerics.hashing import Integers


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

    def __post_init__(self) -> None:
        object.__setattr__(self, "split", Split(self.split))
        if self.split is Split.predict:
            checks.whole_number("start", self.start, 0, NUM_SOUNDS - 1)
            most = NUM_SOUNDS - self.start
        else:
            checks.whole_number("start", self.start, 0, 0)
            most = self.split.num_sounds(NUM_SOUNDS)
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
        self.check_epoch(epoch)
        checks.whole_number("start", start, 0, len(self))
        checks.whole_number("stop", stop, start, len(self))
        # Python's integers first: an epoch late in a long run overflows 64 bits of none of them.
        first = epoch * len(self)
        places = np.arange(start, stop) + first % self.num_sounds
        return np.concatenate(
            [
                self._pass(first // self.num_sounds + lap, places[places // self.num_sounds == lap])
                for lap in range(int(places[-1]) // self.num_sounds + 1 if len(places) else 0)
            ]
            or [places]
        )

    def _pass(self, number: int, places: Integers) -> Integers:
        places = places % self.num_sounds
        if self.shuffle:
            places = _permutation(self.num_sounds, self.seed, number)(places)
        return places + self.start if self.split is Split.predict else self.split.sounds(places)


def split_set(
    split: Split,
    corpus: str | int,
    num_sounds: int | None,
    *,
    sounds_per_epoch: int | None = None,
    shuffle: bool = False,
    seed: int = 0,
    fresh_epochs: bool = False,
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

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If the corpus holds fewer train sounds, or there are not so many; it names the
            most there are.

    Example:
        >>> split_set(Split.test, "synth1M1", None).num_sounds
        99328
    """
    held = split.num_sounds(corpus_size(corpus))
    name = f"{split.value}_sounds"
    wanted = held if num_sounds is None else checks.whole_number(name, num_sounds, minimum=1)
    if split is Split.train and wanted > held:
        raise ValueError(f"{name} must be at most {held}, all that {corpus} holds, got {wanted}")
    return SoundSet(
        split,
        wanted,
        sounds_per_epoch=sounds_per_epoch,
        shuffle=shuffle,
        seed=seed,
        fresh_epochs=fresh_epochs,
    )


def predict_set(corpus: str | int, sounds: object) -> SoundSet:
    """Return a range of sound numbers, ascending.

    Args:
        corpus: A corpus's name, or the number of its sounds.
        sounds: Pair ``(start, stop)`` of sound numbers, the second excluded.

    Raises:
        TypeError: If it is not a pair of integers.
        ValueError: If it is empty, or the corpus ends before it.

    Example:
        >>> predict_set("synth1K1", (10, 13)).numbers(epoch=0, start=0, stop=3)
        array([10, 11, 12])
    """
    rule = "predict_sounds must be (start, stop), or None for the test set"
    if not isinstance(sounds, tuple):
        raise TypeError(f"{rule}, got {sounds!r} ({type(sounds).__name__})")
    if len(sounds) != 2:
        raise ValueError(f"{rule}, got {sounds!r}")
    start = checks.whole_number("predict_sounds start", sounds[0], minimum=0)
    stop = checks.whole_number("predict_sounds stop", sounds[1], start + 1)
    most = corpus_size(corpus)
    if stop > most:
        raise ValueError(
            f"predict_sounds must end at {most}, the size of {corpus}, or before, got {stop}"
        )
    return SoundSet(Split.predict, stop - start, start)


@functools.lru_cache(maxsize=16)
def _permutation(size: int, seed: int, number: int) -> Permutation:
    return Permutation(size, key=(seed, number))
