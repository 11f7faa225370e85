"""Group: all orders in which parts that are wired alike can stand."""

from collections.abc import Sequence

import torch
from torch import Tensor

from synth_datamodule.symmetry.bounds import Bounds
from synth_datamodule.symmetry.swap import Swap

_MOST = 720  # six parts in every order
_TIE = 1e-10  # of a range: nearer values are one, or a rounding would choose


class Group:
    """The finite group of permutations that some swaps generate, at most 720.

    Args:
        swaps: Swaps of a synth; those that would make it larger are left out.
        size: Number of columns, P.

    Example:
        >>> from synth_datamodule import Voice
        >>> voice = Voice()
        >>> swaps = [one for one in voice.symmetries if one.kind == "swap"]
        >>> len(Group(swaps, 78).permutations)
        4
    """

    def __init__(self, swaps: Sequence[Swap], size: int) -> None:
        self.permutations: list[tuple[int, ...]] = [tuple(range(size))]
        generators: list[tuple[int, ...]] = []
        for swap in swaps:
            closed = _closed([*generators, swap.permutation], size)
            if closed is not None:
                generators.append(swap.permutation)
                self.permutations = closed
        moved = {c for one in self.permutations for c, from_ in enumerate(one) if c != from_}
        self._moved = sorted(moved)

    def settled(self, values: Tensor, bounds: Bounds) -> Tensor:
        """Return the order of each sound's parts whose values come first, column by column.

        Args:
            values: Values in units, float64. Shape ``[B, P]``.
            bounds: Ends of the parameters' ranges.
        """
        tie = _TIE * (bounds.high - bounds.low)[self._moved]
        best = values
        for permutation in self.permutations[1:]:
            other = values[:, permutation]
            apart = (other - best).detach()[:, self._moved]
            signs = torch.where(apart.abs() <= tie, 0.0, apart.sign())
            first = torch.zeros_like(values[:, 0])
            for k in range(len(self._moved)):
                first = torch.where(first == 0, signs[:, k], first)
            best = torch.where((first < 0)[:, None], other, best)
        return best

    def nearest(self, numbers: Tensor, target: Tensor) -> Tensor:
        """Return the order of each sound's parts that is nearest to a target, in mean error.

        Args:
            numbers: Numbers of a guess. Shape ``[B, P]``.
            target: Numbers of the target. Shape ``[B, P]``.
        """
        best, least = numbers, self._distance(numbers, target)
        for permutation in self.permutations[1:]:
            other = numbers[:, permutation]
            distance = self._distance(other, target)
            best = torch.where((distance < least)[:, None], other, best)
            least = torch.minimum(least, distance)
        return best

    def _distance(self, numbers: Tensor, target: Tensor) -> Tensor:
        total = torch.zeros_like(target[:, 0])
        for column in self._moved:  # one by one, so that no batch size rounds otherwise
            total = total + (numbers[:, column] - target[:, column]).abs()
        return total.detach()


def _closed(generators: Sequence[tuple[int, ...]], size: int) -> list[tuple[int, ...]] | None:
    """Return all products of permutations, the identity first; None where they are too many."""
    found = {tuple(range(size)): None}
    new = list(found)
    while new:
        made = [tuple(one[c] for c in g) for one in new for g in generators]
        new = [one for one in dict.fromkeys(made) if one not in found]
        found |= dict.fromkeys(new)
        if len(found) > _MOST:
            return None
    return list(found)
