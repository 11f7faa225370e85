"""What every network of this task shares: its ear, its loss, its schedule, its errors."""

from typing import Any, cast

import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.batch import SynthBatch, audio_of
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.features import LogMel
from synth_datamodule.features.spectra import window_for
from synth_datamodule.matching.metrics import ParameterErrors

NUM_MELS = 96
MOST_GUESSES = 2**16
"""Parameters that a network names at most."""

_FASTEST = 1e30  # beyond, float32 holds no step
HIGHEST_RATE = 2**22
"""Highest sample rate that this task's ear hears, with a window of 2**18 samples."""


def ear(sample_rate: int) -> LogMel:
    """Return what this task's networks hear: 96 bands, some 31 frames per second."""
    return LogMel(
        sample_rate,
        num_mels=NUM_MELS,
        n_fft=window_for(sample_rate),
        hop_length=max(sample_rate // 31, 1),
    )


def check_learning_rate(learning_rate: float) -> float:
    """Return a learning rate, or raise.

    Args:
        learning_rate: Highest rate of a schedule.

    Raises:
        TypeError: If it is no real number.
        ValueError: If it is not positive, or above 1e30.

    Example:
        >>> check_learning_rate(0.5)
        0.5
    """
    learning_rate = checks.positive_number("learning_rate", learning_rate)
    if learning_rate > _FASTEST:
        raise ValueError(f"learning_rate must be at most {_FASTEST:g}, got {learning_rate:g}")
    return learning_rate


class Matcher(LightningModule):
    """Hears log-mel frames, learns from the mean absolute error; a subclass writes ``guess``.

    One that learns from something else writes ``loss`` too.

    Args:
        num_parameters: Number of parameters to name, P.
        sample_rate: Audio rate in hertz.
        learning_rate: Highest rate of a one-cycle schedule.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If one is out of bounds.
    """

    def __init__(self, num_parameters: int, sample_rate: int, learning_rate: float) -> None:
        checks.whole_number("num_parameters", num_parameters, 1, MOST_GUESSES)
        checks.whole_number("sample_rate", sample_rate, 2, HIGHEST_RATE)
        learning_rate = check_learning_rate(learning_rate)
        super().__init__()
        self.learning_rate = learning_rate
        self.log_mel = ear(sample_rate)
        self.errors = ParameterErrors(num_parameters)

    def guess(self, frames: Tensor) -> Tensor:
        """Return guesses in [0, 1], ``[B, P]``, for log-mel frames ``[B, F, T]``."""
        raise NotImplementedError(f"{type(self).__name__} must write guess(self, frames)")

    def loss(self, guess: Tensor, batch: SynthBatch) -> Tensor:
        """Return what training lowers: here the mean absolute error of a batch's guesses."""
        return (guess - batch.parameters).abs().mean()

    @property
    def data(self) -> SynthDataModule:
        """Data module of the run that this model is in."""
        return cast(SynthDataModule, cast(Any, self.trainer).datamodule)

    def forward(self, audio: Tensor) -> Tensor:
        """Return guesses in [0, 1], ``[B, P]``, for audio ``[B, N]``."""
        return self.guess(self.log_mel(audio))

    def setup(self, stage: str) -> None:
        """Refuse data that cannot be heard."""
        self.check_data(getattr(self.trainer, "datamodule", None))

    def check_data(self, data: object) -> None:
        """Refuse what is no audio of single sounds, and sounds shorter than half of its window."""
        delta = getattr(data, "paired_delta", None)
        if delta is not None:
            raise ValueError(
                f"{type(self).__name__} hears one sound at a time: data.paired_delta must be left "
                f"out, got {checks.shown(delta)}"
            )
        features = getattr(data, "features", None)
        if features is not None:
            raise ValueError(
                f"{type(self).__name__} hears audio [B, N]: data.features must be left out, got "
                f"{checks.shown([*features])}"
            )
        try:
            num_samples = getattr(data, "num_samples", None)
        except ValueError as error:  # a transform makes something else
            raise ValueError(
                f"{type(self).__name__} hears audio [B, N]: data.transform must be left out; "
                f"{error}"
            ) from error
        least = self.log_mel.spectrogram.n_fft // 2 + 1
        if num_samples is not None and num_samples < least:
            raise ValueError(
                f"{type(self).__name__} hears sounds of at least {least} samples at this sample "
                f"rate: data.buffer_size_seconds or data.crop_seconds gives {num_samples}"
            )

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
        """Return the loss of a batch."""
        loss = self.loss(self(audio_of(batch.audio)), batch)
        self.log("train_error", loss, prog_bar=True)
        return loss

    def on_validation_epoch_start(self) -> None:
        """Begin with no errors."""
        self.errors.reset()

    def validation_step(self, batch: SynthBatch, batch_idx: int) -> None:
        """Add a batch to the errors."""
        self.errors.update(self(audio_of(batch.audio)).float(), batch.parameters.float())

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
        return cast(Tensor, self(audio_of(batch.audio)))

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Return AdamW under a one-cycle schedule over the whole run."""
        num_steps = int(self.trainer.estimated_stepping_batches)
        if num_steps < 1:
            raise ValueError(
                f"a fit needs one step or more, got {num_steps}: see trainer.max_steps, max_epochs "
                "and limit_train_batches"
            )
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.learning_rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, self.learning_rate, total_steps=num_steps
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _log_errors(self, split: str) -> None:
        errors, middle = self.errors.compute()
        self.log(f"{split}_error", errors.mean(), prog_bar=True)
        self.log(f"{split}_error_of_middle", middle.mean())
