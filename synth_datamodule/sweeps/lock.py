"""One process at a time sweeps a file."""

import contextlib
import sqlite3
from collections.abc import Iterator


@contextlib.contextmanager
def alone(storage: str | None) -> Iterator[None]:
    """Hold a lock that the system takes back from a process that dies, however it dies.

    Args:
        storage: An SQLite file as Optuna names it; None needs no lock.

    Raises:
        BlockingIOError: If another process holds it.
        ValueError: If ``storage`` is no SQLite file.
    """
    if storage is None:
        yield
        return
    lock = sqlite3.connect(f"{_file(storage)}.lock", timeout=0, isolation_level=None)
    with contextlib.closing(lock):
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise BlockingIOError(f"another process is sweeping {storage}") from error
        yield


def _file(storage: str) -> str:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    rule = "storage must be an SQLite file, such as sqlite:///sweep.db"
    try:
        url = make_url(storage)
    except ArgumentError as error:
        raise ValueError(f"{rule}, got {storage!r}") from error
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        raise ValueError(f"{rule}, got {storage!r}")
    return str(url.database)
