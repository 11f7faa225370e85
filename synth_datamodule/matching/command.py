"""validate, test, predict and the ground of fit: Lightning's command line over this task."""

import argparse
import contextlib
import itertools
import os
import re
import sys
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException
from lightning_utilities.core.rank_zero import rank_zero_only
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Callback, ProgressBar
from pytorch_lightning.cli import ArgsType, LightningArgumentParser, LightningCLI
from pytorch_lightning.plugins.io import TorchCheckpointIO
from pytorch_lightning.trainer.states import TrainerFn
from torch import Tensor

from synth_datamodule import checks, reporting
from synth_datamodule.batch import SynthBatch, audio_of
from synth_datamodule.commandline import in_one_line, no_such
from synth_datamodule.commandline.settings import checked_words
from synth_datamodule.corpus.splits import Split
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.loading.run import STAGES
from synth_datamodule.matching.callbacks import PredictionWriter, Progress, Settings, data_of
from synth_datamodule.matching.defaults import DEFAULTS, OPEN, settled
from synth_datamodule.matching.launching import until_met
from synth_datamodule.matching.metrics import error_rows
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.page import page
from synth_datamodule.matching.report import print_table, write_examples
from synth_datamodule.matching.saving import NamedLog, WholeCheckpoints
from synth_datamodule.matching.training import LARGEST_SEED, without_leaf_spec_warning

FOLDER = "matches"
"""Name of the folder, under ``trainer.default_root_dir``, of the folders that runs write."""

_LOGS = "lightning_logs"
_NUM_EXAMPLES = 4
_KEYWORDS = ("best", "last", "hpc")  # that Lightning takes for a checkpoint it finds by itself


def run(command: str, words: Sequence[str], made: "type[MatchingCLI] | None" = None) -> int:
    """Run one of Lightning's four commands on the words typed after its name; return 0.

    Args:
        command: The command's name.
        words: The words typed after it.
        made: Command line to run; None is MatchingCLI.

    Raises:
        OSError: If something cannot be read or written.
        ValueError: If an option or its value is wrong, or Lightning refuses the combination.
    """
    if {"-h", "--help"}.intersection(words):
        reporting.say(page(command, DEFAULTS))
        return 0
    words = ["--help" if word == "--help_all" else word for word in words]
    with without_leaf_spec_warning():
        try:
            (made or MatchingCLI)([command, *checked_words(words)])
        except (MisconfigurationException, argparse.ArgumentError) as error:
            raise ValueError(in_one_line(str(error))) from error
    return 0


validate = partial(run, "validate")
test = partial(run, "test")
predict = partial(run, "predict")


