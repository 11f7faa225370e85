"""The page that ``fit --help`` and its kin print: the options that people use."""

import argparse
import inspect
from typing import Any

from pytorch_lightning import Trainer

from synth_datamodule.commandline import described
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.defaults import OPEN
from synth_datamodule.matching.model import SoundMatcher

_MEASURE = (
    "a checkpoint on validation sounds beside always guessing the middle, and write targets and "
    "guesses to listen to and a picture of their spectrograms."
)
# What each command does, and two examples of what is typed after its name.
_COMMANDS = {
    "fit": (
        "Train a small network that hears a sound and names its parameters, then measure it on "
        "validation sounds beside always guessing the middle, and write targets and guesses to "
        "listen to, a picture of their spectrograms and a checkpoint.",
        ("", "--trainer.max_epochs 10 --data.nebula drum", "--config settings.yaml"),
    ),
    "validate": (
        f"Measure {_MEASURE}",
        ("--ckpt_path FILE", "--ckpt_path FILE --data.val_sounds 1024"),
    ),
    "test": (
        f"Measure {_MEASURE.replace('validation', 'test')}",
        ("--ckpt_path FILE", "--ckpt_path FILE --data.test_sounds 10240"),
    ),
    "predict": (
        "Write a checkpoint's guesses of sounds' parameters, in their units, to a CSV file.",
        ("--ckpt_path FILE", "--ckpt_path FILE --data.predict_sounds [3,14]"),
    ),
}
_DATA = (
    "batch_size",
    "train_sounds",
    "val_sounds",
    "test_sounds",
    "predict_sounds",
    "sounds_per_epoch",
    "sample_rate",
    "buffer_size_seconds",
    "nebula",
    "synth",
)
_MODEL = ("width", "learning_rate")
_TRAINER = {
    "max_epochs": "Number of epochs.",
    "max_steps": "Number of steps, where that is less; -1 is no limit.",
    "accelerator": "Device to compute on, auto, cpu or gpu.",
    "devices": "Number of devices, or auto.",
    "default_root_dir": "Folder that everything is written below; the current one if not given.",
}


def page(command: str, defaults: dict[str, Any]) -> str:
    """Return a command's help in a page; ``defaults`` are those that are not the classes' own."""
    name, (task, examples) = f"synth-datamodule {command}", _COMMANDS[command]
    parser = argparse.ArgumentParser(
        prog=name,
        usage="%(prog)s [options]",
        description=task,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, max_help_position=30, width=100),
        add_help=False,
    )
    begun = "Checkpoint of a run that is gone on with."
    checkpoint = begun if command == "fit" else "Checkpoint of fit; it must be given."
    parser.add_argument("--ckpt_path", metavar="FILE", help=checkpoint)
    parser.add_argument(
        "--config", metavar="FILE", help="YAML file of settings, such as config.yaml."
    )
    for title, prefix, made, keys in (
        ("the run", "trainer", Trainer, _TRAINER),
        ("the sounds", "data", SynthDataModule, _DATA),
        ("the network", "model", SoundMatcher, _MODEL),
    ):
        group = parser.add_argument_group(title)
        takes, texts = inspect.signature(made).parameters, {**described(made), **_TRAINER}
        for key in keys:
            text = texts[key]
            default = defaults.get(f"{prefix}.{key}", takes[key].default)
            if isinstance(default, int | float | str):
                or_less = ", or what there is" if key in OPEN else ""
                text += f" (default: {default}{or_less})"
            group.add_argument(f"--{prefix}.{key}", metavar="X", help=text.replace("%", "%%"))
    typed = "\n".join(f"  {name} {words}".rstrip() for words in examples)
    listed = f"{name} --help_all lists all options, several hundred."
    return f"{parser.format_help()}\nexamples:\n{typed}\n\n{listed}"
