"""The settings that a sweep tries: names as on ``fit``'s command line, each with its values."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import jsonargparse

from synth_datamodule import checks
from synth_datamodule.commandline.settings import check_yaml
from synth_datamodule.reporting import read_text

SECTIONS = ("data", "model", "trainer")
"""First words of the settings' names, as on ``fit``'s command line."""

Word: TypeAlias = bool | int | float | str | None
"""A value as a study and its pictures hold it."""

Value: TypeAlias = Word | list[Any] | dict[Any, Any]
"""A value of a setting: a word, or a list or mapping of such, as ranges and curricula are."""

_MOST_WHOLE = 2**53  # beyond, samplers' floats skip whole numbers


@dataclass(frozen=True)
class Choice:
    """One of several values."""

    values: tuple[Value, ...]

    @property
    def extremes(self) -> tuple[Value, ...]:
        """All its values: what holds for each holds for the choice."""
        return self.values

    @property
    def words(self) -> tuple[Word, ...]:
        """What stands for each value in a study: itself, or of a list or mapping its JSON text."""
        return tuple(map(_word, self.values))

    def value(self, word: Word) -> Value:
        """Return the value that a word stands for.

        Example:
            >>> Choice(([60, 62], None)).value("[60, 62]")
            [60, 62]
        """
        return self.values[self.words.index(word)]


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

    def value(self, word: Word) -> Value:
        """Return a number as it is."""
        return word


Space: TypeAlias = dict[str, Choice | Range]


def search_space(described: Mapping[str, object]) -> Space:
    """Return the space that plain words describe.

    Args:
        described: Values by setting: a list, or ``{"low": ..., "high": ..., "log": ...}``. A value
            is a number, a word, true, false or null, or a list or mapping of such: ``"data.notes":
            [[48, 60], [48, 55, 60]]``.

    Raises:
        TypeError: If a name or a value is of another type.
        ValueError: If nothing is described, a name is empty, a list holds a value twice, or a range
            is empty.

    Example:
        >>> space = search_space({"model.width": [8, 16], "data.seed": {"low": 0, "high": 9}})
        >>> space["data.seed"]
        Range(low=0, high=9, log=False)
    """
    if not isinstance(described, Mapping):
        raise TypeError(f"a space must name settings, got {checks.shown(described)}")
    if not described:
        raise ValueError("a space must name at least one setting")
    for name in described:
        if not checks.instance("a setting's name", name, str):
            raise ValueError("a setting's name must be a word, got ''")
    return {name: _values(name, values) for name, values in described.items()}


def read_space(words: Sequence[str]) -> Space:
    """Return the space that words ``name=values`` and YAML files describe; the later replaces.

    The sections of a file (``model:`` with ``width: [8, 16]`` in it) become dotted names. Numbers
    such as ``1e-4``, which plain YAML takes for words, are numbers here.
    """
    described: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        text = text if equals else read_text(word, word)
        check_yaml(text, name if equals else word)
        read = jsonargparse.get_loader("yaml")(text)
        read = {name: read} if equals else read
        if not isinstance(read, Mapping):
            raise ValueError(f"{word} must name settings, got {checks.shown(read)}")
        here: dict[str, Any] = {}
        for key, value in read.items():
            settings = {str(key): value}
            if key in SECTIONS and isinstance(value, Mapping):
                settings = {f"{key}.{setting}": values for setting, values in value.items()}
            for setting in settings.keys() & here.keys():
                raise ValueError(f"{word} gives {setting} twice")
            here |= settings
        described |= here
    return search_space(described)


def _values(name: str, described: object) -> Choice | Range:
    if isinstance(described, Choice):
        described = described.values
    elif isinstance(described, Range):
        described = {"low": described.low, "high": described.high, "log": described.log}
    if isinstance(described, Mapping):
        return _range(name, described)
    if not isinstance(described, list | tuple) or not described:
        raise TypeError(
            f"{name} must be a list of values, or {{low: ..., high: ...}} with log: true where "
            f"wanted, got {checks.shown(described)}"
        )
    choice = Choice(tuple(_plain(name, value) for value in described))
    if len(set(choice.words)) < len(described):
        raise ValueError(f"the values of {name} must all differ, got {checks.shown(described)}")
    return choice


def _plain(name: str, value: object) -> Value:
    if isinstance(value, list | tuple):
        return [_plain(name, part) for part in value]
    if isinstance(value, Mapping):
        return {_key(name, key): _plain(name, part) for key, part in value.items()}
    if not isinstance(value, Word):
        raise TypeError(
            f"a value of {name} must be a number, a word, true, false or null, or a list or "
            f"mapping of such, got {checks.shown(value)}"
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"a value of {name} must be finite, got {value}")
    return value


def _key(name: str, key: object) -> int | str:
    if isinstance(key, bool) or not isinstance(key, int | str):
        raise TypeError(
            f"a mapping of {name} must have words or whole numbers as keys, got {checks.shown(key)}"
        )
    return key


def _word(value: Value) -> Word:
    return json.dumps(value) if isinstance(value, list | dict) else value


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
