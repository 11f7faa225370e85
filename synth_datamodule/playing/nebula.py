"""A nebula around one sound: half of what is drawn lies below its values, half above."""

import math
from typing import Any

from torch import Tensor

from synth_datamodule.parameters.table import ParameterTable

STEEPEST = 16.0
"""Curve of a parameter at the upper end of its range; at the lower one it is the inverse."""


def nebula_around(table: ParameterTable, parameters: Tensor) -> dict[str, dict[str, Any]]:
    """Return the entries of a nebula in which a sound's values are the medians.

    A value at the fraction ``f`` of its range is the median of the plain curve
    ``c = -log 2 / log f``, for ``(1/2)**(1/c) = f``. Curves lie in [1/16, 16], which values
    within 2e-5 of the lower end and 4 % of the upper one would leave.

    Args:
        table: Parameters of the synth.
        parameters: Numbers in [0, 1] of the sound. Shape ``[P]``.

    Returns:
        Curve and symmetry by name, of the parameters that are not pinned, as ``nebula=`` takes it.

    Example:
        >>> import torch
        >>> from synth_datamodule.parameters import ParameterRange
        >>> table = ParameterTable([ParameterRange("adsr.attack", 0.0, 2.0, curve=0.5)])
        >>> nebula_around(table, torch.tensor([0.5]))
        {'adsr.attack': {'curve': 0.5, 'symmetric': False}}
    """
    values = table.to_dict(table.to_physical(parameters))
    entries = {}
    for name in table.free:
        one = table.ranges[table.column(name)]
        fraction = (values[name] - one.minimum) / (one.maximum - one.minimum)
        entries[name] = {"curve": round(_curve(fraction), 6), "symmetric": False}
    return entries


def _curve(fraction: float) -> float:
    if fraction <= 0:
        return 1 / STEEPEST
    if fraction >= 1:
        return STEEPEST
    return min(max(-math.log(2) / math.log(fraction), 1 / STEEPEST), STEEPEST)
