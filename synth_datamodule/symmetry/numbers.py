"""From values in units back to numbers in [0, 1], with the slope of the inverse curve."""

import torch
from torch import Tensor

from synth_datamodule.numerics.powers import SMALLEST_DRAW
from synth_datamodule.parameters.table import ParameterTable

_FLAT = 1e-290  # slopes below have no inverse


def numbers_of(values: Tensor, table: ParameterTable) -> Tensor:
    """Return numbers in [0, 1] for values, whose slope undoes that of ``to_physical``.

    ``table.to_normalized`` bounds its slopes where curves are flat: noise levels of 1e-12, u = 0.5,
    would have none left. Here a value that is only converted there and back has the slope 1, down
    to where the curve itself has none.

    Args:
        values: Values in their ranges, in units, float64. Shape ``[B, P]``.
        table: Parameters of the synth.

    Returns:
        Numbers in [0, 1], float64, the bits of ``table.to_normalized``. Shape ``[B, P]``.

    Raises:
        ValueError: If a value is out of range.

    Example:
        >>> from synth_datamodule import Voice
        >>> table = Voice().parameter_table
        >>> u = torch.full((1, 78), 0.5, dtype=torch.float64, requires_grad=True)
        >>> numbers_of(table.to_physical(u), table).sum().backward()
        >>> (u.grad - 1).abs().max() < 1e-6
        tensor(True)
    """
    fixed = values.detach()
    numbers = table.to_normalized(fixed)

    def column(entries: list[float]) -> Tensor:
        return torch.tensor(entries, dtype=torch.float64, device=values.device)

    exponent = column([1 / one.curve for one in table.ranges])
    width = column([one.maximum - one.minimum for one in table.ranges])
    symmetric = column([float(one.symmetric) for one in table.ranges]).bool()
    away = torch.where(symmetric, (2 * numbers - 1).abs(), numbers)
    # As to_physical has it, whose infinite slopes end at the smallest draw.
    away = torch.where(exponent < 1, away.clamp(min=SMALLEST_DRAW), away)
    slope = width * exponent * away ** (exponent - 1)
    inverse = torch.where(slope > _FLAT, 1 / torch.where(slope > _FLAT, slope, 1.0), 0.0)
    return numbers + inverse * (values - fixed)
