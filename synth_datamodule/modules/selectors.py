"""Mode selectors: a choice among n, soft or hard."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import SynthConfig
from synth_datamodule.corpus.draws import MOST_PARAMETERS
from synth_datamodule.modules.base import SynthModule, Values
from synth_datamodule.numerics.constants import SHAPE_EXPONENT
from synth_datamodule.numerics.powers import power_shares
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.program import Builder, Signal, Unknown
from synth_datamodule.program.words import first_largest, shares


class ModeSelector(SynthModule):
    """n weights, ``mode0weight`` and on; a subclass turns them into a choice.

    Args:
        synthconfig: Rates, lengths and switches of the synth.
        num_modes: Number of modes n, at least 1.

    Raises:
        TypeError: If ``num_modes`` is not an integer.
        ValueError: If it is below 1, or above 227.
    """

    def __init__(self, synthconfig: SynthConfig, num_modes: int) -> None:
        super().__init__(synthconfig)
        self.num_modes = checks.whole_number("num_modes", num_modes, 1, MOST_PARAMETERS)
        self.parameter_ranges = tuple(
            ParameterRange(f"mode{mode}weight", 0.0, 1.0) for mode in range(self.num_modes)
        )

    def weights(self, values: Values) -> Tensor:
        """Return the weights side by side, ``[B, n]``."""
        values = self.complete(values)
        self.check(values)
        return torch.stack([values[mode.name] for mode in self.parameter_ranges], dim=1)


class SoftModeSelector(ModeSelector):
    r"""Shares that sum to 1, the largest weight sharpened.

    .. math:: w_k^e / \sum_j w_j^e

    Where all weights are 0 the gradient is 0.

    Example:
        >>> selector = SoftModeSelector(SynthConfig(), num_modes=2)
        >>> selector({"mode0weight": torch.tensor([0.0]), "mode1weight": torch.tensor([0.5])})
        tensor([[0., 1.]])
    """

    EXPONENT = SHAPE_EXPONENT

    def forward(self, values: Values) -> Tensor:
        """Return shares in [0, 1] that sum to 1, equal where all weights are 0: ``[B, n]``."""
        return power_shares(self.weights(values), self.EXPONENT)

    def exact(self, build: Builder, values: Mapping[str, Signal]) -> list[Signal]:
        """Return the shares as a program has them."""
        if self.EXPONENT != SHAPE_EXPONENT:
            raise Unknown(f"its exponent is {self.EXPONENT}, not {SHAPE_EXPONENT}")
        return shares(build, [values[mode.name] for mode in self.parameter_ranges])


class HardModeSelector(ModeSelector):
    """One mode, the one of the largest weight; a step, so its gradient is 0.

    Example:
        >>> selector = HardModeSelector(SynthConfig(), num_modes=2)
        >>> selector({"mode0weight": torch.tensor([0.3]), "mode1weight": torch.tensor([0.5])})
        tensor([[0, 1]])
    """

    def forward(self, values: Values) -> Tensor:
        """Return a one-hot int64 choice, the first of equals: ``[B, n]``."""
        weights = self.weights(values)
        largest = (weights == weights.amax(-1, keepdim=True)).to(torch.int64)
        # torch.argmax leaves open which of equals it returns.
        # Not-a-number has no largest; one_hot of a mode too many would end a GPU's process.
        first = largest.cumsum(-1).eq(0).sum(-1).clamp(max=self.num_modes - 1)
        return F.one_hot(first, self.num_modes)

    def exact(self, build: Builder, values: Mapping[str, Signal]) -> list[Signal]:
        """Return the choice as a program has it."""
        return first_largest(build, [values[mode.name] for mode in self.parameter_ranges])
