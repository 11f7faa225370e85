"""How a command ends: one table of exit statuses, one place that turns errors into them."""

import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TextIO

import torch

from synth_datamodule import reporting

EXIT_STATUSES = {
    0: "done",
    1: "other data (verify and benchmark --compare)",
    2: "bad input, nothing found, or not to be carried out (disk, memory)",
    70: "an error of the program's own, with its traceback",
    130: "Ctrl-C",
    141: "a closed pipe",
    143: "SIGTERM",
}
"""Exit statuses of every command, with what they mean."""


class _Terminated(SystemExit):
    """SIGTERM, as an exception: what is being written is cleared away, Lightning tears down."""


def exit_status(command: str, action: Callable[[], int]) -> int:
    """Run a command and return its exit status; what went wrong is one line on standard error.

    Args:
        command: The command's name, ``"render"``.
        action: The command.

    Returns:
        One of ``EXIT_STATUSES``.
    """
    _open_closed_streams()
    interrupt = signal.getsignal(signal.SIGINT)
    try:
        with _terminable():
            status = action()
            sys.stdout.flush()
            return status
    except BaseException as error:
        return _told(command, error)
    finally:
        # Lightning's shutdown ignores Ctrl-C, from then on.
        if _in_main_thread() and signal.getsignal(signal.SIGINT) is not interrupt:
            signal.signal(signal.SIGINT, interrupt)


def _told(command: str, error: BaseException) -> int:
    """Say what went wrong, where anybody listens, and return its status."""
    status = _status(error)
    with contextlib.suppress(OSError):
        # Standard error may be what is closed or full.
        if status == 130:
            reporting.complain(command, KeyboardInterrupt("interrupted"))
        elif status == 143:
            reporting.complain(command, _Terminated("terminated"))
        elif status == 70:
            traceback.print_exception(error)
        elif status == 2 and not isinstance(error, SystemExit):
            reporting.complain(command, error)
    _flush()
    return status


def _status(error: BaseException) -> int:
    causes = list(_causes(error))
    if any(isinstance(cause, _Terminated) for cause in causes):
        return 143
    # Lightning makes SystemExit(1) of it, rich of a closed pipe.
    if any(isinstance(cause, KeyboardInterrupt) for cause in causes):
        return 130
    if isinstance(error, BrokenPipeError):
        return 141
    if isinstance(error, SystemExit):
        if any(isinstance(cause, BrokenPipeError) for cause in causes):
            return 141
        if type(error).__name__ == "SIGTERMException":  # Lightning's, where it came first
            return 143
        return error.code if isinstance(error.code, int) else 0 if error.code is None else 2
    expected = (ValueError, TypeError, OSError, MemoryError, torch.OutOfMemoryError)
    if isinstance(error, expected) or _is_memory(error) or _is_extra(error):
        return 2
    return 70


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _is_memory(error: BaseException) -> bool:
    """Return whether torch found no memory on the CPU, which is no class of its own."""
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def _is_extra(error: BaseException) -> bool:
    """Return whether a package is missing that an extra brings: the message says which."""
    return isinstance(error, ImportError) and "pip install" in str(error)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the block by an exception; other threads have no signals."""
    if not _in_main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        raise _Terminated(143)

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _open_closed_streams() -> None:
    """Give what is printed somewhere to go where the caller has closed standard output or error."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115  # for ever


def _flush() -> None:
    """Empty the buffers; what cannot be written is dropped, or Python would complain at its end."""
    _flush_or_drop(sys.stdout)
    _flush_or_drop(sys.stderr)


def _flush_or_drop(stream: TextIO) -> None:
    try:
        stream.flush()
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
