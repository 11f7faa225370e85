"""Scale: a level lowered, and the weights that it multiplies raised by the same factor."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.symmetry.base import Random, Symmetry, put
from synth_datamodule.symmetry.bounds import Bounds

_SILENT = 1e-290  # products below are no longer exact, and far below what any renderer hears
_MOST = 1e6  # by how much random elements move a factor


class Scale(Symmetry):
    r"""A level ``a`` and the weights ``w_k`` that it multiplies, heard as products alone.

    .. math:: (a, w_k) \sim (c a, w_k / c), \quad c > 0

    The representative has its largest weight at its end, so that the level carries the size. Where
    all products are 0, the level is the smallest there is; the weights are then at their ends, or
    0 where no level of 0 is in range.

    Args:
        table: Parameters of the synth.
        level: Column of the level, or of a depth of either sign.
        weights: Columns of the weights, whose ranges begin at 0 or above.
        downward: Whether it holds for levels up to 0 alone, as where an upward depth is heard by
            itself.

    Example:
        >>> from synth_datamodule import Voice
        >>> voice = Voice()
        >>> [one.name for one in voice.symmetries if one.kind == "scale"]
        ['mixer.vco_1', 'mixer.vco_2', 'mixer.noise', 'vco_1.mod_depth', 'vco_2.mod_depth']
    """

    kind: ClassVar[str] = "scale"

    def __init__(
        self, table: ParameterTable, level: int, weights: Sequence[int], downward: bool = False
    ) -> None:
        names = [table.names[column] for column in weights]
        sentence = (
            f"{table.names[level]} lowered and {', '.join(names)} raised by one factor"
            f"{', where the depth bends downward' if downward else ''}: only the products are heard"
        )
        super().__init__(table, table.names[level], (level, *weights), sentence)
        self._level, self._weights, self._downward = level, list(weights), downward

    def settled(self, values: Tensor, bounds: Bounds) -> Tensor:
        """Return values whose largest weight is as large as it can be."""
        level, weights = values[:, self._level], values[:, self._weights]
        products = level.abs()[:, None] * weights
        # The smallest size of the level that the weights' ends allow, and the level's own.
        size = (products / bounds.high[self._weights]).amax(1)
        silent = size < _SILENT
        smallest, nearest = self._smallest(level, bounds)
        size = torch.maximum(size, smallest)
        safe = torch.where(silent, 1.0, size)
        scaled = torch.minimum(products / safe[:, None], bounds.high[self._weights])
        ends = torch.where(nearest == 0, 1.0, 0.0)[:, None] * bounds.high[self._weights]
        signed = torch.where(level < 0, -size, size)
        new = torch.cat(
            (
                torch.where(silent, nearest, signed)[:, None],
                torch.where(silent[:, None], ends, scaled),
            ),
            1,
        )
        return self._where_it_holds(values, new)

    def shaken(self, values: Tensor, bounds: Bounds, random: Random) -> Tensor:
        """Return values whose level is anywhere in its range, spread evenly in decibels."""
        level, weights = values[:, self._level], values[:, self._weights]
        size = level.abs()
        smallest, _ = self._smallest(level, bounds)
        low, high = bounds.low[self._level], bounds.high[self._level]
        largest = torch.where(level < 0, -low, high)
        most = torch.where(weights > 0, weights / bounds.low[self._weights], torch.inf).amin(1)
        some = torch.where(size > 0, size, 1.0)
        factor = random(size)
        least = torch.maximum((weights / bounds.high[self._weights]).amax(1), smallest / some)
        most = torch.minimum(most, largest / some).clamp(max=_MOST).maximum(least)
        bottom = torch.log(least.clamp(min=1 / _MOST))
        factor = torch.exp(bottom + (torch.log(most.clamp(min=1 / _MOST)) - bottom) * factor)
        factor = torch.where(size > 0, factor, 1.0)[:, None]
        new = torch.cat((level[:, None] * factor, weights / factor), 1)
        return self._where_it_holds(values, new)

    def _smallest(self, level: Tensor, bounds: Bounds) -> tuple[Tensor, Tensor]:
        """Return the smallest size that a level of this sign may have, and the level nearest 0."""
        low, high = bounds.low[self._level], bounds.high[self._level]
        if self._downward:
            high = high.clamp(max=0)
        smallest = torch.where(level < 0, -high, low).clamp(min=0)
        nearest = torch.zeros_like(low).clamp(min=low, max=high)
        return smallest, nearest.expand_as(level)

    def _where_it_holds(self, values: Tensor, new: Tensor) -> Tensor:
        moved = put(values, self.columns, new)
        if not self._downward:
            return moved
        return torch.where((values[:, self._level] <= 0)[:, None], moved, values)
