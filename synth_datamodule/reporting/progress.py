"""Progress: a bar on a terminal, a line now and then elsewhere."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from synth_datamodule.reporting.words import printable


class Advance(Protocol):
    """Tells of progress: ``advance()``, ``advance(32)``, ``advance(0, "measuring")``."""

    def __call__(self, steps: int = 1, description: str | None = None) -> None:
        """Add steps, and say what is being done now where that has changed."""


@contextlib.contextmanager
def progress(
    description: str,
    total: int | None = None,
    unit: str = "sounds",
    *,
    seconds: float = 30.0,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Advance]:
    """Show on standard error how far a loop is.

    A terminal shows a bar, which is gone at the end. Anything else, such as a log file, gets a line
    now and then, and a last one at the end of a loop that has said something.

    Args:
        description: What is being done, a few words.
        total: Steps in all; None where that is not known.
        unit: Name of the steps.
        seconds: Time between two lines, at least, in seconds.
        clock: A clock in seconds.

    Yields:
        A function to call with the steps done since the last call.

    Example:
        >>> with progress("rendering", total=64) as advance:
        ...     for _ in range(2):
        ...         advance(32)
    """
    # An editor's shell calls itself dumb: it cannot move the cursor.
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        shown = _bar(description, total, unit)
    else:
        shown = _lines(description, total, unit, seconds, clock)
    with shown as advance:
        yield advance


@contextlib.contextmanager
def _bar(description: str, total: int | None, unit: str) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit, markup=False),
        TimeElapsedColumn() if total is None else TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        # What is printed goes above the bar; into a pipe it goes as ever.
        redirect_stdout=sys.stdout.isatty(),
    )
    with bar:
        task = bar.add_task(printable(description), total=total)

        def advance(steps: int = 1, description: str | None = None) -> None:
            now = None if description is None else printable(description)
            bar.update(task, advance=steps, description=now)

        yield advance


@contextlib.contextmanager
def _lines(
    description: str, total: int | None, unit: str, seconds: float, clock: Callable[[], float]
) -> Iterator[Advance]:
    doing, done, of = description, 0, "" if total is None else f" of {total}"
    start = said = clock()

    def line(now: float) -> None:
        nonlocal said
        said = now
        text = f"{doing}: {done}{of} {unit}, {now - start:.0f} s"
        sys.stderr.write(f"{printable(text)}\n")
        sys.stderr.flush()

    def advance(steps: int = 1, description: str | None = None) -> None:
        nonlocal doing, done
        done += steps
        doing = doing if description is None else description
        now = clock()
        if now - said >= seconds:
            line(now)

    try:
        yield advance
    finally:
        if said > start:
            line(clock())
