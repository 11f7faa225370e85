"""Progress: a bar on a terminal, a line now and then elsewhere."""

import contextlib
import os
import sys
from collections.abc import Iterator
from time import monotonic
from typing import Protocol

from synth_datamodule.reporting.words import printable

_SECONDS_BETWEEN_LINES = 30


class Advance(Protocol):
    """Tells of progress: ``advance()``, ``advance(32)``, ``advance(0, "measuring")``."""

    def __call__(self, steps: int = 1, description: str | None = None) -> None:
        """Add steps, and say what is being done now where that has changed."""


def progress(
    description: str, total: int | None = None, unit: str = "sounds"
) -> contextlib.AbstractContextManager[Advance]:
    """Show on standard error how far a loop is.

    A terminal shows a bar, which is gone at the end. Anything else, such as a log file, gets a line
    every half minute, and a last one where a loop that has said something came further. Without a
    total the end is not known.
    """
    # An editor's shell calls itself dumb: it cannot move the cursor.
    on_a_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return (_bar if on_a_terminal else _lines)(description, total, unit)


@contextlib.contextmanager
def _bar(doing: str, total: int | None, unit: str) -> Iterator[Advance]:
    from rich import progress as rich
    from rich.console import Console

    bar = rich.Progress(
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TextColumn(unit, markup=False),
        rich.TimeElapsedColumn() if total is None else rich.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        # What is printed goes above the bar; into a pipe it goes as ever.
        redirect_stdout=sys.stdout.isatty(),
    )
    with bar:
        task = bar.add_task(printable(doing), total=total)

        def advance(steps: int = 1, description: str | None = None) -> None:
            now = None if description is None else printable(description)
            bar.update(task, advance=steps, description=now)

        yield advance


@contextlib.contextmanager
def _lines(doing: str, total: int | None, unit: str) -> Iterator[Advance]:
    of = "" if total is None else f" of {total}"
    start = said_at = monotonic()
    done, said = 0, ""

    def how_far() -> str:
        return printable(f"{doing}: {done}{of} {unit}")

    def say_it(now: float) -> None:
        nonlocal said, said_at
        said, said_at = how_far(), now
        sys.stderr.write(f"{said}, {now - start:.0f} s\n")
        sys.stderr.flush()

    def advance(steps: int = 1, description: str | None = None) -> None:
        nonlocal doing, done
        doing, done = description or doing, done + steps
        if (now := monotonic()) - said_at >= _SECONDS_BETWEEN_LINES:
            say_it(now)

    try:
        yield advance
    finally:
        if said and said != how_far():
            say_it(monotonic())
