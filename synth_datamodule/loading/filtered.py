"""Filtered: the numbers of a roster whose sounds lie within bounds, decided when first needed."""

import hashlib
import importlib.metadata
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from synth_datamodule import reporting
from synth_datamodule.batch import audio_of
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.corpus.rosters import Codes, Roster
from synth_datamodule.corpus.splits import BLOCK, NUM_SOUNDS, Split
from synth_datamodule.loading.bounds import Bounds
from synth_datamodule.numerics.folders import user_cache
from synth_datamodule.numerics.forking import ForkedLock
from synth_datamodule.numerics.hashing import Integers
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.reporting.files import write_bytes

MOST_SEARCHED = 10**6
"""Sounds that are all gone through at most, where nobody says how many are wanted."""

_KEPT = 16  # deciders in memory
_DECIDERS: dict[object, "_Decider"] = {}
_LOCK = ForkedLock()
_SAID: set[Path] = set()  # folders


def decide(synth: AbstractSynth, bounds: Bounds, numbers: Integers) -> npt.NDArray[np.bool_]:
    """Return whether sounds lie within bounds, rendered on the CPU. Shape ``[B]``.

    Args:
        synth: Synth that renders.
        bounds: Bounds.
        numbers: Sound numbers. Shape ``[B]``.
    """
    found = []
    for start in range(0, len(numbers), BASE_REPRODUCIBLE_BATCH_SIZE):
        part = numbers[start : start + BASE_REPRODUCIBLE_BATCH_SIZE]
        with torch.no_grad():
            audio = audio_of(synth.render_sounds(part, "cpu").audio)
        found.append(bounds.passes(audio.numpy()))
    return np.concatenate(found) if found else np.zeros(0, bool)


class Filtered(Roster):
    """The numbers of a roster whose sounds pass; ``predict`` has all that are asked for.

    Each split's places are decided in blocks of 1,024, ascending, as far as they are needed, and
    kept in memory; those of a synth that comes with the package also in the user's cache folder.

    Args:
        base: Roster that is filtered.
        bounds: Bounds of a sound.
        recipe: Synth that renders.
        corpus: Number of sounds that train goes up to; others too, but 10**6 at least.
    """

    def __init__(self, base: Roster, bounds: Bounds, recipe: SynthRecipe, corpus: int) -> None:
        self.base = base
        self.bounds = bounds
        self.recipe = recipe
        self.corpus = corpus
        self._deciders: dict[Split, _Decider] = {}

    @property
    def settings(self) -> dict[str, Any]:
        """The roster's, and the bounds."""
        return {**self.base.settings, **self.bounds.settings}

    def _extent(self, split: Split) -> int:
        """Return how many places of a split are gone through."""
        evaluates = split in (Split.val, Split.test)
        corpus = max(self.corpus, MOST_SEARCHED) if evaluates else self.corpus
        return self.base.num_sounds(split, corpus)

    def num_sounds(self, split: Split, corpus: int = NUM_SOUNDS) -> int:
        """Return how many numbers of the corpus pass; all of its sounds are decided.

        Raises:
            ValueError: If none passes, or the corpus has more than 10**6 sounds.
        """
        if split is Split.predict:
            return self.base.num_sounds(split, self.corpus)
        self.check_all(split)
        extent = self.base.num_sounds(split, self.corpus)
        found = len(self._places(split, extent, extent))
        if not found:
            raise ValueError(self._too_few(split, 0, extent, 1))
        return found

    def check_all(self, split: Split) -> None:
        """Check that all sounds may be gone through, before any is.

        Raises:
            ValueError: If the corpus has more than 10**6.
        """
        size = self.base.num_sounds(Split.predict, self.corpus)
        if size > MOST_SEARCHED:
            raise ValueError(
                f"{split.value}_sounds must be given with minimum_rms or loudest where there are "
                f"more than {MOST_SEARCHED} sounds, all of which would be rendered, there are "
                f"{size}"
            )

    def most(self, split: Split, wanted: int | None = None, corpus: int = NUM_SOUNDS) -> int:
        """Return ``wanted`` where so many pass.

        Raises:
            ValueError: If fewer do; it says how many.
        """
        if wanted is None or split is Split.predict:
            return self.num_sounds(split, corpus)
        extent = self._extent(split)
        if wanted > extent:
            return extent
        found = len(self._places(split, extent, wanted))
        if found < wanted:
            raise ValueError(self._too_few(split, found, extent, wanted))
        return wanted

    def up_to(self, split: Split, wanted: int, corpus: int = NUM_SOUNDS) -> int:
        """Return how many numbers pass, ``wanted`` at most."""
        return min(len(self._places(split, self._extent(split), wanted)), wanted)

    def sounds(self, split: Split, places: Integers) -> Integers:
        """Return a split's passing numbers at places."""
        if split is Split.predict or not len(places):
            return self.base.sounds(split, places)
        passing = self._places(split, self._extent(split), int(places.max()) + 1)
        return self.base.sounds(split, passing[places])

    def codes(self, numbers: Integers) -> Codes:
        """Return the split of each number."""
        return self.base.codes(numbers)

    def check(self, curriculum: object, notes_per_sound: int) -> None:
        """Check that a sound is one sound, whichever epoch and note it is heard at.

        Raises:
            ValueError: If there is a curriculum, or a sound has several notes.
        """
        if curriculum is not None or notes_per_sound != 1:
            other = "curriculum" if curriculum is not None else "notes_per_sound"
            raise ValueError(
                f"{other} must be left out with minimum_rms or loudest, which tell of one sound of "
                "each number"
            )

    def _places(self, split: Split, extent: int, wanted: int) -> Integers:
        """Return the places of a split that pass, below an extent: as many as are wanted."""
        with _LOCK.held():
            if split not in self._deciders:
                self._deciders[split] = self._decider(split)
            return self._deciders[split].places(extent, wanted)

    def _too_few(self, split: Split, found: int, extent: int, wanted: int) -> str:
        bounds = ", ".join(f"{name}={value}" for name, value in self.bounds.settings.items())
        if not found:
            return f"there are no {split.value} sounds: none of {extent} passes {bounds}"
        return (
            f"{split.value}_sounds must be at most {found}, got {wanted}: of {extent} "
            f"{split.value} sounds {found} pass {bounds}"
        )

    def _decider(self, split: Split) -> "_Decider":
        synth = self.recipe.make(reproducible=False)
        written = SynthRecipe.of(synth).plain()  # the backend and the rows by name
        about = {
            "version": importlib.metadata.version("synth_datamodule").partition(".")[0],
            "synth": written,
            "split": split.value,
            "chosen": self.settings,
        }
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
        # A name outlives what is written under it, in a notebook as on disk.
        key = digest, type(synth), getattr(synth.source, "function", None)
        if key not in _DECIDERS:
            while len(_DECIDERS) >= _KEPT:
                del _DECIDERS[next(iter(_DECIDERS))]
            shipped = type(synth).__module__.startswith("synth_datamodule.")
            folder = user_cache() if shipped and not written["sampler"] else None
            _DECIDERS[key] = _Decider(self, split, synth, digest, folder)
        return _DECIDERS[key]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_deciders": {}}


