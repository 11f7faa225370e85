"""Clamps whose gradient is the same in every version of torch, at a bound too."""

import torch
from torch import Tensor


def clamp(
    tensor: Tensor, low: Tensor | float | None = None, high: Tensor | float | None = None
) -> Tensor:
    """Return ``min(max(tensor, low), high)``, without a bound that is None.

    Its gradient is 1 within the bounds and at them, so that a parameter at the end of its range can
    come back, and 0 beyond. At a bound torch.clamp has 1 up to torch 2.13 and 0 from 2.14 on.

    Args:
        tensor: Numbers to clamp. Any shape.
        low: Lower bound, which broadcasts with ``tensor``; None is none.
        high: Upper bound, which broadcasts with ``tensor``; None is none.

    Returns:
        Same shape as the three broadcast.

    Example:
        >>> pitch = torch.tensor([-1.0, 0.0, 60.0], requires_grad=True)
        >>> clamp(pitch, 0, 127).sum().backward()
        >>> pitch.grad
        tensor([0., 1., 1.])
    """
    if not torch.is_grad_enabled():
        # The same, in one pass over memory instead of four.
        return tensor.clamp(low, high)  # type: ignore[arg-type]
    if low is not None:
        tensor = torch.where(tensor < low, low, tensor)
    if high is not None:
        tensor = torch.where(tensor > high, high, tensor)
    return tensor


def smaller(first: Tensor, second: Tensor) -> Tensor:
    """Return the smaller of two; of equals the first, which gets the whole gradient.

    torch.minimum shares it between equals.

    Example:
        >>> first, second = torch.ones(2, 1, requires_grad=True)
        >>> [slope.item() for slope in torch.autograd.grad(smaller(first, second), (first, second))]
        [1.0, 0.0]
    """
    return torch.where(first > second, second, first)
