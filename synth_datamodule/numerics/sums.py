"""Sums whose bits depend on nothing but what is summed."""

import torch
from torch import Tensor


def pairwise_sum(values: Tensor) -> Tensor:
    r"""Return the sum along the last axis, in one order everywhere.

    The second half is added to the first, element by element, until one number is left. Torch's own
    sums go in an order of the shape, the threads and the device, so a sound's last bits depend on
    its batch. The error grows with log2(N), as pairwise summation's does. Higham, "The Accuracy of
    Floating Point Summation", SIAM J. Sci. Comput. 14, 1993.

    Args:
        values: Numbers to sum. Shape ``[..., N]``, N at least 1.

    Returns:
        Sums. Shape ``[...]``.

    Example:
        >>> pairwise_sum(torch.tensor([[1.0, 2.0, 4.0]]))
        tensor([7.])
    """
    while values.shape[-1] > 1:
        half = (values.shape[-1] + 1) // 2
        first, second = values[..., :half], values[..., half:]
        if second.shape[-1] < half:
            second = torch.nn.functional.pad(second, (0, 1))
        values = first + second
    return values[..., 0]
