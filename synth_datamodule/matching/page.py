"""The page that ``fit --help`` and its kin print: the options that people use."""

import argparse
import inspect
from typing import Any

from synth_datamodule.commandline import described
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.model import SoundMatcher

_TASKS = {
    "fit": "Train a small network that hears a sound and names its parameters, then measure it on "
    "validation sounds beside always guessing the middle, and write targets and guesses to listen "
    "to, a picture of their spectrograms and a checkpoint.",
    "validate": "Measure a checkpoint on validation sounds beside always guessing the middle, and "
    "write targets and guesses to listen to and a picture of their spectrograms.",
    "test": "Measure a checkpoint on test sounds beside always guessing the middle, and write "
    "targets and guesses to listen to and a picture of their spectrograms.",
    "predict": "Write a checkpoint's guesses of sounds' parameters, in their units, to a CSV file.",
}
_EXAMPLES = {
    "fit": ["", "--trainer.max_epochs 10 --data.nebula drum", "--config settings.yaml"],
    "validate": ["--ckpt_path FILE", "--ckpt_path FILE --data.val_sounds 1024"],
    "test": ["--ckpt_path FILE", "--ckpt_path FILE --data.test_sounds 10240"],
    "predict": ["--ckpt_path FILE", "--ckpt_path FILE --data.predict_sounds [3,14]"],
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
_TRAINER_DEFAULTS = {"max_steps": -1, "accelerator": "auto", "devices": "auto"}


def page(command: str, defaults: dict[str, Any]) -> str:
    """Return a command's help in a page.

    Args:
        command: Name of the command, such as ``"fit"``.
        defaults: Defaults by option, ``"data.batch_size"``, where they are not the classes' own.
    """
    name = f"synth-datamodule {command}"
    examples = "\n".join(f"  {name} {words}".rstrip() for words in _EXAMPLES[command])
    parser = argparse.ArgumentParser(
        prog=name,
        usage="%(prog)s [options]",
        description=_TASKS[command],
        epilog=f"examples:\n{examples}\n\n{name} --help_all lists all options, several hundred.",
        formatter_class=_Formatter,
        add_help=False,
    )
    run = parser.add_argument_group("the run")
    run.add_argument("--ckpt_path", metavar="FILE", help=_checkpoint(command))
    run.add_argument("--config", metavar="FILE", help="YAML file of settings, such as config.yaml.")
    for key, text in _TRAINER.items():
        default = defaults.get(f"trainer.{key}", _TRAINER_DEFAULTS.get(key))
        run.add_argument(f"--trainer.{key}", metavar="X", help=_with(text, default))
    for title, prefix, made, keys in (
        ("the sounds", "data", SynthDataModule, _DATA),
        ("the network", "model", SoundMatcher, _MODEL),
    ):
        group = parser.add_argument_group(title)
        texts, takes = described(made), inspect.signature(made).parameters
        for key in keys:
            default = defaults.get(f"{prefix}.{key}", takes[key].default)
            default = default if isinstance(default, int | float | str) else None
            group.add_argument(f"--{prefix}.{key}", metavar="X", help=_with(texts[key], default))
    return parser.format_help()


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Breaks the description into lines, and leaves those of the examples."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=100)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)


def _checkpoint(command: str) -> str:
    if command == "fit":
        return "Checkpoint of a run that is gone on with."
    return "Checkpoint of fit; it must be given."


def _with(text: str, default: object) -> str:
    shown = text if default is None else f"{text} (default: {default})"
    return shown.replace("%", "%%")
