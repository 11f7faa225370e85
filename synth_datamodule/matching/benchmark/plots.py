"""The leaderboard as a picture: every seed, every module, every sound."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from synth_datamodule.matching.benchmark.results import Result
from synth_datamodule.matching.benchmark.standings import Standing

_PANELS: dict[str, Callable[[Result], float]] = {
    "parameter error": lambda result: result.metrics.parameter_error,
    "pitch within a quarter tone, %": lambda result: 100 * result.metrics.pitch_within_quarter_tone,
    "log-mel distance, dB": lambda result: result.metrics.log_mel,
    "multi-resolution STFT distance": lambda result: result.metrics.stft,
}


def draw(standings: Sequence[Standing], path: Path) -> bool:
    """Draw the standings into a PNG file.

    Args:
        standings: At least one, in the order of the lines.
        path: Of the file.

    Returns:
        Whether it was written; it is where matplotlib is installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(12, 7), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplot_mosaic([[*"abe"], [*"cdf"]])
    for axis, (title, figure_of) in zip("abcd", _PANELS.items(), strict=True):
        _draw_seeds(panels[axis], standings, title, figure_of)
    _draw_modules(panels["e"], standings)
    _draw_sounds(panels["f"], standings)
    figure.savefig(path, dpi=100)
    return True


def _draw_seeds(
    axis: Any,  # noqa: ANN401  # matplotlib's, which has no types
    standings: Sequence[Standing],
    title: str,
    figure_of: Callable[[Result], float],
) -> None:
    for place, standing in enumerate(standings):
        values = [figure_of(result) for result in standing.results]
        axis.plot(values, [place] * len(values), "o", color=f"C{place}", alpha=0.6)
    axis.set_yticks(range(len(standings)), labels=[standing.label for standing in standings])
    axis.set(title=title, ylim=(len(standings) - 0.5, -0.5))
    axis.grid(axis="x", alpha=0.3)


def _draw_modules(axis: Any, standings: Sequence[Standing]) -> None:  # noqa: ANN401
    names = list(standings[0].results[0].metrics.parameter_error_of)
    for place, standing in enumerate(standings):
        for row, name in enumerate(names):
            mean = standing.over_seeds(
                lambda result, name=name: result.metrics.parameter_error_of[name]  # type: ignore[misc]
            ).mean
            label = standing.label if row == 0 else None
            axis.plot(mean, row, "o", color=f"C{place}", alpha=0.6, label=label)
    axis.set_yticks(range(len(names)), labels=names, fontsize="small")
    axis.invert_yaxis()
    axis.set_title("parameter error by module")
    axis.grid(alpha=0.3)


def _draw_sounds(axis: Any, standings: Sequence[Standing]) -> None:  # noqa: ANN401
    for place, standing in enumerate(standings):
        values = sorted(
            value for result in standing.results for value in result.per_sound["log_mel"]
        )
        shares = [(number + 1) / len(values) for number in range(len(values))]
        axis.plot(values, shares, color=f"C{place}", label=standing.label)
    axis.set(title="sounds at or below a log-mel distance, dB", ylim=(0, 1), xlim=(0, None))
    axis.grid(alpha=0.3)
    axis.legend(fontsize="small")
