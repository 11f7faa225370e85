"""The leaderboard, as Markdown and as a picture: who, under which budget, how good, how long."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from synth_datamodule.benchmark.measures import HeardMetrics
from synth_datamodule.benchmark.results import HeardResult, Result
from synth_datamodule.benchmark.standings import Standing
from synth_datamodule.benchmark.task import TASK, TEST_SET, VERSION
from synth_datamodule.reporting import bold, figures, markdown_table, printable


class Column(NamedTuple):
    """One figure of a result, its format, and which of the candidates' means is the best."""

    figure: Callable[[Result], float]
    form: str
    best: Callable[[Sequence[float]], float] = min


COLUMNS = {
    "parameter error": Column(lambda result: result.metrics.parameter_error, ".4f"),
    "pitch, semitones": Column(lambda result: result.metrics.pitch_error, ".2f"),
    "within a quarter tone": Column(
        lambda result: result.metrics.pitch_within_quarter_tone, ".1%", best=max
    ),
    "log-mel, dB": Column(lambda result: result.metrics.log_mel, ".2f"),
    "STFT": Column(lambda result: result.metrics.stft, ".3f"),
}

HEARD_COLUMNS = {
    "log-mel, dB": COLUMNS["log-mel, dB"],
    "STFT": COLUMNS["STFT"],
    "heard pitch": Column(lambda result: _heard(result).heard_pitch_within, ".1%", best=max),
    "where it stands still": Column(
        lambda result: _heard(result).heard_pitch_within_still, ".1%", best=max
    ),
    "gain curves": Column(lambda result: _heard(result).gain_error, ".4f"),
    "end, s": Column(lambda result: _heard(result).end_error, ".3f"),
    "MSS, dB": Column(lambda result: _heard(result).mss, ".2f"),
    "wMFCC": Column(lambda result: _heard(result).wmfcc, ".2f"),
    "SOT": Column(lambda result: _heard(result).sot, ".4f"),
    "RMS": Column(lambda result: _heard(result).rms, ".4f", best=max),
}
"""Columns of version 2."""

_INTERVALS = {  # heading: name of the metric, format
    "log-mel, dB": ("log_mel", ".2f"),
    "STFT": ("stft", ".3f"),
    "heard pitch": ("heard_pitch_within", ".1%"),
    "where it stands still": ("heard_pitch_within_still", ".1%"),
    "gain curves": ("gain_error", ".4f"),
    "MSS, dB": ("mss", ".2f"),
    "wMFCC": ("wmfcc", ".2f"),
    "SOT": ("sot", ".4f"),
    "RMS": ("rms", ".4f"),
}
_ERRORS = {  # heading: name of the metric, and of the median's
    "as drawn": "parameter_error",
    "canonical": "canonical_error",
    "not inert": "heard_parameter_error",
    "gain curves": "gain_error",
}

PICTURE_SIZE = (12, 7)
"""Width and height in inches."""

_PANELS = {  # title: name of the metric, factor
    "parameter error": ("parameter_error", 1),
    "pitch within a quarter tone, %": ("pitch_within_quarter_tone", 100),
    "log-mel distance, dB": ("log_mel", 1),
    "multi-resolution STFT distance": ("stft", 1),
}

_HEARD_PANELS = {
    "heard pitch within a quarter tone, %": ("heard_pitch_within", 100),
    "the same, where it stands still, %": ("heard_pitch_within_still", 100),
    "log-mel distance, dB": ("log_mel", 1),
    "error of the gain curves": ("gain_error", 1),
}

_MOST_IN_A_LABEL = 40  # characters

_MEANING = """\
Parameter error: mean absolute error of the 78 parameters in [0, 1]; always guessing the middle has
a quarter. Pitch: absolute error of keyboard.midi_f0, and the share of sounds within half a
semitone. Log-mel: mean absolute difference of 96-band spectrograms of the re-rendered guess and its
target. STFT: multi-resolution STFT distance of the two, spectral convergence plus log magnitude.
Less is better, but within a quarter tone. Means over the test sounds; ± is the standard deviation
over seeds. Bold: the best under a budget."""


