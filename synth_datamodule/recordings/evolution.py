"""A population of guesses that are crossed part by part and moved a little: a search by renders."""

from collections.abc import Callable

import torch
from torch import Tensor

from synth_datamodule.parameters.table import ParameterTable

POPULATION = 24
"""Guesses that live at a time, and children of a generation."""

_CROSSED = 0.7  # share of children of two parents
_FROM_OTHER = 0.35  # chance of each part to come from the second one
_MOST_MOVED = 4  # parameters of a child
_WIDEST, _NARROWEST = 0.2, 0.03  # spread of a move, of a range, first and last
_INTERVALS = (-12.0, -7.0, -5.0, -1.0, 1.0, 5.0, 7.0, 12.0)  # semitones that a pitch jumps by
_JUMPS = 0.3  # share of the moves of a pitch

Off = Callable[[Tensor], Tensor]
"""From parameters ``[B, P]`` to how far off each guess sounds, ``[B]``."""


def evolve(
    table: ParameterTable, starts: Tensor, off: Off, renders: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return the best guess of a population that began with the starts, and how far off it is.

    A child takes whole parts of two parents (an envelope, an oscillator, the mixer), then moves up
    to four parameters; a parameter in semitones may jump by an interval. The best of parents and
    children live on, (mu + lambda).

    Args:
        table: Parameters of the synth.
        starts: Guesses to begin with, in [0, 1]. Shape ``[K, P]``.
        off: Function that says how far off guesses sound.
        renders: Guesses that may be tried, the starts among them.
        generator: Source of what is drawn, on the CPU.
    """
    living = starts[:renders]
    lowest = off(living)
    left, total = renders - len(living), max(renders - len(living), 1)
    while left > 0:
        done = 1 - left / total
        spread = _WIDEST * (_NARROWEST / _WIDEST) ** done
        children = _children(table, living, min(POPULATION, left), spread, generator)
        found = off(children)
        left -= len(children)
        living, lowest = torch.cat([living, children]), torch.cat([lowest, found])
        order = torch.sort(lowest, stable=True).indices[:POPULATION]
        living, lowest = living[order], lowest[order]
    best = int(lowest.argmin())
    return living[best], lowest[best]


def _children(
    table: ParameterTable, living: Tensor, count: int, spread: float, generator: torch.Generator
) -> Tensor:
    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, dtype=torch.float64, device="cpu")

    modules = [one.name.partition(".")[0] for one in table.ranges]
    names = list(dict.fromkeys(modules))
    part = torch.tensor([names.index(one) for one in modules], dtype=torch.int64, device="cpu")
    # The better of two is a parent: places are in the order of how far off they are.
    first, second = (
        (uniform(count, 2) * len(living)).long().clamp(max=len(living) - 1).amin(1)
        for _ in range(2)
    )
    swapped = (uniform(count, len(names)) < _FROM_OTHER) & (uniform(count, 1) < _CROSSED)
    children = torch.where(swapped[:, part], living[second], living[first])
    width = len(modules)
    moved = uniform(count, width).argsort(1).argsort(1) < (uniform(count, 1) * _MOST_MOVED).ceil()
    normal = torch.randn((count, width), generator=generator, dtype=torch.float64, device="cpu")
    step = spread * normal
    intervals = torch.tensor(_INTERVALS, dtype=torch.float64, device="cpu")
    drawn = (uniform(count, width) * len(intervals)).long()
    widths = [
        one.maximum - one.minimum if one.unit == "semitones" and not one.is_fixed else 0.0
        for one in table.ranges
    ]
    semitones = torch.tensor(widths, dtype=torch.float64, device="cpu")
    jumps = (semitones > 0) & (uniform(count, width) < _JUMPS)
    step = torch.where(jumps, intervals[drawn] / semitones.clamp(min=1), step)
    return (children + moved * step).clamp(0, 1).float()
