"""The command synth-datamodule: one table of what it can do."""

import atexit
import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from synth_datamodule import reporting
from synth_datamodule.commandline import (
    EXIT_STATUSES,
    at_once,
    end_at_once,
    exit_status,
    no_such,
    parse,
)
from synth_datamodule.commandline.orphans import end_with_parent

COMMANDS = {
    "fit": (
        "train a small network that hears a sound and names its 78 parameters",
        "synth_datamodule.recordings.fitting:fit",
    ),
    "validate": (
        "measure it on validation sounds    (--ckpt_path FILE)",
        "synth_datamodule.matching.command:validate",
    ),
    "test": (
        "measure it on test sounds          (--ckpt_path FILE)",
        "synth_datamodule.matching.command:test",
    ),
    "predict": (
        "write its guesses to a CSV file    (--ckpt_path FILE)",
        "synth_datamodule.matching.command:predict",
    ),
    "sweep": (
        "fit many times, in search of better settings; killed, it goes on",
        "synth_datamodule.sweeps.command:Sweep",
    ),
    "render": (
        "write sounds and presets to WAV or FLAC files, with their parameters",
        "synth_datamodule.synths.command:Render",
    ),
    "match": (
        "find the nearest presets to recordings, with sounds and pictures of both",
        "synth_datamodule.recordings.command:RecordingMatch",
    ),
    "listen": (
        "write a page to hear sounds, comparisons and blind tests by, one HTML file",
        "synth_datamodule.listening.command:Listen",
    ),
    "play": (
        "play a synth in the browser: sliders, a piano, its patch, sounds by number",
        "synth_datamodule.playing.command:Play",
    ),
    "speed": (
        "time rendering on this machine, with its memory and distance to the definition",
        "synth_datamodule.measure.command:Speed",
    ),
    "verify": (
        "check that this machine gives the data of a split as cited",
        "synth_datamodule.identity.command:Verify",
    ),
    "cite": (
        "name a split of yours to cite it by, and write its manifest",
        "synth_datamodule.identity.command:Cite",
    ),
    "benchmark": (
        "learn from a fixed budget of sounds, guess, measure; or render the leaderboard",
        "synth_datamodule.benchmark.command:Benchmark",
    ),
}
"""Each command with its line of help and its import path, which is imported when it is called.

There lies a frozen dataclass of options that is called, or a function of the words typed; both
return the exit status."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Words typed after the command's name; None is those of this process.

    Returns:
        Exit status, one of ``EXIT_STATUSES``.
    """
    with contextlib.suppress(OSError):  # a folder that is gone has no synths
        if str(Path.cwd()) not in sys.path:
            # Where a synth of one's own lies; python -m looks there too.
            sys.path.append(str(Path.cwd()))
    command, *words = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    return exit_status(command, lambda: _run(command, words))


def run() -> None:
    """Be the process of the command: run it, and exit with its status.

    Python's own end, which frees a gigabyte of modules one by one, is left out: it takes seconds,
    in which a signal would end a command that is done without a word.
    """
    status = 70

    def leave() -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os._exit(status)

    if "LOCAL_RANK" in os.environ:
        end_with_parent()
    atexit.register(leave)  # first, so it runs last: after all that the command registers
    status = main()
    end_at_once("".join(sys.argv[1:2]))
    sys.exit(status)


def _run(command: str, words: Sequence[str]) -> int:
    if command in ("-h", "--help"):
        reporting.say(_usage())
        return 0
    if command == "--version":
        from importlib.metadata import version  # late: half of the time that --help takes

        reporting.say(f"synth_datamodule {version('synth_datamodule')}")
        return 0
    if command not in COMMANDS:
        raise ValueError(no_such("command", command, COMMANDS))
    module, _, name = COMMANDS[command][1].partition(":")
    with at_once(command):
        found = getattr(importlib.import_module(module), name)
    run = partial(found, words)
    if isinstance(found, type):
        run = parse(found, f"synth-datamodule {command}", words)
    status: int = run()
    return status


def _usage() -> str:
    commands = "\n".join(f"  {name:<9}  {text}" for name, (text, _) in COMMANDS.items())
    statuses = "\n".join(f"  {number:>3}  {text}" for number, text in EXIT_STATUSES.items())
    return f"""\
usage: synth-datamodule COMMAND [options]

Endless, reproducible synthesizer sounds.

{commands}

synth-datamodule COMMAND --help lists a command's options, synth-datamodule --version says which
version this is. Exit status:
{statuses}"""


if __name__ == "__main__":
    run()