class MatchingCLI(LightningCLI):
    """LightningCLI with this task's model, data and defaults, and a report at the end."""

    folder: Path | None = None
    """Folder of the run; None before it is made, and on a device that is not the first."""
    num_examples = _NUM_EXAMPLES
    """Sounds that are guessed for ``examples``."""

    def __init__(self, args: ArgsType = None) -> None:
        kept = {"prog": "synth-datamodule", "allow_abbrev": False, "exit_on_error": False}
        try:
            super().__init__(
                SoundMatcher,
                SynthDataModule,
                save_config_callback=Settings,
                args=args,
                seed_everything_default=0,
                parser_kwargs=kept | dict.fromkeys(self.subcommands(), kept),
                auto_configure_optimizers=False,
            )
        finally:
            self._drop_empty_folder()

    def _drop_empty_folder(self) -> None:
        """Remove the run's folder where a run cut short has nothing to leave there."""
        if self.folder is not None:
            with contextlib.suppress(OSError):
                self.folder.rmdir()

    def _run_subcommand(self, subcommand: str) -> None:
        with until_met(subcommand, self.trainer, self._drop_empty_folder):
            super()._run_subcommand(subcommand)

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Set the defaults of a short run, and let the data tell the model its sizes."""
        parser.link_arguments("data.num_parameters", "model.num_parameters", apply_on="instantiate")
        parser.link_arguments("data.sample_rate", "model.sample_rate", apply_on="instantiate")
        parser.set_defaults(DEFAULTS)

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Read the options; an unknown one is answered with the nearest."""
        assert isinstance(args, list), "words of the command line"
        self._words = args
        try:
            self.config = parser.parse_args(args)
        except argparse.ArgumentError as error:
            unknown = re.search(r"unrecognized arguments: (--\S+)", str(error), re.IGNORECASE)
            if unknown is None:
                raise
            known = self._subcommand_parsers[args[0]]._option_string_actions
            raise ValueError(no_such("option", unknown[1], known)) from error
        typed = self._typed("data")
        self._left_open = [name for name in OPEN if name not in typed]
        for name in self._left_open:
            self.config[args[0]].data[name] = OPEN[name]
        seed = self.config[args[0]].seed_everything
        if not isinstance(seed, bool):
            checks.whole_number("seed_everything", seed, 0, LARGEST_SEED)

    def _parse_ckpt_path(self) -> None:
        path = self.config[self.config.subcommand].ckpt_path
        if path and path not in _KEYWORDS and "://" not in path and not reporting.is_file(path):
            with contextlib.suppress(OSError):  # of a name too long
                if Path(path).exists():
                    raise ValueError(f"--ckpt_path must be a file, got {path}, which is no file")
            raise ValueError(f"--ckpt_path must be a file, got {path:.100}, which is not there")
        try:
            super()._parse_ckpt_path()
        except (OSError, ValueError, argparse.ArgumentError):
            raise
        except Exception as error:  # whatever torch makes of bytes that are none of its own
            raise ValueError(f"--ckpt_path must be a checkpoint of fit, got {path}") from error
        if path and path not in _KEYWORDS:
            self._check_typed_model()

    def _check_typed_model(self) -> None:
        """Refuse a model's option that was typed and that the checkpoint has another value of."""
        kept = self.config[self.config.subcommand].model
        for name, value in self._typed("model").items():
            if value != kept[name]:
                raise ValueError(
                    f"--model.{name} is {checks.shown(kept[name])} in the checkpoint, got "
                    f"{checks.shown(value)}: its "
                    "weights are of that model; leave the option out"
                )

    def _typed(self, section: str) -> dict[str, Any]:
        """Return the options of a section that were typed, or stand in a file that was named."""
        given = self.parser.parse_args(self._words, defaults=False)[self._words[0]]
        return dict(vars(given.get(section, argparse.Namespace())))

    def _settle(self, command: str) -> None:
        """Give options that were not typed their defaults, or what there is."""
        made = settled(self.datamodule, self._left_open, command)
        for name, value in made.items():
            self.config[command].data[name] = value
        other = {name: value for name, value in made.items() if value != DEFAULTS[f"data.{name}"]}
        if command == "fit" and other and getattr(rank_zero_only, "rank", 0) == 0:
            said = ", ".join(f"data.{name} {value}" for name, value in other.items())
            reporting.say(f"a run over the sounds that there are: {said}")

    def _find_checkpoint(self) -> None:
        """Refuse a word that Lightning would find no checkpoint by, and go on without one."""
        path = self._get(self.config_init, "ckpt_path")
        if path not in _KEYWORDS:
            return
        connector = self.trainer._checkpoint_connector
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "No checkpoint will be loaded"
            command = TrainerFn(str(self.subcommand))
            found = connector._parse_ckpt_path(command, path, True, True)
        if found is None:
            raise ValueError(
                f"--ckpt_path {path} finds no checkpoint here: give the file, which fit names at "
                "its end"
            )

    before_fit = before_validate = before_test = before_predict = _find_checkpoint

    def _check_command(self) -> None:
        command = str(self.subcommand)
        self.model.check_data(self.datamodule)
        if self._get(self.config_init, "trainer")["barebones"]:
            raise ValueError("trainer.barebones must be false: what is measured would not be kept")
        if command != "fit" and self._get(self.config, "ckpt_path") is None:
            raise ValueError(f"{command} needs --ckpt_path FILE, a checkpoint of fit")
        self._settle(command)
        split, *more = STAGES[command]
        if self.datamodule.sounds(split) is None:
            # What is predicted is the test set where nothing else is said.
            split = Split.test if split is Split.predict else split
            none = getattr(self.datamodule, f"{split.value}_sounds") == 0
            why = f"data.{split.value}_sounds is 0"
            raise ValueError(
                f"{command} needs sounds: "
                f"{why if none else f'none of those given is a {split.value} sound'}"
            )
        for other in more:
            self.datamodule.sounds(other)  # with a filter they are sought here, before any work

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:  # noqa: ANN401  # the base class's
        """Make the trainer; its log goes where everything else goes."""
        self._check_command()
        config = self._get(self.config_init, "trainer")
        root = Path(config["default_root_dir"] or ".")
        if getattr(rank_zero_only, "rank", 0) == 0:
            self.folder = _new_folder(root)
        version = None if self.folder is None else int(self.folder.name.partition("_")[2])
        own_log = config["logger"] in (None, True)
        if own_log:
            kwargs["logger"] = NamedLog(root, name=_LOGS, version=version)
        log = root / _LOGS / f"version_{version}" if own_log else self.folder
        self.save_config_kwargs = {"folder": log}
        callbacks: list[Callback] = [PredictionWriter(self.folder), *self.listeners()]
        given = config["callbacks"] or []
        given = given if isinstance(given, list) else [given]
        has_bar = any(isinstance(callback, ProgressBar) for callback in given)
        on_terminal = sys.stderr.isatty() and sys.stdout.isatty()
        if config["enable_progress_bar"] in (None, True) and not (has_bar or on_terminal):
            kwargs["enable_progress_bar"] = False
            callbacks.append(Progress())
        self.trainer_defaults = {"callbacks": callbacks}
        trainer = super().instantiate_trainer(**kwargs)
        if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
            trainer.strategy.checkpoint_io = WholeCheckpoints()
        return trainer

    def listeners(self) -> list[Callback]:
        """Return what else listens to a run."""
        return []

    def examples(self, data: SynthDataModule, targets: SynthBatch, guess: Tensor) -> list[Path]:
        """Write targets and guesses to listen to; return the files.

        Args:
            data: Data of the run.
            targets: Sounds to show, whole, on the CPU.
            guess: The network's guesses of them. Shape ``[B, P]``, or of the free ones ``[B, F]``.
        """
        assert self.folder is not None, "the first device has the run's folder"
        return write_examples(targets, guess, data.voice, self.folder)

    def after_fit(self) -> None:
        """Validate once more, for a run cut short has not, and report."""
        if self.datamodule.sounds(Split.val) is None or self.trainer.limit_val_batches == 0:
            reporting.say(
                "nothing measured: there are no validation sounds, or limit_val_batches is 0"
            )
            _name_files(self.trainer, [], with_picture=False)
            return
        self.trainer.validate(self.model, self.datamodule, verbose=False)
        self._report()

    def _report(self) -> None:
        """Print the table of errors, write sounds to listen to and a picture, name the files."""
        split = "test" if self.trainer.state.fn == "test" else "val"
        model, data = self.trainer.lightning_module, data_of(self.trainer)
        assert isinstance(model, SoundMatcher), "this command's model"
        errors, middle = model.errors.compute()
        if not errors.isfinite().all():
            raise ValueError(
                "the network has no numbers left (NaN): its training diverged, at a learning rate "
                f"of {model.learning_rate:g} in {self.trainer.precision}; a lower "
                "--model.learning_rate may help, or another --trainer.precision"
            )
        if self.folder is None:  # it is not the first device
            return
        rows = error_rows(data.parameter_names, errors.cpu(), middle.cpu())
        num_sounds = int(model.errors.num_sounds)
        print_table(rows, f"mean absolute error in [0, 1], {num_sounds} {split} sounds")
        sounds = data.sounds(split)
        assert sounds is not None, "there were sounds to measure on"
        data.setup()
        examples = sounds.numbers(0, 0, min(self.num_examples, len(sounds)))
        targets = data.voice.render_sounds(examples, "cpu")
        with torch.inference_mode():
            guess = model.cpu().float().eval()(audio_of(targets.audio))
        written = self.examples(data, targets, guess)
        data.teardown()
        _name_files(self.trainer, written)

    after_validate = after_test = _report

    def after_predict(self) -> None:
        """Name what was written."""
        if self.folder is not None:
            written = sorted(self.folder.glob("predictions*.csv"))
            reporting.say_written(map(os.path.relpath, written), with_picture=False)


def _new_folder(root: Path) -> Path:
    """Make the folder of a run, ``matches/version_N``, whose log is ``lightning_logs/version_N``.

    No other run has this N, not even one that begins in the same moment.
    """
    taken = [path.name[8:] for path in root.glob("*/version_*")]
    last = max((int(digits) for digits in taken if digits.isdecimal()), default=-1)
    reporting.check_outputs(root / FOLDER / "version" / "spectrograms.png")
    for number in itertools.count(last + 1):
        folder = root / FOLDER / f"version_{number}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir(parents=True)
            break
    return folder


def _name_files(trainer: Trainer, written: list[Path], *, with_picture: bool = True) -> None:
    checkpoint = getattr(trainer.checkpoint_callback, "best_model_path", "")
    log = trainer.log_dir if trainer.loggers else None
    paths = [os.path.relpath(path) for path in (*written, checkpoint, log) if path]
    reporting.say_written(paths, with_picture=with_picture)
