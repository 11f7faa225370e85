"""Experiment: a run with some settings left open, repeated with other values for them."""

import hashlib
import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from synth_datamodule import checks
from synth_datamodule.batch import audio_of
from synth_datamodule.commandline import no_such
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.identity.places import MOST_SOUNDS
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.training import LARGEST_SEED, lightning_of, made_for, quiet
from synth_datamodule.patching.naming import find
from synth_datamodule.sweeps.space import SECTIONS, Space, Value

SEED = "seed_everything"
"""Name of the one setting without a section, as on ``fit``'s command line."""

DIRECTIONS = ("minimize", "maximize")
"""Ways in which the monitored value gets better."""

_NEVER_VALIDATED = (
    "trainer.limit_val_batches",
    "trainer.limit_train_batches",
    "trainer.max_epochs",
    "trainer.max_steps",
)
_SOUNDS_COMPARED = 4  # rendered, of each split
_QUIET = {
    "devices": 1,
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "num_sanity_val_steps": 0,
}


@dataclass(frozen=True)
class Experiment:
    """A run with some settings left open: what every trial of a sweep has in common.

    A setting's name is the one on ``fit``'s command line: ``data.`` and an argument of
    SynthDataModule, ``model.`` and one of the model, ``trainer.`` and one of Lightning's Trainer,
    or ``seed_everything``. A model that takes num_parameters, num_samples or sample_rate is told
    the data's, unless a setting says otherwise.

    Args:
        settings: Values by setting, those that differ from the defaults. What a configuration file
            of ``fit`` writes as ``class_path`` and ``init_args`` is made anew for each trial.
        model: A LightningModule's class, of either Lightning namespace.
        monitor: Name of the value, logged by the model in validation, that trials are compared by.
        across: Settings whose values may change the validation and test sounds, because that is the
            question; all others must leave them as they are.

    Raises:
        TypeError: If an argument is of another type, or the model no LightningModule's class.
        ValueError: If there is no such setting.

    Example:
        >>> settings = {"data.batch_size": 4, "data.buffer_size_seconds": 0.1}
        >>> experiment = Experiment(settings)
        >>> experiment.data({"data.seed": 7}).seed
        7
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    model: type = SoundMatcher
    monitor: str = "val_error"
    across: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        checks.instance("settings", self.settings, Mapping)  # type: ignore[type-abstract]
        checks.instance("monitor", self.monitor, str)
        if self.across:
            checks.names("across", self.across)
        checks.instance("across", self.across, tuple)
        self.check_names((*self.settings, *self.across))

    def check(self, space: Space) -> None:
        """Refuse settings that do not exist, and values that change validation or test sounds."""
        self.check_names(space)
        for _, tried in _each(space):
            checks.whole_number(SEED, {**self.settings, **tried}.get(SEED, 0), 0, LARGEST_SEED)
        here = sounds_of(self.data({}))
        for name, values in space.items():
            if not name.startswith("data.") or name in self.across:
                continue
            for value in values.extremes:
                if sounds_of(self.data({name: value})) != here:
                    raise ValueError(
                        f"{name}={checks.shown(value)} changes the validation or test sounds, so "
                        "trials could "
                        f"not be compared; where that is the question, say so: across={name}"
                    )

    def rehearse(self, space: Space) -> None:
        """Find out on this machine, before any trial, what would end one.

        A Trainer is made with each value, and a batch is trained on and validated.

        Raises:
            ValueError: If a value is wrong, or no value to compare trials by is logged.
        """
        for name, values in _each(space):
            settings = {**self.settings, **values}
            if not name.startswith("trainer."):
                made_for(self.data(values), self.model, **_section("model", settings))
            if not name.startswith(("data.", "model.")):
                self._trainer(settings)
            for limit in _NEVER_VALIDATED:
                if settings.get(limit) == 0:
                    raise ValueError(
                        f"{limit} must not be 0: trials are compared by what validation logs"
                    )
        # Without the callbacks, which may keep what they have seen.
        self.run(next(_each(space))[1], fast_dev_run=1, callbacks=None)

    def data(self, values: Mapping[str, Value]) -> SynthDataModule:
        """Return the data module of a trial; values of other sections change nothing."""
        return SynthDataModule(**_section("data", {**self.settings, **values}))

    def fingerprints(self) -> dict[str, str]:
        """Return the fingerprints to cite validation and test sounds by, for each split."""
        data = self.data({})
        splits = ("val", "test") if data.test_sounds else ("val",)
        return {split: data.fingerprint(split) for split in splits}

    def run(
        self,
        values: Mapping[str, Value],
        report: Callable[[int, float], bool] = lambda number, value: False,
        **placement: Any,  # noqa: ANN401  # arguments of the Trainer
    ) -> float:
        """Train, and return the monitored value of the last validation.

        The global random states are seeded first, so the same values give the same result.

        Args:
            values: Values of the settings left open.
            report: Function called after every validation with its number within the run, from 0,
                and its result; it returns whether to stop.
            placement: Arguments of the Trainer that say where to train, and are no settings.

        Raises:
            ValueError: If the validation or test sounds are not those of the other trials, or the
                model logs no ``monitor``.
        """
        settings = {**self.settings, **values}
        lightning = lightning_of(self.model)
        lightning.seed_everything(settings.get(SEED, 0), workers=True, verbose=False)
        data = self.data(values)
        asked = {name: values[name] for name in self.across if name in values}
        if sounds_of(data) != sounds_of(self.data(asked)):
            raise ValueError(f"these values change the validation or test sounds: {dict(values)}")
        model = made_for(data, self.model, **_section("model", settings))
        numbers = itertools.count()

        def validated(trainer: Any, _: object) -> None:  # noqa: ANN401  # of either namespace
            if not trainer.sanity_checking:
                trainer.should_stop |= report(next(numbers), self._monitored(trainer))

        with quiet():
            trainer = self._trainer(settings, **placement)
            trainer.callbacks.append(
                lightning.callbacks.LambdaCallback(on_validation_end=validated)
            )
            trainer.fit(model, datamodule=data)
        return self._monitored(trainer)

    def _trainer(self, settings: Mapping[str, Any], **placement: Any) -> Any:  # noqa: ANN401
        with quiet():
            given = {**_QUIET, **_section("trainer", settings), **placement}
            return lightning_of(self.model).Trainer(**given)

    def _monitored(self, trainer: Any) -> float:  # noqa: ANN401  # of either namespace
        if self.monitor not in trainer.callback_metrics:
            logged = ", ".join(map(repr, trainer.callback_metrics)) or "nothing"
            raise ValueError(
                f"{self.model.__name__} must log {checks.shown(self.monitor)} in validation, it "
                f"logged {logged}"
            )
        return float(trainer.callback_metrics[self.monitor])

    def check_names(self, names: Iterable[str]) -> None:
        """Refuse settings that do not exist."""
        classes = SynthDataModule, self.model, lightning_of(self.model).Trainer
        takes = dict(zip(SECTIONS, classes, strict=True))
        for name in names:
            checks.instance("a setting's name", name, str)
            section, _, setting = name.partition(".")
            if name == SEED:
                continue
            if section not in takes:
                raise ValueError(
                    "a setting's name must begin with data., model. or trainer., or be "
                    f"{SEED}, got {checks.shown(name)}"
                )
            signature = inspect.signature(takes[section])
            try:
                signature.bind_partial(**{setting: None})
            except TypeError as error:
                known = [f"{section}.{parameter}" for parameter in signature.parameters]
                raise ValueError(no_such("setting", name, known)) from error


def _each(space: Space) -> Iterator[tuple[str, dict[str, Value]]]:
    """Yield the first values of all settings, then with each other value or end of one, by name."""
    first = {name: values.extremes[0] for name, values in space.items()}
    yield "", first
    for name, values in space.items():
        for value in values.extremes[1:]:
            yield name, {**first, name: value}


def sounds_of(data: SynthDataModule) -> str:
    """Return a hash that tells validation and test sounds from others.

    It covers every sound's number, what is handed out of it, the parameters of 10,240 sounds of
    each split, in [0, 1] and in units, and the first sounds' samples. The transform, which is part
    of how a model hears, and what is about training alone change nothing: which other rows, listed
    sounds and stages of a curriculum there are.
    """
    handed = replace(data.handed, curriculum=None)
    digest = hashlib.sha256(repr((data.sample_rate, handed)).encode())
    data.setup()
    voice, table = data.voice, data.voice.parameter_table
    digest.update(repr(table.names).encode())
    for split in ("val", "test"):
        sounds = data.sounds(split)
        digest.update(f"{split}: {0 if sounds is None else len(sounds)}".encode())
        if sounds is None:
            continue
        numbers = sounds.numbers(0, 0, min(MOST_SOUNDS, len(sounds)))
        if len(numbers) < len(sounds):
            digest.update(repr(sounds).encode())
        drawn = voice.draw(numbers)
        audio = audio_of(voice.render_sounds(numbers[:_SOUNDS_COMPARED]).audio)
        for part in (numbers, drawn.numpy(), table.to_physical(drawn).numpy(), audio.numpy()):
            digest.update(part.tobytes())
    data.teardown()
    return digest.hexdigest()


def _section(section: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    prefix = f"{section}."
    return {
        name.removeprefix(prefix): _made(value)
        for name, value in settings.items()
        if name.startswith(prefix)
    }


def _made(value: Any) -> Any:  # noqa: ANN401  # whatever a setting holds
    """Return a setting's value; what a configuration file names by its class is made."""
    if isinstance(value, list):
        return [_made(part) for part in value]
    if not (isinstance(value, Mapping) and "class_path" in value):
        return value
    made: Any = find(value["class_path"])
    return made(**{name: _made(part) for name, part in value.get("init_args", {}).items()})
