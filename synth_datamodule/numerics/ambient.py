"""Torch's defaults, which belong to the user, kept out of what is computed here."""

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def torchs_own_defaults() -> Iterator[None]:
    """Make new tensors float32 on the CPU, for a library that asks for neither by itself.

    Whatever ``torch.set_default_dtype`` and ``torch.set_default_device`` say outside.

    Example:
        >>> torch.set_default_dtype(torch.float64)
        >>> with torchs_own_defaults():
        ...     print(torch.zeros(1).dtype)
        torch.float32
        >>> torch.set_default_dtype(torch.float32)
    """
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        with torch.device("cpu"):
            yield
    finally:
        torch.set_default_dtype(dtype)
