"""What is left behind: a table to paste, everything as JSON, a picture."""

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from synth_datamodule.measure.results import Failure, Row, Speed
from synth_datamodule.measure.settings import Settings

_Cell = Callable[[Row], str]

_COLUMNS: dict[str, _Cell] = {
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
_ON_A_GPU: dict[str, _Cell] = {
    "of copy bandwidth": lambda row: "-" if row.copy_share is None else f"{row.copy_share:.0%}",
}


def markdown(speed: Speed) -> str:
    """Return the table, with what it was measured on above and what it means below.

    Args:
        speed: As measured.
    """
    columns = {**_COLUMNS, **(_ON_A_GPU if speed.copy_bandwidth else {})}
    lines = [
        *_heading(speed),
        "",
        f"| batch | candidate | {' | '.join(columns)} |",
        f"| ---: | --- |{' ---: |' * len(columns)}",
        *(_line(row, list(columns.values())) for row in speed.rows),
        "",
        *_meaning(speed),
        *speed.notes,
    ]
    return "\n".join(lines) + "\n"


def write(speed: Speed, folder: Path) -> list[Path]:
    """Write everything as JSON, the table and a picture.

    Args:
        speed: As measured.
        folder: Made where it does not exist.

    Returns:
        The files written; the picture is among them where matplotlib is installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / "speed.json", folder / "speed.md"]
    written[0].write_text(json.dumps(asdict(speed), indent=2) + "\n")
    written[1].write_text(markdown(speed))
    picture = folder / "speed.png"
    if _draw(speed, picture):
        written.append(picture)
    return written


def figures(value: float) -> str:
    """Return a number of at least three figures, without an exponent.

    Args:
        value: At least 0.

    Example:
        >>> figures(12345.6), figures(1.2345), figures(0.0012345), figures(0)
        ('12,346', '1.23', '0.00123', '0')
    """
    if value == 0:
        return "0"
    return f"{value:,.{max(0, 2 - math.floor(math.log10(value)))}f}"


def _heading(speed: Speed) -> list[str]:
    machine, settings = speed.machine, speed.settings
    places = dict.fromkeys((machine.device, f"{machine.processor}, {machine.threads} threads"))
    if machine.device == machine.processor:
        del places[machine.device]
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return [
        f"{'; '.join(places)}; {versions}.",
        f"{_sounds(settings)}, parameters and labels included; medians of {settings.rounds} rounds "
        "in turn.",
    ]


def _sounds(settings: Settings) -> str:
    return (
        f"Sounds of {settings.seconds:g} s at {settings.sample_rate} Hz "
        f"(control rate {settings.control_rate} Hz)"
    )


def _line(row: Row | Failure, cells: list[_Cell]) -> str:
    start = f"| {row.batch_size} | {row.candidate} | "
    if isinstance(row, Failure):
        reason = row.reason.replace("|", "\\|")
        return f"{start}does not run: {reason} |{' |' * (len(cells) - 1)}"
    return f"{start}{' | '.join(cell(row) for cell in cells)} |"


def _meaning(speed: Speed) -> list[str]:
    start = speed.start
    memory = "allocated on the GPU" if speed.copy_bandwidth else "resident in the process"
    lines = [
        "Distance: the largest |audio - float64 reference| of a sound, over the first "
        f"{speed.settings.accuracy_sounds} sounds of the batch (or all of a smaller one).",
        f"Peak: memory {memory} during a call, the audio included. The first call compiles.",
        f"From Voice(...) to the first batch of {start.batch_size} in a new process: "
        f"{figures(start.after_installation)} s after installation, then {figures(start.later)} s.",
    ]
    for batch_size, rate in speed.copy_bandwidth.items():
        gigabytes = figures(rate / 1e9)
        lines.append(f"Copying the audio of {batch_size} sounds reads and writes {gigabytes} GB/s.")
    return lines


def _draw(speed: Speed, path: Path) -> bool:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    rows = [row for row in speed.rows if isinstance(row, Row)]
    for name in dict.fromkeys(row.candidate for row in rows):
        points = sorted((row.batch_size, row.realtime) for row in rows if row.candidate == name)
        axis.plot(*zip(*points, strict=True), marker="o", label=name)
    sizes = sorted(set(speed.settings.batch_sizes))
    axis.set(xscale="log", yscale="log", xlabel="sounds per batch", ylabel="times realtime")
    axis.set_xticks(sizes, labels=[str(size) for size in sizes])
    axis.set_xticks([], minor=True)
    axis.grid(which="both", alpha=0.3)
    axis.set_title(f"{speed.machine.device}\n{_sounds(speed.settings)}", fontsize="small")
    if rows:
        axis.legend()
    figure.savefig(path, dpi=100)
    return True
