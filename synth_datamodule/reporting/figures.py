"""Pictures, where matplotlib is installed."""

import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from synth_datamodule.reporting.files import AnyPath, write_bytes
from synth_datamodule.reporting.words import say

NO_PICTURE = "no picture: that needs matplotlib, pip install 'synth_datamodule[plots]'"


def picture(
    path: AnyPath,
    draw: Callable[[Any], object],
    *,
    overwrite: bool = False,
    figsize: tuple[float, float] = (6, 4.5),
) -> list[Path]:
    """Draw a picture and write it, where matplotlib is installed.

    Args:
        path: The file's path, as in ``write_bytes``; its suffix is the format.
        draw: A function that draws into the ``matplotlib.figure.Figure`` it is given.
        overwrite: Whether a file with other bytes may be replaced.
        figsize: Width and height in inches, of 100 pixels each.

    Returns:
        The path as the only item; none without matplotlib, which ``say_written`` then says.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "line.png"
        >>> [written.name for written in picture(path, lambda figure: figure.subplots().plot([1]))]
        ['line.png']
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return []
    figure = Figure(figsize=figsize, layout="constrained")
    draw(figure)
    return [write_figure(path, figure, overwrite=overwrite)]


def write_figure(
    path: AnyPath,
    figure: Any,  # noqa: ANN401  # matplotlib's, which has no types
    *,
    overwrite: bool = False,
    dpi: int = 100,
    **options: object,
) -> Path:
    """Write a figure of matplotlib's; see ``write_bytes``.

    Args:
        path: The file's path; its suffix is the format, ``.png`` for one.
        figure: A ``matplotlib.figure.Figure``.
        overwrite: Whether a file with other bytes may be replaced.
        dpi: Pixels per inch.
        options: More of ``Figure.savefig``'s arguments, such as ``bbox_inches="tight"``.

    Returns:
        The path.
    """
    file = io.BytesIO()
    figure.savefig(file, format=Path(path).suffix[1:] or "png", dpi=dpi, **options)
    return write_bytes(path, file.getvalue(), overwrite=overwrite)


def say_written(paths: Iterable[AnyPath], *, with_picture: bool = True) -> None:
    """Name the files written, a line each, and say why no picture is among them.

    Args:
        paths: The files, a picture with the suffix ``.png``.
        with_picture: Whether a picture belongs to them.

    Example:
        >>> say_written(["speed.md", "speed.json"])
        written:
          speed.md
          speed.json
        no picture: that needs matplotlib, pip install 'synth_datamodule[plots]'
    """
    paths = list(paths)
    say("written:")
    for path in paths:
        say(f"  {path}")
    if with_picture and not any(Path(path).suffix == ".png" for path in paths):
        say(NO_PICTURE)
