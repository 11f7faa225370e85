"""Who takes part: the baselines by name, a user's model by its import path."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from synth_datamodule.benchmark.candidates import Candidate, Guesses, guesses_of, unseen
from synth_datamodule.benchmark.middle import middle
from synth_datamodule.benchmark.mlp import MLPMatcher
from synth_datamodule.benchmark.nearest import nearest
from synth_datamodule.benchmark.trained import Trained
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.training import lightning_of
from synth_datamodule.patching.naming import find
from synth_datamodule.reporting import Advance

BASELINES: dict[str, Candidate] = {
    "middle": middle,
    "nearest": nearest,
    "mlp": Trained(MLPMatcher),
    "cnn": Trained(SoundMatcher),
}
"""Baselines by name, in ascending order of what they can learn."""


@dataclass(frozen=True)
class Ready:
    """A model that has learned elsewhere, taken as it is.

    Args:
        model: Function from audio ``[B, N]`` to parameters ``[B, P]`` in [0, 1].
    """

    model: Callable[[Tensor], Tensor]

    def __call__(
        self, data: SynthDataModule, device: torch.device, advance: Advance = unseen
    ) -> Guesses:
        """Guess.

        Args:
            data: Sounds, of which the test sounds are guessed.
            device: Device of the sounds, and of a model that is an ``nn.Module``.
            advance: Function that is not called: no train sound is heard.
        """
        num_weights = 0
        if isinstance(self.model, nn.Module):
            self.model.to(device).eval()
            num_weights = sum(weight.numel() for weight in self.model.parameters())
        return Guesses(guesses_of(self.model, data, device), "elsewhere", {}, num_weights)


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
    if name in BASELINES:
        return BASELINES[name]
    rule = f"a candidate must be one of {', '.join(BASELINES)}, or a model's import path"
    try:
        found = find(name)
    except ValueError as error:
        raise ValueError(f"{rule}: {error}") from error
    try:
        lightning_of(found)
    except TypeError:
        model = found() if isinstance(found, type) else found
        if not callable(model):
            raise TypeError(f"{rule}, got {name!r}, which cannot be called") from None
        return Ready(model)
    return Trained(cast(type, found))
