"""What defines a split: which sounds, and the synth that renders them."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from synth_datamodule.config import (
    N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY,
    SynthConfig,
)
from synth_datamodule.corpus.splits import Split, corpus_size
from synth_datamodule.identity.places import MOST_SOUNDS, sample_ranges
from synth_datamodule.loading import SoundSet
from synth_datamodule.parameters.nebula import shipped_nebulae
from synth_datamodule.patching.synth import AbstractSynth, find_synth

_BLOCK = N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY
_RULES = {
    Split.train: "of the blocks k with k mod 10 < 8",
    Split.val: "of the blocks k with k mod 10 = 8",
    Split.test: "of the blocks k with k mod 10 = 9",
}


@dataclass(frozen=True)
class SplitDefinition:
    """Sounds of a split, and those of them that stand for it.

    Args:
        corpus: Its name, or the number of its sounds.
        split: train, val, test or predict.
        start: First sound number of a predict set, else 0.
        num_sounds: The first so many of the split.
        checked: What is hashed: first sound number of each block and the one after its last.

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
        if self.num_sounds > most:
            raise ValueError(
                f"{self.split} must have at most {most} sounds, all that {self.corpus} holds, got "
                f"{self.num_sounds}"
            )
        last = sounds.start if predict else sounds.split.sounds(self.num_sounds - 1)
        last += self.num_sounds - 1 if predict else 0
        end = 0
        for start, stop in self.checked:
            one_block = start < stop and start // _BLOCK == (stop - 1) // _BLOCK
            inside = self.start <= start and stop - 1 <= last
            if not (end <= start and one_block and inside) or not (
                predict or Split.of(start) is sounds.split
            ):
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
            corpus: That they are of.
            sounds: The set.
            most_sounds: See ``sample_ranges``.
        """
        checked = sample_ranges(sounds, most_sounds)
        corpus = corpus if isinstance(corpus, str) else corpus_size(corpus)
        start, num_sounds = int(sounds.start), int(sounds.num_sounds)
        return SplitDefinition(corpus, sounds.split, start, num_sounds, checked)

    @property
    def corpus_size(self) -> int:
        """Sounds in the corpus."""
        return corpus_size(self.corpus)

    @property
    def num_checked(self) -> int:
        """Sounds that are hashed."""
        return sum(stop - start for start, stop in self.checked)

    @property
    def rule(self) -> str:
        """Which sounds these are, in words."""
        if self.split is Split.predict:
            return f"the sounds {self.start} to {self.start + self.num_sounds - 1}"
        return (
            f"the first {self.num_sounds} sounds, ascending, {_RULES[self.split]}; block k holds "
            "the sounds 1024 k to 1024 k + 1023"
        )

    @property
    def checked_rule(self) -> str:
        """Which of them are hashed, in words."""
        if self.num_checked == self.num_sounds:
            return "all"
        return f"{self.num_checked} of {self.num_sounds}: {len(self.checked)} blocks, evenly spaced"


@dataclass(frozen=True)
class SynthDefinition:
    """A synth by what it is made of.

    Args:
        synth: Import path of its class.
        backend: One of the synth's, or ``"auto"``.
        sample_rate: Audio rate in hertz.
        buffer_size_seconds: Length of a sound in seconds.
        control_rate: Rate of envelopes and LFOs in hertz.
        eps: The envelopes'.
        nebula: Its name, or the path of its file.
        pinned: Values in the parameters' units that hold for every sound.

    Example:
        >>> SynthDefinition(sample_rate=16000).make().synthconfig.buffer_size
        64000
    """

    synth: str = "synth_datamodule.Voice"
    backend: str = "auto"
    sample_rate: int = 44100
    buffer_size_seconds: float = 4.0
    control_rate: int = 441
    eps: float = 1e-6
    nebula: str = "default"
    pinned: Mapping[str, float] = field(default_factory=dict)

    @staticmethod
    def of(synth: AbstractSynth) -> "SynthDefinition":
        """Return the definition of a synth; of a nebula's path it keeps the file's name."""
        config, nebula = synth.synthconfig, str(synth.nebula)
        pinned = synth.parameter_table.pinned
        return SynthDefinition(
            synth=import_path(type(synth)),
            backend=synth.backend,
            sample_rate=config.sample_rate,
            buffer_size_seconds=config.buffer_size_seconds,
            control_rate=config.control_rate,
            eps=config.eps,
            nebula=nebula if nebula in shipped_nebulae() else Path(nebula).name,
            pinned={name: float(value) for name, value in sorted(pinned.items())},
        )

    def make(self) -> AbstractSynth:
        """Return the synth.

        Raises:
            TypeError: If a setting is of another type, or the path leads to no synth.
            ValueError: If a setting is out of range, or nothing can be imported from the path.
        """
        config = SynthConfig(
            sample_rate=self.sample_rate,
            buffer_size_seconds=self.buffer_size_seconds,
            control_rate=self.control_rate,
            eps=self.eps,
        )
        return find_synth(self.synth)(config, self.nebula, self.backend, pinned=self.pinned)


def import_path(synth: type[AbstractSynth]) -> str:
    """Return where a class is imported from, its package where that exports it.

    A path in a paper must outlive a file that is moved inside its package.

    Example:
        >>> from synth_datamodule import Voice
        >>> import_path(Voice)
        'synth_datamodule.Voice'
    """
    package = synth.__module__.partition(".")[0]
    exported = getattr(importlib.import_module(package), synth.__name__, None)
    module = package if exported is synth else synth.__module__
    return f"{module}.{synth.__qualname__}"
