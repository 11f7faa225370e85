"""``synth-datamodule benchmark``: run candidates, render the leaderboard, compare two results."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from synth_datamodule.benchmark.comparison import comparison
from synth_datamodule.benchmark.entries import BASELINES, entry
from synth_datamodule.benchmark.leaderboard import markdown, write
from synth_datamodule.benchmark.results import Result, read
from synth_datamodule.benchmark.run import run
from synth_datamodule.benchmark.standings import gather
from synth_datamodule.benchmark.task import BUDGETS, TASK, Run
from synth_datamodule.measure.command import show_progress


def benchmark(options: Sequence[str]) -> int:
    """Run the command.

    Args:
        options: As typed after ``benchmark``.

    Returns:
        Exit status: 0, or 2 where nothing can be run, read or written.
    """
    parser = _parser()
    given = parser.parse_args(options)
    try:
        if given.table is not None:
            return _table(given.table)
        if given.compare is not None:
            print(comparison(*map(read, given.compare)), end="")
            return 0
        names = given.model or given.baseline
        candidates = {name: entry(name) for name in names}
        runs = [
            Run(name, given.budget, seed, given.device, given.train_sounds, given.test_sounds)
            for name in names
            for seed in given.seed
        ]
        given.out.mkdir(parents=True, exist_ok=True)
    except (TypeError, ValueError, OSError) as error:
        parser.error(str(error))
    for what in runs:
        try:
            result = run(candidates[what.candidate], what, show_progress)
            path = given.out / f"{what.name}.json"
            result.write(path)
        except (OSError, ValueError) as error:
            print(f"{parser.prog}: error: {what.name}: {error}", file=sys.stderr)
            return 2
        print(_summary(result, path))
    return 0


def _summary(result: Result, path: Path) -> str:
    metrics = result.metrics
    return (
        f"{path}: parameter error {metrics.parameter_error:.4f}, "
        f"{metrics.pitch_within_quarter_tone:.1%} within a quarter tone, "
        f"log-mel {metrics.log_mel:.2f} dB, STFT {metrics.stft:.3f}, "
        f"{sum(result.seconds.values()):.0f} s"
    )


def _table(folder: Path) -> int:
    standings, left_out = gather(folder)
    print(markdown(standings, left_out), end="")
    written = write(standings, left_out, folder)
    print("\nwritten:", *written, sep="\n  ")
    if standings and not any(path.suffix == ".png" for path in written):
        print("no picture: that needs matplotlib, pip install 'synth_datamodule[plots]'")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="synth-datamodule benchmark",
        description=f"{TASK}: learn from a budget of sounds, name the parameters of the test "
        "sounds, render the guesses again, measure. One result file per run.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--baseline", nargs="+", choices=list(BASELINES), help="to be run")
    what.add_argument(
        "--model",
        nargs="+",
        metavar="PATH",
        help="to be run: import path of a LightningModule (audio [B, N] to parameters [B, P] in "
        "[0, 1]), trained on the budget's sounds; or of a callable that has learned elsewhere",
    )
    what.add_argument(
        "--table", type=Path, metavar="FOLDER", help="render the leaderboard of a folder's results"
    )
    what.add_argument(
        "--compare", type=Path, nargs=2, metavar="FILE", help="hold two results side by side"
    )
    budgets = ", ".join(
        f"{name}: {budget.train_sounds} sounds on {budget.device}"
        for name, budget in BUDGETS.items()
    )
    parser.add_argument("--budget", default="cpu", help=f"{budgets} (%(default)s)")
    parser.add_argument("--seed", type=int, nargs="+", default=[0], help="one run each (0)")
    parser.add_argument("--device", help="cpu or cuda (the budget's)")
    parser.add_argument(
        "--train_sounds", type=int, help="fewer than the budget's: a trial run, not comparable"
    )
    parser.add_argument("--test_sounds", type=int, help="likewise")
    parser.add_argument(
        "--out", type=Path, default=Path("results"), help="folder of the results (%(default)s)"
    )
    return parser
