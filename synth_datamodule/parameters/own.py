"""OwnParameters: sounds of one's own, row i of a table is number i."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.corpus.rosters import BY_PLACE, CODED, Codes, Rows, split_rule
from synth_datamodule.corpus.splits import NUM_SOUNDS
from synth_datamodule.parameters.rows import Table, read_rows
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.reporting import is_file, json_of, read_text
from synth_datamodule.reporting.files import load_array

_STATED = {"rows", "sha256", "split"}
_WORDS = [split.value for split in CODED]


class OwnParameters:
    """Rows of parameters and their splits; compared and hashed by the SHA-256 of both.

    Row ``i`` is sound number ``i``; it reads row ``i mod 32`` of the noise table. It is val where
    ``i mod 10 = 8``, test where ``i mod 10 = 9`` and train elsewhere, or as ``split`` says.

    Args:
        given: Numbers in [0, 1] ``[M, P]`` as a tensor or an array, or a DataFrame with a column
            ``module.parameter`` in its unit for each parameter, or a file: ``.npz`` (its array
            ``parameters``) and ``.npy`` in [0, 1], ``.csv`` and ``.parquet`` by name in units. A
            column or an array ``split`` there splits the rows. They are copied.
        split: Word for each row, train, val or test, as a sequence; the name of a column of the
            file or table; or a file of one word a line. None is the column ``split`` where there is
            one, else ``i mod 10``.

    Raises:
        ImportError: If a ``.parquet`` file is given and pyarrow is not installed.
        TypeError: If an argument is of another type.
        ValueError: If a shape differs, or a number is not in [0, 1] or not finite.

    Example:
        >>> own = OwnParameters(torch.zeros(20, 78))
        >>> own.num_rows, own.roster.num_sounds(CODED[1])
        (20, 2)
    """

    def __init__(self, given: object, split: object = None) -> None:
        read = read_rows(given)
        values = read.values
        checks.whole_number("rows of parameters", len(values), 1, NUM_SOUNDS)
        self.num_rows = len(values)
        self.names = read.names
        self.path = os.fspath(given) if isinstance(given, str | os.PathLike) else None
        if read.names is None:
            rows = checks.normalized("parameters", torch.from_numpy(np.array(values)), always=True)
            values = rows.to(torch.float32).numpy()
        self._values: Table | None = values
        self._keep(_hash(values, read.names), _codes(split, read.columns, self.num_rows))

    def _keep(self, sha256: str, split: Codes | None, stated: str | None = None) -> None:
        self.sha256 = sha256
        self._rule = stated or split_rule(split)
        self.roster = Rows(self.num_rows, split)

    @staticmethod
    def stated(settings: Mapping[str, Any]) -> "OwnParameters":
        """Return rows that a file tells the SHA-256 of, without their numbers.

        Raises:
            TypeError: If an entry is of another type.
            ValueError: If an entry is unknown, missing or out of range.
        """
        if not isinstance(settings, Mapping) or set(settings) - {"path"} != _STATED:
            raise ValueError(
                "parameters must state rows, sha256 and split, got " + checks.shown(settings)
            )
        own = OwnParameters.__new__(OwnParameters)
        own.num_rows = checks.whole_number("rows of parameters", settings["rows"], 1, NUM_SOUNDS)
        own.names, own._values, own.path = None, None, settings.get("path")
        rule = checks.instance("split of parameters", settings["split"], str)
        own._keep(checks.instance("sha256 of parameters", settings["sha256"], str), None, rule)
        return own

    @property
    def plain(self) -> dict[str, Any]:
        """What a checkpoint holds of them: ``settings``, and the path of their file."""
        return self.settings | ({"path": self.path} if self.path else {})

    @property
    def settings(self) -> dict[str, Any]:
        """What tells them from others: their number, their SHA-256 and how they are split."""
        return {"rows": self.num_rows, "sha256": self.sha256, "split": self._rule}

    def of(self, table: ParameterTable) -> "OwnParameters":
        """Return them in the columns of a synth, in [0, 1].

        Args:
            table: Parameters of the synth.

        Raises:
            ValueError: If they are of other parameters, or a value is out of its range.
        """
        if self._values is None:
            named = f" ({checks.shown(self.path)})" if self.path else ""
            raise ValueError(
                f"parameters must be given (parameters=, --parameters FILE): the sounds are made "
                f"of {self.num_rows} rows{named}, SHA-256 {self.sha256[:16]}, which nothing but "
                "their own file holds"
            )
        if self.names is None:
            if self._values.shape[1] != len(table):
                raise ValueError(
                    f"parameters must be [M, {len(table)}], a column for each parameter of the "
                    f"synth, got shape {list(self._values.shape)}"
                )
            return self
        values = self._in_columns(table, self._values, self.names)
        own = OwnParameters.__new__(OwnParameters)
        own.num_rows, own.names, own.path = self.num_rows, None, self.path
        rows = table.to_normalized(torch.from_numpy(values)).to(torch.float32).numpy()
        own._values = rows
        own._keep(_hash(rows, None), self.roster.split)
        return own

    def _in_columns(self, table: ParameterTable, values: Table, names: Sequence[str]) -> Table:
        for name in names:
            table.column(name)
        missing = [name for name in table.names if name not in names and name not in table.pinned]
        if missing:
            raise ValueError(
                f"parameters must have a column for each parameter, {len(missing)} are missing: "
                f"{checks.shown(missing)}"
            )
        columns = np.empty((len(values), len(table)), np.float64)
        for column, name in enumerate(table.names):
            there = name in names and name not in table.pinned
            columns[:, column] = values[:, names.index(name)] if there else table.pinned[name]
        if not np.isfinite(columns).all():
            row, column = np.argwhere(~np.isfinite(columns))[0]
            raise ValueError(
                f"parameters must be finite, got {columns[row, column]} in row {row}, "
                f"{table.names[column]}"
            )
        return columns

    def draw(self, numbers: Tensor) -> Tensor:
        """Return the rows of sounds, where their numbers lie. Float32, shape ``[B, P]``.

        Raises:
            ValueError: If there is no such row.
        """
        assert self._values is not None, "of() refused them"
        assert self._values.dtype == np.float32, "of() made them so"
        return (
            torch.from_numpy(self._values).index_select(0, self._host(numbers)).to(numbers.device)
        )

    def is_train(self, numbers: Tensor) -> Tensor:
        """Return whether rows are no test rows, as torchsynth's label has it. Bool ``[B]``."""
        codes = self.roster.codes(self._host(numbers).numpy())
        return torch.from_numpy(codes != CODED.index(CODED[-1])).to(numbers.device)

    def _host(self, numbers: Tensor) -> Tensor:
        host = numbers.cpu()
        if len(host) and int(host.max()) >= self.num_rows:
            raise ValueError(
                f"sound numbers must be rows of parameters, below {self.num_rows}, got "
                f"{int(host.max())}"
            )
        return host

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OwnParameters) and self.settings == other.settings

    def __hash__(self) -> int:
        return hash(tuple(self.settings.items()))

    def __repr__(self) -> str:
        return f"OwnParameters({self.num_rows} rows, SHA-256 {self.sha256[:16]})"

    def __deepcopy__(self, memo: object) -> "OwnParameters":
        return self  # nothing changes it, and it may be large


