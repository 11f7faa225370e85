"""Experiment: a run with some settings left open, to be repeated with values for them."""

import inspect
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from synth_datamodule.corpus.splits import Split
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.training import lightning_of, made_for, quiet
from synth_datamodule.sweeps.sounds import sounds_of
from synth_datamodule.sweeps.space import Space, Value

SEED = "seed_everything"
"""Besides the sections' settings; as on ``fit``'s command line."""

DIRECTIONS = ("minimize", "maximize")
"""In which what is monitored gets better."""

Report: TypeAlias = Callable[[int, float], bool]
"""Takes a validation's number within its run, from 0, and what was monitored; says when to stop."""

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
    """What every trial of a sweep has in common.

    A setting's name is that on ``fit``'s command line: ``data.`` and an argument of
    SynthDataModule, ``model.`` and one of the model, ``trainer.`` and one of Lightning's Trainer,
    or ``seed_everything``. A model that takes num_parameters, num_samples or sample_rate is told
    the data's, unless a setting says otherwise.

    Args:
        settings: By name; what is not named has its default.
        model: A LightningModule's class, of either Lightning namespace.
        monitor: What the model logs in validation, to be compared between trials.
        across: Settings whose values may change the validation and test sounds, because that is the
            question; without them every trial must have the same ones.

    Raises:
        TypeError: If the model is no LightningModule's class.
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
        lightning = lightning_of(self.model)
        takes = {"data": SynthDataModule, "model": self.model, "trainer": lightning.Trainer}
        for name in (*self.settings, *self.across):
            _check_name(name, takes)

    def check(self, space: Space) -> None:
        """Check that the space's settings exist and leave validation and test sounds as they are.

        Raises:
            TypeError: If the data module refuses a value.
            ValueError: If there is no such setting, the data module refuses a value, or one changes
                the sounds and is not among ``across``.
        """
        Experiment(dict.fromkeys(space), self.model)
        here = sounds_of(self.data({}))
        for name, values in space.items():
            if not name.startswith("data.") or name in self.across:
                continue
            for value in values.extremes:
                if sounds_of(self.data({name: value})) != here:
                    raise ValueError(
                        f"{name}={value!r} changes the validation or test sounds, so trials could "
                        f"not be compared; where that is the question, say so: across={name}"
                    )

    def data(self, values: Mapping[str, Value]) -> SynthDataModule:
        """Return the data module of a trial.

        Args:
            values: Of the settings left open, or of others.
        """
        return SynthDataModule(**_section("data", {**self.settings, **values}))

    def fingerprints(self) -> dict[str, str]:
        """Return the names to cite the validation and test sounds by, before any value is tried.

        Raises:
            ValueError: If there are no validation sounds.
        """
        data = self.data({})
        return {
            split.value: data.fingerprint(split)
            for split in (Split.val, Split.test)
            if split is Split.val or data.sounds(split) is not None
        }

    def run(
        self,
        values: Mapping[str, Value],
        report: Report = lambda number, value: False,
        **placement: Any,  # noqa: ANN401  # arguments of the Trainer
    ) -> float:
        """Train, and return what was monitored in the last validation.

        The global random states are seeded first, so the same values give the same result.

        Args:
            values: Of the settings left open.
            report: Called after every validation.
            placement: Arguments of the Trainer that are no settings: where it trains.

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
        count = itertools.count()

        def validated(trainer: Any, _: object) -> None:  # noqa: ANN401  # of either namespace
            if not trainer.sanity_checking:
                trainer.should_stop |= report(next(count), self._monitored(trainer))

        watch = lightning.callbacks.LambdaCallback(on_validation_end=validated)
        options = {**_QUIET, **_section("trainer", settings), **placement}
        with quiet():
            trainer = lightning.Trainer(callbacks=[watch], **options)
            try:
                trainer.fit(model, datamodule=data)
            finally:
                data.teardown()
        return self._monitored(trainer)

    def _monitored(self, trainer: Any) -> float:  # noqa: ANN401  # of either namespace
        if self.monitor not in trainer.callback_metrics:
            logged = ", ".join(map(repr, trainer.callback_metrics)) or "nothing"
            raise ValueError(
                f"{self.model.__name__} must log {self.monitor!r} in validation, it logged {logged}"
            )
        return float(trainer.callback_metrics[self.monitor])


def _check_name(name: str, takes: Mapping[str, type]) -> None:
    if name == SEED:
        return
    section, _, setting = name.partition(".")
    if section not in takes:
        raise ValueError(
            f"a setting's name must begin with data., model. or trainer., or be {SEED}, "
            f"got {name!r}"
        )
    parameters = inspect.signature(takes[section]).parameters
    takes_any = any(part.kind is part.VAR_KEYWORD for part in parameters.values())
    if setting not in parameters and not takes_any:
        raise ValueError(
            f"there is no setting {name!r}; those of {takes[section].__name__} are "
            f"{', '.join(parameters)}"
        )


def _section(section: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    prefix = f"{section}."
    return {
        name.removeprefix(prefix): value
        for name, value in settings.items()
        if name.startswith(prefix)
    }
