"""A lock that a forked child finds open."""

import contextlib
import os
import threading
from collections.abc import Iterator


class ForkedLock:
    """A re-entrant lock of a module, which in a forked child no other thread holds.

    A fork has one thread. A lock that another thread of its parent held would stay closed in it for
    ever.

    Example:
        >>> lock = ForkedLock()
        >>> with lock.held(), lock.held():
        ...     pass
    """

    def __init__(self) -> None:
        self._open()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._open)

    def _open(self) -> None:
        self._lock = threading.RLock()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock within the block; a child that is forked there goes on in it."""
        with self._lock:
            yield