def own_parameters(given: object, split: object = None) -> OwnParameters:
    """Return rows of one's own as they are, or made of what is given; see OwnParameters."""
    if isinstance(given, OwnParameters):
        if split is not None:
            raise ValueError("split must be left out where parameters are OwnParameters")
        return given
    if isinstance(given, Mapping) and not hasattr(given, "columns"):
        return OwnParameters.stated(given)
    return OwnParameters(given, split)


def _hash(values: Table, names: Sequence[str] | None) -> str:
    kind = "<f4" if names is None else "<f8"
    digest = hashlib.sha256("\n".join(names or ()).encode())
    digest.update(np.ascontiguousarray(values, dtype=kind).data)
    return digest.hexdigest()


def _codes(split: object, columns: Mapping[str, Any], num_rows: int) -> Codes | None:
    rule = "split must be a word for each row, train, val or test"
    if split is None and "split" not in columns:
        return None
    if split is None:
        split = "split"
    if isinstance(split, str) and split in columns:
        split = columns[split]
    elif isinstance(split, str | os.PathLike):
        if not is_file(split):
            there = f" (columns there are {checks.shown([*columns])})" if columns else ""
            raise ValueError(
                f"{rule}, the name of a column, or a file of such, got {checks.shown(split)}{there}"
            )
        source = f"split file {split}"
        if Path(split).suffix == ".npy":
            split = load_array(Path(split), source)
        elif Path(split).suffix == ".json":
            split = json_of(read_text(split, source), source)
        else:
            split = read_text(split, source).split()
    if isinstance(split, np.ndarray) or hasattr(split, "to_numpy"):
        split = split.tolist()  # type: ignore[attr-defined]  # a column of a DataFrame has it too
    if not isinstance(split, Sequence) or isinstance(split, str | bytes):
        raise TypeError(f"{rule}, got {checks.shown(split)} ({type(split).__name__})")
    if len(split) != num_rows:
        raise ValueError(f"{rule}, {num_rows}, got {len(split)}")
    codes = {word: code for code, word in enumerate(_WORDS)}
    words = [getattr(word, "value", word) for word in split]
    for row, word in enumerate(words):
        if not isinstance(word, str) or word not in codes:
            raise ValueError(f"{rule}, got {checks.shown(word)} for row {row}")
    return np.array([codes[str(word)] for word in words], dtype=np.int8)


__all__ = ["BY_PLACE", "OwnParameters", "own_parameters"]
