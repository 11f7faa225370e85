"""The file that a run leaves: all that defines it, what it cost, what came out; two compared."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from synth_datamodule import checks
from synth_datamodule.benchmark.measures import HeardMetrics, Metrics
from synth_datamodule.benchmark.task import TASK, VERSIONS
from synth_datamodule.measure.machine import Machine
from synth_datamodule.reporting import json_of, markdown_table, read_text, write_text

_MOST = 1e12  # of a figure: far beyond any run's, and sums, squares and pictures can be made of it


SHARES = (
    "parameter_error",
    "pitch_within_quarter_tone",
    "canonical_error",
    "heard_parameter_error",
    "heard_pitch_within",
    "heard_pitch_within_still",
    "still",
    "rms",
    "sot",
)
"""Metrics that are at most 1; version 1 has the first two."""
OF_MEDIAN = ("parameter_error", "canonical_error", "heard_parameter_error", "gain_error")
"""Errors of the train median that version 2 tells."""


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


@dataclass(frozen=True)
class HeardResult(Result):
    """What a run of version 2 gives.

    Args:
        renders: Renders that a target took, their mean; a render with its gradient counts as 3.
    """

    metrics: HeardMetrics
    renders: float


KINDS: dict[int, type[Result]] = {1: Result, 2: HeardResult}
"""What a run of each version gives."""


def _members(fields: Mapping[str, object]) -> Iterator[str]:
    for name, value in fields.items():
        yield f"{json.dumps(name)}: {json.dumps(value, default=repr)}"


def read(path: Path) -> Result:
    """Return the result in a file.

    Raises:
        OSError: If the file cannot be read.
        TypeError: If ``path`` is no path.
        ValueError: If the file holds no result of this task and version.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be a path, got {checks.shown(path)}")
    rule = f"{path} must be a result of {TASK}, version {' or '.join(map(str, VERSIONS))}"
    fields = json_of(read_text(path, str(path)), rule)
    given = (fields.get("task"), fields.get("version")) if isinstance(fields, dict) else fields
    version = fields.get("version") if isinstance(fields, dict) else None
    if given not in [(TASK, one) for one in VERSIONS] or type(version) is not int:
        raise ValueError(f"{rule}, got {checks.shown(given)}")
    try:
        result: Result = _checked(KINDS[version], "", fields)
        _check_figures(result)
    except (RecursionError, TypeError, ValueError) as error:
        # In one line, whatever a key of the file is.
        raise ValueError(f"{rule}: {' '.join(str(error).split())}"[:300]) from error
    return result


def _checked(kind: Any, name: str, value: Any) -> Any:  # noqa: ANN401  # whatever JSON holds
    """Return a value of a file as a field's type has it; a figure lies in [0, 1e12]."""
    if kind is object:
        return value
    if kind in (str, bool):
        if not isinstance(value, kind):
            raise TypeError(f"{name} must be a {kind.__name__}, got {checks.shown(value)}")
        return value
    if kind is int:
        return checks.whole_number(name, value, 0, 2**63)
    if kind is float:
        number = checks.real_number(name, value)
        if not 0 <= number <= _MOST:
            word, bound = ("least", 0) if number < 0 else ("most", f"{_MOST:g}")
            raise ValueError(f"{name} must be at {word} {bound}, got {checks.shown(value)}")
        return number + 0.0  # no sign of a zero's
    container = get_origin(kind) or dict
    if not isinstance(value, container):
        raise TypeError(
            f"{name or 'it'} must be a JSON {container.__name__}, got {checks.shown(value)}"
        )
    if container is list:
        (part,) = get_args(kind)
        return [_checked(part, f"{name}[{place}]", one) for place, one in enumerate(value)]
    prefix = f"{name}." if name else ""
    if get_args(kind):
        part = get_args(kind)[1]
        return {key: _checked(part, prefix + _spelt(key), one) for key, one in value.items()}
    kinds = get_type_hints(kind)
    if different := sorted(kinds.keys() ^ value.keys()):
        raise ValueError(f"{prefix}{_spelt(different[0])} must be there, and nothing else")
    return kind(**{key: _checked(part, prefix + key, value[key]) for key, part in kinds.items()})


def _spelt(key: str) -> str:
    return repr(key)[1:-1][:60]


def _check_figures(result: Result) -> None:
    """Check what the fields of a result say together."""
    checks.one_of("device", result.device, ("cpu", "cuda"))
    checks.one_of("learned", result.learned, ("here", "elsewhere", "nothing"))
    if not result.candidate.strip():
        raise ValueError(f"candidate must be a name, got {checks.shown(result.candidate)}")
    metrics = result.metrics
    measures = {field.name for field in fields(metrics)}
    heard = metrics if isinstance(metrics, HeardMetrics) else None
    times = {"matching", "measuring"} | ({"a target"} if heard else set())
    for field, given, allowed in (
        ("seconds", result.seconds, times),
        ("per_sound", result.per_sound, measures),
        ("metrics.medians", metrics.medians, measures),
        ("metrics.intervals", heard.intervals if heard else {}, measures),
        ("metrics.of_median", heard.of_median if heard else {}, measures),
    ):
        if unknown := sorted(given.keys() - allowed):
            raise ValueError(f"{field}.{_spelt(unknown[0])} must not be there")
    shares = {
        f"parameter_error_of.{_spelt(name)}": error
        for name, error in metrics.parameter_error_of.items()
    }
    if heard:
        for name, ends in heard.intervals.items():
            if len(ends) != 2 or ends[0] > ends[1]:
                raise ValueError(f"metrics.intervals.{name} must be two ends, got {ends!s:.80}")
        if missing := sorted(set(OF_MEDIAN) ^ heard.of_median.keys()):
            raise ValueError(f"metrics.of_median.{missing[0]} must be there, and nothing else")
    for name in SHARES if heard else SHARES[:2]:
        shares[name] = getattr(metrics, name)
    for name, share in shares.items():
        if share > 1:
            raise ValueError(f"metrics.{name} must be at most 1, got {share}")
    for name, values in result.per_sound.items():
        if len(values) != result.test_sounds:
            raise ValueError(
                f"per_sound.{name} must be of {result.test_sounds} sounds (test_sounds), "
                f"got {len(values)}"
            )
    if missing := sorted({"matching", "measuring"} - result.seconds.keys()):
        raise ValueError(f"seconds.{missing[0]} must be there")
    if "log_mel" not in result.per_sound:
        raise ValueError("per_sound.log_mel must be there")


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
