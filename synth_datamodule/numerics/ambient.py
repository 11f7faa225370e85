"""Torch's defaults and random states, which are the user's, kept apart from what is done here."""

import contextlib
import random
from collections.abc import Iterator

import numpy as np
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


@contextlib.contextmanager
def untouched_random_states() -> Iterator[None]:
    """Leave the generators of torch, numpy and Python as they were.

    Example:
        >>> with untouched_random_states():
        ...     first = torch.rand(1)
        >>> bool(torch.rand(1) == first)
        True
    """
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002  # a transform's
    try:
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002
