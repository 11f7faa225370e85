"""Gain: all levels of a mixer that normalises what clips."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.symmetry.base import Random, Symmetry, put
from synth_datamodule.symmetry.bounds import Bounds


class Gain(Symmetry):
    """The common factor of a mixer's levels, in sounds that clip.

    Which do, and by how much, only rendering tells: ``canonical(..., clipping=True)`` does. By
    itself it moves nothing.

    Args:
        table: Parameters of the synth.
        name: Name of the mixer's part.
        levels: Columns of the levels.

    Example:
        >>> from synth_datamodule import Voice
        >>> voice = Voice()
        >>> next(one for one in voice.symmetries if one.kind == "gain").parameters
        ('mixer.vco_1', 'mixer.vco_2', 'mixer.noise')
    """

    kind: ClassVar[str] = "gain"

    def __init__(self, table: ParameterTable, name: str, levels: Sequence[int]) -> None:
        sentence = (
            f"all levels of {name} by one factor, where the sound clips and is normalised: only "
            "their ratios are heard"
        )
        super().__init__(table, f"{name}.gain", levels, sentence)

    def settled(self, values: Tensor, bounds: Bounds) -> Tensor:
        """Return values as they are: what clips is not known."""
        return values

    def shaken(self, values: Tensor, bounds: Bounds, random: Random) -> Tensor:
        """Return values as they are: what clips is not known."""
        return values

    def normalized(self, values: Tensor, bounds: Bounds, peak: Tensor) -> Tensor:
        """Return values whose sounds reach 1 where they clipped, or as near as the ranges allow.

        Args:
            values: Values in units, float64. Shape ``[B, P]``.
            bounds: Ends of the parameters' ranges.
            peak: Peak of each sound before it is normalised. Shape ``[B]``.
        """
        columns = list(self.columns)
        levels, low = values[:, columns], bounds.low[columns]
        least = torch.where(low > 0, low / levels, 0.0).amax(1)
        factor = torch.maximum(1 / peak.clamp(min=1), least)[:, None]
        return put(values, columns, levels * factor)
