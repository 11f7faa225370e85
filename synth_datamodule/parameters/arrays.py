"""numpy in, numpy out: an array takes the way of a tensor, and comes back as an array."""

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth_datamodule.checks import shown

Numbers = TypeVar("Numbers", Tensor, npt.NDArray[Any])
"""A tensor or an array; what a function makes of it is of the same kind."""


def to_tensor(name: str, given: object) -> object:
    """Return an array of floats as a tensor of its own memory; anything else as it is.

    Args:
        name: Name that the caller gives the value, for the message.
        given: Array, or whatever else, for ``checks.float_tensor`` to judge.

    Raises:
        TypeError: If an array is masked, or not of a floating point dtype that torch has.

    Example:
        >>> to_tensor("values", np.array([[0.25, 0.5]]))
        tensor([[0.2500, 0.5000]], dtype=torch.float64)
    """
    if not isinstance(given, np.ndarray):
        return given
    rule = f"{name} must be a float array"
    if isinstance(given, np.ma.MaskedArray):
        raise TypeError(f"{rule}, got a masked one")
    if given.dtype.kind != "f" or given.dtype.itemsize > 8:
        raise TypeError(f"{rule}, got dtype {shown(str(given.dtype))[1:-1]}")
    native = np.array(given, dtype=given.dtype.newbyteorder("="), order="C", subok=False)
    return torch.from_numpy(native)


def like(given: Numbers, result: Tensor) -> Numbers:
    """Return a result as an array where an array was given.

    Args:
        given: Array or tensor that a caller gave.
        result: Tensor that was made of it.

    Example:
        >>> like(np.zeros(2), torch.ones(2))
        array([1., 1.], dtype=float32)
    """
    if isinstance(given, np.ndarray):
        return result.numpy()
    return result
