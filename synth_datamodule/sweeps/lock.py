"""The SQLite file of a sweep: one process at a time, and errors that name it."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from synth_datamodule import checks
from synth_datamodule.reporting import check_outputs


@contextlib.contextmanager
def alone(storage: str | None) -> Iterator[None]:
    """Hold the lock of a storage, which the system takes back from a process however it dies."""
    if storage is None:
        yield
        return
    from filelock import FileLock, Timeout

    file = sqlite_file(storage)
    lock = file.with_name(f"{file.name}.lock")
    check_outputs(file, lock, overwrite=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0), file_errors(storage):
            yield
    except Timeout as error:
        raise BlockingIOError(f"another process is sweeping {storage}") from error


@contextlib.contextmanager
def file_errors(storage: str) -> Iterator[None]:
    """Let an error about a storage be an OSError that names it."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as error:
        # SQLite's own words, without SQLAlchemy's.
        reasons = (getattr(raised, "orig", None) for raised in (error, error.__cause__))
        reason = next(filter(None, reasons), error)
        raise OSError(f"{storage} cannot be used: {reason}") from error


def sqlite_file(storage: str) -> Path:
    """Return the path of an SQLite file that Optuna names, such as ``sqlite:///sweep.db``.

    Raises:
        OSError: If it holds tables of somebody else's, beside which Optuna would put its own.
        ValueError: If it names something else.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    checks.instance("storage", storage, str)
    with contextlib.suppress(ArgumentError):
        url = make_url(storage)
        if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
            file = Path(str(url.database))
            if file.is_file() and not _may_hold_studies(file, storage):
                raise OSError(f"{storage} cannot be used: it holds tables that are no study's")
            return file
    raise ValueError(
        f"storage must be an SQLite file, such as sqlite:///sweep.db, got {checks.shown(storage)}"
    )


def _may_hold_studies(file: Path, storage: str) -> bool:
    with contextlib.closing(sqlite3.connect(file)) as database:
        try:
            found = database.execute("select name from sqlite_master where type = 'table'")
            names = [name for (name,) in found]
        except sqlite3.Error as error:
            raise OSError(f"{storage} cannot be used: {error}") from error
    return not names or "studies" in names
