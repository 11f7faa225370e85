"""What a data module's sounds are made with: the recipe, the synth, and its parameters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import torch

from synth_datamodule.config import SynthConfig
from synth_datamodule.corpus.splits import Split
from synth_datamodule.datamodule.logged import Logged
from synth_datamodule.loading import Handed, Rendering
from synth_datamodule.loading.trial import samples_made, warn_of_dependence
from synth_datamodule.parameters.settings import Ranges, with_notes
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth


class Made(Logged):
    """A data module whose arguments make a synth, in ``setup()``, and say what is handed out."""

    batch_size: int
    curriculum: Mapping[int, Mapping[str, Sequence[float]]] | None
    debug: bool | None
    features: Mapping[str, torch.nn.Module | Callable[[Any], Any]] | None
    labels: str
    no_grad: bool
    notes: Sequence[float] | None
    ranges: Mapping[str, Sequence[float]] | None
    render_chunk: int | None
    reproducible: bool
    sample_rate: int
    train_transform: torch.nn.Module | Callable[[Any], Any] | None
    transform: torch.nn.Module | Callable[[Any], Any] | None
    values: Mapping[str, Sequence[float]] | None
    _tried: tuple[object, ...] | None
    _voice: AbstractSynth | None

    @property
    def recipe(self) -> SynthRecipe:
        """What makes the synth, as the arguments are now."""
        settings = self._settings_of(SynthRecipe)
        values, curriculum = with_notes(self.values, self.notes), self.handed.curriculum
        ranges = Ranges(self.ranges)
        ranges = curriculum.within(ranges) if curriculum else ranges
        return SynthRecipe(**{**settings, "values": values, "ranges": ranges})

    @property
    def handed(self) -> Handed:
        """What is handed out of each sound, as the arguments are now."""
        return Handed(**self._settings_of(Handed))

    def _settings_of(self, kind: type) -> dict[str, Any]:
        return {setting.name: getattr(self, setting.name) for setting in fields(kind)}

    def _switches(self) -> dict[str, Any]:
        switches = {"reproducible": self.reproducible, "no_grad": self.no_grad}
        return switches if self.debug is None else {**switches, "debug": self.debug}

    def _make(self) -> AbstractSynth:
        return self.recipe.make(batch_size=self.batch_size, **self._switches())

    def _describe(self, voice: AbstractSynth) -> None:
        table, rendering = voice.parameter_table, self._rendering(voice)
        self._parameter_table = table.free_table if self.labels == "free" else table
        self._num_samples = rendering.crop_samples or voice.synthconfig.buffer_size
        self._made_of = self.recipe, self._switches()

    def _rendering(self, voice: AbstractSynth, split: Split = Split.train) -> Rendering:
        return Rendering(
            voice,
            self.handed,
            chunk=self.render_chunk,
            transform=self.transform,
            train_transform=self.train_transform if split is Split.train else None,
            features=self.features,
        )

    @property
    def num_parameters(self) -> int:
        """Parameters of a sound as handed out, P, or F with ``labels="free"``."""
        return len(self._parameter_table)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """``module.parameter`` of each column of a batch's parameters."""
        return self._parameter_table.names

    @property
    def parameter_table(self) -> ParameterTable:
        """Ranges, curves and units of the parameters as handed out."""
        return self._parameter_table

    @property
    def num_samples(self) -> int:
        """Audio samples of a sound as handed out, N: of a crop, after ``transform``.

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

    def _try_transform(self) -> None:
        """Try transform and features on sounds of the corpus and silence, once for each."""
        treatment = self._rendering(self.voice).treatment
        steps = [treatment.transform, *treatment.features.values()]
        tried = steps, self.recipe, self.handed
        if any(step is not None for step in steps) and tried != self._tried:
            self._tried = tried
            warn_of_dependence(treatment, Rendering(self.voice, self.handed))

    def _make_voice(self) -> None:
        if self._voice is None or self._made_of != (self.recipe, self._switches()):
            self._voice = self._make()
        elif self._voice.synthconfig.batch_size != self.batch_size:
            # A Tuner has scaled it: no sound depends on it.
            config = replace(self._voice.synthconfig, batch_size=self.batch_size)
            self._voice.synthconfig = config
        self._describe(self._voice)

    def teardown(self, stage: str | None = None) -> None:
        """Free the voice and its noise table (22.6 MB per device at 4 s)."""
        if self._voice is not None:
            # A trainer's loaders keep the voice itself alive.
            self._voice.free()
        self._voice = None
