"""Shares: weights that are heard as shares of their sum alone."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.symmetry.base import Random, Symmetry, put
from synth_datamodule.symmetry.bounds import Bounds

_SMALLEST = 0.05  # factor of random elements


class Shares(Symmetry):
    r"""Weights ``w_k`` of which only the shares of a sum are heard.

    .. math:: w_k \sim c w_k, \quad c > 0

    The representative has its largest weight at its end. Weights that are all 0 count as equal, and
    become equal.

    Args:
        table: Parameters of the synth.
        name: Name of the part whose weights they are.
        weights: Columns of the weights that can be moved.
        whole: Whether these are all weights, none pinned at 0 beside them.

    Example:
        >>> from synth_datamodule import Voice
        >>> voice = Voice()
        >>> next(one for one in voice.symmetries if one.kind == "shares").sentence
        'all weights of lfo_1 by one factor: only their shares are heard'
    """

    kind: ClassVar[str] = "shares"

    def __init__(
        self, table: ParameterTable, name: str, weights: Sequence[int], whole: bool = True
    ) -> None:
        sentence = f"all weights of {name} by one factor: only their shares are heard"
        super().__init__(table, f"{name}.shares", weights, sentence)
        self._whole = whole

    def settled(self, values: Tensor, bounds: Bounds) -> Tensor:
        """Return values whose largest weight is as large as it can be."""
        weights, high = values[:, self.columns], bounds.high[list(self.columns)]
        largest = (weights / high).amax(1, keepdim=True)
        zero = largest == 0
        scaled = torch.minimum(weights / torch.where(zero, 1.0, largest), high)
        equal = high.amin().expand_as(weights) if self._whole else weights
        return put(values, self.columns, torch.where(zero, equal, scaled))

    def shaken(self, values: Tensor, bounds: Bounds, random: Random) -> Tensor:
        """Return values with all weights scaled by one factor."""
        columns = list(self.columns)
        weights, low, high = values[:, columns], bounds.low[columns], bounds.high[columns]
        most = torch.where(weights > 0, high / weights, torch.inf).amin(1)
        least = torch.where(low > 0, low / weights, 0.0).amax(1).maximum(_SMALLEST * most)
        factor = least + (most - least) * random(most)
        factor = torch.where(factor.isfinite(), factor, 1.0)[:, None]
        return put(values, columns, weights * factor)
