"""What is asked of parameters by name: pinned values, narrower ranges, listed values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from synth_datamodule import checks
from synth_datamodule.parameters.table import ParameterRange, ParameterTable

NOTE = "keyboard.midi_f0"
"""The parameter that ``notes`` lists values of."""

MOST_VALUES = 2**16
"""Most values of a list: of the 2**24 draws each then has its share to 0.4 %."""

_Value = TypeVar("_Value")


class _ByName(Mapping[str, _Value]):
    """A frozen mapping from parameters' names, sorted, compared and hashed by value."""

    setting: ClassVar[str]
    kind: ClassVar[str]

    def __init__(self, given: Mapping[str, Any] | None = None) -> None:
        if not isinstance(given, Mapping | None):
            raise TypeError(
                f"{self.setting} must map parameter names to {self.kind}, got {checks.shown(given)}"
            )
        for name in given or {}:
            if not isinstance(name, str):
                raise TypeError(f"{self.setting} must name parameters, got {checks.shown(name)}")
        self._values: dict[str, _Value] = {
            str(name): self._value(name, value) for name, value in sorted((given or {}).items())
        }

    def _value(self, name: str, value: Any) -> _Value:  # noqa: ANN401  # checked here
        raise NotImplementedError

    def __getitem__(self, name: str) -> _Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(tuple(self._values.items()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._values})"

    def plain(self) -> dict[str, Any]:
        """Return it as a dict of numbers or lists of numbers, for JSON and checkpoints."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self._values.items()
        }


class Pinned(_ByName[float]):
    """Parameter values by name that cannot be changed, compared and hashed by value.

    Args:
        given: Values in the parameters' units, in any order; None is none.

    Raises:
        TypeError: If it is no mapping from names to numbers.
        ValueError: If a number is not finite.

    Example:
        >>> Pinned({"b": 1, "a": 2.0})
        Pinned({'a': 2.0, 'b': 1.0})
    """

    setting = "pinned"
    kind = "values"

    def _value(self, name: str, value: Any) -> float:  # noqa: ANN401
        return _number(name, value)


class Ranges(_ByName[tuple[float, float]]):
    """Narrower ranges of parameters by name, compared and hashed by value.

    Args:
        given: Minimum and maximum of each, in its unit; the same twice pins it. None is none.

    Raises:
        TypeError: If it is no mapping from names to pairs of numbers.
        ValueError: If a minimum is above its maximum, or a number is not finite.

    Example:
        >>> Ranges({"keyboard.midi_f0": [48, 72]})
        Ranges({'keyboard.midi_f0': (48.0, 72.0)})
    """

    setting = "ranges"
    kind = "(minimum, maximum)"

    def _value(self, name: str, value: Any) -> tuple[float, float]:  # noqa: ANN401
        rule = f"the range of {name} must be (minimum, maximum)"
        bounds = _numbers(rule, name, value)
        if len(bounds) != 2 or bounds[0] > bounds[1]:
            raise ValueError(f"{rule}, got {checks.shown(value)}")
        return bounds[0], bounds[1]

    def narrow(self, parameters: Iterable[ParameterRange]) -> tuple[ParameterRange, ...]:
        """Return parameters with these ranges, over which their curves are spread anew.

        Args:
            parameters: Parameters with the ranges of their modules.

        Raises:
            ValueError: If a name is unknown, or a range reaches beyond that of its module.

        Example:
            >>> narrowed, = Ranges({"a": (1, 2)}).narrow([ParameterRange("a", 0.0, 4.0)])
            >>> narrowed.minimum, narrowed.maximum
            (1.0, 2.0)
        """
        parameters = tuple(parameters)
        if not self:
            return parameters
        for end in range(2):
            # A table knows the names, and where a value may lie.
            ParameterTable(parameters, {name: bounds[end] for name, bounds in self.items()})
        return tuple(
            ParameterRange(one.name, *self[one.name], one.curve, one.symmetric, one.unit)
            if one.name in self
            else one
            for one in parameters
        )


class Values(_ByName[tuple[float, ...]]):
    """Listed values of parameters by name, compared and hashed by value.

    Args:
        given: Values of each, in its unit, in any order; one that is listed twice comes twice as
            often. None is none.

    Raises:
        TypeError: If it is no mapping from names to lists of numbers.
        ValueError: If a list is empty or holds more than 65,536, or a number is not finite.

    Example:
        >>> Values({"keyboard.midi_f0": range(48, 51)})
        Values({'keyboard.midi_f0': (48.0, 49.0, 50.0)})
    """

    setting = "values"
    kind = "lists of values"

    def _value(self, name: str, value: Any) -> tuple[float, ...]:  # noqa: ANN401
        return _numbers(f"the values of {name} must be 1 to {MOST_VALUES} numbers", name, value)


def with_notes(values: Mapping[str, Sequence[float]] | None, notes: object) -> Values:
    """Return listed values with those of the note, ``keyboard.midi_f0``, among them.

    Args:
        values: Listed values by name; None is none.
        notes: MIDI notes, which may be fractions; None is none.

    Raises:
        TypeError: If one is of another type.
        ValueError: If both list notes, or a list is empty.

    Example:
        >>> with_notes(None, [60, 61.5])
        Values({'keyboard.midi_f0': (60.0, 61.5)})
    """
    listed = Values(values)
    row = note_values(notes)
    if row is None:
        return listed
    if NOTE in listed:
        raise ValueError(
            f"notes must not be given beside values of {NOTE}, which it lists, got both"
        )
    return Values({**listed, NOTE: row})


def note_values(notes: object) -> list[float] | None:
    """Return notes as a list of floats; None is None.

    Args:
        notes: MIDI notes, a sequence or an array.

    Raises:
        TypeError: If they are no sequence of numbers.
        ValueError: If there is none, or more than 65,536, or one is not finite.

    Example:
        >>> note_values(range(60, 62))
        [60.0, 61.0]
    """
    rule = f"notes must be 1 to {MOST_VALUES} numbers"
    return None if notes is None else list(_numbers(rule, "a note", notes))


def _number(name: str, value: object) -> float:
    # Adding 0.0 makes one zero of two, which are equal but written otherwise.
    return checks.real_number(name, value) + 0.0


def _numbers(rule: str, name: str, value: Any) -> tuple[float, ...]:  # noqa: ANN401
    given = value.tolist() if type(value).__module__ in ("numpy", "torch") else value
    if not isinstance(given, Sequence) or isinstance(given, (str, bytes)):
        raise TypeError(f"{rule}, got {checks.shown(value)} ({type(value).__name__})")
    if not 1 <= len(given) <= MOST_VALUES:
        raise ValueError(f"{rule}, got {len(given)}")
    return tuple(_number(name, one) for one in given)
