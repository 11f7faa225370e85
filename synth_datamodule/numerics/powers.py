"""Powers of non-negative signals whose bits do not depend on the batch they are computed in."""

import torch
from torch import Tensor

SMALLEST_DRAW = 2.0**-24
"""Smallest nonzero draw. Below it, slopes that diverge towards 0 are held at their value here."""


def power(base: Tensor, exponent: Tensor | float) -> Tensor:
    """Return ``base ** exponent`` for ``base >= 0`` and ``exponent > 0``, as exp(exponent ln base).

    torch.pow gives other last bits in the tail of a chunk, so a sound would depend on its batch.
    Zero stays zero. Its gradient there is the true one for an exponent of 1 or more, and 0 below 1,
    where the true one is infinite.

    Args:
        base: Numbers that are not negative. Any shape.
        exponent: Positive number or tensor, which broadcasts with ``base``.

    Returns:
        Same shape as the two broadcast.

    Example:
        >>> power(torch.tensor([0.0, 3.0]), 2.0)
        tensor([0., 9.])
    """
    positive = torch.where(base > 0, base, 1.0)
    return torch.where(base > 0, torch.exp(exponent * torch.log(positive)), base * (exponent == 1))


def power_shares(weights: Tensor, exponent: float) -> Tensor:
    r"""Return weights raised to a power and scaled to sum to 1.

    .. math:: w_k^e / \sum_j w_j^e

    Where all are 0 they count as equal: a step, whose gradient is 0. It grows as the reciprocal of
    the largest weight, down to 2**-24.

    Args:
        weights: Weights that are not negative. Shape ``[B, K]``.
        exponent: Exponent e, positive.

    Returns:
        In [0, 1], summing to 1 over K. Shape ``[B, K]``.

    Example:
        >>> power_shares(torch.tensor([[1.0, 3.0], [0.0, 0.0]]), exponent=1.0)
        tensor([[0.2500, 0.7500],
                [0.5000, 0.5000]])
    """
    # Of the largest, or the powers of very small weights would all underflow to 0. Shares do not
    # depend on their scale, so no gradient goes through it.
    fixed = weights.detach()
    largest = fixed.amax(-1, keepdim=True)
    slope = 1 / largest.clamp(min=SMALLEST_DRAW)
    relative = fixed / torch.where(largest > 0, largest, 1.0) + slope * (weights - fixed)
    relative = torch.where(largest > 0, relative, 1.0)
    raised = power(relative, exponent)
    total = raised[:, 0]
    # Added one by one: the order of torch.sum depends on the layout of the batch.
    for k in range(1, raised.shape[1]):
        total = total + raised[:, k]
    return raised / total[:, None]
