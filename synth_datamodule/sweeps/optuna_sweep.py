"""Sweeps on one machine, with Optuna: pruned, kept in a file, killed and gone on with."""

import json
import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from synth_datamodule import checks
from synth_datamodule.sweeps.experiment import DIRECTIONS, Experiment
from synth_datamodule.sweeps.lock import alone
from synth_datamodule.sweeps.progress import TrialProgress, num_finished
from synth_datamodule.sweeps.space import Choice, Range, Space, Value

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler


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
    """Run trials until the study holds so many finished ones, and return it.

    Each trial's proposal is a function of ``seed`` and the finished trials, and each trial seeds
    itself, so a sweep killed at any moment and started again ends with the trials of one that was
    left alone: the trial that was cut off stands as failed and is run again with its values. A
    trial whose result is not finite counts as pruned. One that raises stands as failed and ends the
    sweep; the next call goes on behind it. One process at a time sweeps a file.

    Args:
        experiment: What a trial runs.
        space: The settings it tries.
        trials: Finished trials, complete or pruned, that there shall be in all.
        storage: An SQLite file as Optuna names it, ``sqlite:///sweep.db``; None keeps the study in
            memory.
        name: Of the study; several share a file.
        direction: ``"minimize"`` or ``"maximize"``.
        seed: Of the proposals.
        sampler: Makes an Optuna sampler of ``seed=``; None is TPESampler.
        pruner: None is MedianPruner, from the sixth trial on.

    Raises:
        BlockingIOError: If another process sweeps this file.
        ImportError: If Optuna is missing; the message says how to install it.
        TypeError: If an argument is of another type.
        ValueError: If a setting does not exist or changes the validation or test sounds, the study
            was begun with other settings or other sounds, ``storage`` is no SQLite file, or a trial
            would train on several devices.
    """
    optuna = _import_optuna()
    checks.whole_number("trials", trials, minimum=1)
    checks.whole_number("seed", seed, minimum=0)
    checks.one_of("direction", direction, DIRECTIONS)
    _check_one_device(experiment, space)
    experiment.check(space)
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
            _check_same(study, _description(experiment, space, direction, seed))
            _take_up(study, space)
            make_sampler = sampler or optuna.samplers.TPESampler
            with TrialProgress(trials, experiment.monitor) as progress:
                progress.show(study)
                while num_finished(study) < trials:
                    study.sampler = make_sampler(seed=_proposal_seed(study, seed))
                    study.optimize(
                        lambda trial: _objective(trial, experiment, space),
                        n_trials=1,
                        gc_after_trial=True,
                    )
                    progress.show(study)
    finally:
        optuna.logging.set_verbosity(verbosity)
    return study


def _import_optuna() -> Any:  # noqa: ANN401  # a module
    try:
        with warnings.catch_warnings():
            # Of tqdm, in a notebook without ipywidgets; Optuna's own bar is not used here.
            warnings.filterwarnings("ignore", "IProgress not found")
            import optuna
    except ImportError as error:
        raise ImportError("a sweep needs Optuna: pip install 'synth_datamodule[sweeps]'") from error
    return optuna


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
    value: Value
    if isinstance(part, Choice):
        value = trial.suggest_categorical(name, part.values)
    elif part.is_whole:
        value = trial.suggest_int(name, int(part.low), int(part.high), log=part.log)
    else:
        value = trial.suggest_float(name, part.low, part.high, log=part.log)
    return value


def _proposal_seed(study: "Study", seed: int) -> int:
    # A trial that was cut off is not counted: its successor's proposal is the same.
    failed = [trial for trial in study.get_trials(deepcopy=False) if "error" in trial.user_attrs]
    words = np.random.SeedSequence([seed, num_finished(study) + len(failed)]).generate_state(1)
    return int(words[0])


def _take_up(study: "Study", space: Space) -> None:
    """Fail the trial that a killed process left running, and have its values tried again."""
    from optuna.trial import TrialState

    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        if trial.params.keys() == space.keys():
            study.enqueue_trial(trial.params, user_attrs={"retry_of": trial.number})


def _description(
    experiment: Experiment, space: Space, direction: str, seed: int
) -> dict[str, object]:
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
    plain: dict[str, object] = json.loads(json.dumps(description, default=_by_name))
    return plain


def _by_name(thing: object) -> str:
    kind = thing if isinstance(thing, type) else type(thing)
    return f"{kind.__module__}.{kind.__qualname__}"


def _check_same(study: "Study", description: dict[str, object]) -> None:
    begun = study.user_attrs.get("description")
    if begun is None:
        study.set_user_attr("description", description)
        return
    differing = [name for name in description if begun.get(name) != description[name]]
    if differing:
        raise ValueError(
            f"study {study.study_name!r} was begun with other {', '.join(differing)}; give the "
            "same ones to go on with it, or another name to begin another"
        )
