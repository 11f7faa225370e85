"""Parameter errors, and those of always guessing the middle beside them."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torchmetrics import Metric

from synth_datamodule import checks

PITCH = "keyboard.midi_f0"


class ParameterErrors(Metric):
    """Mean absolute error of each parameter, of the guesses and of guessing 0.5 throughout.

    It sums over batches and devices, so uneven batches weigh by their sounds.

    Example:
        >>> errors = ParameterErrors(2)
        >>> errors.update(torch.tensor([[0.5, 0.2]]), torch.tensor([[1.0, 0.2]]))
        >>> errors.compute()
        (tensor([0.5000, 0.0000]), tensor([0.5000, 0.3000]))
    """

    full_state_update = False
    error_sum: Tensor
    middle_sum: Tensor
    num_sounds: Tensor

    def __init__(self, num_parameters: int) -> None:
        super().__init__()
        checks.whole_number("num_parameters", num_parameters, 1, 2**16)
        for name in ("error_sum", "middle_sum"):
            zeros = torch.zeros(num_parameters, dtype=torch.float32, device="cpu")
            self.add_state(name, zeros, dist_reduce_fx="sum")
        none = torch.zeros((), dtype=torch.int64, device="cpu")
        self.add_state("num_sounds", none, dist_reduce_fx="sum")

    def update(self, guess: Tensor, parameters: Tensor) -> None:
        """Add a batch, ``[B, P]`` in [0, 1], both what was guessed and what is true."""
        sizes = (None, len(self.error_sum))
        checks.float_tensor("parameters", parameters, "[B, P]", sizes)
        checks.float_tensor("guess", guess, "[B, P]", (len(parameters), sizes[1]))
        self.error_sum += (guess - parameters).abs().sum(0)
        self.middle_sum += (0.5 - parameters).abs().sum(0)
        self.num_sounds += len(parameters)

    def compute(self) -> tuple[Tensor, Tensor]:
        """Return the errors of the guesses and of the middle, each ``[P]``."""
        return self.error_sum / self.num_sounds, self.middle_sum / self.num_sounds


class ErrorRow(NamedTuple):
    """Mean absolute errors, of the guesses and of guessing 0.5 throughout, over some parameters.

    The name is that of the parameters' module or of the pitch, or ``"all"``.
    """

    name: str
    error: float
    middle: float

    @property
    def beats_middle(self) -> bool:
        """Whether the guesses are better than always guessing the middle."""
        return self.error < self.middle


def error_rows(names: Sequence[str], errors: Tensor, middle: Tensor) -> list[ErrorRow]:
    """Return a row for the pitch, one for each module, and one for all parameters.

    Example:
        >>> rows = error_rows(["vco.a", "vco.b"], torch.tensor([0.1, 0.3]), torch.full((2,), 0.25))
        >>> [(row.name, round(row.error, 2), row.beats_middle) for row in rows]
        [('vco', 0.2, True), ('all', 0.2, True)]
    """
    columns = {PITCH: [names.index(PITCH)]} if PITCH in names else {}
    for column, name in enumerate(names):
        columns.setdefault(name.split(".")[0], []).append(column)
    columns["all"] = list(range(len(names)))
    return [
        ErrorRow(name, errors[picked].mean().item(), middle[picked].mean().item())
        for name, picked in columns.items()
    ]
