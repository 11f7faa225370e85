"""Tables: for a terminal, and as Markdown."""

import math
import re
from collections.abc import Iterable, Sequence

from synth_datamodule.reporting.words import printable

_NUMBER = re.compile(r"[+-]?([\d.,]*\d(e[+-]?\d+)?|inf|nan)( ?%|x)?")


class _Markdown(str):
    """Text that is Markdown already."""

    __slots__ = ()


def figures(value: float) -> str:
    """Return a number of at least 0 with three figures or more, without an exponent.

    Example:
        >>> figures(12345.6), figures(1.2345), figures(0.0012345), figures(0)
        ('12,346', '1.23', '0.00123', '0')
    """
    if value == 0:
        return "0"
    return f"{value:,.{max(0, 2 - math.floor(math.log10(value)))}f}"


def bold(text: str) -> str:
    """Return text, in which nothing is markup, as a bold cell of ``markdown_table``."""
    return _Markdown(f"**{_escaped(text)}**")


def markdown_table(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, align: str | None = None
) -> str:
    r"""Return a Markdown table, whose cells show what they hold and are never markup.

    ``align`` has a letter for each column, l (left) or r (right); without it, columns of numbers
    stand to the right.

    Example:
        >>> print(markdown_table(["name", "ms"], [["a|b", 1.25], ["c_1", "-"]]))
        | name | ms |
        | --- | ---: |
        | a\|b | 1.25 |
        | c_1 | - |
    """
    cells, sides = _cells_and_sides(header, rows, align)
    rules = ["---:" if side == "r" else "---" for side in sides]
    first, *others = [[_escaped(cell) for cell in line] for line in (header, *cells)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (first, rules, *others))


def print_table(
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    align: str | None = None,
    show_header: bool = True,
    styles: Sequence[str | None] | None = None,
) -> None:
    """Print a table on standard output, as wide as it must be: nothing is cut, nothing is markup.

    ``align`` is ``markdown_table``'s; a style of rich's for each row (None or ``"bold red"``) is
    seen on a terminal.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells, sides = _cells_and_sides(header, rows, align)
    lines = box.SIMPLE_HEAD if show_header else None
    table = Table(box=lines, show_header=show_header, padding=(0, 1, 0, 0))
    for name, side in zip(header, sides, strict=True):
        table.add_column(Text(name), justify="right" if side == "r" else "left", no_wrap=True)
    for line, style in zip(cells, styles or [None] * len(cells), strict=True):
        table.add_row(*(Text(printable(cell)) for cell in line), style=style)
    Console(width=1_000_000).print(table)


def _cells_and_sides(
    header: Sequence[str], rows: Iterable[Sequence[object]], align: str | None
) -> tuple[list[list[str]], str]:
    cells = [[cell if isinstance(cell, str) else str(cell) for cell in row] for row in rows]
    guessed = ""
    for _, *column in zip(header, *cells, strict=True):
        said = [cell for cell in column if cell not in ("", "-")]
        guessed += "r" if said and all(_NUMBER.fullmatch(cell) for cell in said) else "l"
    return cells, align or guessed


def _escaped(cell: str) -> str:
    if isinstance(cell, _Markdown):
        return cell
    text = printable(" ".join(cell.splitlines()))
    # Within a word an underscore is none of Markdown's signs: vco_1 stays readable.
    return re.sub(r"[\\`*\[<&~|]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text)
