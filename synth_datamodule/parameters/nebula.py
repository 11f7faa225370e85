"""Nebulae: sets of curves that spread the same synth over another region of its sounds."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.reporting import read_text

_FIELDS = {"curve", "symmetric"}


def shipped_nebulae() -> list[str]:
    """Return the names of the nebulae that come with the package.

    Example:
        >>> shipped_nebulae()
        ['default', 'drum']
    """
    folder = resources.files("synth_datamodule") / "nebulae"
    return sorted(file.name.removesuffix(".json") for file in folder.iterdir())


def apply_nebula(
    nebula: str | Path, ranges: Iterable[ParameterRange]
) -> tuple[ParameterRange, ...]:
    """Return the ranges with the curves of a nebula.

    Args:
        nebula: A shipped name, or the path of a JSON file:
            ``{"module.parameter": {"curve": 0.5, "symmetric": false}, ...}``, an entry for each.
        ranges: Ranges named ``module.parameter``.

    Returns:
        The same ranges in the same order, with the nebula's curve and symmetry.

    Raises:
        TypeError: If ``nebula`` is neither a string nor a path, or an entry of another type.
        ValueError: If the name is unknown, the file is not JSON, a parameter is unknown or
            missing, or a curve is not positive; it names the file and the entry.

    Example:
        >>> apply_nebula("kazoo", [])
        Traceback (most recent call last):
        ...
        ValueError: nebula must be 'default', 'drum' or the path of a JSON file, got 'kazoo'
    """
    known = tuple(ranges)
    text, source = _read(nebula)
    try:
        entries = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise ValueError(f"{source} is not JSON: {error}") from error
    except (RecursionError, ValueError) as error:
        raise ValueError(f"{source}: {error}") from error
    if not isinstance(entries, dict):
        raise ValueError(f"{source} must hold one JSON object, got a {type(entries).__name__}")
    names = [parameter.name for parameter in known]
    if unknown := sorted(set(entries) - set(names)):
        raise ValueError(f"{source} names parameters that this synth lacks: {_few(unknown)}")
    if missing := [name for name in names if name not in entries]:
        raise ValueError(f"{source} lacks {len(missing)} parameters: {_few(missing)}")
    return tuple(_with_curve(parameter, entries[parameter.name], source) for parameter in known)


def _read(nebula: str | Path) -> tuple[str, str]:
    if not isinstance(nebula, (str, Path)):
        raise TypeError(
            f"nebula must be a name or the path of a JSON file, got {type(nebula).__name__}"
        )
    shipped = shipped_nebulae()
    if str(nebula) in shipped:
        file = resources.files("synth_datamodule") / "nebulae" / f"{nebula}.json"
        return file.read_text(encoding="utf-8"), f"nebula {nebula!r}"
    path = Path(nebula)
    if not path.is_file():
        raise ValueError(
            f"nebula must be {', '.join(map(repr, shipped))} or the path of a JSON file, "
            f"got {str(nebula)!r}"
        )
    name = f"nebula file {path}"
    return read_text(path, name), name


def _with_curve(parameter: ParameterRange, entry: object, source: str) -> ParameterRange:
    if not isinstance(entry, dict) or set(entry) != _FIELDS:
        raise ValueError(
            f"{source}: {parameter.name} must have exactly the fields curve and symmetric, "
            f"got {entry!r}"
        )
    try:
        return replace(parameter, **entry)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{source}: {error}") from error


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"these names occur twice: {_few(twice)}")
    return entries


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
