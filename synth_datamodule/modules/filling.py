"""A module's values made whole: numbers for every sound, and defaults for what is left out."""

from collections.abc import Iterable, Mapping, Sequence
from numbers import Real

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.parameters.ranges import ParameterRange
from synth_datamodule.parameters.table import ParameterTable


def defaults(ranges: Sequence[ParameterRange], stated: Mapping[str, float]) -> dict[str, float]:
    """Return the value that each parameter has where none is given, in its unit.

    Args:
        ranges: Ranges of a module's parameters.
        stated: Defaults that the module states, by name. One that lies outside its range, as in a
            subclass that narrows it, counts as none.

    Returns:
        Stated defaults, and for the others the middle of their curve, ``u = 0.5``.

    Example:
        >>> attack = ParameterRange("attack", 0.0, 2.0, curve=0.5, unit="s")
        >>> defaults([attack, ParameterRange("alpha", 0.1, 6.0)], {"alpha": 1.0})
        {'attack': 0.5, 'alpha': 1.0}
    """
    if not ranges:
        return {}
    half = torch.full((len(ranges),), 0.5, dtype=torch.float64, device="cpu")
    middle = ParameterTable(ranges).to_physical(half).tolist()
    return {
        one.name: float(stated[one.name])
        if one.name in stated and one.minimum <= stated[one.name] <= one.maximum
        else value
        for one, value in zip(ranges, middle, strict=True)
    }


def filled(
    values: Mapping[str, object], missing: Mapping[str, float], beside: Iterable[object]
) -> Mapping[str, object]:
    """Return values with a tensor ``[B]`` for each number, and for each parameter left out.

    B, dtype and device are those of the first tensor ``[B, ...]`` among the values and what is
    beside them; without one they are 1, float64 and the CPU. Whole values are returned as they are.

    Args:
        values: Values by name: tensors ``[B]``, numbers, or tensors of one number.
        missing: Defaults of the parameters that are left out.
        beside: Other arguments of the call.

    Raises:
        ValueError: If a number is not finite.

    Example:
        >>> filled({"attack": torch.tensor([0.5, 1.0])}, {"alpha": 1.0}, [2.0])
        {'attack': tensor([0.5000, 1.0000]), 'alpha': tensor([1., 1.])}
    """
    numbers = {**missing, **{name: one for name, one in values.items() if is_number(one)}}
    if not numbers:
        return values
    like = beside_which((*values.values(), *beside))
    return {**values, **{name: spread(name, number, like) for name, number in numbers.items()}}


def beside_which(given: Iterable[object]) -> Tensor:
    """Return the first float tensor ``[B, ...]`` there is, or one of float64 for one sound."""
    tensors = (one for one in given if isinstance(one, Tensor))
    found = (one for one in tensors if one.is_floating_point() and one.ndim and len(one))
    return next(found, torch.zeros(1, dtype=torch.float64, device="cpu"))


def is_number(value: object) -> bool:
    """Return whether a value stands for all sounds: a number, or a float tensor of one.

    Example:
        >>> is_number(0.5), is_number(torch.tensor(0.5)), is_number(torch.tensor([0.5]))
        (True, True, False)
    """
    if isinstance(value, Tensor):
        return value.ndim == 0 and value.is_floating_point()
    return isinstance(value, Real) and not isinstance(value, bool)


def spread(name: str, number: object, like: Tensor) -> Tensor:
    """Return a number for each sound of a tensor, in its dtype and on its device.

    Args:
        name: Name of the number, for messages.
        number: Number, or a tensor of one, which is followed by gradients.
        like: Tensor ``[B, ...]``.

    Raises:
        ValueError: If the number is not finite.

    Example:
        >>> spread("duration", 1, torch.zeros(2, 8))
        tensor([1., 1.])
    """
    if isinstance(number, Tensor):
        return number.to(like.device, like.dtype).expand(len(like))
    value = checks.real_number(name, number)
    return torch.full((len(like),), value, dtype=like.dtype, device=like.device)
