"""SynthDataModule: the corpus as Lightning takes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, cast

import torch
from pytorch_lightning import Trainer

from synth_datamodule import checks
from synth_datamodule.batch import SynthBatch
from synth_datamodule.both_lightnings import SafelyLoaded, as_given, loads_checkpoint
from synth_datamodule.config import DEFAULT_BATCH_SIZE, SynthConfig
from synth_datamodule.corpus.splits import Split, corpus_size
from synth_datamodule.features import Levels, levels
from synth_datamodule.identity import Manifest, SplitDefinition, describe
from synth_datamodule.identity.places import MOST_SOUNDS
from synth_datamodule.loading import (
    Handed,
    Rendering,
    Shards,
    SoundLoader,
    SoundSet,
    current_place,
    predict_set,
    split_set,
)
from synth_datamodule.loading.run import TrainPosition, is_at_it
from synth_datamodule.loading.trial import name_of, samples_made, warn_of_dependence
from synth_datamodule.parameters.nebula import Nebula, nebula_value
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.patching.naming import public_name
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth, find_synth

_STAGES = ("fit", "validate", "test", "predict")


class SynthDataModule(SafelyLoaded):
    """Endless synthesizer sounds with their parameters, split as benchmarks need them.

    Its loaders hand out sound numbers; a batch is rendered where it is moved to, and arrives in
    ``training_step`` as a ``SynthBatch(audio, parameters, is_train, index)``.

    Args:
        batch_size: Sounds per device and batch; any size gives the same sounds.
        corpus: ``"synth1K1"``, ``"synth1M1"``, ``"synth10M1"``, ``"synth1B1"``, or the number of
            sounds, at most 2**32.
        train_sounds: Number of train sounds, the corpus's first; None is all.
        val_sounds: Number of validation sounds, the split's first whatever the corpus; 0 is no
            validation, None all that lie within the corpus.
        test_sounds: Number of test sounds, the split's first whatever the corpus; 0 is no test,
            None all that lie within the corpus.
        predict_sounds: Sound numbers ``(start, stop)``; None is the test set.
        sounds_per_epoch: Train sounds in an epoch; None is all of them.
        fresh_epochs: Whether no train sound comes twice within a run; running out is an error.
        shuffle: Whether each pass trains in a new permutation, not in ascending order.
        seed: Seed of the permutations, random crops and pairs.
        drop_last: Whether a last, partial train batch is left out.
        nebula: Region of parameter space, ``"default"``, ``"drum"``, the path of a nebula file, or
            its entries, ``{"vco_1.tuning": {"curve": 0.5, "symmetric": True}, ...}``.
        pinned: Parameter values that hold for every sound, as in ``{"keyboard.midi_f0": 60.0}``.
        backend: Renderer, ``"auto"`` or one of the synth's: ``"fused"`` and ``"reference"`` for the
            Voice.
        synth: Class of the synth, an AbstractSynth, or its import path.
        transform: Module or function applied to the audio on its device, such as
            ``features.LogMel(16000)``; ``batch.audio`` is what it returns, a tensor of any dtype,
            or a dict, list or tuple of such.
        crop_seconds: Length handed out of each sound, in seconds; None is all of it.
        random_crop: Whether a crop begins where the sound's number says, not at the start.
        paired_delta: Most that a second view's parameters are moved by, as a share of their ranges;
            batches are then ``PairedBatch(first, second)``.
        render_chunk: Sounds rendered at a time, which bounds memory; None is the whole batch.
        render_ahead: Whether the next train batch is rendered while the model trains on this one;
            None does so on CUDA. On a CPU both would compete for the cores.
        sample_rate: Audio rate in hertz.
        buffer_size_seconds: Length of a sound in seconds.
        control_rate: Rate of envelopes and LFOs in hertz.
        reproducible: Whether torch's own draws are checked, as in SynthConfig.
        no_grad: Whether rendering records no gradients, as in SynthConfig.
        debug: Whether slow checks are made, as in SynthConfig; None is its default.
        eps: Offset that keeps envelope ramps off zero, in control samples.

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
        val_sounds: int | None = 1024,
        test_sounds: int | None = 1024,
        predict_sounds: Sequence[int] | None = None,
        sounds_per_epoch: int | None = None,
        fresh_epochs: bool = False,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
        nebula: Nebula = "default",
        pinned: Mapping[str, float] | None = None,
        backend: str = "auto",
        synth: str | type[AbstractSynth] = "synth_datamodule.Voice",
        transform: torch.nn.Module | Callable[[Any], Any] | None = None,
        crop_seconds: float | None = None,
        random_crop: bool = False,
        paired_delta: float | None = None,
        render_chunk: int | None = None,
        render_ahead: bool | None = None,
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
        nebula = nebula_value(as_given("nebula", nebula))
        pinned = dict(pinned) if isinstance(pinned, Mapping) else pinned
        if isinstance(predict_sounds, Sequence):
            predict_sounds = tuple(predict_sounds)
        if loads_checkpoint() and isinstance(transform, (Mapping, str)):
            raise ValueError(
                "transform is in no checkpoint: the data module of this one had "
                f"{transform!r:.100}; give it (transform=), or transform=None for the bare audio"
            )
        synth_class = find_synth(as_given("synth", synth))
        synth = public_name(synth_class)
        self.save_hyperparameters(ignore=["transform"], logger=False)
        self.hparams.update({name: checks.plain(value) for name, value in self.hparams.items()})
        # A LightningCLI has saved the words as typed; a checkpoint names no file.
        self.hparams.update(synth=synth, nebula=str(nebula))
        self.hparams.pop("transform", None)
        if transform is not None:
            self.hparams["transform"] = name_of(transform)
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
        self.synth = synth_class
        self.transform = transform
        self.crop_seconds = crop_seconds
        self.random_crop = random_crop
        self.paired_delta = paired_delta
        self.render_chunk = render_chunk
        self.render_ahead = render_ahead
        self.sample_rate = sample_rate
        self.buffer_size_seconds = buffer_size_seconds
        self.control_rate = control_rate
        self.reproducible = reproducible
        self.no_grad = no_grad
        self.debug = debug
        self.eps = eps
        self._voice: AbstractSynth | None = None
        self._position = TrainPosition()
        self._tried: tuple[object, object] | None = None
        # What setup() will make is made here once and dropped, so that errors come before any work
        # and the parameter names are known to whoever builds a model.
        self._describe(self._make())
        if render_ahead is not None:
            checks.truth_value("render_ahead", render_ahead)
        for split in Split:
            self._num_batches(split, world_size=1)

    @property
    def recipe(self) -> SynthRecipe:
        """What makes the synth, as the arguments are now."""
        return SynthRecipe(**self._settings_of(SynthRecipe))

    @property
    def handed(self) -> Handed:
        """What is handed out of each sound, as the arguments are now."""
        return Handed(**self._settings_of(Handed))

    def _settings_of(self, kind: type) -> dict[str, Any]:
        return {setting.name: getattr(self, setting.name) for setting in fields(kind)}

    def _switches(self) -> dict[str, Any]:
        switches = {"reproducible": self.reproducible, "no_grad": self.no_grad, "debug": self.debug}
        return {name: value for name, value in switches.items() if value is not None}

    def _make(self) -> AbstractSynth:
        return self.recipe.make(batch_size=self.batch_size, **self._switches())

    def _describe(self, voice: AbstractSynth) -> None:
        self._parameter_table = voice.parameter_table
        self._num_samples = self._rendering(voice).crop_samples or voice.synthconfig.buffer_size
        self._made_of = self.recipe, self._switches()

    def _rendering(self, voice: AbstractSynth) -> Rendering:
        return Rendering(voice, self.handed, chunk=self.render_chunk, transform=self.transform)

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
        """Audio samples of a sound as handed out, N: of a crop, after a transform.

        Raises:
            ValueError: If a transform makes something else than audio.
        """
        if self.transform is None:
            return self._num_samples
        return samples_made(self.transform, self._num_samples)

    @property
    def synthconfig(self) -> SynthConfig:
        """The synth's settings, created in ``setup()``."""
        return self.voice.synthconfig

    @property
    def voice(self) -> AbstractSynth:
        """What renders, created in ``setup()`` and freed in ``teardown()``."""
        if self._voice is None:
            raise RuntimeError("setup() makes the voice, teardown() frees it: call setup() first")
        return self._voice

    def sounds(self, split: Split | str) -> SoundSet | None:
        """Return a split's sounds as this data module uses them; None where it uses none.

        Raises:
            ValueError: If there is no such split, or the corpus holds fewer sounds than asked for.
        """
        split = Split(split)
        if split is Split.predict and self.predict_sounds is None:
            return self.sounds(Split.test)
        if split is Split.predict:
            return predict_set(self.corpus, self.predict_sounds)
        if split is not Split.train:
            wanted = self.val_sounds if split is Split.val else self.test_sounds
            if wanted is None:
                wanted = split.num_sounds(corpus_size(self.corpus))
            checks.whole_number(f"{split.value}_sounds", wanted, minimum=0)
            return split_set(split, self.corpus, wanted) if wanted else None
        return split_set(
            split,
            self.corpus,
            self.train_sounds,
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
        return self._num_batches(split, self._place()[1])

    def _num_batches(self, split: Split | str, world_size: int) -> int:
        sounds = self.sounds(split)
        if sounds is None:
            return 0
        drop_last = self.drop_last and sounds.split is Split.train
        return len(Shards(len(sounds), self.batch_size, world_size, drop_last))

    def fingerprint(self, split: Split | str) -> str:
        """Return the name that a paper gives a split by: corpus, split, 16 digits of a hash.

        The hash covers the settings and the sounds themselves, whole: parameters, labels, noise
        and audio of up to 10,240 of them, else of ten evenly spaced blocks. Order, batches, crops,
        transforms and pairs are no part of it, nor is the corpus. It renders on the CPU, before
        ``setup()`` and after.

        Raises:
            ValueError: If there is no such split, or it has no sounds.

        Example:
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
            raise ValueError(f"{name} has no sounds to identify: {name}_sounds is 0")
        definition = SplitDefinition.of(self.corpus, sounds, most_sounds)
        voice = self._make()
        try:
            return describe(voice, definition, device=device)
        finally:
            voice.free()

    def levels(self, batch: SynthBatch) -> Levels:
        """Return peak, rms and whether each sound of a batch clipped, on its device."""
        return levels(batch.audio)

    def setup(self, stage: str | None = None) -> None:
        """Create ``synthconfig`` and ``voice``; once more only where a setting has changed.

        Raises:
            ValueError: If ``stage`` is not one of Lightning's.
        """
        if stage is not None:
            stage = checks.one_of("stage", str(getattr(stage, "value", stage)), _STAGES)
        if stage == "fit":
            # A run begins; what is left of another is not its own.
            self._position = TrainPosition()
        self._make_voice()
        self._try_transform()
        if stage is not None and self.trainer is not None:
            self._check_epochs(self.trainer)

    def _try_transform(self) -> None:
        """Try the transform on sounds of the corpus and silence, once for each."""
        settings = self.recipe, self.handed
        tried = self._tried
        if self.transform is None or (
            tried and tried[0] is self.transform and tried[1] == settings
        ):
            return
        self._tried = self.transform, settings
        warn_of_dependence(self.transform, Rendering(self.voice, self.handed))

    def _make_voice(self) -> None:
        if self._voice is None or self._made_of != (self.recipe, self._switches()):
            self._voice = self._make()
        elif self._voice.synthconfig.batch_size != self.batch_size:
            # A Tuner has scaled it: no sound depends on it.
            config = replace(self._voice.synthconfig, batch_size=self.batch_size)
            self._voice.synthconfig = config
        self._describe(self._voice)

    def _check_epochs(self, trainer: Trainer) -> None:
        sounds = self.sounds(Split.train)
        assert sounds is not None, "there is at least one train sound"
        if _overfits(trainer) or trainer.max_steps != -1 or not trainer.training:
            return
        sounds.check_epoch(max(trainer.max_epochs or 0, 1) - 1)

    def teardown(self, stage: str | None = None) -> None:
        """Free the voice and its noise table (22.6 MB per device at 4 s)."""
        if self._voice is not None:
            # A trainer's loaders keep the voice itself alive.
            self._voice.free()
        self._voice = None

    def train_dataloader(self) -> SoundLoader:
        """Return the train loader, at the position of the run that goes on, else at the beginning.

        To look at one changes no position.
        """
        loader = self._loader(Split.train, self.drop_last, self._renders_ahead())
        self._position.hand_out(loader, self.trainer)
        return loader

    def val_dataloader(self) -> SoundLoader:
        """Return the validation loader: the same sounds in the same order, always."""
        return self._loader(Split.val)

    def test_dataloader(self) -> SoundLoader:
        """Return the test loader: the same sounds in the same order, always."""
        return self._loader(Split.test)

    def predict_dataloader(self) -> SoundLoader:
        """Return the predict loader, ascending."""
        return self._loader(Split.predict)

    def _loader(
        self, split: Split, drop_last: bool = False, render_ahead: bool = False
    ) -> SoundLoader:
        sounds = self.sounds(split)
        if sounds is None:
            # What Lightning takes for "no loader"; whoever asked for no sounds expects none.
            return cast(SoundLoader, [])
        self._make_voice()
        return SoundLoader(
            sounds,
            self._rendering(self.voice),
            self.batch_size,
            drop_last,
            render_ahead=render_ahead,
            place=self._place,
        )

    def _renders_ahead(self) -> bool:
        if self.render_ahead is not None or self.trainer is None:
            return bool(self.render_ahead)
        return self.trainer.strategy.root_device.type == "cuda"

    def _place(self) -> tuple[int, int]:
        if self.trainer is None:
            return current_place()
        return self.trainer.global_rank, self.trainer.world_size

    def state_dict(self) -> dict[str, Any]:
        """Return the position in the train sounds, and the sounds and order it is a position in.

        It is the position of the loader that is trained on, in a Trainer or in a plain loop.

        Returns:
            Plain ints, ``"train"``, and plain values by setting, ``"order"``; the same on every
            device. Nothing where no training has begun.
        """
        state = self._position.state(self.trainer)
        if state is None and is_at_it(self.trainer):
            state = self._loader(Split.train, self.drop_last).state_dict()
        if state is None:
            return {}
        train = dict(state)
        return {"train": train, "order": train.pop("order")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a position: for ``fit(ckpt_path=...)``, and for a plain loop's next loader.

        Evaluation takes no position from a checkpoint, nor does the next fit: a run begins at the
        beginning unless it is given a checkpoint.

        Raises:
            TypeError: If ``state_dict`` is not what ``state_dict()`` returned.
            ValueError: If there is no such position, or it is one in other sounds or another order;
                it names the setting and both values.
        """
        no_run = self.trainer is not None and not is_at_it(self.trainer)
        if loads_checkpoint() or no_run:
            return
        loader = self._loader(Split.train, self.drop_last)
        self._position = TrainPosition.resumed(loader, state_dict)

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
        return {**self.__dict__, "_voice": None, "_position": TrainPosition(), "trainer": None}


def _overfits(trainer: Trainer) -> bool:
    batches: float = getattr(trainer, "overfit_batches", 0)
    return batches > 0
