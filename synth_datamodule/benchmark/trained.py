"""Candidates that train: a LightningModule, under either Lightning's Trainer."""

import warnings
from dataclasses import dataclass

import torch

from synth_datamodule.benchmark.candidates import Guesses, guesses_of, unseen
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.training import lightning_of, made_for, quiet
from synth_datamodule.reporting import Advance


@dataclass(frozen=True)
class Trained:
    """A model's class, trained on the budget's sounds, each heard once.

    Args:
        model: A LightningModule's class; ``forward`` goes from audio ``[B, N]`` to parameters
            ``[B, P]`` in [0, 1], and ``training_step`` takes a SynthBatch.

    Raises:
        TypeError: If ``model`` is no LightningModule's class.
    """

    model: type

    def __post_init__(self) -> None:
        lightning_of(self.model)

    def __call__(
        self, data: SynthDataModule, device: torch.device, advance: Advance = unseen
    ) -> Guesses:
        """Train, and guess.

        Args:
            data: Sounds, whose epoch is the budget.
            device: Device to train on.
            advance: Function that is told the size of each batch trained on.
        """
        lightning = lightning_of(self.model)
        model = made_for(data, self.model)
        heard = lightning.callbacks.LambdaCallback(
            on_train_batch_end=lambda trainer, model, outputs, batch, place: advance(
                len(batch.index)
            )
        )
        with quiet():
            # A model may leave the validation sounds alone.
            warnings.filterwarnings("ignore", message=".*have no `validation_step`")
            trainer = lightning.Trainer(
                accelerator=device.type,
                devices=[device.index or 0] if device.type == "cuda" else 1,
                max_epochs=1,
                deterministic="warn",
                logger=False,
                enable_checkpointing=False,
                enable_model_summary=False,
                enable_progress_bar=False,
                callbacks=[heard],
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
