"""Values by name: one sound's, a batch's or some names', as a dict and back."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.parameters.arrays import to_tensor
from synth_datamodule.parameters.names import NamedColumns


def flat(values: Mapping[str, object]) -> dict[str, object]:
    """Return values by ``module.parameter``, those of whole modules among them.

    Args:
        values: Values by name, or by module and name.

    Raises:
        TypeError: If ``values`` is no mapping, or a name no string.
        ValueError: If a parameter is given twice.

    Example:
        >>> flat({"keyboard.midi_f0": 60.0, "vco_1": {"tuning": 0.0}})
        {'keyboard.midi_f0': 60.0, 'vco_1.tuning': 0.0}
    """
    if not isinstance(values, Mapping):
        raise TypeError(f"values must be a mapping by name, got {type(values).__name__}")
    found: dict[str, object] = {}
    for name, value in values.items():
        within = value if isinstance(value, Mapping) else {}
        for one in (name, *within):
            if not isinstance(one, str):
                raise TypeError(f"a parameter is named by a string, got {checks.shown(one)}")
        parts = {name: value}
        if isinstance(value, Mapping):
            parts = {f"{name}.{one}": each for one, each in value.items()}
        if twice := found.keys() & parts.keys():
            raise ValueError(f"values must hold a parameter once, twice: {checks.shown(twice)}")
        found |= parts
    return found


def tensors_of(
    table: NamedColumns, values: Mapping[str, object], beside: Tensor | None
) -> dict[str, Tensor]:
    """Return values in units as tensors of one shape; numbers among them are in range.

    Args:
        table: Names and ranges.
        values: Floats, or tensors or arrays ``[..]``, by name.
        beside: Tensor ``[.., P]`` of whose leading shape and device they are; None leaves these to
            the tensors among them.

    Raises:
        TypeError: If a value is neither a number nor of floats.
        ValueError: If a name is unknown, a number out of range, or a shape or device differs.
    """
    found = {name: _value(table, name, value) for name, value in values.items()}
    given = [value for value in found.values() if isinstance(value, Tensor)]
    if beside is not None:
        shape, device = beside.shape[:-1], beside.device
    elif given:
        shape = next((value.shape for value in given if value.ndim), given[0].shape)
        device = given[0].device
    else:
        shape, device = torch.Size(), torch.device("cpu")
    tensors = {}
    for name, value in found.items():
        if not isinstance(value, Tensor):
            tensors[name] = torch.full(shape, value, dtype=torch.float64, device=device)
            continue
        if isinstance(values[name], np.ndarray):
            value = value.to(device)
        if value.ndim and value.shape != shape:
            raise ValueError(
                f"{name} must be a number or of shape {list(shape)}, got shape {list(value.shape)}"
            )
        if value.device != device:
            raise ValueError(f"{name} must be on {device}, got one on {value.device}")
        tensors[name] = value.expand(shape)
    return tensors


def _value(table: NamedColumns, name: str, value: object) -> float | Tensor:
    parameter = table.ranges[table.column(name)]
    if not isinstance(value, (Tensor, np.ndarray)):
        return parameter.within(value)
    return checks.float_tensor(name, to_tensor(name, value), "[..]", None)


def as_row(table: NamedColumns, values: Mapping[str, object], base: Tensor | None) -> Tensor:
    """Return values by name in column order, float64. Shape ``[.., P]``.

    Args:
        table: Names and ranges.
        values: Values in units, by name.
        base: Values of the parameters that ``values`` lacks. Shape ``[.., P]``; None if it lacks
            none.

    Raises:
        TypeError: If a value is neither a number nor of floats.
        ValueError: If a name is unknown or missing, a value out of range, or a shape differs.
    """
    for name in values:
        table.column(name)
    if base is None and (missing := [name for name in table.names if name not in values]):
        raise ValueError(
            f"values are missing for {len(missing)} parameters: {checks.shown(missing)}"
        )
    found = tensors_of(table, values, base)
    for name, value in found.items():
        if isinstance(values[name], (Tensor, np.ndarray)):
            one = table.ranges[table.column(name)]
            rule = f"in {one.words}"
            checks.within(name, value, one.minimum, one.maximum, always=True, rule=rule)
    if base is None:
        columns = [found[name] for name in table.names]
    else:
        columns = [found.get(name, base[..., column]) for column, name in enumerate(table.names)]
    return torch.stack([column.to(torch.float64) for column in columns], -1)


def as_dict(table: NamedColumns, values: Any, names: Sequence[str] | None) -> dict[str, Any]:  # noqa: ANN401  # a tensor or an array
    """Return a table's values by name: floats of one sound, tensors or arrays of many.

    Args:
        table: Names.
        values: Values. Shape ``[.., P]``.
        names: Names wanted, in their order; None is all.

    Raises:
        TypeError: If ``names`` are no strings.
        ValueError: If one is unknown.
    """
    wanted = table.names if names is None else checks.names("names", names)
    columns = {name: table.column(name) for name in wanted}
    if values.ndim == 1:
        row = values.tolist()
        return {name: row[column] for name, column in columns.items()}
    return {name: values[..., column] for name, column in columns.items()}
