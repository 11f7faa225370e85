"""What a candidate is given, and what it hands in."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from synth_datamodule.batch import SynthBatch
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.loading import SoundLoader


class Guesses(NamedTuple):
    """What a candidate hands in.

    Args:
        parameters: Of the test sounds, ascending, in [0, 1]. Shape ``[T, P]``.
        learned: ``"here"`` from the budget's sounds, ``"elsewhere"``, or ``"nothing"``.
        hyperparameters: What else defines it.
        num_weights: That it has learned.
    """

    parameters: Tensor
    learned: str
    hyperparameters: dict[str, object]
    num_weights: int


class Candidate(Protocol):
    """Learns from the train sounds, and names the parameters of the test sounds."""

    def __call__(self, data: SynthDataModule, device: torch.device) -> Guesses:
        """Take part.

        Args:
            data: Its train loader hands out each of the budget's sounds once.
            device: Where to work.
        """


def batches(loader: SoundLoader, device: torch.device) -> Iterator[SynthBatch]:
    """Yield a loader's batches, rendered on a device.

    Args:
        loader: Of a data module that pairs nothing.
        device: Where.
    """
    for numbers in loader:
        yield numbers.to(device)


def guesses_of(
    model: Callable[[Tensor], Tensor], data: SynthDataModule, device: torch.device
) -> Tensor:
    """Return a model's guesses of the test sounds, ``[T, P]``, on the CPU.

    Args:
        model: From audio ``[B, N]`` to parameters ``[B, P]``; it hears nothing else.
        data: Whose test sounds.
        device: Where the audio is, and the model.
    """
    with torch.no_grad():
        heard = (batch.audio for batch in batches(data.test_dataloader(), device))
        guessed = [model(audio).float().cpu() for audio in heard]
    return torch.cat(guessed)
