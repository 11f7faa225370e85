"""Pretrainer: an encoder that learns to hear without labels."""

from typing import Any, cast

import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.batch import PairedBatch, SynthBatch, audio_of
from synth_datamodule.matching.matcher import HIGHEST_RATE, check_learning_rate, ear
from synth_datamodule.matching.patches import PatchEncoder
from synth_datamodule.pretraining.contrast import contrast
from synth_datamodule.pretraining.masking import MaskedFrames

OBJECTIVES = ("contrast", "masked")
"""What an encoder can learn from: two views of a sound, or frames that are hidden."""


class Pretrainer(LightningModule):
    """A transformer over spectrogram patches that learns from sounds alone.

    ``contrast`` takes pairs, two sounds whose parameters are ``paired_delta`` apart, after
    "Contrastive Learning from Synthetic Audio Doppelgaengers", ICLR 2025,
    https://arxiv.org/abs/2406.05923; ``masked`` takes single sounds.

    Args:
        objective: Task that it learns from, ``"contrast"`` or ``"masked"``.
        sample_rate: Audio rate in hertz.
        width: Numbers of a token, a multiple of 32.
        depth: Number of blocks.
        learning_rate: Highest rate of a one-cycle schedule.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If one is out of bounds; when it is trained, if the data hands out pairs where
            single sounds are wanted, or the other way round.

    Example:
        >>> model = Pretrainer("masked", sample_rate=16000, width=32, depth=1)
        >>> model(torch.zeros(2, 16000)).shape
        torch.Size([2, 64])
    """

    def __init__(
        self,
        objective: str = "contrast",
        sample_rate: int = 44100,
        width: int = 128,
        depth: int = 3,
        learning_rate: float = 1e-3,
    ) -> None:
        super().__init__()
        self.objective = checks.one_of("objective", objective, OBJECTIVES)
        checks.whole_number("sample_rate", sample_rate, 2, HIGHEST_RATE)
        self.learning_rate = check_learning_rate(learning_rate)
        self.log_mel = ear(sample_rate)
        self.encoder = PatchEncoder(width, depth)
        if objective == "contrast":
            self.head: nn.Module = nn.Sequential(
                nn.Linear(2 * width, width), nn.GELU(), nn.Linear(width, width)
            )
        else:
            self.head = MaskedFrames(self.encoder)
        self.save_hyperparameters()

    def forward(self, audio: Tensor) -> Tensor:
        """Return tokens' mean and peak, ``[B, 2 * width]``, of audio ``[B, N]``."""
        tokens = self.encoder(self.log_mel(audio))
        return torch.cat((tokens.mean(1), tokens.amax(1)), 1)

    def setup(self, stage: str) -> None:
        """Refuse data that hands out something else."""
        delta = getattr(getattr(self.trainer, "datamodule", None), "paired_delta", None)
        if (self.objective == "contrast") != (delta is not None):
            wanted = "be given" if self.objective == "contrast" else "be left out"
            raise ValueError(
                f"objective {self.objective!r}: data.paired_delta must {wanted}, got "
                f"{checks.shown(delta)}"
            )

    def training_step(self, batch: SynthBatch | PairedBatch, batch_idx: int) -> Tensor:
        """Return the loss of a batch."""
        loss = self._loss(batch)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch: SynthBatch | PairedBatch, batch_idx: int) -> None:
        """Log the loss of a batch."""
        sounds = batch.first if isinstance(batch, PairedBatch) else batch
        self.log("val_loss", self._loss(batch), prog_bar=True, batch_size=len(sounds.is_train))

    def _loss(self, batch: SynthBatch | PairedBatch) -> Tensor:
        if isinstance(batch, PairedBatch):
            views = [self.head(self(audio_of(view.audio))) for view in batch]
            return contrast(views[0], views[1])
        return cast(Tensor, self.head(self.log_mel(audio_of(batch.audio))))

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Return AdamW under a one-cycle schedule over the whole run."""
        num_steps = int(cast(Any, self.trainer).estimated_stepping_batches)
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.learning_rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, self.learning_rate, total_steps=num_steps
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
