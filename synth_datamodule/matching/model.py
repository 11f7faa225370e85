"""SoundMatcher: a small network that hears a sound and names its parameters."""

import math
from typing import Any, cast

import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.batch import SynthBatch
from synth_datamodule.features import LogMel
from synth_datamodule.matching.metrics import ParameterErrors

_NUM_MELS = 96
_WINDOW_SECONDS = 0.064  # to the next power of two in samples
_HALVINGS = 4  # of the mel axis, by the strides below


class SoundMatcher(LightningModule):
    """Log-mel spectrogram, five convolutions, mean and peak over time, two linear layers.

    Args:
        num_parameters: P.
        sample_rate: Of the audio, in hertz.
        width: Channels of the first convolution.
        learning_rate: The highest of a one-cycle schedule.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If one is out of bounds.

    Example:
        >>> matcher = SoundMatcher(num_parameters=78, sample_rate=16000)
        >>> matcher(torch.zeros(2, 16000)).shape
        torch.Size([2, 78])
    """

    def __init__(
        self,
        num_parameters: int = 78,
        sample_rate: int = 44100,
        width: int = 16,
        learning_rate: float = 3e-3,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        num_parameters = checks.whole_number("num_parameters", num_parameters, minimum=1)
        sample_rate = checks.whole_number("sample_rate", sample_rate, minimum=1)
        width = checks.whole_number("width", width, minimum=1)
        self.learning_rate = checks.positive_number("learning_rate", learning_rate)
        self.log_mel = LogMel(
            sample_rate,
            num_mels=_NUM_MELS,
            n_fft=max(2 ** round(math.log2(_WINDOW_SECONDS * sample_rate)), 32),
            hop_length=max(sample_rate // 31, 1),
        )
        self.convolutions = nn.Sequential(
            _convolution(1, width, (1, 2)),
            _convolution(width, width, (2, 2)),
            _convolution(width, 2 * width, (2, 2)),
            _convolution(2 * width, 2 * width, (2, 2)),
            _convolution(2 * width, 4 * width, (2, 2)),
        )
        self.head = nn.Sequential(
            nn.Linear(2 * 4 * width * (_NUM_MELS >> _HALVINGS), 256),
            nn.GELU(),
            nn.Linear(256, num_parameters),
            nn.Sigmoid(),
        )
        self.errors = ParameterErrors(num_parameters)

    def forward(self, audio: Tensor) -> Tensor:
        """Return guesses in [0, 1], ``[B, P]``, for audio ``[B, N]``."""
        hidden = self.convolutions(self.log_mel(audio)[:, None])
        pooled = torch.cat((hidden.mean(-1), hidden.amax(-1)), dim=1).flatten(1)
        return cast(Tensor, self.head(pooled))

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse weights that were trained at another sample rate.

        Raises:
            ValueError: If they were.
        """
        trained = checkpoint.get("hyper_parameters", {}).get("sample_rate")
        if trained != self.hparams["sample_rate"]:
            raise ValueError(
                f"this checkpoint was trained at {trained} Hz, the sounds are at "
                f"{self.hparams['sample_rate']} Hz"
            )

    def training_step(self, batch: SynthBatch, batch_idx: int) -> Tensor:
        """Return the mean absolute error of a batch."""
        loss: Tensor = (self(batch.audio) - batch.parameters).abs().mean()
        self.log("train_error", loss, prog_bar=True)
        return loss

    def validation_step(self, batch: SynthBatch, batch_idx: int) -> None:
        """Add a batch to the errors."""
        self.errors.update(self(batch.audio).float(), batch.parameters.float())

    def on_validation_epoch_end(self) -> None:
        """Log the mean error, and by how much of the middle's."""
        self._log_errors("val")

    def test_step(self, batch: SynthBatch, batch_idx: int) -> None:
        """Add a batch to the errors."""
        self.validation_step(batch, batch_idx)

    def on_test_epoch_end(self) -> None:
        """Log the mean error, and by how much of the middle's."""
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
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def on_validation_epoch_start(self) -> None:
        """Begin with no errors."""
        self.errors.reset()

    def on_test_epoch_start(self) -> None:
        """Begin with no errors."""
        self.errors.reset()

    def _log_errors(self, split: str) -> None:
        errors, middle = self.errors.compute()
        self.log(f"{split}_error", errors.mean(), prog_bar=True)
        self.log(f"{split}_error_of_middle", middle.mean())


def _convolution(num_in: int, num_out: int, stride: tuple[int, int]) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(num_in, num_out, kernel_size=3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(num_out),
        nn.GELU(),
    )
