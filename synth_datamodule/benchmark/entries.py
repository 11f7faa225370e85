"""Who takes part: the baselines by name, a user's model by its import path."""

import contextlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.benchmark.candidates import Candidate, Guesses, guesses_of, unseen
from synth_datamodule.benchmark.flow import flow, flow_mean, flow_refine
from synth_datamodule.benchmark.mlp import MLPMatcher
from synth_datamodule.benchmark.regression import cnn_canonical, transformer
from synth_datamodule.benchmark.searched import RETRIEVE, RETRIEVE_REFINE, SEARCH
from synth_datamodule.benchmark.untrained import median, middle, nearest
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.training import lightning_of, made_for, quiet
from synth_datamodule.numerics.ambient import untouched_determinism
from synth_datamodule.patching.naming import find
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
        """Train, and guess; see ``Candidate``."""
        lightning = lightning_of(self.model)
        model = made_for(data, self.model)
        heard = lightning.callbacks.LambdaCallback(
            on_train_batch_end=lambda trainer, model, outputs, batch, place: advance(
                len(batch.index)
            )
        )
        with quiet(), untouched_determinism():
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
        return _guesses(model, data, device, "here", dict(model.hparams))


def _guesses(
    model: Callable[[Tensor], Tensor],
    data: SynthDataModule,
    device: torch.device,
    learned: str,
    hyperparameters: dict[str, object],
) -> Guesses:
    num_weights = 0
    if isinstance(model, nn.Module):
        model.to(device).eval()
        num_weights = sum(weight.numel() for weight in model.parameters())
    return Guesses(guesses_of(model, data, device), learned, hyperparameters, num_weights)


_ROOM = 296  # of 300 letters that a message has


BASELINES: dict[str, Candidate] = {
    "middle": middle,
    "median": median,
    "nearest": nearest,
    "retrieve": RETRIEVE,
    "retrieve+refine": RETRIEVE_REFINE,
    "search": SEARCH,
    "mlp": Trained(MLPMatcher),
    "cnn": Trained(SoundMatcher),
    "cnn-canonical": cnn_canonical,
    "transformer": transformer,
    "flow": flow,
    "flow-mean": flow_mean,
    "flow+refine": flow_refine,
}
"""Baselines by name, in ascending order of what they can learn."""


def entry(name: str) -> Candidate:
    """Return a candidate.

    Args:
        name: One of ``BASELINES``, or the import path of a LightningModule's class, which is
            trained here; of another class, which is made without arguments; or of a function. The
            latter two go from audio to parameters.

    Raises:
        TypeError: If the path leads to nothing of that kind.
        ValueError: If nothing can be imported from the path.

    Example:
        >>> entry("synth_datamodule.matching.model.SoundMatcher") == entry("cnn")
        True
    """
    if checks.instance("a candidate", name, str) in BASELINES:
        return BASELINES[name]
    rule = f"a candidate must be one of {', '.join(BASELINES)}, or a model's import path"
    if "." in name:
        rule = "a candidate must be a baseline's name or a model's import path"
    try:
        found = find(name)
    except ValueError as error:
        raise ValueError(f"{rule}: {error!s:.{_ROOM - len(rule)}}") from error
    with contextlib.suppress(TypeError):
        return Trained(cast(type, found))
    model = found() if isinstance(found, type) else found
    if not callable(model):
        raise TypeError(f"{rule}, got {checks.shown(name)}, which cannot be called")
    return lambda data, device, advance=unseen: _guesses(model, data, device, "elsewhere", {})
