"""What a run writes and says while it runs: predictions, settings, progress."""

import contextlib
import math
from pathlib import Path
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.cli import LightningArgumentParser, SaveConfigCallback

from synth_datamodule import reporting
from synth_datamodule.batch import SynthBatch
from synth_datamodule.datamodule import SynthDataModule


def data_of(trainer: Trainer) -> SynthDataModule:
    """Return a trainer's data module.

    Args:
        trainer: A trainer of this command.
    """
    data = getattr(trainer, "datamodule", None)
    assert isinstance(data, SynthDataModule), "this command's data module"
    return data


class PredictionWriter(Callback):
    """Writes the guessed parameters of each sound, in their units, as one CSV file per device.

    The file gets its name when the last batch is written: a run cut short leaves none.

    Args:
        folder: Folder of the run; None on a device whose run another one has given a folder.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._open = contextlib.ExitStack()

    def path(self, trainer: Trainer) -> Path:
        """Return the path of this device's file.

        Args:
            trainer: The trainer that predicts.
        """
        folder = trainer.strategy.broadcast(self.folder)
        assert folder is not None, "the first device has the run's folder"
        several = trainer.world_size > 1
        return folder / (f"predictions_{trainer.global_rank}.csv" if several else "predictions.csv")

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin the file with the names of its columns."""
        header = ("sound", *data_of(trainer).parameter_names)
        self._add = self._open.enter_context(reporting.new_rows(self.path(trainer), header))

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
        values = data_of(trainer).parameter_table.to_physical(outputs.float().cpu())
        rows = zip(batch.index.tolist(), values.tolist(), strict=True)
        self._add((number, *row) for number, row in rows)

    def on_predict_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Give the file its name."""
        self._open.close()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Drop what is written so far."""
        with contextlib.suppress(type(exception)):
            self._open.__exit__(type(exception), exception, exception.__traceback__)


class Settings(SaveConfigCallback):
    """Writes the settings of a run as config.yaml, which ``--config`` reads.

    Args:
        parser: Parser of the command.
        config: Settings as parsed.
        folder: Folder of the file.
    """

    def __init__(self, parser: LightningArgumentParser, config: Any, folder: Path) -> None:  # noqa: ANN401  # jsonargparse's
        super().__init__(parser, config, save_to_log_dir=False)
        self.folder = folder

    def save_config(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write the file."""
        text = self.parser.dump(self.config, skip_none=False)
        reporting.write_text(self.folder / self.config_filename, text)


class Progress(Callback):
    """Says now and then how far a run is, where Lightning's bar has no terminal to be drawn on."""

    def __init__(self) -> None:
        self._shown = contextlib.ExitStack()
        self._advance: reporting.Advance = _nowhere
        self._steps = 0

    def _begin(self, trainer: Trainer, doing: str, total: float, unit: str) -> None:
        self._steps = 0
        if trainer.is_global_zero:
            known = int(total) if math.isfinite(total) else None
            self._advance = self._shown.enter_context(reporting.progress(doing, known, unit))

    def _end(self) -> None:
        self._advance = _nowhere
        self._shown.close()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to count steps."""
        self._begin(trainer, "training", trainer.estimated_stepping_batches, "steps")

    def on_train_batch_end(self, trainer: Trainer, *args: object, **kwargs: object) -> None:
        """Count a step, and once those that a resumed run has behind it."""
        self._advance(trainer.global_step - self._steps)
        self._steps = trainer.global_step

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count no more."""
        self._end()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to count batches, unless it is training that pauses."""
        if trainer.state.fn == "validate":
            self._begin(trainer, "validating", sum(trainer.num_val_batches), "batches")

    def on_validation_batch_end(self, trainer: Trainer, *args: object, **kwargs: object) -> None:
        """Count a batch."""
        if trainer.state.fn == "validate":
            self._advance()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count no more; training says what was measured, and goes on."""
        if trainer.state.fn == "validate":
            self._end()
        elif not trainer.sanity_checking:
            error = trainer.callback_metrics.get("val_error", math.nan)
            epoch = trainer.current_epoch + 1
            self._advance(0, f"training, after epoch {epoch} val_error {float(error):.4f}")

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to count batches."""
        self._begin(trainer, "testing", sum(trainer.num_test_batches), "batches")

    def on_test_batch_end(self, trainer: Trainer, *args: object, **kwargs: object) -> None:
        """Count a batch."""
        self._advance()

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count no more."""
        self._end()

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to count batches."""
        self._begin(trainer, "guessing", sum(trainer.num_predict_batches), "batches")

    def on_predict_batch_end(self, trainer: Trainer, *args: object, **kwargs: object) -> None:
        """Count a batch."""
        self._advance()

    def on_predict_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count no more."""
        self._end()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Count no more."""
        self._end()


def _nowhere(steps: int = 1, description: str | None = None) -> None:
    """Show nothing."""
