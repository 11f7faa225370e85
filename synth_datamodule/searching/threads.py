"""One target a thread: sums that are the same however many threads there are."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

_Made = TypeVar("_Made")


def each_on_one_thread(task: Callable[[int], _Made], count: int) -> list[_Made]:
    """Return ``task(0) ... task(count - 1)``, so many at once as torch has threads.

    Torch is left one thread meanwhile, in the whole process: what it adds up in several depends on
    how many they are, and tasks side by side keep more of the cores busy.

    Args:
        task: Function of a place.
        count: Number of places.

    Example:
        >>> each_on_one_thread(lambda place: (place, torch.get_num_threads()), 3)
        [(0, 1), (1, 1), (2, 1)]
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        if min(threads, count) == 1:
            return [task(place) for place in range(count)]
        pool = ThreadPoolExecutor(min(threads, count))
        try:
            return list(pool.map(task, range(count)))
        finally:
            pool.shutdown(cancel_futures=True)
    finally:
        torch.set_num_threads(threads)
