"""Sweeps on one machine, with Optuna: pruned, kept in a file, killed and gone on with."""

import json
import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from synth_datamodule import checks
from synth_datamodule.patching.naming import public_name
from synth_datamodule.reporting import progress, say
from synth_datamodule.sweeps.experiment import DIRECTIONS, Experiment
from synth_datamodule.sweeps.lock import alone
from synth_datamodule.sweeps.space import Choice, Range, Space, Value, search_space

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

_MOST_TRIALS = 10**6


def sweep(
    experiment: Experiment,
    space: Space,
    trials: int,
    storage: str | None = None,
    name: str = "sweep",
    *,
    direction: str = "minimize",
    seed: int = 0,
    sampler: "Callable[..., BaseSampler] | None" = None,
    pruner: "BasePruner | None" = None,
) -> "Study":
    """Run trials until the study holds a number of finished ones, and return it.

    Each proposal is a function of ``seed`` and the finished trials, and each trial seeds itself. So
    a sweep that is killed at any moment and started again ends with the trials of one that was left
    alone: the trial that was cut off is recorded as failed, and its values are run again.

    A trial whose result is not finite counts as pruned. A trial that raises is recorded as failed
    and ends the sweep; the next call continues with the trial after it.

    Args:
        experiment: Settings and model that all trials have in common.
        space: Settings to try, each with its values.
        trials: Number of finished trials, complete or pruned, that the study shall hold.
        storage: SQLite file that keeps the study, as Optuna names it (``sqlite:///sweep.db``); None
            keeps the study in memory.
        name: Name of the study; a file may hold several.
        direction: ``"minimize"`` or ``"maximize"``.
        seed: Seed of the proposals.
        sampler: Function that makes an Optuna sampler of ``seed=``; None is TPESampler.
        pruner: Optuna pruner; None is MedianPruner, which prunes from the sixth trial on.

    Returns:
        The study.

    Raises:
        BlockingIOError: If another sweep is using the file.
        ImportError: If Optuna is missing; the message says how to install it.
        OSError: If the file cannot be read or written.
        TypeError: If an argument is of another type.
        ValueError: If a setting does not exist or changes the validation or test sounds, the study
            was begun with other settings or other sounds, ``storage`` is no SQLite file, or a trial
            would train on several devices.
    """
    optuna = import_optuna()
    checks.instance("experiment", experiment, Experiment)
    space = search_space(space)
    checks.whole_number("trials", trials, 1, _MOST_TRIALS)
    checks.instance("name", name, str)
    checks.whole_number("seed", seed, 0, 2**64 - 1)
    checks.one_of("direction", direction, DIRECTIONS)
    _check_one_device(experiment, space)
    experiment.check(space)
    experiment.rehearse(space)
    make_sampler = sampler or optuna.samplers.TPESampler
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with alone(storage):
            study: Study = optuna.create_study(
                study_name=name,
                storage=storage,
                direction=direction,
                pruner=pruner or optuna.pruners.MedianPruner(),
                load_if_exists=True,
            )
            _begin(study, experiment, space, direction, seed)
            _take_up(study, space)
            with progress("trials", total=trials, unit="trials") as advance:

                def show(study: "Study", trial: "FrozenTrial") -> None:
                    if trial.state.is_finished():
                        say(_line(trial, experiment.monitor))
                        advance(int(_counts(trial)))

                for trial in study.get_trials(deepcopy=False):
                    show(study, trial)
                while num_finished(study) < trials:
                    study.sampler = make_sampler(seed=_proposal_seed(study, seed))
                    study.optimize(
                        lambda trial: _objective(trial, experiment, space),
                        n_trials=1,
                        callbacks=[show],
                        gc_after_trial=True,
                    )
    finally:
        optuna.logging.set_verbosity(verbosity)
    return study


def import_optuna() -> Any:  # noqa: ANN401  # a module
    """Return the module ``optuna``; where it is missing, say how to install it."""
    try:
        with warnings.catch_warnings():
            # Of tqdm, in a notebook without ipywidgets; Optuna's own bar is not used here.
            warnings.filterwarnings("ignore", "IProgress not found")
            import optuna
    except ImportError as error:
        raise ImportError("a sweep needs Optuna: pip install 'synth_datamodule[sweeps]'") from error
    return optuna


