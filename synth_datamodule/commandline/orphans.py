"""Processes that a command starts end with it, and leave the last word to it."""

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Iterator

_LAUNCHER = "SYNTH_DATAMODULE_LAUNCHER"
_SECONDS_BETWEEN_LOOKS = 1.0
_SECONDS_TO_END = 10.0
_SECONDS_TO_BE_LOST = 0.5

_launched = threading.Event()


@contextlib.contextmanager
def launching() -> Iterator[None]:
    """Let processes that are started in the block know which one they belong to.

    They begin deaf to Ctrl-C, and so is this thread, whose mask they inherit: one that came while
    Python starts would be told with a traceback.
    """
    os.environ[_LAUNCHER] = str(os.getpid())
    with _deaf_to_ctrl_c():
        try:
            yield
        finally:
            os.environ.pop(_LAUNCHER, None)


@contextlib.contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def hear_ctrl_c() -> None:
    """Let a launched process hear Ctrl-C, from when it has a handler for it on."""
    if launched() and hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def end_with_parent() -> None:
    """End this process soon after the one that started it, however that ends.

    Lightning starts one process per further device, and ends them where it ends by itself. One
    that kill -9 leaves alone would wait for the others for half an hour.
    """
    launcher = os.environ.pop(_LAUNCHER, None)  # of this process alone, not of what it starts
    parent = int(launcher or os.getppid())
    if launcher:
        _launched.set()

    def watch() -> None:
        with contextlib.suppress(AttributeError, OSError):  # no Linux, or it is gone already
            process = os.pidfd_open(parent)
            if os.getppid() == parent:
                its_end = select.poll()
                its_end.register(process, select.POLLIN)
                its_end.poll()
        # An orphan gets another parent at once.
        while os.getppid() == parent:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        os._exit(143)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def launched() -> bool:
    """Return whether another process of the command started this one, and speaks for both."""
    return _launched.is_set()


def hush() -> None:
    """Say nothing more on standard error, neither here nor in what C++ writes there."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def end_after_parent() -> None:
    """Wait, in silence, for the process that started this one to end, which ends this one.

    Lightning kills a run in which a launched process ends before the first one, whose line is not
    said then. This is for one that takes no part in a collective: the first would wait for it.
    """
    hush()
    time.sleep(_SECONDS_TO_END)


def end_if_lost() -> None:
    """Give a launched process time to end with its parent, before it complains of the loss."""
    time.sleep(_SECONDS_TO_BE_LOST)
