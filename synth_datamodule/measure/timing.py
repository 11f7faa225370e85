"""Seconds per call, of candidates that take turns."""

from collections.abc import Callable, Mapping
from functools import partial
from time import perf_counter
from typing import TypeVar

import torch

_R = TypeVar("_R")
_CPU = torch.device("cpu")


def wait_for(device: torch.device) -> None:
    """Return when a GPU has done all it was asked for; a CPU works while it is asked."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def timed(call: Callable[[], _R], device: torch.device = _CPU) -> tuple[float, _R]:
    """Return the seconds from a call to its result in hand, and the result.

    Args:
        call: Function to time, which works on ``device``.
        device: Device that is waited for, before and after.

    Example:
        >>> seconds, result = timed(lambda: 6 * 7)
        >>> result
        42
    """
    wait_for(device)
    start = perf_counter()
    result = call()
    wait_for(device)
    return perf_counter() - start, result


def take_turns(
    calls: Mapping[str, Callable[[int], object]],
    num_rounds: int,
    device: torch.device = _CPU,
    done: Callable[[str], object] = lambda name: None,
) -> dict[str, list[float]]:
    """Time each call once a round, so that a machine whose speed drifts slows them all alike.

    Every other round goes backwards, so that none always follows the same one. A first round warms
    up and does not count.

    Args:
        calls: Functions to time, by name; each is given the round's number, 0 for the warm-up.
        num_rounds: Number of rounds that count.
        device: Device that the functions work on.
        done: Function that is told the name of each call when it has ended.

    Returns:
        Seconds of each round that counts, by name.

    Example:
        >>> [len(seconds) for seconds in take_turns({"a": abs, "b": float}, 3).values()]
        [3, 3]
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(num_rounds + 1):
        for name in list(calls)[:: 1 if number % 2 else -1]:
            taken = timed(partial(calls[name], number), device)[0]
            if number > 0:
                seconds[name].append(taken)
            done(name)
    return seconds
