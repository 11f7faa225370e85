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
    """Return the data module of a trainer of this command."""
    data = getattr(trainer, "datamodule", None)
    assert isinstance(data, SynthDataModule), "this command's data module"
    return data


class PredictionWriter(Callback):
    """Writes the guessed parameters of each sound, in their units, as one CSV file per device.

    The file gets its name when the last batch is written: a run cut short leaves none. The folder
    is None on a device that is not the first.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._open = contextlib.ExitStack()

    def path(self, trainer: Trainer) -> Path:
        """Return the path of this device's file."""
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
    """Writes the settings of a run as config.yaml in a folder; ``--config`` reads it."""

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
        self._done = 0

    def _begin(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to count a fit's steps or a measurement's batches."""
        task, unit, self._done = trainer.state.fn, "batches", 0
        if task == "fit":
            doing, unit, total = "training", "steps", trainer.estimated_stepping_batches
        elif task == "validate":
            doing, total = "validating", sum(trainer.num_val_batches)
        elif task == "test":
            doing, total = "testing", sum(trainer.num_test_batches)
        else:
            doing, total = "guessing", sum(trainer.num_predict_batches)
        if trainer.is_global_zero:
            known = int(total) if math.isfinite(total) else None
            self._advance = self._shown.enter_context(reporting.progress(doing, known, unit))

    def _count(self, trainer: Trainer, *args: object, **kwargs: object) -> None:
        """Count a step, once those that a resumed run has behind it, or a batch."""
        done = trainer.global_step if trainer.state.fn == "fit" else self._done + 1
        self._advance(done - self._done)
        self._done = done

    def _end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        exception: BaseException | None = None,
    ) -> None:
        self._advance = _nowhere
        self._shown.close()

    on_train_start = on_test_start = on_predict_start = _begin
    on_train_batch_end = on_validation_batch_end = _count
    on_test_batch_end = on_predict_batch_end = _count
    on_train_end = on_test_end = on_predict_end = on_exception = _end

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to count batches, unless it is training that pauses."""
        if trainer.state.fn == "validate":
            self._begin(trainer, pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count no more; training says what was measured, and goes on."""
        if trainer.state.fn == "validate":
            self._end(trainer, pl_module)
        elif not trainer.sanity_checking:
            error = trainer.callback_metrics.get("val_error", math.nan)
            epoch = trainer.current_epoch + 1
            self._advance(0, f"training, after epoch {epoch} val_error {float(error):.4f}")


def _nowhere(steps: int = 1, description: str | None = None) -> None:
    """Show nothing."""
