"""What a signal does to a command: it ends, by an exception or at once, in its line."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from types import FrameType
from typing import Any, TypeAlias

from synth_datamodule import reporting
from synth_datamodule.commandline import orphans

_ENDINGS = {
    "SIGHUP": (129, "hung up"),
    "SIGINT": (130, "interrupted"),
    "SIGTERM": (143, "terminated"),
}

SIGNALS: dict[int, tuple[int, str]] = {
    getattr(signal, name): ending for name, ending in _ENDINGS.items() if hasattr(signal, name)
}
"""Signals that end a command, each with its exit status and what is said."""

Handlers: TypeAlias = dict[int, Any]


class Terminated(SystemExit):
    """A signal, as an exception: what is being written is cleared away, Lightning tears down."""


class ByException:
    """A signal's handler that ends what is being done by an exception, and keeps that it did."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt for Ctrl-C, Terminated for the others."""
        self.heard.append(number)
        if orphans.launched():
            orphans.hush()
        # What is cut short complains where nobody asked: numba of what it had begun to compile.
        sys.unraisablehook = lambda _: None
        raise KeyboardInterrupt if number == signal.SIGINT else Terminated(SIGNALS[number][0])


class AtOnce:
    """A signal's handler that ends the process in its line.

    Args:
        command: The command's name.
        last: Call that clears away what there is so far.
    """

    def __init__(self, command: str, last: Callable[[], object] = tuple) -> None:
        self._command, self._last = command, last
        self._ends = threading.Lock()

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Clear away, say the line, end."""
        if not self._ends.acquire(blocking=False):  # another thread heard it too, or it came twice
            return
        status, word = SIGNALS[number]
        try:
            if orphans.launched():
                orphans.end_after_parent()
            self._last()
        finally:
            with contextlib.suppress(OSError):
                os.write(2, reporting.complaint(self._command, word).encode())
            os._exit(status)


@contextlib.contextmanager
def at_once(command: str, last: Callable[[], object] = tuple) -> Iterator[None]:
    """Let a signal end the process in the midst of the block, in its line.

    That is for imports, which write nothing, and of which many do not survive an exception; and
    for processes that wait for each other in C++, where Python hears no signal.

    Args:
        command: The command's name.
        last: Call that clears away what there is so far.
    """
    end = AtOnce(command, last)
    before = handle(end)
    try:
        with _heard_beside(end, before):
            yield
    finally:
        restore(before)


@contextlib.contextmanager
def _heard_beside(end: AtOnce, numbers: Collection[int]) -> Iterator[None]:
    """Let a thread hear these signals too, for the main one is deaf while it is in C++."""
    if not numbers:
        yield
        return
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    before = signal.set_wakeup_fd(tell, warn_on_full_buffer=False)

    def listen() -> None:
        while number := os.read(told, 1)[0]:
            if number in numbers:
                end(number, None)

    thread = threading.Thread(target=listen, name="signals", daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.write(tell, b"\0")  # no signal's number
        thread.join()
        os.close(told)
        os.close(tell)


def handle(handler: Callable[[int, FrameType | None], None]) -> Handlers:
    """Handle the signals so, but a caller's own, nor in threads, which have none.

    Returns:
        Handlers so far, by the number of the signal.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}
    found = {number: signal.getsignal(number) for number in SIGNALS}
    default = (signal.SIG_DFL, signal.default_int_handler)
    before = {
        number: was
        for number, was in found.items()
        if was in default or getattr(was, "__module__", "") == __name__
    }
    for number in before:
        signal.signal(number, handler)
    orphans.hear_ctrl_c()
    return before


def restore(before: Handlers) -> None:
    """Handle the signals as before."""
    for number, handler in before.items():
        signal.signal(number, handler)
