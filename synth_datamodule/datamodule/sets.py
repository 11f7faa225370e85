"""Which sounds each split of a data module has, and by which name they are cited."""

from typing import Literal

from synth_datamodule import checks
from synth_datamodule.corpus.rosters import CODED, Roster
from synth_datamodule.corpus.splits import Split
from synth_datamodule.datamodule.made import Made
from synth_datamodule.identity import Manifest, SplitDefinition, describe
from synth_datamodule.identity.places import MOST_SOUNDS
from synth_datamodule.loading import Shards, SoundSet, current_place, split_set
from synth_datamodule.loading.bounds import Bounds
from synth_datamodule.loading.chosen import Chosen
from synth_datamodule.loading.filtered import Filtered
from synth_datamodule.loading.notes import sounds_per_batch
from synth_datamodule.loading.predicted import Asked
from synth_datamodule.loading.sets import evaluation_set


class Sets(Made):
    """A data module whose arguments say how many sounds of each split there are."""

    corpus: int | str
    drop_last: bool
    fresh_epochs: bool
    loudest: float | None
    minimum_rms: float | None
    notes_per_sound: int
    predict_sounds: Asked | None
    seed: int
    shuffle: bool
    sounds_per_epoch: int | None
    test_sounds: int | Literal["auto"] | None
    train_sounds: int | None
    val_sounds: int | Literal["auto"] | None
    _chosen: Chosen

    def sounds(self, split: Split | str) -> SoundSet | None:
        """Return a split's sounds as this data module uses them; None where it uses none.

        Raises:
            ValueError: If there is no such split, or the corpus holds fewer sounds than asked for.
        """
        return self._sounds(Split(split), self._roster())

    def _roster(self) -> Roster:
        bounds = Bounds(self.minimum_rms, self.loudest)
        return self._chosen.heard(bounds, self.recipe, self.corpus)

    def _check_filter(self) -> None:
        roster = self._roster()
        if isinstance(roster, Filtered):
            roster.check(self.curriculum, self.notes_per_sound)
            for split in CODED:
                if getattr(self, f"{split.value}_sounds") is None:
                    roster.check_all(split)

    def _sounds(self, split: Split, roster: Roster) -> SoundSet | None:
        if split is Split.predict and self.predict_sounds is None:
            return self._sounds(Split.test, roster)
        if split is Split.predict:
            return self._chosen.predicted(self.corpus, self.predict_sounds)
        if split is Split.train and (lack := self._chosen.lack(split)):
            if self.train_sounds is not None:
                raise ValueError(
                    f"train_sounds must be left out, for {lack}, got "
                    f"{checks.shown(self.train_sounds)}"
                )
            checks.whole_number("seed", self.seed, 0, 2**64 - 1)
            if self.sounds_per_epoch is not None:
                checks.whole_number("sounds_per_epoch", self.sounds_per_epoch, 1)
            return None
        if split is not Split.train:
            wanted = self.val_sounds if split is Split.val else self.test_sounds
            return evaluation_set(split, self.corpus, wanted, roster)
        return split_set(
            split,
            self.corpus,
            self.train_sounds,
            sounds_per_epoch=self.sounds_per_epoch,
            shuffle=self.shuffle,
            seed=self.seed,
            fresh_epochs=self.fresh_epochs,
            roster=roster,
        )

    def num_batches(self, split: Split | str) -> int:
        """Return the batches of a split in one epoch, on each device.

        Raises:
            ValueError: If there is no such split.
        """
        return self._num_batches(self.sounds(split), self._place()[1])

    def _num_batches(self, sounds: SoundSet | None, world_size: int) -> int:
        if sounds is None:
            return 0
        drop_last = self.drop_last and sounds.split is Split.train
        per_batch = sounds_per_batch(self.batch_size, self.handed.notes_per_sound)
        return len(Shards(len(sounds), per_batch, world_size, drop_last))

    def fingerprint(self, split: Split | str) -> str:
        """Return the name that a paper gives a split by: corpus, split, 16 digits of a hash.

        The hash covers the settings and the sounds themselves, whole: parameters, labels, noise
        and audio of up to 10,240 of them, else of ten evenly spaced blocks. Order, batches, crops,
        transforms, levels, features, pairs, several notes, free labels and the stages before the
        last are no part of it, nor is the corpus. It renders on the CPU, before ``setup()`` and
        after.

        Raises:
            ValueError: If there is no such split, or it has no sounds.

        Example:
            >>> from synth_datamodule import SynthDataModule
            >>> dm = SynthDataModule(test_sounds=2, buffer_size_seconds=0.5)
            >>> dm.fingerprint("test")
            'synth1M1/test/...'
        """
        return self.manifest(split).citation

    def manifest(
        self, split: Split | str, *, most_sounds: int = MOST_SOUNDS, device: str = "cpu"
    ) -> Manifest:
        """Return all that defines a split, with its hashes; ``identity.verify`` checks it anywhere.

        Args:
            split: A split with sounds.
            most_sounds: Number of sounds above which a split is sampled, in whole blocks.
            device: Device to render on.

        Raises:
            TypeError: If ``most_sounds`` is not an integer.
            ValueError: If there is no such split, it has no sounds, or ``most_sounds`` is below
                1024.
        """
        sounds = self.sounds(split)
        if sounds is None:
            name = Split(split).value
            why = self._chosen.lack(Split(split)) or f"{name}_sounds is 0"
            raise ValueError(f"{name} has no sounds to identify: {why}")
        definition = SplitDefinition.of(self.corpus, sounds, most_sounds)
        voice = self._make()
        try:
            return describe(voice, definition, device=device)
        finally:
            voice.free()

    def _place(self) -> tuple[int, int]:
        if self.trainer is None:
            return current_place()
        return self.trainer.global_rank, self.trainer.world_size

    def __str__(self) -> str:
        """One line per split; Lightning's own would take the loaders for data sets."""
        lines = [f"SynthDataModule(corpus={self.corpus!r}, batch_size={self.batch_size})"]
        if bent := self._chosen.bent_by(self.recipe):
            lines.append(f"  parameters: numbers in [0, 1] of the table of {bent}")
        for split in Split:
            sounds = self.sounds(split)
            if sounds is None:
                lines.append(f"  {split.value}: none")
            else:
                lines.append(
                    f"  {split.value}: {sounds.num_sounds} sounds, {len(sounds)} per epoch, "
                    f"{self.num_batches(split)} batches"
                )
        return "\n".join(lines)
