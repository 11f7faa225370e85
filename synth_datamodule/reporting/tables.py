"""Tables: for a terminal, and as Markdown."""

import re
from collections.abc import Iterable, Sequence

from synth_datamodule.reporting.words import printable

_NUMBER = re.compile(r"[+-]?([\d.,]*\d(e[+-]?\d+)?|inf|nan)( ?%|x)?")


class Markdown(str):
    """Text that is Markdown already: a cell of ``markdown_table`` that stays as it is."""

    __slots__ = ()


def bold(text: str) -> Markdown:
    r"""Return text as bold Markdown.

    Args:
        text: The text, in which nothing is markup.

    Example:
        >>> bold("0.25 | best")
        '**0.25 \\| best**'
    """
    return Markdown(f"**{_escaped(text)}**")


def markdown_table(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, align: str | None = None
) -> str:
    r"""Return a Markdown table, whose cells show what they hold and are never markup.

    Args:
        header: Names of the columns.
        rows: Cells, as many in each row as there are columns.
        align: A letter for each column, ``"l"`` (left) or ``"r"`` (right); None sets columns of
            numbers to the right.

    Returns:
        The lines, without a line break at the end.

    Raises:
        ValueError: If a row has another number of cells.

    Example:
        >>> print(markdown_table(["name", "ms"], [["a|b", 1.25], ["c_1", "-"]]))
        | name | ms |
        | --- | ---: |
        | a\|b | 1.25 |
        | c_1 | - |
    """
    cells = _cells(header, rows)
    rules = ["---:" if side == "r" else "---" for side in _sides(header, cells, align)]
    lines = [[_escaped(cell) for cell in line] for line in (header, *cells)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (lines[0], rules, *lines[1:]))


def print_table(
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    align: str | None = None,
    show_header: bool = True,
    styles: Sequence[str | None] | None = None,
) -> None:
    """Print a table on standard output, as wide as it must be: what is copied is never cut.

    Args:
        header: Names of the columns.
        rows: Cells, as many in each row as there are columns; nothing in them is markup.
        align: A letter for each column, as in ``markdown_table``.
        show_header: Whether the names of the columns are printed.
        styles: One of rich's styles for each row, such as ``"bold red"``, seen on a terminal.

    Raises:
        ValueError: If a row has another number of cells.

    Example:
        >>> print_table(["split", "sounds"], [["test", 1024]], show_header=False)
        test 1024
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = _cells(header, rows)
    table = Table(
        box=box.SIMPLE_HEAD if show_header else None,
        show_header=show_header,
        padding=(0, 1, 0, 0),
    )
    for name, side in zip(header, _sides(header, cells, align), strict=True):
        table.add_column(Text(name), justify="right" if side == "r" else "left", no_wrap=True)
    for line, style in zip(cells, styles or [None] * len(cells), strict=True):
        table.add_row(*(Text(printable(cell)) for cell in line), style=style)
    Console(width=1_000_000).print(table)


def _cells(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[list[str]]:
    cells = [[cell if isinstance(cell, str) else str(cell) for cell in row] for row in rows]
    for line in cells:
        if len(line) != len(header):
            raise ValueError(f"a row must have {len(header)} cells, got {line}")
    return cells


def _sides(header: Sequence[str], cells: Sequence[Sequence[str]], align: str | None) -> str:
    if align is not None:
        if len(align) != len(header) or set(align) - {"l", "r"}:
            raise ValueError(f"align must be {len(header)} letters, l or r, got {align!r}")
        return align
    columns = [[line[place] for line in cells] for place in range(len(header))]
    return "".join("r" if _are_numbers(column) else "l" for column in columns)


def _are_numbers(column: Sequence[str]) -> bool:
    said = [cell for cell in column if cell not in ("", "-")]
    return bool(said) and all(_NUMBER.fullmatch(cell) for cell in said)


def _escaped(cell: str) -> str:
    if isinstance(cell, Markdown):
        return cell
    text = printable(" ".join(cell.splitlines()))
    # Within a word an underscore is none of Markdown's signs: vco_1 stays readable.
    return re.sub(r"[\\`*\[<&~|]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text)
