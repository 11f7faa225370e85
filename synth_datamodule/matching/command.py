"""fit, validate, test and predict: Lightning's command line over this task."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import BasePredictionWriter
from pytorch_lightning.cli import ArgsType, LightningArgumentParser, LightningCLI
from pytorch_lightning.loggers import CSVLogger
from torch import Tensor

from synth_datamodule.batch import SynthBatch
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.metrics import error_rows
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.report import print_table, write_examples

FOLDER = "matches"
"""Where a run writes, under ``trainer.default_root_dir``."""

_NUM_EXAMPLES = 4

# 384 steps of 32 sounds, each sound heard once.
_DEFAULTS = {
    "data.batch_size": 32,
    "data.sample_rate": 16000,
    "data.buffer_size_seconds": 2.0,
    "data.control_rate": 400,
    "data.sounds_per_epoch": 4096,
    "data.fresh_epochs": True,
    "data.val_sounds": 256,
    "trainer.max_epochs": 3,
}


class PredictionWriter(BasePredictionWriter):
    """Writes the guessed parameters of each sound, in their units, as one CSV file per device."""

    def __init__(self) -> None:
        super().__init__(write_interval="batch")

    def path(self, trainer: Trainer) -> Path:
        """Return the file of this device."""
        name = (
            "predictions.csv"
            if trainer.world_size == 1
            else f"predictions_{trainer.global_rank}.csv"
        )
        return Path(trainer.default_root_dir) / FOLDER / name

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin the file with the names of its columns."""
        path = self.path(trainer)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            csv.writer(file).writerow(("sound", *_data(trainer).parameter_names))

    def write_on_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        prediction: Tensor,
        batch_indices: Sequence[int] | None,
        batch: SynthBatch,
        batch_idx: int,
        dataloader_idx: int,
    ) -> None:
        """Add a batch; sounds carry their numbers, so Lightning's batch_indices are not needed."""
        values = _data(trainer).parameter_table.to_physical(prediction.float().cpu())
        with self.path(trainer).open("a", newline="") as file:
            rows = zip(batch.index.tolist(), values.tolist(), strict=True)
            csv.writer(file).writerows((number, *row) for number, row in rows)


class MatchingCLI(LightningCLI):
    """LightningCLI with this task's model, data and defaults, and a report at the end."""

    def __init__(self, args: ArgsType = None) -> None:
        super().__init__(
            SoundMatcher,
            SynthDataModule,
            args=args,
            seed_everything_default=0,
            save_config_kwargs={"overwrite": True},
            trainer_defaults={"callbacks": [PredictionWriter()]},
            parser_kwargs={"prog": "synth-datamodule"},
            auto_configure_optimizers=False,
        )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Set the defaults of a short run, and let the data tell the model its sizes."""
        parser.link_arguments("data.num_parameters", "model.num_parameters", apply_on="instantiate")
        parser.link_arguments("data.sample_rate", "model.sample_rate", apply_on="instantiate")
        parser.set_defaults(_DEFAULTS)

    def instantiate_classes(self) -> None:
        """Make data, model and trainer; what a user got wrong is said in one line."""
        try:
            super().instantiate_classes()
        except (TypeError, ValueError) as error:
            self.parser.error(str(error))

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:  # noqa: ANN401  # the base class's
        """Make the trainer; its log goes where everything else goes."""
        config = self._get(self.config_init, "trainer")
        if config["logger"] in (None, True):
            kwargs["logger"] = CSVLogger(config["default_root_dir"] or ".")
        return super().instantiate_trainer(**kwargs)

    def after_fit(self) -> None:
        """Validate once more, for a run cut short has not, and report."""
        self.trainer.validate(self.model, self.datamodule, verbose=False)
        report(self.trainer, "val")

    def after_validate(self) -> None:
        """Report on the validation sounds."""
        report(self.trainer, "val")

    def after_test(self) -> None:
        """Report on the test sounds."""
        report(self.trainer, "test")

    def after_predict(self) -> None:
        """Name what was written."""
        path = Path(self.trainer.default_root_dir) / FOLDER
        for file in sorted(path.glob("predictions*.csv")):
            print(f"  {file}")


def report(trainer: Trainer, split: str) -> None:
    """Print the table of errors, write sounds to listen to and a picture, and name the files.

    Args:
        trainer: After it has validated or tested a SoundMatcher.
        split: ``"val"`` or ``"test"``.
    """
    model, data = trainer.lightning_module, _data(trainer)
    assert isinstance(model, SoundMatcher), "this command's model"
    errors, middle = model.errors.compute()
    if not trainer.is_global_zero:
        return
    rows = error_rows(data.parameter_names, errors.cpu(), middle.cpu())
    num_sounds = int(model.errors.num_sounds)
    print_table(rows, f"mean absolute error in [0, 1], {num_sounds} {split} sounds")

    folder = Path(trainer.default_root_dir) / FOLDER
    sounds = data.sounds(split)
    assert sounds is not None, "there were sounds to measure on"
    data.setup()
    targets = data.voice.render_sounds(sounds.numbers(0, 0, min(_NUM_EXAMPLES, len(sounds))), "cpu")
    with torch.inference_mode():
        guess = model.cpu().float().eval()(targets.audio)
    written = write_examples(targets, guess, data.voice, folder)
    data.teardown()
    checkpoint = getattr(trainer.checkpoint_callback, "best_model_path", "")
    print("written:")
    for path in (*written, checkpoint, trainer.log_dir):
        if path:
            print(f"  {os.path.relpath(path)}")
    if not any(path.suffix == ".png" for path in written):
        print("no picture: that needs matplotlib, pip install 'synth_datamodule[plots]'")


def _data(trainer: Trainer) -> SynthDataModule:
    data = getattr(trainer, "datamodule", None)
    assert isinstance(data, SynthDataModule), "this command's data module"
    return data
