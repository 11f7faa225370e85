"""Memory for audio on the CPU: large pages, used again."""

import contextlib
import ctypes
import math
import mmap
import weakref
from collections import deque

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

# Two of the processor's large pages; below, there is little to win.
_SMALLEST = 2 * 2**21
_LINE = 64
# One: where a batch is held while the next is rendered, two take turns.
_FREE: deque[mmap.mmap] = deque(maxlen=1)


def empty_audio(*shape: int) -> Tensor:
    """Return an uninitialised float32 tensor.

    A batch of 128 sounds is 90 MB: 22,000 pages of 4 KB, which the system clears and hands out one
    by one, in 37 ms where rendering takes 30; in pages of 2 MB, 5 ms. So that not even these are
    spent on every batch, the memory of the last tensor that is gone is kept for the next.

    Args:
        shape: Sizes of the tensor's axes.

    Example:
        >>> empty_audio(2, 3).shape
        torch.Size([2, 3])
    """
    num_bytes = 4 * math.prod(shape)
    if num_bytes < _SMALLEST or not hasattr(mmap, "MADV_HUGEPAGE"):
        # numpy's: torch fills its own with NaN while torch.use_deterministic_algorithms is on, on
        # several threads, for which a forked child waits for ever.
        return torch.from_numpy(_aligned(num_bytes).view(np.float32).reshape(shape))
    pages = _taken(num_bytes)
    block = (ctypes.c_char * num_bytes).from_buffer(pages)
    # The tensor holds the block; when both are gone, nobody can see the pages any more.
    weakref.finalize(block, _FREE.append, pages).atexit = False
    return torch.frombuffer(block, dtype=torch.float32).view(shape)


def _aligned(num_bytes: int) -> npt.NDArray[np.uint8]:
    """Return memory that begins where one of the processor's lines does, as torch's own."""
    memory = np.empty(num_bytes + _LINE, np.uint8)
    start = -memory.ctypes.data % _LINE
    return memory[start : start + num_bytes]


def free_audio() -> None:
    """Give the kept memory back to the system."""
    _FREE.clear()


def _taken(num_bytes: int) -> mmap.mmap:
    try:
        pages = _FREE.popleft()
    except IndexError:
        pages = None
    if pages is None or len(pages) != num_bytes:
        pages = mmap.mmap(-1, num_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        # Advice, which a kernel built without large pages does not take.
        with contextlib.suppress(OSError):
            pages.madvise(mmap.MADV_HUGEPAGE)
    return pages
