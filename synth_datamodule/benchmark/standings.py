"""Result files, gathered: each candidate's runs under one budget on one kind of device."""

import statistics
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from synth_datamodule import checks
from synth_datamodule.benchmark.results import Result, read
from synth_datamodule.benchmark.task import BUDGETS, PARTS, TEST_SET, TEST_SOUNDS, VERSION

OWN = "its own"
"""Name for the budget of a candidate that has learned elsewhere."""


@dataclass(frozen=True)
class Standing:
    """One line of the leaderboard: a candidate's results by seed, ascending; at least one.

    The budget is ``OWN`` or one of the task's, the device ``"cpu"`` or ``"cuda"``.
    """

    candidate: str
    budget: str
    device: str
    results: tuple[Result, ...]

    def mean(self, figure: Callable[[Result], float]) -> float:
        """Return the mean of a figure of the results."""
        return statistics.fmean(map(figure, self.results))

    def deviation(self, figure: Callable[[Result], float]) -> float | None:
        """Return the standard deviation (n - 1) of a figure; None of a single result."""
        return statistics.stdev(map(figure, self.results)) if len(self.results) > 1 else None

    def mean_errors(self) -> dict[str, float]:
        """Return the mean parameter errors of the pitch and of each module."""
        parts = [result.metrics.parameter_error_of for result in self.results]
        return {name: statistics.fmean(part[name] for part in parts) for name in parts[0]}

    @property
    def place(self) -> str:
        """The budget, and the device where it is not the budget's."""
        usual = self.budget == OWN or BUDGETS[self.budget].device == self.device
        return self.budget if usual else f"{self.budget} on {self.device}"

    @property
    def label(self) -> str:
        """Candidate and place, as one name."""
        return f"{self.candidate}, {self.place}"


def gather(folder: Path, version: int = VERSION) -> tuple[list[Standing], list[str]]:
    """Return the standings of a folder's ``.json`` files, and what was left out, with reasons.

    Results of another version are neither: each version has a leaderboard of its own.

    Returns:
        Standings by budget, then by log-mel distance, the least first.

    Raises:
        OSError: If there is no such folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"there is no folder {folder}")
    groups: defaultdict[tuple[str, str, str], dict[int, Result]] = defaultdict(dict)
    left_out = []
    for path in sorted(folder.glob("*.json")):
        try:
            result = _comparable(path)
        except OSError as error:
            left_out.append(f"{path} cannot be read: {error.strerror}")
            continue
        except ValueError as error:
            left_out.append(str(error))
            continue
        if result.version != version:
            continue
        budget = OWN if result.learned == "elsewhere" else result.budget
        seeds = groups[result.candidate, budget, result.device]
        if seeds.setdefault(result.seed, result) is not result:
            left_out.append(f"{path} repeats a seed of {checks.shown(result.candidate)}")
    standings = [
        Standing(*key, tuple(result for _, result in sorted(seeds.items())))
        for key, seeds in groups.items()
    ]
    budgets = [*BUDGETS, OWN]
    standings.sort(
        key=lambda standing: (
            budgets.index(standing.budget),
            standing.mean(lambda result: result.metrics.log_mel),
        )
    )
    return standings, left_out


def _comparable(path: Path) -> Result:
    result = read(path)
    if not result.is_comparable:
        raise ValueError(f"{path} is a trial run on fewer sounds (is_comparable)")
    if (result.test_set, result.test_sounds) != (TEST_SET, TEST_SOUNDS):
        raise ValueError(
            f"{path} was measured on other sounds (test_set, test_sounds): "
            f"{checks.shown(result.test_set)}, {result.test_sounds}"
        )
    budget = BUDGETS.get(result.budget)
    if budget is None or result.train_sounds != budget.train_sounds:
        raise ValueError(
            f"{path} had another budget (budget, train_sounds): {checks.shown(result.budget)}, "
            f"{result.train_sounds}"
        )
    if different := sorted(result.metrics.parameter_error_of.keys() ^ set(PARTS)):
        raise ValueError(
            f"{path} has the errors of other parameters (metrics.parameter_error_of): "
            f"{checks.shown(different[0])}"
        )
    return result
