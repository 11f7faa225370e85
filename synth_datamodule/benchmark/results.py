"""The file that a run leaves: all that defines it, what it cost, what came out; two compared."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from synth_datamodule.benchmark.measures import Metrics
from synth_datamodule.benchmark.task import TASK, VERSION
from synth_datamodule.measure.machine import Machine
from synth_datamodule.reporting import markdown_table, read_text, write_text


@dataclass(frozen=True)
class Result:
    """What a run gives; see ``Run``, ``Guesses`` and ``Metrics``.

    Args:
        device: ``"cpu"`` or ``"cuda"``.
        test_set: Fingerprint of the test sounds, as this machine renders them.
        is_comparable: Whether it is the task itself, and no shorter trial run.
        learned: ``"here"`` from the train sounds, ``"elsewhere"`` or ``"nothing"``.
        seconds: Time of ``"matching"``, learning and guessing, and of ``"measuring"``.
        per_sound: Errors and distances of each test sound, ascending, to five figures.
    """

    task: str
    version: int
    candidate: str
    budget: str
    seed: int
    device: str
    train_sounds: int
    test_sounds: int
    test_set: str
    batch_size: int
    is_comparable: bool
    learned: str
    hyperparameters: dict[str, object]
    num_weights: int
    machine: Machine
    seconds: dict[str, float]
    metrics: Metrics
    guesses_sha256: str
    per_sound: dict[str, list[float]]

    def write(self, path: Path, *, overwrite: bool = False) -> None:
        """Write the result as JSON, a line per field; see ``reporting.write_bytes``."""
        fields = asdict(self)
        sounds = ",\n    ".join(_members(fields.pop("per_sound")))
        lines = [*_members(fields), f'"per_sound": {{\n    {sounds}\n  }}']
        write_text(path, "{\n  " + ",\n  ".join(lines) + "\n}\n", overwrite=overwrite)


def _members(fields: Mapping[str, object]) -> Iterator[str]:
    for name, value in fields.items():
        yield f"{json.dumps(name)}: {json.dumps(value, default=repr)}"


def read(path: Path) -> Result:
    """Return the result in a file.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If the file holds no result of this task and version.
    """
    rule = f"{path} must be a result of {TASK}, version {VERSION}"
    try:
        fields = json.loads(read_text(path, str(path)))
        given = fields["task"], fields["version"]
    except (KeyError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(f"{rule}: {error!r}") from error
    if given != (TASK, VERSION):
        raise ValueError(f"{rule}, got {given[0]}, version {given[1]}")
    try:
        fields["machine"] = Machine(**fields["machine"])
        fields["metrics"] = Metrics(**fields["metrics"])
        return Result(**fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{rule}: {error}") from error


def compare(one: Result, other: Result) -> tuple[str, bool]:
    """Hold two results side by side.

    Returns:
        Table of every figure, and whether the guesses are the same bits, as Markdown; whether
        nothing differs: no figure, no sound, no bit of the guesses.
    """
    ours, theirs = _figures(one), _figures(other)
    rows = []
    for name in dict.fromkeys((*ours, *theirs)):
        pair = [figures[name] for figures in (ours, theirs) if name in figures]
        shown = [repr(figures[name]) if name in figures else "-" for figures in (ours, theirs)]
        rows.append((name, *shown, _short(pair[1] - pair[0]) if len(pair) == 2 else "-"))
    agree = one.guesses_sha256 == other.guesses_sha256
    lines = [f"guesses: {'the same bits' if agree else 'other bits'}"]
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
    return f"{table}\n\n" + "\n".join(lines), same and agree


def _figures(result: Result) -> dict[str, float]:
    figures = {}
    for name, value in asdict(result.metrics).items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        figures.update({f"{name} {part}".rstrip(): figure for part, figure in parts})
    return {name: figure for name, figure in figures.items() if isinstance(figure, float)}


def _short(difference: float) -> str:
    return f"{difference:.1e}" if difference else "0"


def _title(result: Result) -> str:
    threads = f"{result.machine.threads} threads"
    return f"{result.candidate}, seed {result.seed}, {result.machine.device}, {threads}"
