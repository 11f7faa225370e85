"""Arguments of an own synth's constructor: plain values by name, which outlive a process."""

import inspect
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synth_datamodule import checks

_RULE = "synth_arguments must map names to numbers, words, truth values, None, or lists and dicts"


class Arguments(Mapping[str, Any]):
    """Keyword arguments by name that cannot be changed, compared and hashed by value.

    Args:
        values: JSON's types by name: numbers, words, truth values, None, lists and dicts of such.

    Raises:
        TypeError: If it is no mapping, or a value is of another type.
        ValueError: If a number is not finite.

    Example:
        >>> Arguments({"mode": "soft", "gain": 0.5})
        Arguments({'gain': 0.5, 'mode': 'soft'})
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        if not isinstance(values, Mapping):
            raise TypeError(f"{_RULE}, got {checks.shown(values)} ({type(values).__name__})")
        self._text = json.dumps(_json(values), sort_keys=True)
        self._values: dict[str, Any] = json.loads(self._text)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Arguments({self._values})"

    def plain(self) -> dict[str, Any]:
        """Return them as a dict of one's own, nothing of which is shared."""
        return dict(json.loads(self._text))


def _json(value: object) -> Any:  # noqa: ANN401  # of JSON's types
    """Return a value in JSON's types: tuples as lists, numpy's numbers as Python's."""
    if isinstance(value, Mapping):
        for name in value:
            if not isinstance(name, str):
                raise TypeError(f"{_RULE}, got the name {checks.shown(name)}")
        return {str(name): _json(part) for name, part in value.items()}
    plain = checks.plain(value)
    if isinstance(plain, Sequence) and not isinstance(plain, str | bytes | bytearray | range):
        return [_json(part) for part in plain]
    if not (plain is None or isinstance(plain, bool | int | float | str)):
        raise TypeError(f"{_RULE}, got {checks.shown(value)} ({type(value).__name__})")
    if isinstance(plain, float) and not math.isfinite(plain):
        raise ValueError(f"{_RULE}, all finite, got {checks.shown(plain)}")
    return plain


def check_arguments(kind: type, base: type, arguments: Mapping[str, Any]) -> None:
    """Check that a synth's constructor has arguments of its own by these names.

    Args:
        kind: Class of the synth.
        base: AbstractSynth, whose arguments are settings of their own.
        arguments: Values by name.

    Raises:
        ValueError: If it has none of a name.
    """
    taken, known, open_ended = _named(base)[0], *_named(kind, base)
    own = sorted(known.keys() - taken.keys())
    for name in arguments:
        if name in taken:
            raise ValueError(
                f"synth_arguments must be arguments of the synth's own, got {checks.shown(name)}, "
                "which is a setting of every synth"
            )
        if name not in own and not open_ended:
            there = ", ".join(own) or "none of its own"
            raise ValueError(
                f"synth_arguments must be arguments of {kind.__name__} ({there:.150}), got "
                f"{checks.shown(name)}"
            )


def arguments_given(
    kind: type, base: type, args: Sequence[object], kwargs: Mapping[str, object]
) -> Arguments:
    """Return what a synth's constructor was given beyond every synth's arguments.

    Defaults are left out, and what is not of JSON's types, which nobody could write down.

    Args:
        kind: Class of the synth.
        base: AbstractSynth.
        args: Positional arguments of the call.
        kwargs: Keyword arguments of the call.
    """
    taken, (known, _) = _named(base)[0], _named(kind, base)
    if not known.keys() - taken.keys() and kwargs.keys() <= taken.keys():
        return NO_ARGUMENTS
    bound = inspect.signature(kind.__init__).bind(None, *args, **kwargs)  # type: ignore[misc]
    given: dict[str, object] = {}
    for name, value in bound.arguments.items():
        kind_of = bound.signature.parameters[name].kind
        if kind_of is inspect.Parameter.VAR_KEYWORD:
            given |= value
        elif kind_of is not inspect.Parameter.VAR_POSITIONAL:
            given[name] = value
    own: dict[str, object] = {}
    for name, value in given.items():
        if name not in taken and name != "self":
            try:
                one = Arguments({name: value})
            except (TypeError, ValueError):
                continue
            default = known.get(name, inspect.Parameter.empty)
            if not (type(one[name]) is type(default) and one[name] == default):
                own |= one
    return Arguments(own)


def _named(kind: type, base: type | None = None) -> tuple[dict[str, Any], bool]:
    """Return the defaults of a constructor's arguments by name, and whether it takes any name.

    Those of the constructors that it hands the rest on to count.
    """
    found: dict[str, Any] = {}
    for one in kind.__mro__:
        if "__init__" not in vars(one):
            continue
        parameters = [*inspect.signature(vars(one)["__init__"]).parameters.values()][1:]
        open_ended = any(row.kind is inspect.Parameter.VAR_KEYWORD for row in parameters)
        for row in parameters:
            if row.kind not in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL):
                found.setdefault(row.name, row.default)
        if one is base or not open_ended:
            return found, False
    return found, True


NO_ARGUMENTS = Arguments({})
