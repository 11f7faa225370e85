"""Seconds per call, of candidates that take turns."""

from collections.abc import Callable, Mapping
from functools import partial
from time import perf_counter
from typing import TypeVar

import torch

_R = TypeVar("_R")
_CPU = torch.device("cpu")


def timed(call: Callable[[], _R], device: torch.device = _CPU) -> tuple[float, _R]:
    """Return the seconds from a call to its result in hand, and the result."""
    _wait_for(device)
    start = perf_counter()
    result = call()
    _wait_for(device)
    return perf_counter() - start, result


def take_turns(
    calls: Mapping[str, Callable[[int], object]],
    num_rounds: int,
    device: torch.device = _CPU,
    done: Callable[[str], object] = lambda name: None,
) -> dict[str, list[float]]:
    """Time each call once a round, so that a machine whose speed drifts slows them all alike.

    Each is given the round's number. Every other round goes backwards, so that none always follows
    the same one. Round 0 warms up and does not count. ``done`` is told a name as its call ends.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(num_rounds + 1):
        for name in list(calls)[:: 1 if number % 2 else -1]:
            taken = timed(partial(calls[name], number), device)[0]
            if number > 0:
                seconds[name].append(taken)
            done(name)
    return seconds


def _wait_for(device: torch.device) -> None:
    """Wait until a GPU has done all it was asked for; a CPU works while it is asked."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
