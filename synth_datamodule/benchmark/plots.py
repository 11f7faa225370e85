"""The leaderboard as a picture: every seed, every module, every sound."""

from collections.abc import Sequence
from typing import Any

from synth_datamodule.benchmark.standings import Standing

SIZE = (12, 7)
"""Width and height of the picture in inches."""

_PANELS = {  # title: name of the metric, factor
    "parameter error": ("parameter_error", 1),
    "pitch within a quarter tone, %": ("pitch_within_quarter_tone", 100),
    "log-mel distance, dB": ("log_mel", 1),
    "multi-resolution STFT distance": ("stft", 1),
}


def draw(figure: Any, standings: Sequence[Standing]) -> None:  # noqa: ANN401  # has no types
    """Draw standings, at least one, into a figure of matplotlib's; see ``reporting.picture``."""
    panels = figure.subplot_mosaic([[*"abe"], [*"cdf"]])
    modules, sounds = panels["e"], panels["f"]
    candidates = list(dict.fromkeys(standing.candidate for standing in standings))
    places = list(dict.fromkeys(standing.place for standing in standings))
    for row, standing in enumerate(standings):
        # A colour for each candidate, a marker and a line for each budget.
        color = f"C{candidates.index(standing.candidate) % 10}"
        place = places.index(standing.place)
        marker, line = "os^Dv"[place % 5], ("-", "--", ":", "-.")[place % 4]
        for panel, (name, factor) in zip("abcd", _PANELS.values(), strict=True):
            values = [factor * getattr(result.metrics, name) for result in standing.results]
            panels[panel].plot(values, [row] * len(values), marker, color=color, alpha=0.6)
        errors = standing.mean_errors()
        modules.plot([*errors.values()], range(len(errors)), marker, color=color, alpha=0.6)
        values = sorted(v for result in standing.results for v in result.per_sound["log_mel"])
        shares = [(number + 1) / len(values) for number in range(len(values))]
        sounds.plot(values, shares, line, color=color, label=standing.label)
    for panel, title in zip("abcd", _PANELS, strict=True):
        axis = panels[panel]
        axis.set_yticks(range(len(standings)), labels=[standing.label for standing in standings])
        axis.set(title=title, ylim=(len(standings) - 0.5, -0.5))
        axis.grid(axis="x", alpha=0.3)
    names = list(standings[0].mean_errors())
    modules.set_yticks(range(len(names)), labels=names, fontsize="small")
    modules.invert_yaxis()
    modules.set_title("parameter error by module")
    modules.grid(alpha=0.3)
    sounds.set(title="share of sounds within, dB log-mel", ylim=(0, 1), xlim=(0, None))
    sounds.grid(alpha=0.3)
    sounds.legend(fontsize="small")
