"""A sound on each core: torch's own threads wait for each other, and more so beside other work."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

import torch

_Made = TypeVar("_Made")


class Over(Protocol):
    """Calls a function of a place for each place of a range."""

    def __call__(self, task: Callable[[int], _Made], count: int) -> list[_Made]:
        """Return what the task gives for 0 ... ``count - 1``."""


@contextlib.contextmanager
def a_sound_on_each_core() -> Iterator[Over]:
    """Let torch have one thread, and yield a function that calls another on all cores.

    256 sounds take 14 s of processor time so; with torch's threads, on two cores that had other
    work, they took 35 s.
    """
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(num_threads) as pool:

            def over(task: Callable[[int], _Made], count: int) -> list[_Made]:
                return list(pool.map(task, range(count)))

            yield over
    finally:
        torch.set_num_threads(num_threads)
