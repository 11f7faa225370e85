"""``synth-datamodule sweep``: fit, many times over, in search of better settings."""

import contextlib
from argparse import ArgumentError
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import jsonargparse
import yaml
from pytorch_lightning import Trainer
from pytorch_lightning.cli import LightningArgumentParser

from synth_datamodule import checks
from synth_datamodule.commandline import in_one_line
from synth_datamodule.commandline.settings import checked_words
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.defaults import DEFAULTS
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.reporting import check_outputs, say, say_written, write_text
from synth_datamodule.sweeps.experiment import SEED, Experiment
from synth_datamodule.sweeps.lock import file_errors, sqlite_file
from synth_datamodule.sweeps.optuna_sweep import import_optuna, num_finished, sweep
from synth_datamodule.sweeps.plots import PICTURES, is_own, own, write_plots
from synth_datamodule.sweeps.space import SECTIONS, Space, read_space

if TYPE_CHECKING:
    from optuna import Study

BEST = "best.yaml"
"""Name of the file of the best trial's settings."""


@dataclass(frozen=True)
class Sweep:
    """Run fit many times, each time with other settings, and say which do best in validation.

    Fit's own options (--data.*, --model.*, --trainer.*, --config) are the settings of every trial;
    those of the space take their place. Killed at any moment, the same command goes on.

    Args:
        space: Settings and values to try, such as model.width=[8,16,32] or
            'model.learning_rate={low: 1e-4, high: 1e-2, log: true}'; or a YAML file of such.
        trials: Number of finished trials that the study shall hold.
        storage: SQLite file that keeps the study.
        study: Name of the study in the file.
        monitor: Name of the value, logged in validation, that trials are compared by.
        direction: Way in which the monitored value gets better.
        seed: Seed of the proposals.
        across: Settings of the space that may change the validation and test sounds.
        out: Folder of the pictures and of best.yaml; the study's name if not given.
        overwrite: Whether files may be replaced that this study has not written.
        rest: Fit's own options, as typed.
    """

    space: tuple[str, ...]
    trials: int = 20
    storage: str = "sqlite:///sweeps.db"
    study: str = "sweep"
    monitor: str = "val_error"
    direction: Literal["minimize", "maximize"] = "minimize"
    seed: int = 0
    across: tuple[str, ...] = ()
    out: Path | None = None
    overwrite: bool = False
    rest: tuple[str, ...] = ()

    def __call__(self) -> int:
        """Run the command; return exit status 0, also where every trial was pruned."""
        import_optuna()
        settings = {**DEFAULTS, **read_settings(self.rest)}
        space = read_space(self.space)
        experiment = Experiment(settings, monitor=self.monitor, across=self.across)
        experiment.check_names(space)
        parser = _fit_parser()
        with _in_one_line():
            for name, values in space.items():
                for value in values.extremes:
                    parser.parse_object({name: value}, defaults=False)
        folder = self._folder()
        try:
            study = sweep(
                experiment,
                space,
                self.trials,
                self.storage,
                self.study,
                direction=self.direction,
                seed=self.seed,
            )
        except (KeyboardInterrupt, SystemExit) as stop:
            stop.args = (*stop.args, "the same command goes on")
            raise
        with file_errors(self.storage):
            self._report(study, space, settings, folder)
        return 0

    def _folder(self) -> Path:
        """Return the folder of the files, once it is checked that all can be written."""
        import optuna

        if self.out is None and (Path(self.study).name != self.study or self.study == ".."):
            raise ValueError(
                f"a study named {checks.shown(self.study)} needs --out, a folder to write to"
            )
        folder = self.out or Path(self.study)
        begun = None
        if sqlite_file(self.storage).is_file():
            with file_errors(self.storage), contextlib.suppress(KeyError):  # no study of that name
                begun = optuna.load_study(study_name=self.study, storage=self.storage)
        # Where nothing is left to run, writing says soon enough what is in the way.
        finished = begun is not None and num_finished(begun) >= self.trials
        for name in (BEST, *PICTURES):
            replaces = self.overwrite or (begun is not None and is_own(begun, folder / name))
            check_outputs(folder / name, overwrite=replaces, same_bytes_are_fine=finished)
        return folder

    def _report(self, study: "Study", space: Space, settings: dict[str, Any], folder: Path) -> None:
        for split, name in study.user_attrs["description"]["sounds"].items():
            say(f"{split} sounds of every trial: {name}")
        if not any(trial.state.name == "COMPLETE" for trial in study.get_trials(deepcopy=False)):
            say("no trial is complete: every one was pruned")
            return
        config: dict[str, Any] = {}
        best_values = {name: space[name].value(word) for name, word in study.best_params.items()}
        for name, value in {**settings, **best_values}.items():
            section, _, setting = name.rpartition(".")
            (config.setdefault(section, {}) if section else config)[setting] = value
        best, text = folder / BEST, yaml.safe_dump(config, sort_keys=False)
        write_text(best, text, overwrite=self.overwrite or is_own(study, best))
        own(study, best)
        plots = write_plots(study, folder, self.monitor, overwrite=self.overwrite)
        say_written([*plots, best])
        say(f"train with the best settings: synth-datamodule fit --config {best}")


def read_settings(words: Sequence[str]) -> dict[str, Any]:
    """Return the settings that words of ``fit``'s command line give, defaults left out.

    They are values by dotted name, as YAML can hold them.
    """
    with _in_one_line():
        given = _fit_parser().parse_args(checked_words(words), defaults=False).as_dict()
    settings = {SEED: given[SEED]} if SEED in given else {}
    for section in SECTIONS:
        settings |= {f"{section}.{name}": value for name, value in given.get(section, {}).items()}
    return settings


@contextlib.contextmanager
def _in_one_line() -> Iterator[None]:
    try:
        yield
    except ArgumentError as error:
        raise ValueError(in_one_line(str(error))) from error


def _fit_parser() -> LightningArgumentParser:
    """Return a parser of ``fit``'s settings and ``--config``, made from the same classes."""
    parser = LightningArgumentParser(allow_abbrev=False, exit_on_error=False)
    parser.add_argument("-c", "--config", action=jsonargparse.ActionConfigFile)  # type: ignore[attr-defined]
    parser.add_argument(f"--{SEED}", type=int)
    for section, made in zip(SECTIONS, (SynthDataModule, SoundMatcher, Trainer), strict=True):
        # The model is told these by the data, as in fit.
        told = {"num_parameters", "sample_rate"} if section == "model" else set()
        parser.add_class_arguments(made, section, fail_untyped=False, skip=told, sub_configs=True)
    return parser
