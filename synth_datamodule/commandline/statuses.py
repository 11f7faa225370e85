"""How a command ends: one table of exit statuses, one place that turns errors into them."""

import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from typing import TextIO

from synth_datamodule import reporting
from synth_datamodule.commandline import orphans, signals
from synth_datamodule.commandline.signals import SIGNALS

EXIT_STATUSES = {
    0: "done",
    1: "other data (verify and benchmark --compare), nothing near (match)",
    2: "bad input, nothing found, or not to be carried out (disk, memory)",
    70: "an error of the program's own, with its traceback",
    129: "SIGHUP, a terminal that is gone",
    130: "Ctrl-C",
    141: "a closed pipe",
    143: "SIGTERM",
}
"""Exit statuses of every command, with what they mean."""

_NO_MEMORY = (
    "can't allocate memory",
    "not enough memory",
    "bad_alloc",
    "can't start new thread",
    "failed to map segment",
)
"""What torch, Python and the loader of libraries say where memory is short, but MemoryError."""


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
    end, unraisable, before = signals.ByException(), sys.unraisablehook, {}
    try:
        before = signals.handle(end)
        status = action()
        sys.stdout.flush()
        return status
    except BaseException as error:
        end_at_once(command)  # all is cleared away
        return _told(command, error, end.heard)
    finally:
        signals.restore(before)  # Lightning's shutdown ignores Ctrl-C, from then on
        sys.unraisablehook = unraisable


def end_at_once(command: str) -> None:
    """Let a signal end the process in its line from now on, for all is cleared away.

    Args:
        command: The command's name.
    """
    signals.handle(signals.AtOnce(command))


def _told(command: str, error: BaseException, heard: list[int]) -> int:
    """Say what went wrong, where anybody listens, and return its status."""
    status = _status(error, heard)
    word = dict(SIGNALS.values()).get(status)
    _flush_or_drop(sys.stdout)
    if orphans.launched():
        if word is None:
            orphans.end_if_lost()
        else:
            orphans.hush()
    with contextlib.suppress(OSError):
        # Standard error may be what is closed or full.
        if status == 70:
            traceback.print_exception(error)
        elif word is not None:
            stopped = isinstance(error, KeyboardInterrupt | SystemExit)
            more = [text for text in error.args if isinstance(text, str) and stopped]
            reporting.complain(command, SystemExit("; ".join([word, *more])))
        elif status == 2 and not isinstance(error, SystemExit):
            reporting.complain(command, error)
    _flush_or_drop(sys.stderr)
    return status


def _status(error: BaseException, heard: list[int]) -> int:
    if heard:  # whatever libraries have made of it
        return SIGNALS[heard[0]][0]
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) and cause not in causes:
        causes.append(cause)
    # While one ends a command, another may be raised: Lightning makes SystemExit(1) of Ctrl-C.
    if any(isinstance(cause, KeyboardInterrupt) for cause in causes):
        return 130
    if isinstance(error, SystemExit):
        if any(isinstance(cause, BrokenPipeError) for cause in causes):  # rich
            return 141
        if type(error).__name__ == "SIGTERMException":  # Lightning's, where it came first
            return 143
        return error.code if isinstance(error.code, int) else 0 if error.code is None else 2
    if isinstance(error, BrokenPipeError):
        return 141
    expected = isinstance(error, (ValueError, TypeError, OSError, MemoryError))
    # Of torch and Lightning, which need not be imported here.
    expected |= type(error).__name__ in ("OutOfMemoryError", "MisconfigurationException")
    no_memory = isinstance(error, (RuntimeError, ImportError)) and any(
        text in str(error) for text in _NO_MEMORY
    )
    no_extra = isinstance(error, ImportError) and "pip install" in str(error)
    return 2 if expected or no_memory or no_extra else 70


def _flush_or_drop(stream: TextIO) -> None:
    """Empty a buffer; what cannot be written is dropped, or Python would complain at its end."""
    try:
        stream.flush()
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
