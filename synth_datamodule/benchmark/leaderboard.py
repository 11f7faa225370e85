"""The leaderboard as Markdown: who, under which budget, how good, how long."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from synth_datamodule import reporting
from synth_datamodule.benchmark.plots import SIZE, draw
from synth_datamodule.benchmark.results import Result
from synth_datamodule.benchmark.standings import Spread, Standing
from synth_datamodule.benchmark.task import TASK, TEST_SET, VERSION
from synth_datamodule.reporting import figures


class Column(NamedTuple):
    """One figure of a result.

    Args:
        figure: Function that takes the figure from a result.
        form: Format of the figure in the table.
        most_is_best: Whether the highest figure is the best, not the lowest.
    """

    figure: Callable[[Result], float]
    form: str
    most_is_best: bool = False


COLUMNS = {
    "parameter error": Column(lambda result: result.metrics.parameter_error, ".4f"),
    "pitch, semitones": Column(lambda result: result.metrics.pitch_error, ".2f"),
    "within a quarter tone": Column(
        lambda result: result.metrics.pitch_within_quarter_tone, ".1%", most_is_best=True
    ),
    "log-mel, dB": Column(lambda result: result.metrics.log_mel, ".2f"),
    "STFT": Column(lambda result: result.metrics.stft, ".3f"),
}

_MEANING = """\
Parameter error: mean absolute error of the 78 parameters in [0, 1]; always guessing the middle has
a quarter. Pitch: absolute error of keyboard.midi_f0, and the share of sounds within half a
semitone. Log-mel: mean absolute difference of 96-band spectrograms of the re-rendered guess and its
target. STFT: multi-resolution STFT distance of the two, spectral convergence plus log magnitude.
Less is better, but within a quarter tone. Means over the test sounds; ± is the standard deviation
over seeds. Bold: the best under a budget."""


def markdown(standings: Sequence[Standing], left_out: Sequence[str] = ()) -> str:
    """Return both tables, with what they were measured on and what they mean.

    Args:
        standings: Standings in the order of the lines.
        left_out: Files that are left out, with reasons.
    """
    blocks = [f"no results of {TASK}, version {VERSION}"]
    if standings:
        sounds = standings[0].results[0].test_sounds
        blocks = [
            f"# {TASK}, version {VERSION}",
            f"{sounds} test sounds of 4 s at 44.1 kHz, {TEST_SET}.",
            _standings(standings),
            _MEANING,
            "Parameter error by module:",
            _modules(standings),
            _machines(standings),
        ]
    if left_out:
        blocks.append(reporting.markdown_table(["left out"], [[reason] for reason in left_out]))
    return "\n\n".join(blocks) + "\n"


def files(folder: Path) -> tuple[Path, Path]:
    """Return the paths of a folder's table and picture.

    Args:
        folder: Folder of results.
    """
    return folder / "leaderboard.md", folder / "leaderboard.png"


def write(
    standings: Sequence[Standing],
    left_out: Sequence[str],
    folder: Path,
    *,
    overwrite: bool = False,
) -> list[Path]:
    """Write ``leaderboard.md`` and, where matplotlib is installed, ``leaderboard.png``.

    Args:
        standings: Standings in the order of the lines; without any there is no picture.
        left_out: Files that are left out, with reasons.
        folder: Folder of both files.
        overwrite: Whether files of other standings may be replaced.

    Returns:
        The files written.
    """
    table, picture = files(folder)
    text = markdown(standings, left_out)
    written = [reporting.write_text(table, text, overwrite=overwrite)]
    if standings:
        written += reporting.picture(
            picture, lambda figure: draw(figure, standings), overwrite=overwrite, figsize=SIZE
        )
    return written


def _standings(standings: Sequence[Standing]) -> str:
    header = ("candidate", "budget", "sounds heard", "seeds", *COLUMNS, "seconds")
    rows = []
    for standing in standings:
        rivals = [other for other in standings if other.budget == standing.budget]
        first = standing.results[0]
        heard = f"{first.train_sounds:,}" if first.learned == "here" else "-"
        cells = [_cell(column, standing, rivals) for column in COLUMNS.values()]
        seconds = standing.over_seeds(lambda result: sum(result.seconds.values())).mean
        seeds = len(standing.results)
        rows.append((standing.candidate, standing.place, heard, seeds, *cells, figures(seconds)))
    return reporting.markdown_table(header, rows, align="llrr" + "r" * len(COLUMNS) + "r")


def _cell(column: Column, standing: Standing, rivals: Sequence[Standing]) -> str:
    means = [other.over_seeds(column.figure).mean for other in rivals]
    spread = standing.over_seeds(column.figure)
    best = (max if column.most_is_best else min)(means)
    text = _spread(spread, column.form)
    return reporting.bold(text) if spread.mean == best and len(set(means)) > 1 else text


def _spread(spread: Spread, form: str) -> str:
    text = f"{spread.mean:{form}}"
    return text if spread.deviation is None else f"{text} ± {spread.deviation:{form}}"


def _modules(standings: Sequence[Standing]) -> str:
    rows = []
    for name in standings[0].results[0].metrics.parameter_error_of:

        def error(result: Result, name: str = name) -> float:
            return result.metrics.parameter_error_of[name]

        rows.append((name, *(f"{standing.over_seeds(error).mean:.4f}" for standing in standings)))
    header = ("parameters of", *(standing.label for standing in standings))
    return reporting.markdown_table(header, rows, align="l" + "r" * len(standings))


def _machines(standings: Sequence[Standing]) -> str:
    machines: dict[str, dict[str, None]] = {}
    for standing in standings:
        for result in standing.results:
            machines.setdefault(str(result.machine), {})[standing.label] = None
    rows = [(machine, "; ".join(labels)) for machine, labels in machines.items()]
    return reporting.markdown_table(("measured on", "candidates"), rows, align="ll")
