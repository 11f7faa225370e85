"""The command synth-datamodule."""

import argparse
import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from synth_datamodule.config import SynthConfig
from synth_datamodule.corpus.splits import Split, sound_number
from synth_datamodule.identity.command import verify
from synth_datamodule.measure.command import speed
from synth_datamodule.patching.synth import AbstractSynth, find_synth

_LIGHTNING_COMMANDS = ("fit", "validate", "test", "predict")

_USAGE = """\
usage: synth-datamodule COMMAND [options]

Endless, reproducible synthesizer sounds.

  fit        train a small network that hears a sound and names its 78 parameters
  validate   measure it on validation sounds    (--ckpt_path FILE)
  test       measure it on test sounds          (--ckpt_path FILE)
  predict    write its guesses to a CSV file    (--ckpt_path FILE)
  sweep      fit many times, in search of better settings; killed, it goes on
  render     write sounds by number or name to WAV files, with their parameters
  speed      time rendering on this machine, with its memory and distance to the definition
  verify     check that this machine gives the data of a split as cited, or write its manifest
  benchmark  learn from a fixed budget of sounds, guess, measure; or render the leaderboard

synth-datamodule COMMAND --help lists a command's options.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: As typed after its name; None is those of this process.

    Returns:
        Exit status: 0, 1 where ``verify`` finds other data, or 2 for a command that does not exist
        or cannot be carried out.
    """
    if str(Path.cwd()) not in sys.path:
        # Where a synth of one's own lies; python -m looks there too.
        sys.path.append(str(Path.cwd()))
    words = list(sys.argv[1:] if arguments is None else arguments)
    command, options = (words[0], words[1:]) if words else ("--help", [])
    if command in ("-h", "--help"):
        print(_USAGE, end="")
        return 0
    if command == "render":
        return _render(options)
    if command == "speed":
        return speed(options)
    if command == "sweep":
        # Lightning and Optuna.
        from synth_datamodule.sweeps.command import main as sweep

        return sweep(options)
    if command == "verify":
        return verify(options)
    if command == "benchmark":
        # Like Lightning's own commands, below.
        from synth_datamodule.benchmark.command import benchmark

        return benchmark(options)
    if command in _LIGHTNING_COMMANDS:
        # Lightning takes seconds to import, and render works without it.
        from synth_datamodule.matching.command import MatchingCLI

        # Lightning 2.6.6's own: https://github.com/Lightning-AI/pytorch-lightning/issues/21326
        warnings.filterwarnings("ignore", message=".*LeafSpec", category=FutureWarning)
        try:
            MatchingCLI(None if arguments is None else words)
        except (OSError, ValueError) as error:
            return _fail(command, error)
        return 0
    print(f"synth-datamodule: there is no command {command!r}\n\n{_USAGE}", end="", file=sys.stderr)
    return 2


def _render(options: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="synth-datamodule render",
        description="Write sounds to WAV files (float32), each with a JSON file of its parameters.",
    )
    parser.add_argument(
        "sounds", nargs="+", metavar="SOUND", help="a number, or a name such as synth1B1-312-6"
    )
    parser.add_argument("--out", type=Path, default=Path("sounds"), help="folder (%(default)s)")
    parser.add_argument(
        "--synth",
        default="synth_datamodule.Voice",
        metavar="CLASS",
        help="import path, such as synth_datamodule.synths.FmVoice (%(default)s)",
    )
    parser.add_argument("--nebula", default="default", help="default, drum or a JSON file")
    parser.add_argument("--sample_rate", type=int, default=44100, help="in hertz (%(default)s)")
    parser.add_argument("--seconds", type=float, default=4.0, help="length (%(default)s)")
    parser.add_argument("--control_rate", type=int, default=441, help="in hertz (%(default)s)")
    given = parser.parse_args(options)
    try:
        numbers = [sound_number(name) for name in given.sounds]
        config = SynthConfig(
            sample_rate=given.sample_rate,
            buffer_size_seconds=given.seconds,
            control_rate=given.control_rate,
        )
        synth = find_synth(given.synth)(config, given.nebula)
        given.out.mkdir(parents=True, exist_ok=True)
    except (TypeError, ValueError, OSError) as error:
        parser.error(str(error))
    try:
        for number in numbers:
            _write_sound(synth, number, given.out)
    except (OSError, RuntimeError) as error:  # soundfile's own errors are RuntimeErrors
        return _fail("render", error)
    return 0


def _fail(command: str, error: Exception) -> int:
    print(f"synth-datamodule {command}: error: {error}", file=sys.stderr)
    return 2


def _write_sound(synth: AbstractSynth, number: int, folder: Path) -> None:
    import soundfile

    sound = synth.sound(number)
    config, table = synth.synthconfig, synth.parameter_table
    path = folder / f"sound_{number}.wav"
    soundfile.write(path, sound.audio.numpy(), config.sample_rate, subtype="FLOAT")
    description = {
        "sound": number,
        "split": Split.of(number).value,
        "is_train": bool(sound.is_train),
        "synth": f"{type(synth).__module__}.{type(synth).__qualname__}",
        "nebula": str(synth.nebula),
        "sample_rate": config.sample_rate,
        "buffer_size_seconds": config.buffer_size_seconds,
        "control_rate": config.control_rate,
        "parameters": table.to_dict(table.to_physical(sound.parameters)),
        "units": {parameter.name: parameter.unit for parameter in table.ranges if parameter.unit},
    }
    path.with_suffix(".json").write_text(json.dumps(description, indent=2) + "\n")
    print(path)


if __name__ == "__main__":
    sys.exit(main())