_HEARD_MEANING = """\
Of the re-rendered guess beside its target. Log-mel: mean absolute difference of 96-band
spectrograms. STFT: multi-resolution STFT distance. Heard pitch: share of sounds whose louder
oscillator's pitch, a mean over time by its gain, is right within half a semitone; and that share
among targets in which it moves by less than half a semitone. Gain curves: mean absolute difference
of the amplitudes of both oscillators and the noise over time. End: when the last of them falls by
60 dB. MSS, wMFCC, SOT and RMS (cosine) as Hayes, Saitis and Fazekas (ISMIR 2025) compute them; MSS
and RMS are blind to level. Less is better, but of shares and RMS. Means over the test sounds; ± is
the standard deviation over seeds. Bold: the best under a budget. Renders: of a target, a gradient
counts as 3; seconds of learning and guessing, and of a target alone."""


def _heard(result: Result) -> HeardMetrics:
    metrics = result.metrics
    assert isinstance(metrics, HeardMetrics), "it is one of version 2"
    return metrics


def markdown(
    standings: Sequence[Standing], left_out: Sequence[str] = (), version: int = VERSION
) -> str:
    """Return all tables, with what was measured, what it means, and the files left out, and why."""
    blocks = [f"no results of {TASK}, version {version}"]
    if standings:
        sounds = standings[0].results[0].test_sounds
        blocks = [
            f"# {TASK}, version {version}",
            f"{sounds} test sounds of 4 s at 44.1 kHz, {TEST_SET}.",
            _standings(standings),
            *([_MEANING] if version == 1 else _heard_tables(standings)),
            "Parameter error by module:",
            _modules(standings),
            _machines(standings),
        ]
    if left_out:
        blocks.append(markdown_table(["left out"], [[reason] for reason in left_out]))
    return "\n\n".join(blocks) + "\n"


def columns_of(result: Result) -> dict[str, Column]:
    """Return the columns that a result's version is compared by."""
    return COLUMNS if result.version == 1 else HEARD_COLUMNS


def _heard_tables(standings: Sequence[Standing]) -> list[str]:
    """Return what version 2 tells beside its standings."""
    ends, errors = [], []
    for standing in standings:
        cells = []
        for name, form in _INTERVALS.values():
            low, high = (
                standing.mean(lambda result, k=k, of=name: _heard(result).intervals[of][k])  # type: ignore[misc]
                for k in (0, 1)
            )
            cells.append(f"{low:{form}} to {high:{form}}")
        ends.append((standing.label, *cells))
        cells = []
        for name in _ERRORS.values():
            own, always = (
                standing.mean(lambda result, of=name: getattr(result.metrics, of)),  # type: ignore[misc]
                standing.mean(lambda result, of=name: _heard(result).of_median[of]),  # type: ignore[misc]
            )
            cells.append(f"{own:.4f} / {always:.4f}")
        errors.append((standing.label, *cells))
    return [
        _HEARD_MEANING,
        "Intervals of 95 % over the sounds, by bootstrap; means of their ends over seeds:",
        markdown_table(("candidate", *_INTERVALS), ends, align="l" + "r" * len(_INTERVALS)),
        "Errors, each / that of the train median, which hears nothing: of parameters in [0, 1] as "
        "drawn, in canonical form, and of those that are not inert in the target; of gain curves.",
        markdown_table(("candidate", *_ERRORS), errors, align="l" + "r" * len(_ERRORS)),
    ]


def _standings(standings: Sequence[Standing]) -> str:
    columns = columns_of(standings[0].results[0])
    heard = columns is HEARD_COLUMNS
    more = ("renders", "seconds", "a target") if heard else ("seconds",)
    header = ("candidate", "budget", "sounds heard", "seeds", *columns, *more)
    rows = []
    for standing in standings:
        rivals = [other for other in standings if other.budget == standing.budget]
        first = standing.results[0]
        sounds = f"{first.train_sounds:,}" if first.learned == "here" else "-"
        cells = [_cell(column, standing, rivals) for column in columns.values()]
        seeds = len(standing.results)
        spent = _spent(standing)
        rows.append((standing.candidate, standing.place, sounds, seeds, *cells, *spent))
    return markdown_table(header, rows, align="llrr" + "r" * (len(columns) + len(more)))


