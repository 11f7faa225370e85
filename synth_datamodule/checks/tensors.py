"""Checks of tensors: kind, shape and, where they can be read, values."""

import math

import numpy as np
import torch
from torch import Tensor

from synth_datamodule.checks.values import real_number, shown
from synth_datamodule.numerics import tracing

_FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
_ROUNDING = 1e-6  # how far beyond an end a number in [0, 1] counts as the end


def float_tensor(
    name: str, tensor: object, shape: str, sizes: tuple[int | None, ...] | None
) -> Tensor:
    """Return ``tensor`` if it is a floating point tensor of the given sizes.

    Args:
        name: Name that the caller gives the value, for the message.
        tensor: The value to check.
        shape: The shape in words, for the message: ``"[B, N]"``.
        sizes: One size per axis; None of a size allows any but 0, of all any shape.

    Raises:
        TypeError: If it is not a tensor, or not of a floating point dtype.
        ValueError: If its shape differs.

    Example:
        >>> float_tensor("audio", torch.zeros(2, 4), "[B, N]", (None, 4)).shape
        torch.Size([2, 4])
    """
    rule = f"{name} must be a float tensor {shape}"
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{rule}, got {type(tensor).__name__}")
    if tensor.dtype not in _FLOATS:
        raise TypeError(f"{rule}, got dtype {tensor.dtype}")
    _in_memory(rule, tensor)
    if sizes is None:
        return tensor
    fits = tensor.ndim == len(sizes) and all(
        given == size if size is not None else given > 0
        for given, size in zip(tensor.shape, sizes, strict=False)
    )
    if not fits:
        wanted = [size if size is not None else "any" for size in sizes]
        sizes_in_words = f"[{', '.join(map(str, wanted))}]"
        raise ValueError(f"{rule} of sizes {sizes_in_words}, got shape {list(tensor.shape)}")
    return tensor


