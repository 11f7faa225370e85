"""SynthDataModule: the corpus as Lightning takes it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from synth_datamodule import checks
from synth_datamodule.config import DEFAULT_BATCH_SIZE, SynthConfig
from synth_datamodule.corpus import Split, corpus_size
from synth_datamodule.loading import Shards, SoundLoader, SoundSet, current_place
from synth_datamodule.parameters import ParameterTable
from synth_datamodule.voice import Voice

if TYPE_CHECKING:
    from pytorch_lightning import LightningDataModule
else:
    from pytorch_lightning import LightningDataModule

    try:
        # The same class under its other name: each namespace's Trainer takes only its own.
        from lightning.pytorch import LightningDataModule as _UnifiedDataModule
    except ImportError:
        pass
    else:

        class LightningDataModule(LightningDataModule, _UnifiedDataModule):
            """A data module for the Trainers of both namespaces."""


_STAGES = ("fit", "validate", "test", "predict")


class SynthDataModule(LightningDataModule):
    """Endless synthesizer sounds with their parameters, split as benchmarks need them.

    Its loaders hand out sound numbers; a batch is rendered where it is moved to, and arrives in
    ``training_step`` as a ``SynthBatch(audio, parameters, is_train, index)``.

    Args:
        batch_size: Sounds per device and batch; any size gives the same sounds.
        corpus: ``"synth1K1"``, ``"synth1M1"``, ``"synth10M1"``, ``"synth1B1"``, or the number of
            sounds, at most 2**32.
        train_sounds: How many of the corpus's train sounds; None is all.
        val_sounds: How many validation sounds, the first of them; 0 is no validation.
        test_sounds: How many test sounds, the first of them; 0 is no test.
        predict_sounds: Sound numbers ``(start, stop)``; None is the test set.
        sounds_per_epoch: Train sounds in an epoch; None is all of them.
        fresh_epochs: Never hand out a train sound twice; running out is an error.
        shuffle: Train in a new permutation at each pass, not in ascending order.
        seed: Of the permutations.
        drop_last: Leave out a last, partial train batch.
        nebula: ``"default"``, ``"drum"`` or the path of a nebula file.
        pinned: Parameter values that hold for every sound, as in ``{"keyboard.midi_f0": 60.0}``.
        backend: ``"auto"`` or ``"reference"``.
        sample_rate: Audio rate in hertz.
        buffer_size_seconds: Length of a sound in seconds.
        control_rate: Rate of envelopes and LFOs in hertz.
        reproducible: See SynthConfig.
        no_grad: See SynthConfig.
        debug: See SynthConfig; None is its default.
        eps: See SynthConfig.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If one is out of bounds, a name is unknown, or the corpus holds fewer sounds
            than asked for; it names the most it holds.

    Example:
        >>> dm = SynthDataModule(batch_size=4, buffer_size_seconds=0.5)
        >>> dm.num_parameters, dm.num_samples, dm.num_batches("val")
        (78, 22050, 256)
        >>> batch = next(iter(dm.val_dataloader())).to("cpu")
        >>> batch.audio.shape, batch.index
        (torch.Size([4, 22050]), tensor([8192, 8193, 8194, 8195]))
    """

    def __init__(
        self,
        batch_size: int = DEFAULT_BATCH_SIZE,
        corpus: int | str = "synth1M1",
        train_sounds: int | None = None,
        val_sounds: int = 1024,
        test_sounds: int = 1024,
        predict_sounds: tuple[int, int] | None = None,
        sounds_per_epoch: int | None = None,
        fresh_epochs: bool = False,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
        nebula: str = "default",
        pinned: Mapping[str, float] | None = None,
        backend: str = "auto",
        sample_rate: int = 44100,
        buffer_size_seconds: float = 4.0,
        control_rate: int = 441,
        reproducible: bool = True,
        no_grad: bool = True,
        debug: bool | None = None,
        eps: float = 1e-6,
    ) -> None:
        super().__init__()
        # Into a checkpoint go primitives only, and not into the logger's hyperparameters, where a
        # model's own batch_size or seed would clash with them.
        nebula = str(nebula)
        pinned = dict(pinned) if isinstance(pinned, Mapping) else pinned
        predict_sounds = _as_range(predict_sounds)
        self.save_hyperparameters(logger=False)
        self.batch_size = batch_size
        self.corpus = corpus
        self.train_sounds = train_sounds
        self.val_sounds = val_sounds
        self.test_sounds = test_sounds
        self.predict_sounds = predict_sounds
        self.sounds_per_epoch = sounds_per_epoch
        self.fresh_epochs = checks.truth_value("fresh_epochs", fresh_epochs)
        self.shuffle = checks.truth_value("shuffle", shuffle)
        self.seed = seed
        self.drop_last = checks.truth_value("drop_last", drop_last)
        self.nebula = nebula
        self.pinned = pinned
        self.backend = backend
        self.sample_rate = sample_rate
        self.buffer_size_seconds = buffer_size_seconds
        self.control_rate = control_rate
        self.reproducible = reproducible
        self.no_grad = no_grad
        self.debug = debug
        self.eps = eps
        self._voice: Voice | None = None
        self._train_loader: SoundLoader | None = None
        self._position: dict[str, int] | None = None
        # What setup() will make is made here once and dropped, so that errors come before any work
        # and the parameter names are known to whoever builds a model.
        trial = self._make_voice()
        self._num_samples = trial.synthconfig.buffer_size
        self._parameter_table = trial.parameter_table
        for split in Split:
            self.sounds(split)

    def _make_config(self) -> SynthConfig:
        switches = {} if self.debug is None else {"debug": self.debug}
        return SynthConfig(
            batch_size=self.batch_size,
            sample_rate=self.sample_rate,
            buffer_size_seconds=self.buffer_size_seconds,
            control_rate=self.control_rate,
            reproducible=self.reproducible,
            no_grad=self.no_grad,
            eps=self.eps,
            **switches,
        )

    def _make_voice(self) -> Voice:
        return Voice(self._make_config(), self.nebula, self.backend, pinned=self.pinned)

    @property
    def num_parameters(self) -> int:
        """Parameters of a sound, P."""
        return len(self._parameter_table)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """``module.parameter`` of each column of a batch's parameters."""
        return self._parameter_table.names

    @property
    def parameter_table(self) -> ParameterTable:
        """Ranges, curves and units of the parameters."""
        return self._parameter_table

    @property
    def num_samples(self) -> int:
        """Audio samples of a sound, N."""
        return self._num_samples

    @property
    def synthconfig(self) -> SynthConfig:
        """The synth's settings, created in ``setup()``."""
        return self.voice.synthconfig

    @property
    def voice(self) -> Voice:
        """What renders, created in ``setup()`` and freed in ``teardown()``."""
        if self._voice is None:
            raise RuntimeError("this data module has no voice yet, or no more: call setup() first")
        return self._voice

    def sounds(self, split: Split | str) -> SoundSet | None:
        """Return a split's sounds as this data module uses them; None where it uses none.

        Raises:
            ValueError: If there is no such split, or the corpus holds fewer sounds than asked for.
        """
        split = Split(split)
        num_corpus = corpus_size(self.corpus)
        if split is Split.predict:
            if self.predict_sounds is None:
                return self.sounds(Split.test)
            start = checks.whole_number("predict_sounds start", self.predict_sounds[0], minimum=0)
            stop = checks.whole_number("predict_sounds stop", self.predict_sounds[1], start + 1)
            if stop > num_corpus:
                raise ValueError(
                    f"predict_sounds must end at {num_corpus}, the size of {self.corpus}, or "
                    f"before, got {stop}"
                )
            return SoundSet(split, stop - start, start)
        most = split.num_sounds(num_corpus)
        wanted = {
            Split.train: most if self.train_sounds is None else self.train_sounds,
            Split.val: self.val_sounds,
            Split.test: self.test_sounds,
        }[split]
        name = f"{split.value}_sounds"
        wanted = checks.whole_number(name, wanted, minimum=1 if split is Split.train else 0)
        if wanted > most:
            raise ValueError(
                f"{name} must be at most {most}, all that {self.corpus} holds, got {wanted}"
            )
        if split is not Split.train:
            return SoundSet(split, wanted) if wanted else None
        return SoundSet(
            split,
            wanted,
            sounds_per_epoch=self.sounds_per_epoch,
            shuffle=self.shuffle,
            seed=self.seed,
            fresh_epochs=self.fresh_epochs,
        )

    def num_batches(self, split: Split | str) -> int:
        """Return the batches of a split in one epoch, on each device.

        Raises:
            ValueError: If there is no such split.
        """
        sounds = self.sounds(split)
        if sounds is None:
            return 0
        drop_last = self.drop_last and sounds.split is Split.train
        return len(Shards(len(sounds), self.batch_size, self._place()[1], drop_last))

    def setup(self, stage: str | None = None) -> None:
        """Create ``synthconfig`` and ``voice``; once more only where a setting has changed.

        Raises:
            ValueError: If ``stage`` is not one of Lightning's.
        """
        if stage is not None:
            checks.one_of("stage", str(getattr(stage, "value", stage)), _STAGES)
        if self._voice is None or self._voice.synthconfig != self._make_config():
            self._voice = self._make_voice()

    def teardown(self, stage: str | None = None) -> None:
        """Free the voice and its noise table (22.6 MB per device at 4 s)."""
        self._voice = None

    def train_dataloader(self) -> SoundLoader:
        """Return the train loader; each iteration is the next epoch."""
        loader = self._dataloader(Split.train)
        assert isinstance(loader, SoundLoader), "there is at least one train sound"
        return loader

    def val_dataloader(self) -> SoundLoader | list[SoundLoader]:
        """Return the validation loader: the same sounds in the same order, always."""
        return self._dataloader(Split.val)

    def test_dataloader(self) -> SoundLoader | list[SoundLoader]:
        """Return the test loader: the same sounds in the same order, always."""
        return self._dataloader(Split.test)

    def predict_dataloader(self) -> SoundLoader | list[SoundLoader]:
        """Return the predict loader, ascending."""
        return self._dataloader(Split.predict)

    def _dataloader(self, split: Split | str) -> SoundLoader | list[SoundLoader]:
        split = Split(split)
        sounds = self.sounds(split)
        if sounds is None:
            return []
        self.setup()
        if split is not Split.train:
            return SoundLoader(sounds, self.voice, self.batch_size, place=self._place)
        loader = SoundLoader(
            sounds,
            self.voice,
            self.batch_size,
            self.drop_last,
            epoch=0 if self.trainer is None else self.trainer.current_epoch,
            place=self._place,
        )
        # Lightning restores the data module before it asks for loaders, and its loops, where the
        # loader's own state lies, too late for a model that asks for estimated_stepping_batches.
        if self._position is not None:
            loader.load_state_dict(self._position)
            self._position = None
        self._train_loader = loader
        return loader

    def _place(self) -> tuple[int, int]:
        if self.trainer is None:
            return current_place()
        return self.trainer.global_rank, self.trainer.world_size

    def state_dict(self) -> dict[str, Any]:
        """Return the position in the train sounds, as plain ints: the same on every device."""
        if self._train_loader is not None:
            return {"train": self._train_loader.state_dict()}
        return {} if self._position is None else {"train": self._position}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a position; the next train loader begins there."""
        self._position = state_dict.get("train")
        self._train_loader = None

    def __str__(self) -> str:
        """One line per split; Lightning's own would take the loaders for data sets."""
        lines = [f"SynthDataModule(corpus={self.corpus!r}, batch_size={self.batch_size})"]
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

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_voice": None, "_train_loader": None, "trainer": None}


def _as_range(predict_sounds: Sequence[int] | None) -> tuple[int, int] | None:
    rule = "predict_sounds must be (start, stop), or None for the test set"
    if predict_sounds is None:
        return None
    if not isinstance(predict_sounds, (tuple, list)):
        raise TypeError(f"{rule}, got {predict_sounds!r} ({type(predict_sounds).__name__})")
    if len(predict_sounds) != 2:
        raise ValueError(f"{rule}, got {predict_sounds!r}")
    return predict_sounds[0], predict_sounds[1]