def _spent(standing: Standing) -> tuple[str, ...]:
    """Return what a candidate took: renders of a target, seconds, and seconds of a target."""
    first = standing.results[0]
    if not isinstance(first, HeardResult):
        return (figures(standing.mean(lambda result: sum(result.seconds.values()))),)
    told = all("a target" in result.seconds for result in standing.results)
    return (
        figures(standing.mean(lambda result: getattr(result, "renders", 0.0))),
        figures(standing.mean(lambda result: result.seconds["matching"])),
        figures(standing.mean(lambda result: result.seconds["a target"])) if told else "-",
    )


def _cell(column: Column, standing: Standing, rivals: Sequence[Standing]) -> str:
    means = [other.mean(column.figure) for other in rivals]
    mean, deviation = standing.mean(column.figure), standing.deviation(column.figure)
    text = f"{mean:{column.form}}"
    if deviation is not None:
        text += f" ± {deviation:{column.form}}"
    return bold(text) if mean == column.best(means) and len(set(means)) > 1 else text


def _modules(standings: Sequence[Standing]) -> str:
    header = ("parameters of", *(standing.label for standing in standings))
    errors = [standing.mean_errors() for standing in standings]
    rows = [(name, *(f"{error[name]:.4f}" for error in errors)) for name in errors[0]]
    return markdown_table(header, rows, align="l" + "r" * len(standings))


def _machines(standings: Sequence[Standing]) -> str:
    machines: dict[str, dict[str, None]] = {}
    for standing in standings:
        for result in standing.results:
            machines.setdefault(str(result.machine), {})[standing.label] = None
    rows = [(machine, "; ".join(labels)) for machine, labels in machines.items()]
    return markdown_table(("measured on", "candidates"), rows, align="ll")


def draw(figure: Any, standings: Sequence[Standing]) -> None:  # noqa: ANN401  # has no types
    """Draw standings, at least one, into a figure of matplotlib's; see ``reporting.picture``."""
    panels = figure.subplot_mosaic([[*"abe"], [*"cdf"]])
    modules, sounds = panels["e"], panels["f"]
    candidates = list(dict.fromkeys(standing.candidate for standing in standings))
    places = list(dict.fromkeys(standing.place for standing in standings))
    shown = _PANELS if standings[0].results[0].version == 1 else _HEARD_PANELS
    for row, standing in enumerate(standings):
        # A colour for each candidate, a marker and a line for each budget.
        color = f"C{candidates.index(standing.candidate) % 10}"
        place = places.index(standing.place)
        marker, line = "os^Dv"[place % 5], ("-", "--", ":", "-.")[place % 4]
        for panel, (name, factor) in zip("abcd", shown.values(), strict=True):
            values = [factor * getattr(result.metrics, name) for result in standing.results]
            panels[panel].plot(values, [row] * len(values), marker, color=color, alpha=0.6)
        errors = standing.mean_errors()
        modules.plot([*errors.values()], range(len(errors)), marker, color=color, alpha=0.6)
        values = sorted(v for result in standing.results for v in result.per_sound["log_mel"])
        shares = [(number + 1) / len(values) for number in range(len(values))]
        sounds.plot(values, shares, line, color=color, label=_unformatted(standing.label))
    for panel, title in zip("abcd", shown, strict=True):
        axis = panels[panel]
        labels = [_unformatted(standing.label) for standing in standings]
        axis.set_yticks(range(len(standings)), labels=labels)
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


def _unformatted(label: str) -> str:
    # matplotlib takes what stands between dollar signs for a formula, leaves a label with an
    # underscore at its beginning out of the legend, and a long one no place for the panels.
    label = printable(" ".join(label.split()))
    if len(label) > _MOST_IN_A_LABEL:
        label = f"{label[: _MOST_IN_A_LABEL - 23]}...{label[-20:]}"
    label = label.replace("$", r"\$")
    return f" {label}" if label.startswith("_") else label
