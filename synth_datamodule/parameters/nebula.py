"""Nebulae: sets of curves that spread the same synth over another region of its sounds."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any, TypeAlias

from synth_datamodule import checks
from synth_datamodule.parameters.hyperparameters import entries_from, hyperparameters_of
from synth_datamodule.parameters.ranges import ParameterRange
from synth_datamodule.reporting import FromFile, is_file, json_of, read_text, write_json

Nebula: TypeAlias = str | Path | Mapping[str, Any]

_FIELDS = {"curve", "symmetric"}


class Entries(str):
    """A nebula's entries as one JSON text, and the name for it in errors: equal by the text."""

    source: str = "nebula"


def shipped_nebulae() -> list[str]:
    """Return the names of the nebulae that come with the package.

    Example:
        >>> shipped_nebulae()
        ['default', 'drum']
    """
    folder = resources.files("synth_datamodule") / "nebulae"
    return sorted(file.name.removesuffix(".json") for file in folder.iterdir())


def apply_nebula(nebula: Nebula, ranges: Iterable[ParameterRange]) -> tuple[ParameterRange, ...]:
    """Return the ranges with the curves of a nebula.

    Args:
        nebula: A shipped name, or the path of a JSON file:
            ``{"module.parameter": {"curve": 0.5, "symmetric": false}, ...}``, or torchsynth's own
            (``save_hyperparameters``); or these entries, or their JSON text. An entry has a curve,
            a symmetry, or both.
        ranges: Ranges named ``module.parameter``.

    Returns:
        The same ranges in the same order, with the nebula's curves and symmetries; what it does not
        name keeps its own.

    Raises:
        TypeError: If ``nebula`` is neither a string nor a path, or an entry of another type.
        ValueError: If the name is unknown, the file is not JSON, a parameter is unknown, or a curve
            is not positive; it names the file and the entry.

    Example:
        >>> rate = ParameterRange("lfo_1.frequency", 0.0, 20.0)
        >>> apply_nebula({"lfo_1.frequency": {"curve": 0.25}}, [rate])[0].curve
        0.25
        >>> apply_nebula("kazoo", [])
        Traceback (most recent call last):
        ...
        ValueError: nebula must be 'default', 'drum' or the path of a JSON file, got 'kazoo'
    """
    known = tuple(ranges)
    text = nebula_value(nebula)
    source = text.source if isinstance(text, Entries) else f"nebula {checks.shown(text)}"
    if not isinstance(text, Entries):
        file = resources.files("synth_datamodule") / "nebulae" / f"{text}.json"
        text = file.read_text(encoding="utf-8")
    entries = json_of(text, source)
    names = [parameter.name for parameter in known]
    if unknown := sorted(set(entries) - set(names)):
        raise ValueError(f"{source} names parameters that this synth lacks: {_few(unknown)}")
    if names and not entries:
        raise ValueError(f"{source} must hold an entry or more, it is empty")
    return tuple(
        _with_curve(one, entries[one.name], source) if one.name in entries else one for one in known
    )


def entries_of(ranges: Iterable[ParameterRange]) -> dict[str, dict[str, Any]]:
    """Return the entries of the nebula that ranges have the curves of.

    Args:
        ranges: Ranges named ``module.parameter``.

    Example:
        >>> entries_of([ParameterRange("adsr.attack", 0.0, 2.0, curve=0.5)])
        {'adsr.attack': {'curve': 0.5, 'symmetric': False}}
    """
    return {one.name: {"curve": one.curve, "symmetric": one.symmetric} for one in ranges}


def write_nebula(
    path: str | Path, ranges: Iterable[ParameterRange], *, overwrite: bool = False
) -> Path:
    """Write the curves of ranges as a nebula file, whole or not at all; return its path.

    Args:
        path: Path of the JSON file, which ``nebula=`` reads.
        ranges: Ranges named ``module.parameter``, as ``voice.parameter_table.ranges``; their
            curves are written, their bounds are not.
        overwrite: Whether another file of that name is replaced.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If there is no range.
        OSError: If the file cannot be written, or is there already.
    """
    if not isinstance(path, (str, Path)):
        raise TypeError(f"path must be a path, got {checks.shown(path)} ({type(path).__name__})")
    if not isinstance(ranges, Iterable):
        raise TypeError(f"ranges must be ParameterRanges, got {checks.shown(ranges)}")
    given = [checks.instance("a range", one, ParameterRange) for one in ranges]
    if not given:
        raise ValueError("ranges must be one or more, got none")
    checks.truth_value("overwrite", overwrite)
    return write_json(path, entries_of(given), overwrite=overwrite)


