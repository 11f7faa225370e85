"""All cores for compiled code that holds no lock.

Not numba's ``parallel=True``: its OpenMP layer kills forked children, its other layer aborts when
two threads call it. Each process keeps its own threads, so a forked child starts afresh.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache

import torch

# Pieces per thread: where one core is busy with something else, the others take over its share.
_PIECES = 4


def spread(task: Callable[[int, int], object], count: int) -> None:
    """Call ``task(start, stop)`` for pieces of ``0 ... count - 1``, on as many threads as torch's.

    Args:
        task: Function of a piece's start and stop; its results do not depend on the order and sizes
            of the pieces, and it does not call ``spread`` itself.
        count: Number of items to cut into pieces, at least 1.

    Example:
        >>> heard = []
        >>> spread(lambda start, stop: heard.extend(range(start, stop)), 10)
        >>> sorted(heard)
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    num_threads = min(torch.get_num_threads(), count)
    if num_threads == 1:
        task(0, count)
        return
    size = -(-count // (num_threads * _PIECES))
    pool = _pool(os.getpid(), torch.get_num_threads())
    pieces = [pool.submit(task, start, min(start + size, count)) for start in range(0, count, size)]
    # All of them, even where one fails: the others write to memory that the caller may then free.
    wait(pieces)
    for piece in pieces:
        piece.result()


@lru_cache(maxsize=8)
def _pool(process: int, num_threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(num_threads, thread_name_prefix="synth_datamodule")
