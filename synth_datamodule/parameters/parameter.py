"""Parameter: one of a table's parameters by itself, for numbers of any shape."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.parameters.arrays import like, to_tensor
from synth_datamodule.parameters.curves import Curves, physical
from synth_datamodule.parameters.ranges import ParameterRange

_Value = TypeVar("_Value", float, Tensor, npt.NDArray[Any])


class Parameter:
    """One parameter of a table, ``table["vco_1.tuning"]``: the way to its unit and back.

    Args:
        range: Name, range, curve and unit.
        column: Column of the table.
        pinned: Value that it is pinned at, in its unit; None where it is free.
        curves: Function from a device to the parameter's curve, ``[1]``, there.
        to_u: Function from values ``[.., 1]`` to numbers in [0, 1].

    Example:
        >>> from synth_datamodule import Voice
        >>> tuning = Voice().parameter_table["vco_1.tuning"]
        >>> tuning
        Parameter('vco_1.tuning', column 68, [-24, 24] semitones)
        >>> tuning.to_physical(0.75), tuning.to_normalized(12.0)
        (12.0, 0.75)
    """

    def __init__(
        self,
        range: ParameterRange,
        column: int,
        pinned: float | None,
        curves: Callable[[torch.device], Curves],
        to_u: Callable[[Tensor], Tensor],
    ) -> None:
        self.range = range
        self.column = column
        self.pinned = pinned
        self._curves = curves
        self._to_u = to_u

    @property
    def name(self) -> str:
        """Name, ``module.parameter``."""
        return self.range.name

    def __repr__(self) -> str:
        pinned = "" if self.pinned is None else f", pinned at {self.pinned:g}"
        return f"Parameter({self.name!r}, column {self.column}, {self.range.words}{pinned})"

    def to_physical(self, u: _Value) -> _Value:
        """Return values in the parameter's unit, the bits of the table's column.

        Args:
            u: Numbers in [0, 1]: a float, or a tensor or array of any shape.

        Returns:
            The same kind and shape, float64; a pinned parameter's own value throughout.

        Raises:
            TypeError: If ``u`` holds no floats.
            ValueError: If (on the CPU) a number lies more than 1e-6 outside [0, 1].
        """
        if not isinstance(u, (Tensor, np.ndarray)):
            return self.to_physical(_scalar(checks.normalized_number(self.name, u))).item()
        given = checks.float_tensor(self.name, to_tensor(self.name, u), "of any shape", None)
        given = checks.normalized(self.name, given, always=False)
        given = given.to(torch.float64)[..., None]
        return like(u, physical(self._curves(given.device), given)[..., 0])

    def to_normalized(self, values: _Value) -> _Value:
        """Return numbers in [0, 1] for values in the parameter's unit.

        Args:
            values: Values in the range: a float, or a tensor or array of any shape.

        Returns:
            The same kind and shape, float64.

        Raises:
            TypeError: If ``values`` holds no floats.
            ValueError: If one is out of range.
        """
        if not isinstance(values, (Tensor, np.ndarray)):
            return self.to_normalized(_scalar(self.range.within(values))).item()
        given = checks.float_tensor(self.name, to_tensor(self.name, values), "of any shape", None)
        return like(values, self._to_u(given[..., None])[..., 0])


def _scalar(number: float) -> Tensor:
    return torch.full((), number, dtype=torch.float64, device="cpu")
