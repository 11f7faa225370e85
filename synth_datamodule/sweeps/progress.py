"""What is seen of a sweep while it runs."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial


def num_finished(study: "Study") -> int:
    """Return how many trials are complete or pruned."""
    from optuna.trial import TrialState

    states = (TrialState.COMPLETE, TrialState.PRUNED)
    return len(study.get_trials(deepcopy=False, states=states))


class TrialProgress:
    """A line for each trial that ended, and a bar where there is a terminal.

    Args:
        trials: That there shall be in all.
        monitor: What they are compared by.
    """

    def __init__(self, trials: int, monitor: str) -> None:
        # Rich's own view in a notebook needs ipywidgets, and a notebook is no terminal.
        terminal = False if Console().is_jupyter else None
        self._bar = Progress(
            TextColumn("trials"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=Console(force_jupyter=False, force_terminal=terminal, soft_wrap=True),
        )
        self._task = self._bar.add_task("", total=trials)
        self._monitor = monitor
        self._shown: set[int] = set()

    def __enter__(self) -> "TrialProgress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, study: "Study") -> None:
        """Say what has ended since the last call."""
        from optuna.trial import TrialState

        for trial in study.get_trials(deepcopy=False):
            if not trial.state.is_finished() or trial.number in self._shown:
                continue
            self._shown.add(trial.number)
            values = ", ".join(f"{name}={_short(value)}" for name, value in trial.params.items())
            self._bar.console.print(
                f"trial {trial.number}: {self._ending(trial)}; {values}",
                highlight=False,
                markup=False,
            )
        best = ""
        if study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
            best = f"best {study.best_value:.6g}, trial {study.best_trial.number}"
        self._bar.update(self._task, completed=num_finished(study), description=best)

    def _ending(self, trial: "FrozenTrial") -> str:
        from optuna.trial import TrialState

        again = ""
        if "retry_of" in trial.user_attrs:
            again = f", trial {trial.user_attrs['retry_of']} again"
        if trial.state is TrialState.FAIL:
            return f"{trial.user_attrs.get('error', 'cut off')}{again}"
        value = "never validated" if trial.value is None else f"{self._monitor} {trial.value:.6g}"
        return f"{value}, {trial.state.name.lower()}{again}"


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
