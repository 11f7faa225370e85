"""Breeding: children of two candidates, group by group, with notes and knobs moved a little."""

from typing import NamedTuple

import torch
from torch import Tensor

from synth_datamodule.searching.coordinates import Coordinates

INTERVALS = (-24.0, -19.0, -12.0, -7.0, -5.0, -1.0, 1.0, 5.0, 7.0, 12.0, 19.0, 24.0)
"""Semitones that a pitch may jump by: to where its partials lie upon those of another."""


class Rates(NamedTuple):
    """How children differ from their first parent.

    Args:
        crossed: Highest share of groups and pitches taken from the second parent.
        moved: Share of parameters that are moved.
        reach: Standard deviation of a move, a share of the range.
        tuned: Share of pitches that are moved a little.
        tuning: Standard deviation of such a move in semitones.
        named: Share of pitches that are set to a note of the target's.
        jumped: Share of pitches that jump by an interval.
    """

    crossed: float = 0.6
    moved: float = 0.08
    reach: float = 0.12
    tuned: float = 0.25
    tuning: float = 0.4
    named: float = 0.10
    jumped: float = 0.08


def children(
    first: Tensor,
    second: Tensor,
    coordinates: Coordinates,
    notes: tuple[Tensor, Tensor],
    generator: torch.Generator,
    rates: Rates = Rates(),  # noqa: B008  # a NamedTuple
) -> Tensor:
    """Return one child of each pair of parents, ``[K, P]``.

    Args:
        first: Parameters of the parents that most is taken of. Shape ``[K, P]``.
        second: Parameters of the other parents. Shape ``[K, P]``.
        coordinates: Groups and pitches of the synth.
        notes: Notes to try, and how likely each is: ``note_chances``. Shape ``[M]`` each.
        generator: Source of chance, on the CPU.
        rates: How much children differ.
    """
    num, width = first.shape
    device = first.device

    def uniform(*sizes: int) -> Tensor:
        drawn = torch.rand(sizes, generator=generator, dtype=torch.float32, device="cpu")
        return drawn.to(device)

    def normal(*sizes: int) -> Tensor:
        drawn = torch.randn(sizes, generator=generator, dtype=torch.float32, device="cpu")
        return drawn.to(device)

    crossed = rates.crossed * uniform(num, 1)
    taken = uniform(num, len(coordinates.groups)) < crossed
    made = first.clone()
    for place, columns in enumerate(coordinates.groups):
        made[:, columns] = torch.where(taken[:, place, None], second[:, columns], first[:, columns])
    reach = 2 * rates.reach * uniform(num, 1)
    moves = reach * normal(num, width) * (uniform(num, width) < rates.moved)
    made = made + moves
    made = 1 - (1 - made.abs()).abs()  # what leaves the range comes back from its end
    pitches, others = coordinates.pitches(first), coordinates.pitches(second)
    pitches = torch.where(uniform(num, 2) < crossed, others, pitches)
    tuning = rates.tuning * normal(num, 2)
    named = notes[0][
        torch.multinomial(notes[1].cpu(), 2 * num, True, generator=generator).to(device)
    ].view(num, 2)
    intervals = torch.tensor(INTERVALS, dtype=torch.float64, device=device)
    which = torch.randint(
        len(INTERVALS), (num, 2), generator=generator, dtype=torch.int64, device="cpu"
    )
    kind = uniform(num, 2)
    ends = rates.tuned, rates.tuned + rates.named, rates.tuned + rates.named + rates.jumped
    pitches = torch.where(
        kind < ends[0],
        pitches + tuning,
        torch.where(
            kind < ends[1],
            named + tuning / 2,
            torch.where(kind < ends[2], pitches + intervals[which.to(device)], pitches),
        ),
    )
    return coordinates.at_pitches(made.clamp(0, 1), pitches)
