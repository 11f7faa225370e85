"""Result files, gathered: each candidate's runs under one budget on one kind of device."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from synth_datamodule.benchmark.results import Result, read
from synth_datamodule.benchmark.task import BUDGETS, TEST_SET

OWN = "its own"
"""Name for the budget of a candidate that has learned elsewhere."""


class Spread(NamedTuple):
    """Mean and standard deviation of a figure over seeds.

    Args:
        mean: Mean of the runs.
        deviation: Standard deviation of the runs (n - 1); None of a single one.
    """

    mean: float
    deviation: float | None


@dataclass(frozen=True)
class Standing:
    """One line of the leaderboard.

    Args:
        candidate: A baseline's name, or a model's import path.
        budget: Name of one of the task's budgets, or ``OWN``.
        device: ``"cpu"`` or ``"cuda"``.
        results: Results by seed, ascending; at least one.
    """

    candidate: str
    budget: str
    device: str
    results: tuple[Result, ...]

    def over_seeds(self, figure: Callable[[Result], float]) -> Spread:
        """Return a figure's mean and standard deviation.

        Args:
            figure: Function that takes the figure from a result.
        """
        values = [figure(result) for result in self.results]
        deviation = statistics.stdev(values) if len(values) > 1 else None
        return Spread(statistics.fmean(values), deviation)

    @property
    def place(self) -> str:
        """The budget, and the device where it is not the budget's."""
        usual = self.budget == OWN or BUDGETS[self.budget].device == self.device
        return self.budget if usual else f"{self.budget} on {self.device}"

    @property
    def label(self) -> str:
        """Candidate and place, as one name."""
        return f"{self.candidate}, {self.place}"


def gather(folder: Path) -> tuple[list[Standing], list[str]]:
    """Return the standings of a folder's results, and what was left out, with reasons.

    Args:
        folder: Folder of ``.json`` files.

    Returns:
        Standings by budget, then by log-mel distance, the least first.

    Raises:
        OSError: If the folder or a file cannot be read.
    """
    groups: dict[tuple[str, str, str], dict[int, Result]] = {}
    left_out = []
    if not folder.is_dir():
        raise NotADirectoryError(f"there is no folder {folder}")
    for path in sorted(folder.glob("*.json")):
        try:
            result = read(path)
        except ValueError as error:
            left_out.append(str(error))
            continue
        budget = OWN if result.learned == "elsewhere" else result.budget
        seeds = groups.setdefault((result.candidate, budget, result.device), {})
        reason = _why_not(result)
        if reason or result.seed in seeds:
            left_out.append(f"{path} {reason or f'repeats a seed of {result.candidate}'}")
        else:
            seeds[result.seed] = result
    standings = [
        Standing(*key, tuple(seeds[seed] for seed in sorted(seeds)))
        for key, seeds in groups.items()
        if seeds
    ]
    budgets = [*BUDGETS, OWN]
    standings.sort(
        key=lambda standing: (
            budgets.index(standing.budget),
            standing.over_seeds(lambda result: result.metrics.log_mel).mean,
        )
    )
    return standings, left_out


def _why_not(result: Result) -> str:
    """Return why a result cannot be compared; empty where it can."""
    if not result.is_comparable:
        return "is a trial run on fewer sounds"
    if result.test_set != TEST_SET:
        return f"was measured on other sounds: {result.test_set}"
    budget = BUDGETS.get(result.budget)
    if budget is None or result.train_sounds != budget.train_sounds:
        return f"had another budget: {result.train_sounds} sounds"
    return ""
