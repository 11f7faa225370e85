"""What every network of this task shares: its ear, its loss, its schedule, its errors."""

import math
from typing import Any, cast

import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.batch import SynthBatch
from synth_datamodule.features import LogMel
from synth_datamodule.matching.metrics import ParameterErrors

NUM_MELS = 96
_WINDOW_SECONDS = 0.064  # rounded to a power of two in samples


def ear(sample_rate: int) -> LogMel:
    """Return what this task's networks hear: 96 bands, some 31 frames per second."""
    return LogMel(
        sample_rate,
        num_mels=NUM_MELS,
        n_fft=max(2 ** round(math.log2(_WINDOW_SECONDS * sample_rate)), 32),
        hop_length=max(sample_rate // 31, 1),
    )


class Matcher(LightningModule):
    """Hears log-mel frames, learns from the mean absolute error; a subclass writes ``guess``.

    Args:
        num_parameters: Number of parameters to name, P.
        sample_rate: Audio rate in hertz.
        learning_rate: Highest rate of a one-cycle schedule.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If one is out of bounds.
    """

    def __init__(self, num_parameters: int, sample_rate: int, learning_rate: float) -> None:
        super().__init__()
        checks.whole_number("num_parameters", num_parameters, minimum=1)
        checks.whole_number("sample_rate", sample_rate, minimum=1)
        self.learning_rate = checks.positive_number("learning_rate", learning_rate)
        self.log_mel = ear(sample_rate)
        self.errors = ParameterErrors(num_parameters)

    def guess(self, frames: Tensor) -> Tensor:
        """Return guesses in [0, 1], ``[B, P]``, for log-mel frames ``[B, F, T]``."""
        raise NotImplementedError(f"{type(self).__name__} must write guess(self, frames)")

    def forward(self, audio: Tensor) -> Tensor:
        """Return guesses in [0, 1], ``[B, P]``, for audio ``[B, N]``."""
        return self.guess(self.log_mel(audio))

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse weights of another sample rate; a run may go on for more epochs than planned."""
        trained = checkpoint.get("hyper_parameters", {}).get("sample_rate")
        if trained != self.hparams["sample_rate"]:
            raise ValueError(
                f"this checkpoint was trained at {trained} Hz, the sounds are at "
                f"{self.hparams['sample_rate']} Hz"
            )

        for schedule in checkpoint.get("lr_schedulers", ()):
            # The length is this run's, which is the checkpoint's unless it is to train on.
            for length in ("total_steps", "_schedule_phases"):
                schedule.pop(length, None)

    def training_step(self, batch: SynthBatch, batch_idx: int) -> Tensor:
        """Return the mean absolute error of a batch."""
        loss: Tensor = (self(batch.audio) - batch.parameters).abs().mean()
        self.log("train_error", loss, prog_bar=True)
        return loss

    def on_validation_epoch_start(self) -> None:
        """Begin with no errors."""
        self.errors.reset()

    def validation_step(self, batch: SynthBatch, batch_idx: int) -> None:
        """Add a batch to the errors."""
        self.errors.update(self(batch.audio).float(), batch.parameters.float())

    def on_validation_epoch_end(self) -> None:
        """Log the mean error, and that of always guessing the middle."""
        self._log_errors("val")

    on_test_epoch_start = on_validation_epoch_start
    test_step = validation_step

    def on_test_epoch_end(self) -> None:
        """Log the mean error, and that of always guessing the middle."""
        self._log_errors("test")

    def predict_step(self, batch: SynthBatch, batch_idx: int) -> Tensor:
        """Return guesses in [0, 1], ``[B, P]``."""
        return cast(Tensor, self(batch.audio))

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Return AdamW under a one-cycle schedule over the whole run."""
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.learning_rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, self.learning_rate, total_steps=int(self.trainer.estimated_stepping_batches)
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _log_errors(self, split: str) -> None:
        errors, middle = self.errors.compute()
        self.log(f"{split}_error", errors.mean(), prog_bar=True)
        self.log(f"{split}_error_of_middle", middle.mean())
