"""``synth-datamodule sweep``: fit, many times over, in search of better settings."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_datamodule.matching.command import DEFAULTS
from synth_datamodule.sweeps.experiment import DIRECTIONS, Experiment
from synth_datamodule.sweeps.optuna_sweep import sweep
from synth_datamodule.sweeps.plots import write_plots, write_settings
from synth_datamodule.sweeps.space import read_words, search_space

if TYPE_CHECKING:
    from optuna import Study


def main(options: Sequence[str]) -> int:
    """Run the command.

    Args:
        options: As typed after ``sweep``.

    Returns:
        Exit status: 0, or 2 where the sweep cannot begin or a trial cannot be run.
    """
    parser = _parser()
    given, words = parser.parse_known_args(options)
    try:
        settings = {**DEFAULTS, **read_words([*given.config, *_assignments(words)])}
        experiment = Experiment(settings, monitor=given.monitor, across=tuple(given.across))
        study = sweep(
            experiment,
            search_space(read_words(given.space)),
            given.trials,
            given.storage,
            given.study,
            direction=given.direction,
            seed=given.seed,
        )
    except (KeyboardInterrupt, SystemExit):  # Lightning makes the one of the other
        print(f"{parser.prog}: interrupted; the same command goes on", file=sys.stderr)
        raise
    except (ImportError, OSError, TypeError, ValueError) as error:
        print(f"{parser.prog}: error: {error}", file=sys.stderr)
        return 2
    folder = given.out or Path(given.study)
    _report(study, settings, given.monitor, folder)
    return 0


def _report(study: "Study", settings: dict[str, Any], monitor: str, folder: Path) -> None:
    from optuna.trial import TrialState

    for split, name in study.user_attrs["description"]["sounds"].items():
        print(f"{split} sounds of every trial: {name}")
    if not study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        print("no trial is complete: every one was pruned")
        return
    folder.mkdir(parents=True, exist_ok=True)
    best = folder / "best.yaml"
    write_settings({**settings, **study.best_params}, best)
    plots = write_plots(study, folder, monitor)
    print("written:", *plots, best, sep="\n  ")
    if not plots:
        print("no pictures: they need matplotlib, pip install 'synth_datamodule[plots]'")
    print(f"train with the best settings: synth-datamodule fit --config {best}")


def _assignments(words: Sequence[str]) -> list[str]:
    """Return ``--name=value`` and ``--name value`` as ``name=value``."""
    assignments = []
    rest = iter(words)
    for word in rest:
        if not word.startswith("--"):
            raise ValueError(f"there is nothing for {word!r} to be the value of")
        name, equals, value = word[2:].partition("=")
        value = value if equals else next(rest, "")
        if not value:
            raise ValueError(f"--{name} needs a value")
        assignments.append(f"{name}={value}")
    return assignments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="synth-datamodule sweep",
        usage="%(prog)s --space SETTING=VALUES ... [options] [fit's options]",
        description=(
            "Run fit many times, each time with other settings, and say which do best in "
            "validation. Killed at any moment, the same command goes on."
        ),
        allow_abbrev=False,
    )
    parser.add_argument(
        "--space",
        nargs="+",
        required=True,
        metavar="SETTING=VALUES",
        help="model.width=[8,16,32], model.learning_rate='{low: 1e-4, high: 1e-2, log: true}'; or "
        "a YAML file of such",
    )
    parser.add_argument(
        "--trials", type=int, default=20, help="that there shall be in all (%(default)s)"
    )
    parser.add_argument(
        "--storage",
        default="sqlite:///sweeps.db",
        help="SQLite file that keeps the study (%(default)s)",
    )
    parser.add_argument("--study", default="sweep", help="its name in there (%(default)s)")
    parser.add_argument(
        "--monitor", default="val_error", help="what trials are compared by (%(default)s)"
    )
    parser.add_argument("--direction", choices=DIRECTIONS, default=DIRECTIONS[0])
    parser.add_argument("--seed", type=int, default=0, help="of the proposals (%(default)s)")
    parser.add_argument(
        "--across",
        nargs="+",
        default=[],
        metavar="SETTING",
        help="settings of the space that may change the validation and test sounds",
    )
    parser.add_argument(
        "--config", action="append", default=[], help="YAML file of settings, as fit's"
    )
    parser.add_argument("--out", type=Path, help="folder of what is written (the study's name)")
    return parser
