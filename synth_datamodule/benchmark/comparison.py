"""Two results, figure by figure: the same to the last digit, or by how much not."""

from collections.abc import Iterator
from dataclasses import asdict

from synth_datamodule.benchmark.results import Result


def comparison(one: Result, other: Result) -> str:
    """Return a table of every figure of two results, and whether their guesses are the same bits.

    Args:
        one: A result.
        other: Another, such as the same run repeated, or on another device.
    """
    lines = [
        f"| | {_title(one)} | {_title(other)} | difference |",
        "| --- | ---: | ---: | ---: |",
    ]
    theirs = dict(_figures(asdict(other.metrics)))
    for name, value in _figures(asdict(one.metrics)):
        difference = theirs[name] - value
        lines.append(f"| {name} | {value!r} | {theirs[name]!r} | {_short(difference)} |")
    same = one.guesses_sha256 == other.guesses_sha256
    lines += ["", f"guesses: {'the same bits' if same else 'other bits'}"]
    for name, values in one.per_sound.items():
        if len(values) != len(other.per_sound[name]):
            lines.append("per sound: other sounds")
            break
        pairs = zip(values, other.per_sound[name], strict=True)
        differences = [abs(first - second) for first, second in pairs]
        changed = sum(difference > 0 for difference in differences)
        lines.append(
            f"per sound, {name}: {changed} of {len(differences)} differ, by "
            f"{_short(max(differences))} at most"
        )
    return "\n".join(lines) + "\n"


def _figures(metrics: dict[str, object], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in metrics.items():
        if isinstance(value, dict):
            yield from _figures(value, f"{prefix}{name} ")
        elif isinstance(value, float):
            yield f"{prefix}{name}", value


def _short(difference: float) -> str:
    return f"{difference:.1e}" if difference else "0"


def _title(result: Result) -> str:
    threads = f"{result.machine.threads} threads"
    return f"{result.candidate}, seed {result.seed}, {result.machine.device}, {threads}"
