"""Tables of many rows with named columns, CSV or Parquet by the file's suffix."""

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from synth_datamodule.reporting.files import AnyPath, new_file
from synth_datamodule.reporting.formats import new_rows

SUFFIXES = (".csv", ".parquet")
ROWS_AT_A_TIME = 8192  # of a Parquet file's groups, which bounds memory

AddRows = Callable[[Iterable[Sequence[object]]], None]


def check_table(name: str, path: AnyPath) -> None:
    """Check that a table can be written: by its suffix, and that pyarrow is there for Parquet.

    Raises:
        ImportError: If it is Parquet, and pyarrow is not installed.
        ValueError: If the suffix is another.
    """
    suffix = Path(path).suffix
    if suffix not in SUFFIXES:
        raise ValueError(f"{name} must be a file {' or '.join(SUFFIXES)}, got {str(path)!r:.100}")
    if suffix == ".parquet":
        _pyarrow()


@contextlib.contextmanager
def new_table(
    path: AnyPath, columns: Mapping[str, type], *, overwrite: bool = False
) -> Iterator[AddRows]:
    """Open a table that gets its name when the block ends; yield a function that adds rows.

    ``columns`` are names and types (int, float, str, bool); a cell may be None. The same rows give
    the same bytes, of Parquet with one version of pyarrow.
    """
    if Path(path).suffix == ".csv":
        with new_rows(path, list(columns), overwrite=overwrite) as add:
            yield add
        return
    pyarrow = _pyarrow()
    kinds = {int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}
    kinds[bool] = pyarrow.bool_()
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in columns.items()])
    with (
        new_file(path, overwrite=overwrite) as write,
        pyarrow.parquet.ParquetWriter(_Sink(write), schema) as writer,
    ):
        waiting: list[Sequence[object]] = []

        def flush() -> None:
            cells = zip(*waiting, strict=True)
            arrays = [pyarrow.array(c, one.type) for c, one in zip(cells, schema, strict=True)]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
            waiting.clear()

        def add(rows: Iterable[Sequence[object]]) -> None:
            for row in rows:
                waiting.append(row)
                if len(waiting) == ROWS_AT_A_TIME:
                    flush()

        yield add
        if waiting:
            flush()


class _Sink(io.RawIOBase):
    """A file for pyarrow that hands its bytes on."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:  # noqa: ANN401  # a buffer
        self._write(bytes(content))
        return len(content)


def _pyarrow() -> Any:  # noqa: ANN401  # which has no types
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError(
            "Parquet needs pyarrow: pip install 'synth_datamodule[tables]'"
        ) from error
    return pyarrow
