"""Candidates that train: a LightningModule, under either Lightning's Trainer."""

import sys
import warnings
from dataclasses import dataclass

import torch

from synth_datamodule.benchmark.candidates import Guesses, guesses_of
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.training import lightning_of, made_for, quiet


@dataclass(frozen=True)
class Trained:
    """A model's class, trained on the budget's sounds, each heard once.

    Args:
        model: A LightningModule's class; ``forward`` goes from audio ``[B, N]`` to parameters
            ``[B, P]`` in [0, 1], and ``training_step`` takes a SynthBatch.

    Raises:
        TypeError: If it is no LightningModule's class.
    """

    model: type

    def __post_init__(self) -> None:
        lightning_of(self.model)

    def __call__(self, data: SynthDataModule, device: torch.device) -> Guesses:
        """Train, and guess.

        Args:
            data: An epoch is the budget's sounds.
            device: Where.
        """
        lightning = lightning_of(self.model)
        model = made_for(data, self.model)
        with quiet():
            # The validation sounds are there for who wants them.
            warnings.filterwarnings("ignore", message=".*have no `validation_step`")
            trainer = lightning.Trainer(
                accelerator=device.type,
                devices=[device.index or 0] if device.type == "cuda" else 1,
                max_epochs=1,
                deterministic="warn",
                logger=False,
                enable_checkpointing=False,
                enable_model_summary=False,
                enable_progress_bar=sys.stderr.isatty(),
                num_sanity_val_steps=0,
            )
            trainer.fit(model, datamodule=data)
        model.to(device).eval()
        return Guesses(
            guesses_of(model, data, device),
            "here",
            dict(model.hparams),
            sum(weight.numel() for weight in model.parameters()),
        )
