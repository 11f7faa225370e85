"""Bounds: the ends of a table's ranges as tensors, a pinned parameter's at its value."""

import torch
from torch import Tensor

from synth_datamodule.numerics.clamping import clamp
from synth_datamodule.parameters.table import ParameterTable


class Bounds:
    """The ends of the ranges, float64 ``[P]``; both ends of what is pinned are its value.

    Args:
        table: Parameters of the synth.
        device: Device of the tensors.

    Example:
        >>> from synth_datamodule.parameters import ParameterRange
        >>> table = ParameterTable([ParameterRange("a.b", 0.0, 2.0)], pinned={"a.b": 1.0})
        >>> Bounds(table, torch.device("cpu")).high
        tensor([1.], dtype=torch.float64)
    """

    def __init__(self, table: ParameterTable, device: torch.device) -> None:
        ends = [ends_of(table, column) for column in range(len(table))]
        self.low = torch.tensor([one[0] for one in ends], dtype=torch.float64, device=device)
        self.high = torch.tensor([one[1] for one in ends], dtype=torch.float64, device=device)

    def kept(self, values: Tensor, given: Tensor) -> Tensor:
        """Return values within the ranges; pinned ones as they were given.

        Args:
            values: Values in units, out of range by roundings at most. Shape ``[B, P]``.
            given: Values before they were moved. Shape ``[B, P]``.
        """
        inside = clamp(values, self.low, self.high)
        return torch.where(self.low == self.high, given, inside)


def ends_of(table: ParameterTable, column: int) -> tuple[float, float]:
    """Return the ends of a parameter's range; of a pinned one its value, twice.

    Args:
        table: Parameters of the synth.
        column: Column of the parameter.

    Example:
        >>> from synth_datamodule.parameters import ParameterRange
        >>> ends_of(ParameterTable([ParameterRange("a.b", 0.0, 2.0)]), 0)
        (0.0, 2.0)
    """
    one = table.ranges[column]
    pinned = table.pinned.get(one.name)
    return (one.minimum, one.maximum) if pinned is None else (pinned, pinned)


def is_free(table: ParameterTable, column: int) -> bool:
    """Return whether a parameter can be moved at all.

    Args:
        table: Parameters of the synth.
        column: Column of the parameter.

    Example:
        >>> from synth_datamodule.parameters import ParameterRange
        >>> is_free(ParameterTable([ParameterRange("a.b", 1.0, 1.0)]), 0)
        False
    """
    low, high = ends_of(table, column)
    return low < high


def is_free_or_zero(table: ParameterTable, column: int) -> bool:
    """Return whether a factor can be moved, or is 0 for good, which any factor leaves.

    Args:
        table: Parameters of the synth.
        column: Column of the parameter.

    Example:
        >>> from synth_datamodule.parameters import ParameterRange
        >>> is_free_or_zero(ParameterTable([ParameterRange("a.b", 0.0, 0.0)]), 0)
        True
    """
    return is_free(table, column) or ends_of(table, column) == (0.0, 0.0)
