"""Curves: ranges as tensors on one device, and the way from [0, 1] to values and back."""

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from synth_datamodule.numerics.clamping import clamp
from synth_datamodule.numerics.powers import SMALLEST_DRAW, power
from synth_datamodule.parameters.ranges import ParameterRange


class Curves:
    """The columns of a table as float64 tensors ``[P]`` on one device.

    The functions beside it are no methods: torch.compile calls none of what it takes as constant.

    Args:
        ranges: Ranges in column order.
        pinned: Values that hold whatever is given, by name, in the parameters' units.
        device: Device of the tensors.
        columns: Columns of a table that the ranges are; None is all of them.

    Example:
        >>> curves = Curves([ParameterRange("a", 0.0, 2.0, curve=0.5)], {}, torch.device("cpu"))
        >>> physical(curves, torch.tensor([0.5], dtype=torch.float64))
        tensor([0.5000], dtype=torch.float64)
    """

    def __init__(
        self,
        ranges: Sequence[ParameterRange],
        pinned: Mapping[str, float],
        device: torch.device,
        columns: Sequence[int] | None = None,
    ) -> None:
        def column(numbers: Iterable[float]) -> Tensor:
            return torch.tensor(list(numbers), dtype=torch.float64, device=device)

        self.minimum = column(parameter.minimum for parameter in ranges)
        self.maximum = column(parameter.maximum for parameter in ranges)
        self.width = self.maximum - self.minimum
        # Whatever lies in a range of one value is 0, and so is its slope.
        self.divisor = torch.where(self.width > 0, self.width, torch.inf)
        self.curve = column(parameter.curve for parameter in ranges)
        self.symmetric = column(parameter.symmetric for parameter in ranges).bool()
        self.is_pinned = column(parameter.name in pinned for parameter in ranges).bool()
        self.pinned = column(pinned.get(parameter.name, parameter.minimum) for parameter in ranges)
        self.pinned_u = normalized(self, self.pinned)
        self.free = (~self.is_pinned).nonzero()[:, 0]
        places = range(len(ranges)) if columns is None else columns
        self.columns = torch.tensor(list(places), dtype=torch.int64, device=device)


def physical(curves: Curves, u: Tensor) -> Tensor:
    """Return values in the parameters' units for float64 numbers in [0, 1]."""
    share = _share(u, 1 / curves.curve, curves.symmetric)
    values = curves.minimum + curves.width * share
    # Adding the width may round one last bit beside the maximum, or past it; the slope stays.
    exact = torch.where(share < 1, torch.minimum(values, curves.maximum), curves.maximum)
    values = values + (exact - values).detach()
    return torch.where(curves.is_pinned, curves.pinned, values)


def outside(curves: Curves, values: Tensor) -> Tensor:
    """Return which values are out of range, NaN among them."""
    # Bounds as the dtype of the values rounds them: float32 has no 0.01 and no pi.
    minimum, maximum = (
        bound.to(values.dtype).to(torch.float64) for bound in (curves.minimum, curves.maximum)
    )
    v = values.to(torch.float64)
    return ~((v >= minimum) & (v <= maximum))


def normalized(curves: Curves, values: Tensor) -> Tensor:
    """Return float64 numbers in [0, 1] for values in range; 0 where the range is one value."""
    v = clamp(values.to(torch.float64), curves.minimum, curves.maximum)
    return _share((v - curves.minimum) / curves.divisor, curves.curve, curves.symmetric)


def _share(straight: Tensor, exponent: Tensor, symmetric: Tensor) -> Tensor:
    """Bend numbers in [0, 1] by a power, symmetric ones about the middle."""
    signed = 2 * straight - 1
    left = symmetric & (signed < 0)
    # Not abs and sign: they have no slope in the middle.
    away = torch.where(left, -signed, torch.where(symmetric, signed, straight))
    # An exponent of 1 stays exact.
    bent = torch.where(exponent == 1, away, _bend(away, exponent))
    return torch.where(symmetric, torch.where(left, 1 - bent, 1 + bent) / 2, bent)


def _bend(away: Tensor, exponent: Tensor) -> Tensor:
    steep = (exponent < 1) & (away < SMALLEST_DRAW)
    fixed = away.detach()
    slope = exponent * SMALLEST_DRAW ** (exponent - 1)
    bent = power(torch.where(steep, fixed, away), exponent)
    return bent + torch.where(steep, slope * (away - fixed), 0.0)