def nebula_value(nebula: Nebula) -> str:
    """Return a nebula as a value that needs no file: a shipped name, or its entries as JSON text.

    Args:
        nebula: Shipped name, path of a JSON file, entries, or their JSON text.

    Raises:
        TypeError: If it is something else.
        ValueError: If the name is unknown, or the file not JSON, or no object of entries.

    Example:
        >>> nebula_value("drum")
        'drum'
        >>> nebula_value({"vco.tuning": {"symmetric": False, "curve": 2}})
        '{"vco.tuning": {"curve": 2, "symmetric": false}}'
    """
    if isinstance(nebula, Entries):
        return nebula
    if not isinstance(nebula, (str, Path, Mapping)):
        raise TypeError(
            f"nebula must be a name, the path of a JSON file or its entries, got "
            f"{checks.shown(nebula)} ({type(nebula).__name__})"
        )
    source, entries = "nebula", nebula
    if isinstance(nebula, str) and nebula.startswith("{"):
        entries = json_of(nebula, source)
    elif not isinstance(nebula, Mapping):
        shipped = shipped_nebulae()
        if str(nebula) in shipped:
            return str(nebula)
        rule = f"nebula must be {', '.join(map(repr, shipped))} or the path of a JSON file"
        if isinstance(nebula, FromFile):
            raise ValueError(
                f"{rule}; {checks.shown(nebula)} is named by another file, which opens none: "
                "give its path "
                "yourself (nebula=, --nebula)"
            )
        path = Path(nebula)
        if not is_file(path):
            raise ValueError(f"{rule}, got {checks.shown(str(nebula))}")
        source = f"nebula file {path}"
        entries = json_of(read_text(path, source), source)
        if isinstance(entries, list):
            entries = entries_from(hyperparameters_of(entries, source), source)
    if not isinstance(entries, Mapping):
        raise ValueError(f"{source} must hold one JSON object, got a {type(entries).__name__}")
    try:
        # Sorted, 2.0 as 2: what is the same sounds is the same text.
        text = Entries(json.dumps(_plain(entries), sort_keys=True))
    except (RecursionError, TypeError, ValueError) as error:
        raise ValueError(f"{source} must hold entries of JSON's types: {error}") from error
    text.source = source
    return text


def nebula_name(nebula: str) -> str:
    """Return a short name: a shipped nebula's own, else one made of the SHA-256 of its entries.

    Args:
        nebula: Value that ``nebula_value`` returned, or a path.

    Example:
        >>> nebula_name(nebula_value({"vco.tuning": {"curve": 2, "symmetric": False}}))
        'sha256:...'
    """
    if not nebula.startswith("{"):
        return Path(nebula).name
    return f"sha256:{hashlib.sha256(nebula.encode()).hexdigest()[:16]}"


def _plain(value: Any) -> Any:  # noqa: ANN401  # an entry, or a part of one
    if isinstance(value, Mapping):
        if other := [name for name in value if not isinstance(name, str)]:
            raise TypeError(f"a name must be a string, got {checks.shown(other[0])}")
        return {name: _plain(part) for name, part in value.items()}
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return int(value) if whole else value


def _with_curve(parameter: ParameterRange, entry: object, source: str) -> ParameterRange:
    if not isinstance(entry, dict) or not entry or not entry.keys() <= _FIELDS:
        raise ValueError(
            f"{source}: {parameter.name} must have the fields curve and symmetric, one or both, "
            f"got {checks.shown(entry)}"
        )
    try:
        return replace(parameter, **entry)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{source}: {error}") from error


def _few(names: Sequence[str]) -> str:
    shown = (repr(name)[1:-1][:40] for name in names[:5])  # in one line, whatever they are
    return ", ".join(shown) + (", ..." if len(names) > 5 else "")
