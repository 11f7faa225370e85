"""Options that the scripts share: the same word means the same in each of them."""

import argparse
from pathlib import Path

from synth_datamodule import checks
from synth_datamodule.reporting import check_outputs

WORDS = {
    "sounds": (int, "how many sounds"),
    "accuracy_sounds": (int, "sounds of each batch that are held against the definition"),
    "train_sounds": (int, "sounds to learn from"),
    "test_sounds": (int, "sounds of the test"),
    "most": (int, "sounds of the largest run"),
    "seconds": (float, "length of a sound in seconds"),
    "sample_rate": (int, "audio rate in hertz"),
    "control_rate": (int, "rate of envelopes and LFOs in hertz"),
    "batch_size": (int, "sounds per batch"),
    "train_batch_size": (int, "sounds per batch when the estimator learns"),
    "learning_rate": (float, "learning rate of the descent"),
    "threads": (int, "torch's threads, on the CPU"),
    "batch_sizes": (int, "sounds per batch, each size for itself"),
    "rounds": (int, "how often each candidate is timed"),
    "steps": (int, "how many steps"),
    "trials": (int, "how many trials"),
    "minutes": (float, "how long is played at random"),
    "seed": (int, "seeds, one run each"),
    "device": (str, "device to render on: cpu or cuda"),
    "backend": (str, "renderer of the Voice"),
    "backends": (str, "renderers of the Voice, those that synth-datamodule speed knows"),
    "patches": (int, "how many random patches"),
    "synths": (
        str,
        "synths that are measured: OneOscillator, FmVoice, FilteredVoice, FourLfoVoice",
    ),
    "pieces": (Path, "folder of what is done so far, from which the same command goes on"),
    "out": (Path, "file written, or folder of the files written"),
    "overwrite": (bool, "replace files of another run"),
}
MAY_BE_ZERO = ("seed",)


def options(description, **defaults):
    """Return a parser.

    Args:
        description: The script's docstring.
        defaults: Defaults of those ``WORDS`` that the script takes; a list takes several values.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in defaults.items():
        kind, text = WORDS[name]
        if kind is bool:
            parser.add_argument(f"--{name}", action="store_true", help=text)
            continue
        several = {"nargs": "+"} if isinstance(default, list) else {}
        shown = default
        if several:
            shown = " ".join(map(str, default))
        text = text if default is None else f"{text} ({shown})"
        parser.add_argument(f"--{name}", type=kind, default=default, help=text, **several)
    return parser


def read(parser, outputs=lambda given: (), arguments=None):
    """Return what was typed, once it is checked; end with one line that says what is wrong.

    Args:
        parser: A parser of ``options``.
        outputs: Function from what was typed to the paths of the files that will be written.
        arguments: Words typed after the script's name; None is those of this process.
    """
    given = parser.parse_args(arguments)
    try:
        for name, value in vars(given).items():
            kind = WORDS.get(name, (None,))[0]
            if name == "device":
                checks.compute_device(name, value)
            for one in value if isinstance(value, list) else [value]:
                if kind is int and one is not None:
                    checks.whole_number(name, one, 0 if name in MAY_BE_ZERO else 1)
                if kind is float:
                    checks.positive_number(name, one)
        check_outputs(*outputs(given), overwrite=getattr(given, "overwrite", False))
    except (TypeError, ValueError, OSError) as error:
        parser.error(str(error))
    return given
