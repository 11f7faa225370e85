"""Torch's defaults and random states, which are the user's, kept apart from what is done here."""

import contextlib
import os
import random
import sys
from collections.abc import Iterator

import numpy as np
import torch

_IMPORTED_BY = os.getpid()
_FOUR = float("4")  # of which no compiler knows


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


@contextlib.contextmanager
def untouched_determinism() -> Iterator[None]:
    """Leave ``torch.use_deterministic_algorithms`` as it was: a Trainer sets it for its process.

    Example:
        >>> with untouched_determinism():
        ...     torch.use_deterministic_algorithms(True)
        >>> torch.are_deterministic_algorithms_enabled()
        False
    """
    before = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn_only)


@contextlib.contextmanager
def one_thread_in_a_fork() -> Iterator[None]:
    """Keep torch to one thread where this process is a fork of the one that imported it.

    The threads of torch's OpenMP do not outlive a fork, and whoever waits for them waits for ever:
    a plain ``torch.exp`` does, in the child of a process that has computed on two threads.

    Example:
        >>> with one_thread_in_a_fork():
        ...     print(torch.exp(torch.zeros(1)))
        tensor([1.])
    """
    threads = torch.get_num_threads()
    if os.getpid() == _IMPORTED_BY or threads == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextlib.contextmanager
def denormals_kept() -> Iterator[None]:
    """Compute with the smallest numbers too, whatever ``torch.set_flush_denormal`` says outside.

    It is said of one thread, and of those begun later: sounds would depend on who renders them.

    Example:
        >>> torch.set_flush_denormal(True)
        True
        >>> with denormals_kept():
        ...     print(sys.float_info.min / _FOUR > 0)
        True
        >>> torch.set_flush_denormal(False)
        True
    """
    if sys.float_info.min / _FOUR > 0:
        yield
        return
    torch.set_flush_denormal(False)
    try:
        yield
    finally:
        torch.set_flush_denormal(True)