class _Decider:
    """Decisions on the places of one split, block by block."""

    def __init__(
        self,
        filtered: Filtered,
        split: Split,
        synth: AbstractSynth,
        digest: str,
        folder: Path | None,
    ) -> None:
        self.base, self.bounds = filtered.base, filtered.bounds
        self.split, self.synth, self.digest = split, synth, digest
        self.folder = folder and folder / "passing" / digest[:32]
        self.last = self.base.num_sounds(split, NUM_SOUNDS)
        self.passing: Integers = np.zeros(0, np.int64)
        self.blocks = 0

    def places(self, extent: int, wanted: int) -> Integers:
        """Return the passing places below ``extent``, ascending, ``wanted`` if there are."""
        count, stop = int(np.searchsorted(self.passing, extent)), -(-extent // BLOCK)
        if count < wanted and self.blocks < stop:
            doing = f"deciding which {self.split.value} sounds pass"
            with reporting.progress(doing) as advance:
                while count < wanted and self.blocks < stop:
                    found = np.concatenate([self.passing, self._block(self.blocks)])
                    # Together, whenever a signal may come.
                    self.passing, self.blocks = found, self.blocks + 1
                    count = int(np.searchsorted(found, extent))
                    advance(BLOCK)
            self.synth.free()
        return self.passing[: np.searchsorted(self.passing, extent)]

    def _block(self, block: int) -> Integers:
        places = np.arange(block * BLOCK, min((block + 1) * BLOCK, self.last))
        header = f"{self.digest} {self.split.value} {block} {len(places)}\n".encode()
        path = None if self.folder is None else self.folder / f"{self.split.value}-{block}"
        bits = None if path is None else _kept(path, header, len(places))
        if bits is None:
            bits = decide(self.synth, self.bounds, self.base.sounds(self.split, places))
            if path is not None:
                _keep(path, header, bits)
        return places[bits]


def _kept(path: Path, header: bytes, size: int) -> npt.NDArray[np.bool_] | None:
    """Return what a file of the cache says; None where it is not there, not whole or another's."""
    if not path.is_file():  # nor a pipe, which might never end
        return None
    try:
        with path.open("rb") as file:
            content = file.read(1024)
    except OSError:
        return None
    told, checksum = content[:-32], content[-32:]
    bits = told[len(header) :]
    whole = hashlib.sha256(told).digest() == checksum and len(bits) == -(-size // 8)
    if not whole or not told.startswith(header):
        return None
    return np.unpackbits(np.frombuffer(bits, np.uint8), count=size).astype(bool)


def _keep(path: Path, header: bytes, bits: npt.NDArray[np.bool_]) -> None:
    told = header + np.packbits(bits).tobytes()
    try:
        write_bytes(path, told + hashlib.sha256(told).digest(), overwrite=True)
    except OSError as error:
        folder = path.parent.parent
        if folder not in _SAID:
            _SAID.add(folder)
            text = "which sounds pass is decided anew in each process, for it cannot be kept"
            warnings.warn(f"{text}: {error}", RuntimeWarning, stacklevel=2)
