"""Swap: two parts that are wired alike exchanged, with all that hangs on them."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.symmetry.base import Random, Symmetry
from synth_datamodule.symmetry.bounds import Bounds


class Swap(Symmetry):
    """Two parts of a kind, wired alike, that change places with all their values.

    It has no representative by itself: that of the whole group of swaps is ``Group.settled``.

    Args:
        table: Parameters of the synth.
        name: Names of the two parts that lead the exchange.
        places: Column that each moved column's value comes from.

    Example:
        >>> from synth_datamodule import Voice
        >>> swaps = [one for one in Voice().symmetries if one.kind == "swap"]
        >>> [(one.name, len(one.parameters)) for one in swaps]
        [('adsr_1 and adsr_2', 20), ('lfo_1 and lfo_2', 46)]
    """

    kind: ClassVar[str] = "swap"

    def __init__(self, table: ParameterTable, name: str, places: Mapping[int, int]) -> None:
        sentence = f"{name} exchanged, with all their values and all weights they have"
        super().__init__(table, name, sorted(places), sentence)
        self.permutation = tuple(places.get(column, column) for column in range(len(table)))

    def settled(self, values: Tensor, bounds: Bounds) -> Tensor:
        """Return values as they are."""
        return values

    def shaken(self, values: Tensor, bounds: Bounds, random: Random) -> Tensor:
        """Return values swapped in about half of the sounds."""
        swapped = values[:, self.permutation]
        return torch.where(random(values[:, :1]) < 0.5, swapped, values)
