"""The leaderboard as a picture: every seed, every module, every sound."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from synth_datamodule.benchmark.results import Result
from synth_datamodule.benchmark.standings import Standing

_PANELS: dict[str, Callable[[Result], float]] = {
    "parameter error": lambda result: result.metrics.parameter_error,
    "pitch within a quarter tone, %": lambda result: 100 * result.metrics.pitch_within_quarter_tone,
    "log-mel distance, dB": lambda result: result.metrics.log_mel,
    "multi-resolution STFT distance": lambda result: result.metrics.stft,
}


class _Style(NamedTuple):
    color: str
    marker: str
    line: str


SIZE = (12, 7)
"""Width and height of the picture in inches."""


def draw(figure: Any, standings: Sequence[Standing]) -> None:  # noqa: ANN401  # has no types
    """Draw the standings; see ``reporting.picture``.

    Args:
        figure: A ``matplotlib.figure.Figure``.
        standings: Standings in the order of the lines, at least one.
    """
    panels = figure.subplot_mosaic([[*"abe"], [*"cdf"]])
    for axis, (title, figure_of) in zip("abcd", _PANELS.items(), strict=True):
        _draw_seeds(panels[axis], standings, title, figure_of)
    _draw_modules(panels["e"], standings)
    _draw_sounds(panels["f"], standings)


def _styles(standings: Sequence[Standing]) -> list[_Style]:
    """Return a colour for each candidate, a marker and a line for each budget."""
    candidates = list(dict.fromkeys(standing.candidate for standing in standings))
    places = list(dict.fromkeys(standing.place for standing in standings))
    return [
        _Style(
            f"C{candidates.index(standing.candidate) % 10}",
            "os^Dv"[places.index(standing.place) % 5],
            ("-", "--", ":", "-.")[places.index(standing.place) % 4],
        )
        for standing in standings
    ]


def _draw_seeds(
    axis: Any,  # noqa: ANN401  # matplotlib's, which has no types
    standings: Sequence[Standing],
    title: str,
    figure_of: Callable[[Result], float],
) -> None:
    for row, (standing, style) in enumerate(zip(standings, _styles(standings), strict=True)):
        values = [figure_of(result) for result in standing.results]
        axis.plot(values, [row] * len(values), style.marker, color=style.color, alpha=0.6)
    axis.set_yticks(range(len(standings)), labels=[standing.label for standing in standings])
    axis.set(title=title, ylim=(len(standings) - 0.5, -0.5))
    axis.grid(axis="x", alpha=0.3)


def _draw_modules(axis: Any, standings: Sequence[Standing]) -> None:  # noqa: ANN401
    names = list(standings[0].results[0].metrics.parameter_error_of)
    for standing, style in zip(standings, _styles(standings), strict=True):
        means = [
            statistics.fmean(result.metrics.parameter_error_of[name] for result in standing.results)
            for name in names
        ]
        axis.plot(means, range(len(names)), style.marker, color=style.color, alpha=0.6)
    axis.set_yticks(range(len(names)), labels=names, fontsize="small")
    axis.invert_yaxis()
    axis.set_title("parameter error by module")
    axis.grid(alpha=0.3)


def _draw_sounds(axis: Any, standings: Sequence[Standing]) -> None:  # noqa: ANN401
    for standing, style in zip(standings, _styles(standings), strict=True):
        values = sorted(
            value for result in standing.results for value in result.per_sound["log_mel"]
        )
        shares = [(number + 1) / len(values) for number in range(len(values))]
        axis.plot(values, shares, style.line, color=style.color, label=standing.label)
    axis.set(title="share of sounds within, dB log-mel", ylim=(0, 1), xlim=(0, None))
    axis.grid(alpha=0.3)
    axis.legend(fontsize="small")