def num_finished(study: "Study") -> int:
    """Return how many trials of a study are complete or pruned."""
    return sum(map(_counts, study.get_trials(deepcopy=False)))


def _counts(trial: "FrozenTrial") -> bool:
    return trial.state.name in ("COMPLETE", "PRUNED")


def _check_one_device(experiment: Experiment, space: Space) -> None:
    # Lightning would start this very program once more for each of the others.
    for name in ("trainer.devices", "trainer.num_nodes"):
        value = experiment.settings.get(name, 1)
        one = value in (1, "1") or (isinstance(value, list) and len(value) == 1)
        if name in space or not one:
            raise ValueError(
                f"a trial trains on one device here, so {name} must be 1, or a list of one; "
                "ray_sweep trains a trial on several"
            )


def _begin(study: "Study", experiment: Experiment, space: Space, direction: str, seed: int) -> None:
    """Write into a study what its trials have in common, or check that it was begun with that."""
    description = {
        "settings": dict(experiment.settings),
        "across": sorted(experiment.across),
        "model": experiment.model,
        "monitor": experiment.monitor,
        "space": {name: repr(values) for name, values in space.items()},
        "direction": direction,
        "seed": seed,
        "sounds": experiment.fingerprints(),
    }
    plain = json.loads(json.dumps(description, default=_named))
    fresh = None if study.get_trials(deepcopy=False) else plain
    begun = study.user_attrs.get("description", fresh)
    if not isinstance(begun, dict):
        raise ValueError(
            f"study {checks.shown(study.study_name)} was not begun by a sweep; give another name"
        )
    differing = [name for name in plain if begun.get(name) != plain[name]]
    if differing:
        raise ValueError(
            f"study {checks.shown(study.study_name)} was begun with other "
            f"{', '.join(differing)}; give the "
            "same ones to go on with it, or another name to begin another"
        )
    study.set_user_attr("description", plain)


def _named(thing: object) -> str:
    return public_name(thing if isinstance(thing, type) else type(thing))


def _take_up(study: "Study", space: Space) -> None:
    """Fail the trial that a killed process left running, and have its values tried again.

    The lock says that nobody is at work, so no trial has to go without a heartbeat for a while
    first: until then, another would be proposed in its place.
    """
    for trial in study.get_trials(deepcopy=False):
        if trial.state.name != "RUNNING":
            continue
        study.tell(trial.number, state=type(trial.state).FAIL)
        # A proposal that is not whole is made again by the sampler, from the same seed.
        if trial.params.keys() == space.keys():
            study.enqueue_trial(trial.params, user_attrs={"retry_of": trial.number})


def _proposal_seed(study: "Study", seed: int) -> int:
    # A trial that was cut off is not counted: its successor's proposal is the same.
    failed = sum("error" in trial.user_attrs for trial in study.get_trials(deepcopy=False))
    return int(np.random.SeedSequence([seed, num_finished(study) + failed]).generate_state(1)[0])


def _objective(trial: "Trial", experiment: Experiment, space: Space) -> float:
    import optuna

    values = {name: _suggest(trial, name, part) for name, part in space.items()}

    def report(number: int, value: float) -> bool:
        trial.report(value, number)
        return bool(trial.should_prune())

    try:
        value = experiment.run(values, report)
    except Exception as error:
        trial.set_user_attr("error", repr(error))
        raise
    if trial.should_prune() or not math.isfinite(value):
        raise optuna.TrialPruned
    return value


def _suggest(trial: "Trial", name: str, part: Choice | Range) -> Value:
    if isinstance(part, Choice):
        return part.value(trial.suggest_categorical(name, part.words))
    suggest: Any = trial.suggest_int if part.is_whole else trial.suggest_float
    value: Value = suggest(name, part.low, part.high, log=part.log)
    return value


def _line(trial: "FrozenTrial", monitor: str) -> str:
    """Return a line that says how a trial ended and what it tried."""
    ending = trial.user_attrs.get("error", "cut off")
    if _counts(trial):
        value = "never validated" if trial.value is None else f"{monitor} {trial.value:.6g}"
        ending = f"{value}, {trial.state.name.lower()}"
    if "retry_of" in trial.user_attrs:
        ending += f", trial {trial.user_attrs['retry_of']} again"
    values = [
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in trial.params.items()
    ]
    return f"trial {trial.number}: {ending}; {', '.join(values)}"
