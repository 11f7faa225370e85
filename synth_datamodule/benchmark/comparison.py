"""Two results, figure by figure: the same to the last digit, or by how much not."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import NamedTuple

from synth_datamodule.benchmark.results import Result
from synth_datamodule.reporting import markdown_table


class Comparison(NamedTuple):
    """Two results side by side.

    Args:
        text: Table of every figure, and whether the guesses are the same bits, as Markdown.
        same: Whether nothing differs: no figure, no sound, no bit of the guesses.
    """

    text: str
    same: bool


def compare(one: Result, other: Result) -> Comparison:
    """Hold two results side by side.

    Args:
        one: A result.
        other: Another result, such as that of the same run repeated, or on another device.
    """
    ours, theirs = (dict(_figures(asdict(result.metrics))) for result in (one, other))
    rows = []
    for name in dict.fromkeys((*ours, *theirs)):
        pair = ours.get(name), theirs.get(name)
        rows.append((name, *map(_exact, pair), _difference(*pair)))
    lines = [f"guesses: {'the same bits' if _guesses_agree(one, other) else 'other bits'}"]
    for name, values in one.per_sound.items():
        others = other.per_sound.get(name, [])
        if len(values) != len(others):
            lines.append("per sound: other sounds")
            break
        differences = [abs(a - b) for a, b in zip(values, others, strict=True)]
        changed = sum(difference > 0 for difference in differences)
        lines.append(
            f"per sound, {name}: {changed} of {len(differences)} differ, by "
            f"{_short(max(differences, default=0.0))} at most"
        )
    table = markdown_table(("", _title(one), _title(other), "difference"), rows, align="lrrr")
    same = (one.metrics, one.per_sound) == (other.metrics, other.per_sound)
    return Comparison(f"{table}\n\n" + "\n".join(lines), same and _guesses_agree(one, other))


def _guesses_agree(one: Result, other: Result) -> bool:
    return one.guesses_sha256 == other.guesses_sha256


def _figures(metrics: dict[str, object], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in metrics.items():
        if isinstance(value, dict):
            yield from _figures(value, f"{prefix}{name} ")
        elif isinstance(value, float):
            yield f"{prefix}{name}", value


def _exact(value: float | None) -> str:
    return "-" if value is None else repr(value)


def _difference(ours: float | None, theirs: float | None) -> str:
    return "-" if ours is None or theirs is None else _short(theirs - ours)


def _short(difference: float) -> str:
    return f"{difference:.1e}" if difference else "0"


def _title(result: Result) -> str:
    threads = f"{result.machine.threads} threads"
    return f"{result.candidate}, seed {result.seed}, {result.machine.device}, {threads}"
