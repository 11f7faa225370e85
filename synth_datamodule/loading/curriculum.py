"""A curriculum: ranges that train sounds are drawn from, epoch by epoch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.loading.position import MOST
from synth_datamodule.parameters.settings import Ranges
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.patching.synth import AbstractSynth

_RULE = "curriculum must map first epochs, 0 the first of them, to ranges by name"


@dataclass(frozen=True)
class Curriculum:
    """Stages by their first epochs; the last one holds from then on, and for all but training.

    Args:
        stages: First epoch and ranges of each stage, in order.

    Example:
        >>> notes = Curriculum.of({0: {"keyboard.midi_f0": (60, 60)}, 10: {}})
        >>> notes.place(9), notes.place(10), notes.last
        (0, 1, Ranges({}))
    """

    stages: tuple[tuple[int, Ranges], ...]

    @staticmethod
    def of(given: object) -> "Curriculum":
        """Return a curriculum.

        Args:
            given: Ranges ``(minimum, maximum)`` by name by first epoch; a parameter that a stage
                does not name has its whole range in it.

        Raises:
            TypeError: If it is no mapping from whole numbers to mappings.
            ValueError: If no stage begins at epoch 0, or a range is none.
        """
        if isinstance(given, Curriculum):
            return given
        if not isinstance(given, Mapping):
            raise TypeError(f"{_RULE}, got {checks.shown(given)} ({type(given).__name__})")
        stages = {}
        for epoch, ranges in given.items():
            first = checks.whole_number("an epoch of curriculum", epoch, 0, MOST)
            if not isinstance(ranges, Mapping):
                raise TypeError(f"{_RULE}, got {checks.shown(ranges)} at epoch {first}")
            stages[first] = Ranges(ranges)
        if 0 not in stages:
            raise ValueError(f"{_RULE}, got {checks.shown(sorted(stages))}")
        return Curriculum(tuple(sorted(stages.items())))

    @property
    def last(self) -> Ranges:
        """Ranges of the last stage, which validation, test and prediction have throughout."""
        return self.stages[-1][1]

    def within(self, ranges: Ranges) -> Ranges:
        """Return the ranges of all but training: those given, and those of the last stage.

        Args:
            ranges: Ranges beside the curriculum.

        Raises:
            ValueError: If a parameter has one range there and another in the last stage.

        Example:
            >>> Curriculum.of({0: {"a": (1, 1)}, 9: {"a": (0, 2)}}).within(Ranges({"b": (3, 4)}))
            Ranges({'a': (0.0, 2.0), 'b': (3.0, 4.0)})
        """
        for name in ranges.keys() & self.last.keys():
            if ranges[name] != self.last[name]:
                raise ValueError(
                    f"ranges and the last stage of curriculum must agree on {checks.shown(name)}, "
                    f"got {ranges[name]} and {self.last[name]}"
                )
        return Ranges({**ranges, **self.last})

    def place(self, epoch: int) -> int:
        """Return the place among the stages of the one that an epoch is in."""
        return sum(first <= epoch for first, _ in self.stages) - 1

    def plain(self) -> dict[int, dict[str, Any]]:
        """Return it as dicts of lists, as a checkpoint takes it."""
        return {first: ranges.plain() for first, ranges in self.stages}


class Stage:
    """Maps draws into a stage's ranges: ``u -> low + (high - low) u``, in float64.

    ``low`` and ``high`` are the places of the stage's bounds in the synth's own ranges, so a
    parameter means the same value in every stage, and its curve is that of the whole range, of
    which a stage hears a part.

    Args:
        synth: Synth that renders, with the ranges of the last stage.
        ranges: Ranges of the stage, within those of the synth.

    Raises:
        ValueError: If a name is unknown, pinned or listed, or a range reaches beyond the synth's.

    Example:
        >>> from synth_datamodule import SynthConfig, Voice
        >>> voice = Voice(SynthConfig(buffer_size_seconds=0.5))
        >>> stage = Stage(voice, Ranges({"keyboard.midi_f0": (0, 63.5)}))
        >>> stage(torch.full((1, 78), 0.5))[0, :2]
        tensor([0.2500, 0.5000])
    """

    def __init__(self, synth: AbstractSynth, ranges: Ranges) -> None:
        table = synth.parameter_table
        ranges.narrow(table.ranges)
        whole = {one.name: (one.minimum, one.maximum) for one in table.ranges}
        ranges = Ranges({name: two for name, two in ranges.items() if two != whole[name]})
        for kind, held in (("pinned", table.pinned), ("listed", synth._grid.values)):
            if both := [name for name in ranges if name in held]:
                raise ValueError(
                    f"curriculum must narrow no {kind} parameter, got {checks.shown(both[0])}"
                )
        self._names = tuple(ranges)
        self._columns = [table.column(name) for name in ranges]
        self._lows, self._highs = (
            [_place(table, name, bounds[end]) for name, bounds in ranges.items()]
            for end in range(2)
        )
        self._on_device: dict[torch.device, _Bounds] = {}

    def __call__(self, draws: Tensor) -> Tensor:
        """Return draws within the stage's ranges; a new tensor where it narrows any.

        Args:
            draws: Draws in [0, 1), float32. Shape ``[B, P]``.
        """
        if not self._columns:
            return draws
        bounds = self._bounds(draws.device)
        u = draws.index_select(1, bounds.columns).to(torch.float64)
        # A product and a sum: fused into one rounding they would differ between devices.
        u = u * bounds.widths
        u = u + bounds.lows
        return draws.index_copy(1, bounds.columns, u.to(draws.dtype))

    def cut(self, parameters: Tensor) -> Tensor:
        """Return parameters that were moved, cut at the stage's bounds as at a range's ends.

        Args:
            parameters: Numbers in [0, 1] of the synth's own ranges, float32. Shape ``[B, P]``.
        """
        if not self._columns:
            return parameters
        bounds = self._bounds(parameters.device)
        lows, highs = (one.to(parameters.dtype) for one in (bounds.lows, bounds.highs))
        u = parameters.index_select(1, bounds.columns)
        return parameters.index_copy(
            1, bounds.columns, torch.minimum(torch.maximum(u, lows), highs)
        )

    def fixes(self, name: str) -> bool:
        """Return whether the stage has one value for a parameter, by its name."""
        return any(
            name == held and low == high
            for held, low, high in zip(self._names, self._lows, self._highs, strict=True)
        )

    def _bounds(self, device: torch.device) -> "_Bounds":
        if device not in self._on_device:
            self._on_device[device] = _Bounds(self._columns, self._lows, self._highs, device)
        return self._on_device[device]

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_on_device": {}}


class _Bounds:
    """A stage's bounds as tensors on one device."""

    def __init__(
        self,
        columns: Sequence[int],
        lows: Sequence[float],
        highs: Sequence[float],
        device: torch.device,
    ) -> None:
        with torch.inference_mode(False):
            self.columns = torch.tensor(columns, dtype=torch.int64, device=device)
            self.lows = torch.tensor(lows, dtype=torch.float64, device=device)
            self.highs = torch.tensor(highs, dtype=torch.float64, device=device)
            self.widths = self.highs - self.lows


def _place(table: ParameterTable, name: str, value: float) -> float:
    one = ParameterTable([table.ranges[table.column(name)]])
    wanted = torch.tensor([[value]], dtype=torch.float64, device="cpu")
    return float(one.to_normalized(wanted))
