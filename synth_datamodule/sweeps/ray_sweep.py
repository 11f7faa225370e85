"""Sweeps on many machines, with Ray Tune: each trial a TorchTrainer of its own."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_datamodule import checks
from synth_datamodule.sweeps.experiment import DIRECTIONS, Experiment
from synth_datamodule.sweeps.space import Choice, Range, Space, Value

if TYPE_CHECKING:
    from ray.tune import ResultGrid
    from ray.tune.schedulers import TrialScheduler

# A trial's driver only waits for its workers; all CPUs are theirs, and Ray does not take nothing.
_OF_A_DRIVER = {"cpu": 0.0, "memory": 1.0}


def ray_sweep(
    experiment: Experiment,
    space: Space,
    trials: int,
    folder: str | Path,
    name: str = "sweep",
    *,
    workers: int = 1,
    concurrent: int = 1,
    use_gpu: bool = False,
    direction: str = "minimize",
    seed: int = 0,
    scheduler: "TrialScheduler | None" = None,
) -> "ResultGrid":
    """Run trials on the Ray cluster that this process is connected to, or on a local one.

    With several workers to a trial Lightning trains them as one, by DDP: each step's sounds are
    dealt over them, and every validation sound is heard once.

    Args:
        experiment: Settings and model that all trials have in common; the model's class travels to
            the workers.
        space: Settings to try, each with its values, which are drawn at random.
        trials: Number of trials.
        folder: Folder for Ray's records; with several machines, one that all of them see.
        name: Name of the sweep, new in that folder.
        workers: Number of processes to a trial, each with a CPU or a GPU.
        concurrent: Number of trials at a time.
        use_gpu: Whether each worker has a GPU.
        direction: ``"minimize"`` or ``"maximize"``.
        seed: Seed of the draws.
        scheduler: Ray scheduler that stops trials early; None is ASHAScheduler.

    Returns:
        Ray's results. ``get_best_result().config`` are the best values; ``errors`` holds the trials
        that raised.

    Raises:
        FileExistsError: If the folder holds a sweep of that name; Ray's own ``Tuner.restore`` goes
            on with one.
        ImportError: If Ray is missing; the message says how to install it.
        TypeError: If an argument is of another type.
        ValueError: If a setting does not exist or changes the validation or test sounds.
    """
    try:
        from ray import tune
        from ray.train import RunConfig, ScalingConfig
        from ray.train.torch import TorchTrainer
        from ray.tune.integration.ray_train import TuneReportCallback
        from ray.tune.schedulers import ASHAScheduler
        from ray.tune.search.basic_variant import BasicVariantGenerator
    except ImportError as error:
        raise ImportError("this needs Ray: pip install 'synth_datamodule[ray]'") from error

    for number, value in (("trials", trials), ("workers", workers), ("concurrent", concurrent)):
        checks.whole_number(number, value, minimum=1)
    checks.whole_number("seed", seed, 0, 2**64 - 1)
    checks.one_of("direction", direction, DIRECTIONS)
    experiment.check(space)
    folder = Path(folder).absolute()
    if (folder / name).exists():
        raise FileExistsError(
            f"{folder} holds a sweep {checks.shown(name)} already; choose another name"
        )

    tell_tune: Any = TuneReportCallback

    def drive(values: dict[str, Value]) -> None:
        TorchTrainer(
            lambda config: work(experiment, config),
            train_loop_config=values,
            scaling_config=ScalingConfig(num_workers=workers, use_gpu=use_gpu),
            run_config=RunConfig(
                name=tune.get_context().get_trial_id(),
                storage_path=str(folder / name / "trials"),
                callbacks=[tell_tune()],
            ),
        ).fit()

    tuner = tune.Tuner(
        tune.with_resources(drive, _OF_A_DRIVER),
        param_space={setting: _domain(values) for setting, values in space.items()},
        tune_config=tune.TuneConfig(
            metric=experiment.monitor,
            mode=direction[:3],
            num_samples=trials,
            scheduler=scheduler or ASHAScheduler(),
            search_alg=BasicVariantGenerator(random_state=seed, max_concurrent=concurrent),
        ),
        run_config=tune.RunConfig(name=name, storage_path=str(folder)),
    )
    return tuner.fit()


def work(experiment: Experiment, values: dict[str, Value]) -> None:
    """Run a trial in a worker of Ray Train, which to Lightning is a node of one device.

    So it does not matter how Ray deals the workers over machines, nor of which Lightning namespace
    the model is: ``ray.train.lightning`` serves one of them.
    """
    from ray import train
    from ray.train.torch import get_device

    def report(number: int, value: float) -> bool:
        train.report({experiment.monitor: value})
        return False

    context, device = train.get_context(), get_device()
    placement: dict[str, Any] = {"accelerator": "cpu", "devices": 1}
    if device.type == "cuda":
        placement = {"accelerator": "gpu", "devices": [device.index]}
    if context.get_world_size() > 1:
        os.environ |= {"NODE_RANK": str(context.get_world_rank()), "LOCAL_RANK": "0"}
        placement |= {"num_nodes": context.get_world_size(), "strategy": "ddp"}
    experiment.run(values, report, **placement)


def _domain(values: Choice | Range) -> Any:  # noqa: ANN401  # Ray's domains
    from ray import tune

    if isinstance(values, Choice):
        return tune.choice(list(values.values))
    if values.is_whole:
        low, end = int(values.low), int(values.high) + 1  # Ray leaves the end out
        return tune.lograndint(low, end) if values.log else tune.randint(low, end)
    draw = tune.loguniform if values.log else tune.uniform
    return draw(values.low, values.high)
