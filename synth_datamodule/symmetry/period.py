"""Period: a phase at the one end of its range is that at the other."""

from typing import ClassVar

import torch
from torch import Tensor

from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.symmetry.base import Random, Symmetry, put
from synth_datamodule.symmetry.bounds import Bounds


class Period(Symmetry):
    r"""An initial phase, of which :math:`\pi` and :math:`-\pi` are one.

    The representative is :math:`-\pi`.

    Args:
        table: Parameters of the synth.
        phase: Column of the phase, whose range is [-pi, pi].

    Example:
        >>> from synth_datamodule import Voice
        >>> voice = Voice()
        >>> sum(one.kind == "period" for one in voice.symmetries)
        4
    """

    kind: ClassVar[str] = "period"

    def __init__(self, table: ParameterTable, phase: int) -> None:
        name = table.names[phase]
        super().__init__(table, name, (phase,), f"{name} of pi is that of -pi")

    def settled(self, values: Tensor, bounds: Bounds) -> Tensor:
        """Return values whose phase is below pi."""
        low, high = self._ends(bounds)
        phase = values[:, self.columns]
        return put(values, self.columns, torch.where(phase >= high, low, phase))

    def shaken(self, values: Tensor, bounds: Bounds, random: Random) -> Tensor:
        """Return values whose phase, where it is at an end, is at one or the other."""
        low, high = self._ends(bounds)
        phase = values[:, self.columns]
        end = torch.where(random(phase) < 0.5, low, high)
        at_an_end = (phase >= high) | (phase <= low)
        return put(values, self.columns, torch.where(at_an_end, end, phase))

    def _ends(self, bounds: Bounds) -> tuple[Tensor, Tensor]:
        column = self.columns[0]
        return bounds.low[column], bounds.high[column]
