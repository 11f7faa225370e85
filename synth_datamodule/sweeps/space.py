"""The settings that a sweep tries: names as on ``fit``'s command line, each with its values."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from synth_datamodule import checks

Value: TypeAlias = bool | int | float | str | None


@dataclass(frozen=True)
class Choice:
    """One of several values."""

    values: tuple[Value, ...]

    @property
    def extremes(self) -> tuple[Value, ...]:
        """All of them: what holds for each holds for the choice."""
        return self.values


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included; whole ones where both are ints."""

    low: int | float
    high: int | float
    log: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether its numbers are ints."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def extremes(self) -> tuple[Value, ...]:
        """Its two ends."""
        return self.low, self.high


Space: TypeAlias = dict[str, Choice | Range]


def search_space(described: Mapping[str, object]) -> Space:
    """Return the space that plain words describe.

    Args:
        described: By setting, a list of values, or ``{"low": ..., "high": ..., "log": ...}``.

    Raises:
        TypeError: If a value is of another type.
        ValueError: If nothing is described, or a range is none.

    Example:
        >>> space = search_space({"model.width": [8, 16], "data.seed": {"low": 0, "high": 9}})
        >>> space["data.seed"]
        Range(low=0, high=9, log=False)
    """
    if not isinstance(described, Mapping):
        raise TypeError(f"a space must name settings, got {described!r}")
    if not described:
        raise ValueError("a space must name at least one setting")
    return {str(name): _values(str(name), described[name]) for name in described}


def read_words(words: Sequence[str]) -> dict[str, Any]:
    """Return what words and files say, a later one going before an earlier.

    Args:
        words: Each ``name=value``, the value in YAML, or the path of a YAML file; sections in a
            file (``model:`` with ``width: 8`` in it) become dotted names.

    Returns:
        By dotted name. Numbers such as ``1e-4``, strings to YAML, are numbers here.

    Raises:
        OSError: If a file cannot be read.
        ValueError: If something is not YAML, or names nothing.

    Example:
        >>> read_words(["model.width=[8, 16]", "model.learning_rate={low: 1e-4, high: 1e-2}"])
        {'model.width': [8, 16], 'model.learning_rate': {'low': 0.0001, 'high': 0.01}}
    """
    read: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        try:
            if equals:
                read[name] = _numbers(yaml.safe_load(text))
                continue
            sections = _numbers(yaml.safe_load(Path(word).read_text(encoding="utf-8")))
        except yaml.YAMLError as error:
            raise ValueError(f"{word} is not YAML: {error}") from error
        if not isinstance(sections, dict):
            raise ValueError(f"{word} must name settings, got {sections!r}")
        read |= _dotted(sections)
    return read


def _values(name: str, described: object) -> Choice | Range:
    if isinstance(described, Choice | Range):
        return described
    if isinstance(described, Mapping):
        return _range(name, described)
    if not isinstance(described, list | tuple) or not described:
        raise TypeError(
            f"{name} must be a list of values, or {{low: ..., high: ...}} with log: true where "
            f"wanted, got {described!r}"
        )
    for value in described:
        if not isinstance(value, Value):
            raise TypeError(f"a value of {name} must be a number, a word, true, false or null")
    return Choice(tuple(described))


def _range(name: str, described: Mapping[str, Any]) -> Range:
    if not {"low", "high"} <= set(described) <= {"low", "high", "log"}:
        raise ValueError(f"a range of {name} must give low and high, and may give log: true")
    low, high = described["low"], described["high"]
    for end, value in (("low", low), ("high", high)):
        checks.real_number(f"{name}: {end}", value)
    log = checks.truth_value(f"{name}: log", described.get("log", False))
    if not low < high or (log and low <= 0):
        rule = "0 < low < high" if log else "low < high"
        raise ValueError(f"a range of {name} must have {rule}, got low {low} and high {high}")
    whole = isinstance(low, int) and isinstance(high, int)
    return Range(low, high, log) if whole else Range(float(low), float(high), log)


def _numbers(value: Any) -> Any:  # noqa: ANN401  # whatever YAML holds
    if isinstance(value, dict):
        return {name: _numbers(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_numbers(part) for part in value]
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value


def _dotted(sections: Mapping[str, Any]) -> dict[str, Any]:
    dotted: dict[str, Any] = {}
    for section, settings in sections.items():
        if "." not in str(section) and isinstance(settings, dict):
            dotted |= {f"{section}.{name}": value for name, value in settings.items()}
        else:
            dotted[str(section)] = settings
    return dotted
