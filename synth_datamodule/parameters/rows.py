"""Rows of parameters as they lie in files and tables: in [0, 1], or by name in units."""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synth_datamodule import checks
from synth_datamodule.reporting import FromFile, is_file
from synth_datamodule.reporting.files import NO_ARRAY

Table = npt.NDArray[np.float32] | npt.NDArray[np.float64]

_RULE = (
    "parameters must be numbers in [0, 1] [M, P], a table with a column for each parameter in its "
    "unit, or a file of such (.npz, .npy, .csv, .parquet)"
)
_SPLIT = "split"


@dataclass(frozen=True)
class ReadRows:
    """Rows as they were given.

    Args:
        values: Numbers. Shape ``[M, K]``.
        names: Names of the columns, which are then in units; None is all parameters in [0, 1].
        columns: Other columns by name.
    """

    values: Table
    names: tuple[str, ...] | None
    columns: dict[str, Sequence[Any]]


def read_rows(given: object) -> ReadRows:
    """Return rows of parameters from whatever holds them.

    Numbers without names are all parameters in [0, 1], in the order of ``voice.parameter_names``: a
    tensor, an array, the array of an ``.npy`` file or ``parameters`` of an ``.npz`` file. A table
    has names, ``module.parameter``, and is in the parameters' units: a DataFrame, a ``.csv`` or a
    ``.parquet`` file.

    Args:
        given: The rows, or the path of a file.

    Raises:
        ImportError: If a ``.parquet`` file is given and pyarrow is not installed.
        OSError: If a file cannot be read.
        TypeError: If it is something else.
        ValueError: If a file is not there, or holds no such rows.
    """
    if isinstance(given, str | os.PathLike):
        return _from_file(given)
    if hasattr(given, "columns") and hasattr(given, "to_dict"):  # a DataFrame, of whichever library
        return _table({str(name): given[name] for name in given.columns}, "parameters")  # type: ignore[index]
    numbers = given
    if hasattr(given, "detach"):
        numbers = given.detach().cpu()
        if not numbers.is_floating_point():
            raise TypeError(f"{_RULE}, got a tensor of dtype {numbers.dtype}")
        numbers = numbers.to(_float64_or_32(numbers)).numpy()
    if not isinstance(numbers, np.ndarray) or isinstance(numbers, np.ma.MaskedArray):
        raise TypeError(f"{_RULE}, got {checks.shown(given)} ({type(given).__name__})")
    return ReadRows(_numbers(numbers, _RULE), None, {})


def _float64_or_32(numbers: Any) -> Any:  # noqa: ANN401  # a tensor, a dtype
    import torch

    return torch.float64 if numbers.dtype == torch.float64 else torch.float32


def _numbers(array: npt.NDArray[Any], rule: str) -> Table:
    if array.dtype.kind != "f":
        raise TypeError(f"{rule}, got an array of dtype {array.dtype}")
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"{rule}, got shape {list(array.shape)}")
    wide = array.dtype == np.float64
    return array.astype(np.float64 if wide else np.float32, copy=False)


def _from_file(given: str | os.PathLike[str]) -> ReadRows:
    path = Path(given)
    if isinstance(given, FromFile):
        raise ValueError(
            f"{_RULE}; {checks.shown(os.fspath(given))} is named by another file, which opens "
            "none: give it yourself (parameters=, --parameters)"
        )
    readers = {".npz": _npz, ".npy": _npz, ".csv": _csv, ".parquet": _parquet}
    if path.suffix not in readers or not is_file(path):
        raise ValueError(f"{_RULE}, got {checks.shown(os.fspath(given))}")
    return readers[path.suffix](path, f"parameters file {path}")


def _npz(path: Path, source: str) -> ReadRows:
    try:
        with path.open("rb") as file:  # numpy leaves it open where it fails
            held = np.load(file, allow_pickle=False)
            if isinstance(held, np.ndarray):
                return ReadRows(_numbers(held, f"{source} must hold numbers [M, P]"), None, {})
            with held as arrays:
                if "parameters" not in arrays:
                    raise ValueError(
                        f"it must have an array parameters, it has {checks.shown([*arrays])}"
                    )
                values = _numbers(
                    arrays["parameters"], "its array parameters must be numbers [M, P]"
                )
                others = {name: arrays[name] for name in arrays.files if name != "parameters"}
    except (TypeError, *NO_ARRAY) as error:
        raise ValueError(f"{source}: {error!s:.150}") from error
    return ReadRows(values, None, others)


def _csv(path: Path, source: str) -> ReadRows:
    with path.open(newline="", encoding="utf-8") as file:
        try:
            names, *rows = csv.reader(file)
        except (csv.Error, UnicodeDecodeError, ValueError) as error:
            raise ValueError(
                f"{source} must hold a line of names, and rows: {error!s:.100}"
            ) from error
    wrong = next((place for place, row in enumerate(rows) if len(row) != len(names)), None)
    if wrong is not None:
        raise ValueError(
            f"{source} must have {len(names)} values a row, row {wrong} has {len(rows[wrong])}"
        )
    return _table(dict(zip(names, zip(*rows, strict=True), strict=False)), source)


def _parquet(path: Path, source: str) -> ReadRows:
    try:
        from pyarrow import parquet  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError as error:
        raise ImportError(f"{source} needs pyarrow: pip install pyarrow") from error
    try:
        table = parquet.read_table(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"{source} is no Parquet: {error!s:.100}") from error
    return _table({name: table.column(name).to_pylist() for name in table.column_names}, source)


def _table(columns: dict[str, Any], source: str) -> ReadRows:
    """Sort a table's columns: names with a dot are parameters'."""
    named = [name for name in columns if "." in name]
    values = {name: _column(columns.pop(name), f"{source}: {name}") for name in named}
    if not values or not len(next(iter(values.values()))):
        raise ValueError(f"{source} must have a row or more, and a column for each parameter")
    return ReadRows(np.stack([*values.values()], axis=1), tuple(values), columns)


def _column(numbers: Any, name: str) -> npt.NDArray[np.float64]:  # noqa: ANN401  # of any kind
    try:
        return np.asarray(numbers, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers: {error!s:.100}") from error
