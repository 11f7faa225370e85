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
    for name in ("stdout", "stderr"):
        # Where the caller has closed it, what is printed needs somewhere to go.
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115  # for ever
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
        if status == 70:
            traceback.print_exception(error)
        elif status in (130, 143):
            reporting.complain(
                command, SystemExit("interrupted" if status == 130 else "terminated")
            )
        elif status == 2 and not isinstance(error, SystemExit):
            reporting.complain(command, error)
    _flush_or_drop(sys.stdout)
    _flush_or_drop(sys.stderr)
    return status


def _status(error: BaseException) -> int:
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) and cause not in causes:
        causes.append(cause)
    # While one ends a command, another may be raised: Lightning makes SystemExit(1) of Ctrl-C.
    for kind, status in ((_Terminated, 143), (KeyboardInterrupt, 130)):
        if any(isinstance(cause, kind) for cause in causes):
            return status
    if isinstance(error, SystemExit):
        if any(isinstance(cause, BrokenPipeError) for cause in causes):  # rich
            return 141
        if type(error).__name__ == "SIGTERMException":  # Lightning's, where it came first
            return 143
        return error.code if isinstance(error.code, int) else 0 if error.code is None else 2
    if isinstance(error, BrokenPipeError):
        return 141
    expected = (ValueError, TypeError, OSError, MemoryError, torch.OutOfMemoryError)
    # Neither torch's lack of CPU memory nor a missing extra is a class of its own.
    no_memory = isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    no_extra = isinstance(error, ImportError) and "pip install" in str(error)
    return 2 if isinstance(error, expected) or no_memory or no_extra else 70


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


def _flush_or_drop(stream: TextIO) -> None:
    """Empty a buffer; what cannot be written is dropped, or Python would complain at its end."""
    try:
        stream.flush()
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
