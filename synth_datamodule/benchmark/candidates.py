"""What a candidate is given, and what it hands in."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from synth_datamodule.batch import SynthBatch
from synth_datamodule.datamodule import SynthDataModule
from synth_datamodule.loading import SoundLoader
from synth_datamodule.reporting import Advance


class Guesses(NamedTuple):
    """What a candidate hands in.

    Args:
        parameters: Guessed parameters of the test sounds, ascending, in [0, 1]. Shape ``[T, P]``.
        learned: ``"here"`` from the budget's sounds, ``"elsewhere"``, or ``"nothing"``.
        hyperparameters: Settings that define the candidate, by name.
        num_weights: Number of weights that the candidate has learned.
        renders: Renders that a target took, their mean; a render with its gradient counts as 3.
        seconds: Seconds that a target took once all was learned, their mean; None where the
            candidate does not tell them from those of learning.
    """

    parameters: Tensor
    learned: str
    hyperparameters: dict[str, object]
    num_weights: int
    renders: float = 0.0
    seconds: float | None = None


def unseen(steps: int = 1, description: str | None = None) -> None:
    """Take word of progress where nobody watches; see ``reporting.progress``."""


class Candidate(Protocol):
    """Learns from the train sounds, and names the parameters of the test sounds."""

    def __call__(
        self, data: SynthDataModule, device: torch.device, advance: Advance = unseen
    ) -> Guesses:
        """Take part.

        Args:
            data: Sounds, whose train loader hands out each of the budget's once.
            device: Device to work on.
            advance: Function to call with the number of train sounds heard since its last call.
        """


def batches(
    loader: SoundLoader, device: torch.device, advance: Advance = unseen
) -> Iterator[SynthBatch]:
    """Yield a loader's batches, rendered on a device; ``advance`` is told each once it was used."""
    for numbers in loader:
        batch = numbers.to(device)
        yield batch
        advance(len(batch.index))


def guesses_of(
    model: Callable[[Tensor], Tensor], data: SynthDataModule, device: torch.device
) -> Tensor:
    """Return the guesses ``[T, P]``, on the CPU, of a model that hears the test sounds' audio."""
    with torch.no_grad():
        heard = (batch.audio for batch in batches(data.test_dataloader(), device))
        return torch.cat([model(audio).float().cpu() for audio in heard])
