"""The settings that a sweep tries: names as on ``fit``'s command line, each with its values."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import jsonargparse
import yaml

from synth_datamodule import checks
from synth_datamodule.reporting import read_text

SECTIONS = ("data", "model", "trainer")
"""First words of the settings' names, as on ``fit``'s command line."""

Value: TypeAlias = bool | int | float | str | None

_MOST_WHOLE = 2**53  # beyond, samplers' floats skip whole numbers


@dataclass(frozen=True)
class Choice:
    """One of several values."""

    values: tuple[Value, ...]

    @property
    def extremes(self) -> tuple[Value, ...]:
        """All its values: what holds for each holds for the choice."""
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
        described: Values by setting: a list, or ``{"low": ..., "high": ..., "log": ...}``.

    Raises:
        TypeError: If a value is of another type.
        ValueError: If nothing is described, a list holds a value twice, or a range is empty.

    Example:
        >>> space = search_space({"model.width": [8, 16], "data.seed": {"low": 0, "high": 9}})
        >>> space["data.seed"]
        Range(low=0, high=9, log=False)
    """
    if not isinstance(described, Mapping):
        raise TypeError(f"a space must name settings, got {described!r}")
    if not described:
        raise ValueError("a space must name at least one setting")
    return {str(name): _values(str(name), values) for name, values in described.items()}


def read_space(words: Sequence[str]) -> Space:
    """Return the space that words ``name=values`` and YAML files describe; the later replaces.

    The sections of a file (``model:`` with ``width: [8, 16]`` in it) become dotted names. Numbers
    such as ``1e-4``, which plain YAML takes for words, are numbers here.
    """
    described: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        text = text if equals else read_text(word, word)
        try:
            read = jsonargparse.get_loader("yaml")(text)
        except (yaml.YAMLError, RecursionError) as error:
            raise ValueError(f"{word} is not YAML: {error}") from error
        read = {name: read} if equals else read
        if not isinstance(read, Mapping):
            raise ValueError(f"{word} must name settings, got {read!r}")
        for key, value in read.items():
            if key in SECTIONS and isinstance(value, Mapping):
                described |= {f"{key}.{setting}": values for setting, values in value.items()}
            else:
                described[str(key)] = value
    return search_space(described)


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
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"a value of {name} must be finite, got {value}")
    if len(set(described)) < len(described):
        raise ValueError(f"the values of {name} must all differ, got {described!r}")
    return Choice(tuple(described))


def _range(name: str, described: Mapping[str, Any]) -> Range:
    if not {"low", "high"} <= set(described) <= {"low", "high", "log"}:
        raise ValueError(f"a range of {name} must give low and high, and may give log: true")
    low, high, log = described["low"], described["high"], described.get("log", False)
    checks.real_number(f"{name}: low", low)
    checks.real_number(f"{name}: high", high)
    checks.truth_value(f"{name}: log", log)
    if not low < high or (log and low <= 0):
        rule = "0 < low < high" if log else "low < high"
        raise ValueError(f"a range of {name} must have {rule}, got low {low} and high {high}")
    if not Range(low, high).is_whole:
        return Range(float(low), float(high), log)
    if max(abs(low), abs(high)) > _MOST_WHOLE:
        raise ValueError(f"a range of {name} must lie within 2**53, got low {low} and high {high}")
    return Range(low, high, log)
