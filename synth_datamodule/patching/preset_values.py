"""Values and numbers of one sound's parameters, each told by either, by both, or by a sound."""

from collections.abc import Mapping

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.parameters.table import ParameterTable

_STEP = 2.0**-24  # of float32 below 1: a value tells its number to that
_SAME = 1e-9  # of a range: a number tells its value to that, on every machine


def completed(
    table: ParameterTable,
    values: Mapping[str, float],
    normalized: Mapping[str, float],
    start: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return value and number of each parameter, by what is given of it.

    Args:
        table: Parameters of the synth.
        values: Values in the parameters' units, of any of them.
        normalized: Numbers in [0, 1], of any of them.
        start: Numbers of those that nothing is given of, float32; None leaves none out. ``[P]``.

    Returns:
        Values in the parameters' units, float64, as given where they are; and numbers in [0, 1],
        float32. Each of shape ``[P]``.

    Raises:
        TypeError: If something given is no number.
        ValueError: If a name is unknown, a parameter lacks both, one is out of range, a pinned one
            has another value, or value and number contradict each other.

    Example:
        >>> from synth_datamodule.parameters import ParameterRange
        >>> table = ParameterTable([ParameterRange("keyboard.midi_f0", 0.0, 127.0)])
        >>> completed(table, {"keyboard.midi_f0": 63.5}, {})
        (tensor([63.5000], dtype=torch.float64), tensor([0.5000]))
        >>> completed(table, {"keyboard.midi_f0": 60}, {"keyboard.midi_f0": 0.5})
        Traceback (most recent call last):
        ...
        ValueError: value and number of keyboard.midi_f0 must agree, got 60 and 0.5, which is 63.5:
         delete the number to keep the value, or the value
    """
    told = {table.column(name) for name in (*values, *normalized, *table.pinned)}
    missing = [name for column, name in enumerate(table.names) if column not in told]
    if missing and start is None:
        raise ValueError(
            f"values are missing for {len(missing)} parameters: {checks.shown(missing)}; give "
            "them, or a sound to begin with"
        )
    numbers = (
        torch.full((len(table),), 0.5, dtype=torch.float32, device="cpu")
        if start is None
        else start
    )
    numbers = numbers.to("cpu", torch.float32, copy=True)
    for name, given in normalized.items():
        number = checks.real_number(f"the number of {name}", given)
        if not 0 <= number <= 1:
            raise ValueError(f"the number of {name} must lie in [0, 1], got {checks.shown(given)}")
        numbers[table.column(name)] = number
    pinned = table.pin(numbers)
    means = table.to_physical(pinned)
    named = means.clone()
    for name, given in values.items():
        named[table.column(name)] = checks.real_number(name, given)
    valued = table.to_normalized(named).float()
    for name in table.pinned:
        column = table.column(name)
        other = name in normalized and _differ(pinned, numbers, column, _STEP)
        if other or _differ(named, means, column):
            got = f"the number {numbers[column]:.9g}" if other else f"{named[column]:.9g}"
            raise ValueError(f"{name} is pinned at {table.pinned[name]:.9g}, got {got}")
    for name in values:
        column = table.column(name)
        if name not in normalized:
            pinned[column] = valued[column]
        elif _differ(valued, pinned, column, _STEP):
            one = table.ranges[column]
            if _differ(named, means, column, _SAME * (one.maximum - one.minimum)):
                raise ValueError(
                    f"value and number of {name} must agree, got {named[column]:.9g} and "
                    f"{numbers[column]:.9g}, which is {means[column]:.9g}{one.unit and ' '}"
                    f"{one.unit}: delete the number to keep the value, or the value"
                )
    return named, table.pin(pinned)


def _differ(one: Tensor, other: Tensor, column: int, by: float = 0.0) -> bool:
    return abs(one[column].item() - other[column].item()) > by
