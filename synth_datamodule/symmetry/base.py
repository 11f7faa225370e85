"""Symmetry: a way to move a synth's parameters that leaves its sound as it is."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.symmetry.bounds import Bounds

Random = Callable[[Tensor], Tensor]
"""From a tensor to as many random numbers in [0, 1), in its dtype and on its device."""


class Symmetry(ABC):
    """A way to move parameters that leaves every sound as it is.

    Args:
        table: Parameters of the synth.
        name: Name, unique among the symmetries of a synth.
        columns: Columns of the table that it moves.
        sentence: One sentence that says what it does.
    """

    kind: ClassVar[str]
    """What it does, in one word: swap, shift, scale, shares, period, cut or gain."""

    def __init__(
        self, table: ParameterTable, name: str, columns: Sequence[int], sentence: str
    ) -> None:
        self.name = name
        self.columns = tuple(columns)
        self.sentence = sentence
        self._table = table

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that it moves."""
        return tuple(self._table.names[column] for column in self.columns)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {len(self.columns)} parameters)"

    def moved(self, parameters: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return parameters moved by a random element of the symmetry: other numbers, one sound.

        Args:
            parameters: Numbers in [0, 1]. Shape ``[B, P]``.
            generator: Source of randomness on the CPU; None is torch's own.

        Returns:
            Numbers in [0, 1], float64: float32 would move a shifted pitch by more than is heard.
            Shape ``[B, P]``.

        Raises:
            TypeError: If ``parameters`` is no float tensor, or ``generator`` no generator.
            ValueError: If the shape differs, or (on the CPU) a number is out of range.

        Example:
            >>> from synth_datamodule import Voice
            >>> voice = Voice()
            >>> shift = voice.symmetries[0]
            >>> shift.name, shift.kind, shift.parameters[0]
            ('keyboard.midi_f0', 'shift', 'keyboard.midi_f0')
            >>> u = voice.draw([7])
            >>> (shift.moved(u) != u).sum()
            tensor(3)
        """
        checks.float_tensor("parameters", parameters, "[B, P]", (None, len(self._table)))
        if generator is not None:
            checks.instance("generator", generator, torch.Generator)
            if generator.device.type != "cpu":
                raise ValueError(
                    f"generator must be one of the CPU, got one of {generator.device.type}"
                )

        def random(like: Tensor) -> Tensor:
            numbers = torch.rand(like.shape, generator=generator, dtype=torch.float64, device="cpu")
            return numbers.to(like.device)

        values = self._table.to_physical(parameters)
        bounds = Bounds(self._table, values.device)
        moved = bounds.kept(self.shaken(values, bounds, random), values)
        # What is not moved keeps its number: many numbers may mean one value.
        same = moved == values
        given = self._table.pin(parameters.to(torch.float64)).clamp(0, 1)
        return torch.where(same, given, self._table.to_normalized(moved))

    @abstractmethod
    def settled(self, values: Tensor, bounds: Bounds) -> Tensor:
        """Return the representative of each sound's orbit, in units, differentiable.

        Args:
            values: Values in units, float64. Shape ``[B, P]``.
            bounds: Ends of the parameters' ranges.
        """

    @abstractmethod
    def shaken(self, values: Tensor, bounds: Bounds, random: Random) -> Tensor:
        """Return a random element of each sound's orbit, in units.

        Args:
            values: Values in units, float64. Shape ``[B, P]``.
            bounds: Ends of the parameters' ranges.
            random: Source of random numbers.
        """


def put(values: Tensor, columns: Sequence[int], new: Tensor) -> Tensor:
    """Return values with some columns replaced.

    Args:
        values: Values in units. Shape ``[B, P]``.
        columns: Columns that are replaced, K of them.
        new: Their values. Shape ``[B, K]``.

    Example:
        >>> put(torch.zeros(1, 3), [2], torch.ones(1, 1))
        tensor([[0., 0., 1.]])
    """
    places = torch.tensor(list(columns), dtype=torch.int64, device=values.device)
    return values.index_copy(1, places, new)
