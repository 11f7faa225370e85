"""Shift: a note raised, and what is tuned to it lowered by as much."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.symmetry.base import Random, Symmetry, put
from synth_datamodule.symmetry.bounds import Bounds


class Shift(Symmetry):
    r"""A note ``m`` and the tunings ``t_k`` of all that it plays, heard as sums alone.

    .. math:: (m, t_k) \sim (m + d, t_k - d)

    The representative has the note in the middle of the pitches ``m + t_k``, or as near to it as
    the ranges allow.

    Args:
        table: Parameters of the synth.
        note: Column of the note.
        tunings: Columns of the tunings.

    Example:
        >>> from synth_datamodule import Voice
        >>> voice = Voice()
        >>> table = voice.parameter_table
        >>> values = table.to_physical(voice.draw([7]))
        >>> shift = Shift(table, table.column("keyboard.midi_f0"), [table.column("vco_1.tuning")])
        >>> settled = shift.settled(values, Bounds(table, values.device))
        >>> settled[0, table.column("vco_1.tuning")]
        tensor(0., dtype=torch.float64)
    """

    kind: ClassVar[str] = "shift"

    def __init__(self, table: ParameterTable, note: int, tunings: Sequence[int]) -> None:
        names = [table.names[column] for column in tunings]
        sentence = (
            f"{table.names[note]} raised and {' and '.join(names)} lowered by as much: only the "
            "sums are heard"
        )
        super().__init__(table, table.names[note], (note, *tunings), sentence)
        self._note, self._tunings = note, list(tunings)

    def settled(self, values: Tensor, bounds: Bounds) -> Tensor:
        """Return values with the note in the middle of the pitches."""
        pitches, low, high = self._orbit(values, bounds)
        total = pitches[:, 0]
        for k in range(1, pitches.shape[1]):
            total = total + pitches[:, k]
        middle = total / pitches.shape[1]
        return self._at(values, pitches, torch.maximum(torch.minimum(middle, high), low))

    def shaken(self, values: Tensor, bounds: Bounds, random: Random) -> Tensor:
        """Return values with the note anywhere that the ranges allow."""
        pitches, low, high = self._orbit(values, bounds)
        return self._at(values, pitches, low + (high - low) * random(low))

    def _orbit(self, values: Tensor, bounds: Bounds) -> tuple[Tensor, Tensor, Tensor]:
        """Return the pitches, and the lowest and the highest note that play them."""
        pitches = values[:, self._note, None] + values[:, self._tunings]
        lowest = (pitches - bounds.high[self._tunings]).amax(1)
        highest = (pitches - bounds.low[self._tunings]).amin(1)
        low = torch.maximum(lowest, bounds.low[self._note])
        return pitches, low, torch.minimum(highest, bounds.high[self._note])

    def _at(self, values: Tensor, pitches: Tensor, note: Tensor) -> Tensor:
        new = torch.cat((note[:, None], pitches - note[:, None]), 1)
        return put(values, self.columns, new)
