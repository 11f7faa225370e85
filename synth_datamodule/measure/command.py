"""``synth-datamodule speed``: measure this machine, print the table."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from synth_datamodule.measure.candidates import BACKENDS
from synth_datamodule.measure.report import markdown, write
from synth_datamodule.measure.settings import DEFAULT_BACKENDS, DEFAULT_BATCH_SIZES, Settings
from synth_datamodule.measure.speed import measure


def speed(options: Sequence[str]) -> int:
    """Run the command.

    Args:
        options: As typed after ``speed``.

    Returns:
        Exit status: 0, or 2 where nothing can be measured or written.
    """
    parser = _parser()
    given = vars(parser.parse_args(options))
    folder = given.pop("out")
    for name in ("batch_sizes", "backends"):
        given[name] = tuple(given[name])
    try:
        settings = Settings(**given)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    try:
        measured = measure(settings, show_progress)
        show_progress("")
        print(markdown(measured), end="")
        written = write(measured, folder) if folder is not None else []
    except (OSError, RuntimeError) as error:
        print(f"{parser.prog}: error: {error}", file=sys.stderr)
        return 2
    if written:
        print("\nwritten:", *written, sep="\n  ")
        if not any(path.suffix == ".png" for path in written):
            print("no picture: that needs matplotlib, pip install 'synth_datamodule[plots]'")
    return 0


def show_progress(text: str) -> None:
    """Say on standard error what is being done; a terminal shows the latest only.

    Args:
        text: One line; empty where all is done.
    """
    if sys.stderr.isatty():
        print(f"\r{text:<60}", end="\r", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="synth-datamodule speed",
        description="Time batches of sounds, with peak memory and distance to the definition.",
    )
    parser.add_argument(
        "--batch_sizes", type=int, nargs="+", default=DEFAULT_BATCH_SIZES, help="(%(default)s)"
    )
    parser.add_argument(
        "--backends",
        nargs="+",
        default=DEFAULT_BACKENDS,
        help=f"of {', '.join(BACKENDS)} (%(default)s)",
    )
    parser.add_argument("--torchsynth", action="store_true", help="measure torchsynth 1.0.2 too")
    parser.add_argument(
        "--synthax", action="store_true", help="measure SynthAX too, on a CPU: sounds of its own"
    )
    parser.add_argument("--rounds", type=int, default=9, help="that each is timed (%(default)s)")
    parser.add_argument(
        "--accuracy_sounds",
        type=int,
        default=32,
        help="of each batch, held against the float64 reference (%(default)s)",
    )
    parser.add_argument(
        "--device",
        default="cuda" if torch.cuda.is_available() else "cpu",
        help="cpu or cuda (here: %(default)s)",
    )
    parser.add_argument("--sample_rate", type=int, default=44100, help="in hertz (%(default)s)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of a sound (%(default)s)")
    parser.add_argument("--control_rate", type=int, default=441, help="in hertz (%(default)s)")
    parser.add_argument("--out", type=Path, help="folder for speed.json, speed.md and speed.png")
    return parser
