"""The leaderboard as Markdown: who, under which budget, how good, how long."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from synth_datamodule.benchmark.plots import draw
from synth_datamodule.benchmark.results import Result
from synth_datamodule.benchmark.standings import Spread, Standing
from synth_datamodule.benchmark.task import TASK, TEST_SET, VERSION
from synth_datamodule.measure.report import figures


class Column(NamedTuple):
    """One figure of a result.

    Args:
        figure: What it is.
        form: Of a number in the table.
        most_is_best: Whether the highest is the best, not the lowest.
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
        standings: In the order of the lines.
        left_out: What to name below, with reasons.
    """
    if not standings:
        nothing = [f"no results of {TASK}, version {VERSION}"]
        return "\n".join([*nothing, *_below(left_out)]) + "\n"
    sounds = standings[0].results[0].test_sounds
    lines = [
        f"# {TASK}, version {VERSION}",
        "",
        f"{sounds} test sounds of 4 s at 44.1 kHz, {TEST_SET}.",
        "",
        f"| candidate | budget | sounds heard | seeds | {' | '.join(COLUMNS)} | seconds |",
        f"| --- | --- | ---: | ---: |{' ---: |' * len(COLUMNS)} ---: |",
        *(_line(standing, standings) for standing in standings),
        "",
        *_MEANING.splitlines(),
        "",
        "Parameter error by module:",
        "",
        *_modules(standings),
        "",
        *_machines(standings),
        *_below(left_out),
    ]
    return "\n".join(lines) + "\n"


def write(standings: Sequence[Standing], left_out: Sequence[str], folder: Path) -> list[Path]:
    """Write ``leaderboard.md`` and, where matplotlib is installed, ``leaderboard.png``.

    Args:
        standings: In the order of the lines.
        left_out: What to name below, with reasons.
        folder: That exists.

    Returns:
        The files written.
    """
    written = [folder / "leaderboard.md"]
    written[0].write_text(markdown(standings, left_out), encoding="utf-8")
    picture = folder / "leaderboard.png"
    if standings and draw(standings, picture):
        written.append(picture)
    return written


def _line(standing: Standing, standings: Sequence[Standing]) -> str:
    rivals = [other for other in standings if other.budget == standing.budget]
    first = standing.results[0]
    heard = f"{first.train_sounds:,}" if first.learned == "here" else "-"
    cells = [
        standing.candidate,
        standing.place,
        heard,
        str(len(standing.results)),
        *(_cell(column, standing, rivals) for column in COLUMNS.values()),
        figures(standing.over_seeds(lambda result: sum(result.seconds.values())).mean),
    ]
    return f"| {' | '.join(cells)} |"


def _cell(column: Column, standing: Standing, rivals: Sequence[Standing]) -> str:
    means = [other.over_seeds(column.figure).mean for other in rivals]
    spread = standing.over_seeds(column.figure)
    best = (max if column.most_is_best else min)(means)
    text = _spread(spread, column.form)
    return f"**{text}**" if spread.mean == best and len(set(means)) > 1 else text


def _spread(spread: Spread, form: str) -> str:
    text = f"{spread.mean:{form}}"
    return text if spread.deviation is None else f"{text} ± {spread.deviation:{form}}"


def _modules(standings: Sequence[Standing]) -> list[str]:
    names = standings[0].results[0].metrics.parameter_error_of
    lines = [
        f"| parameters of | {' | '.join(standing.label for standing in standings)} |",
        f"| --- |{' ---: |' * len(standings)}",
    ]
    for name in names:

        def error(result: Result, name: str = name) -> float:
            return result.metrics.parameter_error_of[name]

        cells = [f"{standing.over_seeds(error).mean:.4f}" for standing in standings]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _machines(standings: Sequence[Standing]) -> list[str]:
    machines: dict[str, list[str]] = {}
    for standing in standings:
        for result in standing.results:
            machine = result.machine
            places = dict.fromkeys((machine.device, machine.processor))
            versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
            text = f"{'; '.join(places)}, {machine.threads} threads; {versions}"
            labels = machines.setdefault(text, [])
            if standing.label not in labels:
                labels.append(standing.label)
    return [f"Measured on {text} ({'; '.join(labels)})." for text, labels in machines.items()]


def _below(left_out: Sequence[str]) -> list[str]:
    return ["", "Left out:", *(f"- {reason}" for reason in left_out)] if left_out else []
