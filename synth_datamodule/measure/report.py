"""The report of a measurement: a table, everything as JSON, a picture."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from synth_datamodule import reporting
from synth_datamodule.measure.speed import Failure, Measured, Row
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.reporting import figures

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
_RATES = ("sample_rate", "buffer_size_seconds", "control_rate")


def markdown(measured: Measured) -> str:
    """Return the table as Markdown, with the machine above and what the columns mean below."""
    table = reporting.markdown_table(_HEADER, _cells(measured), align=_ALIGN)
    return f"{_above(measured)}\n\n{table}\n\n{_below(measured)}\n"


def show(measured: Measured) -> None:
    """Print the table, with the machine above and what the columns mean below."""
    reporting.say(_above(measured))
    reporting.print_table(_HEADER, _cells(measured), align=_ALIGN)
    reporting.say(_below(measured))


def outputs(folder: Path) -> list[Path]:
    """Return the files that ``write`` writes: everything as JSON, the table, the picture."""
    return [folder / f"speed.{suffix}" for suffix in ("json", "md", "png")]


def write(measured: Measured, folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write the files into a folder, the picture where matplotlib is installed; return them."""
    everything, table, curves = outputs(folder)
    record = {**asdict(measured), "recipe": _plain(measured.recipe)}
    return [
        reporting.write_json(everything, record, overwrite=overwrite),
        reporting.write_text(table, markdown(measured), overwrite=overwrite),
        *reporting.picture(curves, lambda figure: _draw(measured, figure), overwrite=overwrite),
    ]


def _cells(measured: Measured) -> list[list[object]]:
    rows = []
    for row in measured.rows:
        if isinstance(row, Failure):
            cells = [f"does not run: {row.reason}", *[""] * (len(_COLUMNS) - 1)]
        else:
            cells = [cell(row) for cell in _COLUMNS.values()]
        rows.append([row.batch_size, row.candidate, *cells])
    return rows


def _above(measured: Measured) -> str:
    return (
        f"{measured.machine}.\n{_sounds(measured.recipe)}, parameters and labels included; medians "
        f"of {measured.num_rounds} rounds in turn."
    )


def _below(measured: Measured) -> str:
    on_a_gpu = measured.machine.device != measured.machine.processor
    memory = "allocated on the GPU" if on_a_gpu else "resident in the process"
    lines = (
        "Distance: the largest |audio - float64 reference| of a sound, over the first "
        f"{measured.accuracy_sounds} sounds of the batch (or all of a smaller one).",
        f"Peak: memory {memory} during a call, the audio included. The first call compiles.",
        *measured.notes,
    )
    return "\n".join(lines)


def _sounds(recipe: SynthRecipe) -> str:
    others = [f", {name} {value}" for name, value in _plain(recipe).items() if name not in _RATES]
    return (
        f"Sounds of {recipe.buffer_size_seconds:g} s at {recipe.sample_rate} Hz "
        f"(control rate {recipe.control_rate} Hz){''.join(others)}"
    )


def _plain(recipe: SynthRecipe) -> dict[str, Any]:
    """Return the rates and what is not at its default, as JSON and ``SynthRecipe`` take it."""
    plain = recipe.plain()
    return {name: plain[name] for name in (*recipe.changed(), *_RATES)}


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
