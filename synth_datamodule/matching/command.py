"""fit, validate, test and predict: Lightning's command line over this task."""

import csv
import os
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.cli import ArgsType, LightningArgumentParser, LightningCLI
from pytorch_lightning.loggers import CSVLogger

from synth_datamodule.batch import SynthBatch
from synth_datamodule.corpus.splits import Split
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.metrics import error_rows
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.report import print_table, write_examples

FOLDER = "matches"
"""Where a run writes, under ``trainer.default_root_dir``."""

_NUM_EXAMPLES = 4

DEFAULTS: dict[str, Any] = {
    "data.batch_size": 32,
    "data.sounds_per_epoch": 4096,
    "data.fresh_epochs": True,
    "data.val_sounds": 256,
    "trainer.max_epochs": 3,
    "trainer.log_every_n_steps": 1,
}
"""Of a short run, 384 steps of 32 sounds, each sound heard once."""


class PredictionWriter(Callback):
    """Writes the guessed parameters of each sound, in their units, as one CSV file per device."""

    @staticmethod
    def path(trainer: Trainer) -> Path:
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

    def on_predict_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,  # noqa: ANN401  # the base class's; here the guess [B, P]
        batch: SynthBatch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Add a batch."""
        values = _data(trainer).parameter_table.to_physical(outputs.float().cpu())
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
        parser.set_defaults(DEFAULTS)

    def instantiate_classes(self) -> None:
        """Make data, model and trainer; what a user got wrong is said in one line."""
        try:
            super().instantiate_classes()
        except (TypeError, ValueError) as error:
            self.parser.error(str(error))
        split = {"validate": Split.val, "test": Split.test, "predict": Split.predict}.get(
            self.subcommand or ""
        )
        if split is None:
            return
        if self._get(self.config, "ckpt_path") is None:
            self.parser.error(f"{self.subcommand} needs --ckpt_path FILE, a checkpoint of fit")
        if self.datamodule.sounds(split) is None:
            self.parser.error(f"{self.subcommand} needs sounds: data.{split.value}_sounds is 0")

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:  # noqa: ANN401  # the base class's
        """Make the trainer; its log goes where everything else goes."""
        config = self._get(self.config_init, "trainer")
        if config["logger"] in (None, True):
            kwargs["logger"] = CSVLogger(config["default_root_dir"] or ".")
        return super().instantiate_trainer(**kwargs)

    def after_fit(self) -> None:
        """Validate once more, for a run cut short has not, and report."""
        if self.datamodule.sounds(Split.val) is None or self.trainer.limit_val_batches == 0:
            print("nothing measured: there are no validation sounds, or limit_val_batches is 0")
            _name_files(self.trainer, [])
            return
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
        print(f"written:\n  {os.path.relpath(PredictionWriter.path(self.trainer))}")


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
    _name_files(trainer, written)
    if not any(path.suffix == ".png" for path in written):
        print("no picture: that needs matplotlib, pip install 'synth_datamodule[plots]'")


def _name_files(trainer: Trainer, written: list[Path]) -> None:
    checkpoint = getattr(trainer.checkpoint_callback, "best_model_path", "")
    log = trainer.log_dir if trainer.loggers else None
    print("written:")
    for path in (*written, checkpoint, log):
        if path:
            print(f"  {os.path.relpath(path)}")


def _data(trainer: Trainer) -> SynthDataModule:
    data = getattr(trainer, "datamodule", None)
    assert isinstance(data, SynthDataModule), "this command's data module"
    return data
