"""The report of a measurement: a table, everything as JSON, a picture."""

import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from synth_datamodule.measure.results import Failure, Measured, Row
from synth_datamodule.patching.naming import public_name
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.reporting import (
    markdown_table,
    picture,
    print_table,
    say,
    write_json,
    write_text,
)

_COLUMNS: dict[str, Callable[[Row], str]] = {
    "ms per batch": lambda row: figures(1e3 * row.seconds),
    "sounds/s": lambda row: figures(row.sounds_per_second),
    "times realtime": lambda row: figures(row.realtime),
    "peak MB": lambda row: "-" if row.peak_bytes is None else figures(row.peak_bytes / 1e6),
    "of the audio": lambda row: (
        "-" if row.peak_bytes is None else f"{row.peak_bytes / row.output_bytes:.1f}x"
    ),
    "distance, median": lambda row: f"{row.distance.median:.1e}" if row.distance else "-",
    "99 %": lambda row: f"{row.distance.percentile_99:.1e}" if row.distance else "-",
    "worst": lambda row: f"{row.distance.worst:.1e}" if row.distance else "-",
    "first call, s": lambda row: figures(row.first_call),
}
_HEADER = ("batch", "candidate", *_COLUMNS)
_ALIGN = "rl" + "r" * len(_COLUMNS)


def markdown(measured: Measured) -> str:
    """Return the table as Markdown, with the machine above and what the columns mean below.

    Args:
        measured: The results.
    """
    table = markdown_table(_HEADER, _cells(measured), align=_ALIGN)
    return "\n".join([*_above(measured), "", table, "", *_below(measured)]) + "\n"


def show(measured: Measured) -> None:
    """Print the table, with the machine above and what the columns mean below.

    Args:
        measured: The results.
    """
    for line in _above(measured):
        say(line)
    print_table(_HEADER, _cells(measured), align=_ALIGN)
    for line in _below(measured):
        say(line)


def outputs(folder: Path) -> list[Path]:
    """Return the files that ``write`` writes: everything as JSON, the table, the picture.

    Args:
        folder: Folder of the files.

    Example:
        >>> [path.name for path in outputs(Path("speed"))]
        ['speed.json', 'speed.md', 'speed.png']
    """
    return [folder / f"speed.{suffix}" for suffix in ("json", "md", "png")]


def write(measured: Measured, folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write everything as JSON, the table and, where matplotlib is installed, a picture.

    Args:
        measured: The results.
        folder: Folder of the files; it is made where it does not exist.
        overwrite: Whether files of another run may be replaced.

    Returns:
        The files written.

    Raises:
        OSError: If a file cannot be written, or exists without ``overwrite``.
    """
    everything, table, curves = outputs(folder)
    record = {**asdict(measured), "recipe": _plain(measured.recipe)}
    return [
        write_json(everything, record, overwrite=overwrite),
        write_text(table, markdown(measured), overwrite=overwrite),
        *picture(curves, lambda figure: _draw(measured, figure), overwrite=overwrite),
    ]


def figures(value: float) -> str:
    """Return a number with at least three figures, without an exponent.

    Args:
        value: The number, at least 0.

    Example:
        >>> figures(12345.6), figures(1.2345), figures(0.0012345), figures(0)
        ('12,346', '1.23', '0.00123', '0')
    """
    if value == 0:
        return "0"
    return f"{value:,.{max(0, 2 - math.floor(math.log10(value)))}f}"


def _cells(measured: Measured) -> list[list[object]]:
    return [
        [
            row.batch_size,
            row.candidate,
            *(
                [f"does not run: {row.reason}", *[""] * (len(_COLUMNS) - 1)]
                if isinstance(row, Failure)
                else [cell(row) for cell in _COLUMNS.values()]
            ),
        ]
        for row in measured.rows
    ]


def _above(measured: Measured) -> list[str]:
    return [
        f"{measured.machine}.",
        f"{_sounds(measured.recipe)}, parameters and labels included; medians of "
        f"{measured.num_rounds} rounds in turn.",
    ]


def _below(measured: Measured) -> list[str]:
    memory = "allocated on the GPU" if measured.on_a_gpu else "resident in the process"
    return [
        "Distance: the largest |audio - float64 reference| of a sound, over the first "
        f"{measured.accuracy_sounds} sounds of the batch (or all of a smaller one).",
        f"Peak: memory {memory} during a call, the audio included. The first call compiles.",
        *measured.notes,
    ]


def _sounds(recipe: SynthRecipe) -> str:
    said = ("buffer_size_seconds", "sample_rate", "control_rate")
    others = [f", {name} {value}" for name, value in _plain(recipe).items() if name not in said]
    return (
        f"Sounds of {recipe.buffer_size_seconds:g} s at {recipe.sample_rate} Hz "
        f"(control rate {recipe.control_rate} Hz){''.join(others)}"
    )


def _plain(recipe: SynthRecipe) -> dict[str, Any]:
    rates = {
        name: getattr(recipe, name)
        for name in ("sample_rate", "buffer_size_seconds", "control_rate")
    }
    others = recipe.changed()
    if "pinned" in others:
        others["pinned"] = dict(recipe.pinned)
    if isinstance(recipe.synth, type):
        others["synth"] = public_name(recipe.synth)
    return others | rates


def _draw(measured: Measured, figure: Any) -> None:  # noqa: ANN401  # matplotlib has no types
    axis = figure.subplots()
    rows = [row for row in measured.rows if isinstance(row, Row)]
    for name in dict.fromkeys(row.candidate for row in rows):
        points = sorted((row.batch_size, row.realtime) for row in rows if row.candidate == name)
        axis.plot(*zip(*points, strict=True), marker="o", label=name)
    sizes = sorted({row.batch_size for row in measured.rows})
    axis.set(xscale="log", yscale="log", xlabel="sounds per batch", ylabel="times realtime")
    axis.set_xticks(sizes, labels=[str(size) for size in sizes])
    axis.set_xticks([], minor=True)
    axis.grid(which="both", alpha=0.3)
    axis.set_title(f"{measured.machine.device}\n{_sounds(measured.recipe)}", fontsize="small")
    if rows:
        axis.legend()