def integer_tensor(rule: str, tensor: object) -> Tensor:
    """Return ``tensor`` if it is an int64 tensor.

    Args:
        rule: Words that say what the tensor must be, for the message.
        tensor: The value to check.

    Raises:
        TypeError: If it is not a tensor, or of another dtype.

    Example:
        >>> integer_tensor("index must be int64", torch.tensor([3]))
        tensor([3])
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{rule}, got {shown(tensor)} ({type(tensor).__name__})")
    if tensor.dtype != torch.int64:
        raise TypeError(f"{rule}, got dtype {tensor.dtype}")
    _in_memory(rule, tensor)
    return tensor


def per_sound(**tensors: object) -> int:
    """Check that every argument is a float tensor ``[B]`` of one batch size; return it.

    Raises:
        TypeError: If one is not a floating point tensor.
        ValueError: If one is empty, not one-dimensional, or of another batch size.

    Example:
        >>> per_sound(attack=torch.zeros(3), decay=torch.ones(3))
        3
    """
    num_sounds: int | None = None
    for name, tensor in tensors.items():
        num_sounds = len(float_tensor(name, tensor, "[B]", (num_sounds,)))
    assert num_sounds is not None, "per_sound() is called with at least one tensor"
    return num_sounds


def within(
    name: str,
    values: Tensor,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    always: bool = False,
    rule: str | None = None,
) -> None:
    """Check that all values are finite and lie in [low, high].

    Reading values back from a GPU stalls it, so there the check runs only with ``always``; under
    torch.compile and torch.func, which have none to read, it never runs.

    Args:
        name: Name that the caller gives the values, for the message.
        values: Numbers of any shape.
        low: Smallest number allowed.
        high: Largest number allowed.
        always: Whether to wait for a GPU.
        rule: The bounds in words, for the message; None says them as they are.

    Raises:
        ValueError: If one lies outside, or is NaN; it names the first place and value.

    Example:
        >>> within("duration", torch.tensor([0.5, -0.1]), 0)
        Traceback (most recent call last):
        ...
        ValueError: duration must be finite and at least 0, got -0.1 at [1]
    """
    if not (always or values.is_cpu) or not tracing.readable(values):
        return
    if _all_within(values, low, high):
        return
    if rule is None and math.isinf(high):
        rule = "be finite" if math.isinf(low) else f"be finite and at least {low:g}"
    else:
        rule = f"lie {rule or f'in [{low:g}, {high:g}]'}"
    outside = ~((values >= low) & (values <= high) & values.isfinite())
    place = outside.nonzero()[0].tolist()
    value = values[tuple(place)].item()
    if values.dtype != torch.float64:
        value = float(str(np.float32(value)))  # 0.1, not 0.10000000149011612
    raise ValueError(f"{name} must {rule}, got {value} at {place}")


def normalized(name: str, parameters: Tensor, *, always: bool) -> Tensor:
    """Return parameters, all in [0, 1]; those up to 1e-6 outside count as the end.

    Optimisers and a float32 sigmoid leave the range by a rounding. Their gradient is as at the end.

    Reading values back from a GPU stalls it, so there the check runs only with ``always``; under
    torch.compile and torch.func, which have none to read, it never runs.

    Raises:
        ValueError: If a value lies farther outside, or is NaN; it names the first place and value.

    Example:
        >>> normalized("parameters", torch.tensor([[0.5, -1e-7]]), always=False)
        tensor([[0.5000, 0.0000]])
        >>> normalized("parameters", torch.tensor([[0.5, 1.5]]), always=False)
        Traceback (most recent call last):
        ...
        ValueError: parameters must lie in [0, 1], got 1.5 at [0, 1]
    """
    if not (always or parameters.is_cpu) or not tracing.readable(parameters):
        return parameters
    if _all_within(parameters, 0.0, 1.0):
        return parameters
    within(name, parameters, -_ROUNDING, 1 + _ROUNDING, always=always, rule="in [0, 1]")
    return _at_the_ends(parameters)


def normalized_number(name: str, value: object) -> float:
    """Return a number in [0, 1]; one up to 1e-6 outside counts as the end.

    Raises:
        TypeError: If it is no number.
        ValueError: If it lies farther outside, or is NaN.

    Example:
        >>> normalized_number("vco_1.tuning", 1 + 1e-7)
        1.0
    """
    number = real_number(name, value)
    if not -_ROUNDING <= number <= 1 + _ROUNDING:
        raise ValueError(f"{name} must lie in [0, 1], got {shown(value)}")
    return min(max(number, 0.0), 1.0)


def normalized_unread(parameters: Tensor) -> Tensor:
    """Return parameters as ``normalized`` does, without reading them.

    Args:
        parameters: Numbers in [0, 1]. Shape ``[B, P]``.

    Returns:
        Numbers in [0, 1]; all NaN for a sound with a number farther outside. ``[B, P]``.

    Example:
        >>> normalized_unread(torch.tensor([[0.5, 1 + 1e-7], [0.5, 1.5]]))
        tensor([[0.5000, 1.0000],
                [   nan,    nan]])
    """
    inside = (parameters >= -_ROUNDING) & (parameters <= 1 + _ROUNDING)
    whole = inside.all(-1, keepdim=True)
    return torch.where(whole, _at_the_ends(parameters), torch.nan)


def _at_the_ends(parameters: Tensor) -> Tensor:
    # The slope stays: a guess beside an end must find its way back.
    return parameters + (parameters.clamp(0, 1) - parameters).detach()


def _all_within(values: Tensor, low: float, high: float) -> bool:
    if not values.numel():
        return True
    lowest, highest = values.detach().aminmax()
    # A bound counts as the dtype rounds it; in float64, a patch's own, nothing is rounded, and a
    # tensor's comparisons would be a tenth of a short sound. With NaN none is true.
    a, b = (lowest, highest) if values.dtype != torch.float64 else (lowest.item(), highest.item())
    return bool(a >= low) and bool(b <= high) and math.isfinite(a) and math.isfinite(b)


def _in_memory(rule: str, tensor: Tensor) -> None:
    """Check that a tensor has its values, one beside the other."""
    if tensor.layout != torch.strided or tensor.is_nested:
        kind = "nested" if tensor.is_nested else str(tensor.layout).removeprefix("torch.")
        raise TypeError(f"{rule}, dense (strided), got a {kind} one")
    if tensor.device.type == "meta":
        raise ValueError(f"{rule}, got one on the meta device, which has no values")
