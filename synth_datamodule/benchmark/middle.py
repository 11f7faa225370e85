"""The baseline that hears nothing: the middle of every range."""

import torch

from synth_datamodule.benchmark.candidates import Guesses
from synth_datamodule.datamodule import SynthDataModule


def middle(data: SynthDataModule, device: torch.device) -> Guesses:
    """Return 0.5 throughout, the median of how parameters are drawn.

    Args:
        data: Whose test sounds.
        device: Of no matter.

    Example:
        >>> middle(SynthDataModule(test_sounds=2), torch.device("cpu")).parameters.unique()
        tensor([0.5000])
    """
    guess = torch.full((data.test_sounds, data.num_parameters), 0.5)
    return Guesses(guess, "nothing", {}, 0)
