"""All cores for compiled code that holds no lock.

Not numba's ``parallel=True``: its OpenMP layer kills forked children, its other layer aborts when
two threads call it. Each process keeps its own threads, so a forked child starts afresh.
"""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache

import torch

# Pieces per thread, at most: where a core is slow, or busy with something else, the others take
# over its share. With 4, two cores wait for each other for an eighth of 32 sounds.
_PIECES = 16


def spread(task: Callable[[int, int], object], count: int) -> None:
    """Call ``task(start, stop)`` for pieces of ``0 ... count - 1``, on as many threads as torch's.

    The caller's thread is one of them.

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
    if min(torch.get_num_threads(), count) == 1:
        task(0, count)
        return
    size = -(-count // (torch.get_num_threads() * _PIECES))
    starts = iter(range(0, count, size))

    def work() -> None:
        # No two threads get the same from an iterator.
        for start in starts:
            task(start, min(start + size, count))

    together(work, lambda: deque(starts, maxlen=0), count)


def together(work: Callable[[], None], stop: Callable[[], object], most: int) -> None:
    """Call ``work`` on as many threads as torch's, of which the caller's is one.

    Args:
        work: Function that does what nobody has begun, until there is nothing left.
        stop: Function after which nobody begins anything more, called where ``work`` raises.
        most: Number of threads, at most.

    Example:
        >>> left, heard = iter(range(10)), []
        >>> together(lambda: heard.extend(left), lambda: list(left), 4)
        >>> sorted(heard)
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    num_threads = min(torch.get_num_threads(), most)

    def guarded() -> None:
        try:
            work()
        except BaseException:
            stop()
            raise

    if num_threads == 1:
        work()
        return
    pool = _pool(os.getpid(), torch.get_num_threads() - 1)
    others = [pool.submit(guarded) for _ in range(num_threads - 1)]
    try:
        guarded()
    finally:
        # Those that still wait for their turn, behind another caller's, have nothing to do. The
        # rest are waited for, even where one fails: they write to memory that may then be freed.
        wait([other for other in others if not other.cancel()])
    for other in others:
        if not other.cancelled():
            other.result()


@lru_cache(maxsize=8)
def _pool(process: int, num_threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(num_threads, thread_name_prefix="synth_datamodule")
