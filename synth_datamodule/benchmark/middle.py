"""The baseline that hears nothing: the middle of every range."""

import torch

from synth_datamodule.benchmark.candidates import Guesses, unseen
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.reporting import Advance


def middle(data: SynthDataModule, device: torch.device, advance: Advance = unseen) -> Guesses:
    """Return 0.5 throughout, the median of how parameters are drawn.

    Args:
        data: Sounds, of which only the number of test sounds matters.
        device: Device that is not used.
        advance: Function that is not called: no train sound is heard.

    Example:
        >>> middle(SynthDataModule(test_sounds=2), torch.device("cpu")).parameters.unique()
        tensor([0.5000])
    """
    guess = torch.full((data.test_sounds, data.num_parameters), 0.5)
    return Guesses(guess, "nothing", {}, 0)
