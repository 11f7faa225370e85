"""Grid: parameters whose values come from a list, picked by their draws."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.numerics import tracing
from synth_datamodule.parameters.settings import Values
from synth_datamodule.parameters.table import ParameterTable


class Grid:
    """The way from a draw to one of a parameter's listed values: ``label[floor(u k)]``.

    The k labels are the values' places in the range, as the float32 numbers of which
    ``to_physical`` comes nearest: a note within 8e-6 semitones in both nebulae, in general a value
    within ``2**-25 / curve`` of its range's width for curves up to 1, and in the middle of a
    symmetric curve above 1, which is steep there, within ``2**(-23/curve) / 4`` of it. A draw is a
    multiple of 2**-24, so ``u k`` is exact, and the same entry is picked on every device.

    Args:
        values: Values of each listed parameter, in its unit; None is none.
        table: Ranges, curves and pinned values of all parameters.

    Raises:
        TypeError: If ``values`` is no mapping from names to lists of numbers.
        ValueError: If a name is unknown or pinned, or a value lies outside the range.

    Example:
        >>> from synth_datamodule.parameters import ParameterRange
        >>> table = ParameterTable([ParameterRange("keyboard.midi_f0", 48.0, 72.0)])
        >>> Grid({"keyboard.midi_f0": [48, 54, 60]}, table)(torch.tensor([[0.1], [0.5], [0.9]]))
        tensor([[0.0000],
                [0.2500],
                [0.5000]])
    """

    def __init__(self, values: Mapping[str, Sequence[float]] | None, table: ParameterTable) -> None:
        self.values = Values(values)
        if both := [name for name in self.values if name in table.pinned]:
            raise ValueError(
                f"values must list no pinned parameter, got {checks.shown(both[0])}, pinned at "
                f"{table.pinned[both[0]]:g}"
            )
        for end in (min, max):
            # A table knows the names, and where a value may lie.
            ParameterTable(table.ranges, {name: end(row) for name, row in self.values.items()})
        self.columns = tuple(map(table.column, self.values))
        self._rows = [
            labels_of(ParameterTable([table.ranges[column]]), row)
            for column, row in zip(self.columns, self.values.values(), strict=True)
        ]
        self._on_device: dict[torch.device, _Lists] = {}

    def __call__(self, parameters: Tensor) -> Tensor:
        """Return parameters with the labels that their draws pick; a new tensor if any is listed.

        Args:
            parameters: Draws in [0, 1), float32; 1, which a sampler may give, is the last entry's.
                Shape ``[B, P]``.
        """
        if not self.columns:
            return parameters
        lists = self._lists(parameters.device)
        draws = parameters.index_select(1, lists.columns).to(torch.float64)
        entries = torch.minimum((draws * lists.sizes).to(torch.int64), lists.last)
        labels = lists.labels[entries + lists.starts].to(parameters.dtype)
        return parameters.index_copy(1, lists.columns, labels)

    def keep(self, drawn: Tensor, moved: Tensor) -> Tensor:
        """Return moved parameters, the listed ones as they were drawn.

        Args:
            drawn: Parameters before they were moved, in [0, 1]. Shape ``[B, P]``.
            moved: Parameters after. Shape ``[B, P]``.
        """
        if not self.columns:
            return moved
        columns = self._lists(drawn.device).columns
        return moved.index_copy(1, columns, drawn.index_select(1, columns))

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_on_device": {}}

    @tracing.constant
    def _lists(self, device: torch.device) -> "_Lists":
        if device not in self._on_device:
            with tracing.plain_tensors():
                self._on_device[device] = _Lists(self.columns, self._rows, device)
        return self._on_device[device]


class _Lists:
    """The lists as tensors on one device, all labels one after another."""

    def __init__(
        self, columns: Sequence[int], rows: Sequence[list[float]], device: torch.device
    ) -> None:
        sizes = [len(row) for row in rows]
        starts = [sum(sizes[:place]) for place in range(len(sizes))]
        labels = [label for row in rows for label in row]
        self.columns = torch.tensor(columns, dtype=torch.int64, device=device)
        self.sizes = torch.tensor(sizes, dtype=torch.float64, device=device)
        self.last = torch.tensor(sizes, dtype=torch.int64, device=device) - 1
        self.starts = torch.tensor(starts, dtype=torch.int64, device=device)
        self.labels = torch.tensor(labels, dtype=torch.float32, device=device)


def labels_of(table: ParameterTable, values: Sequence[float]) -> list[float]:
    """Return for each value the float32 in [0, 1] whose physical value is nearest to it.

    Args:
        table: Table of the one parameter.
        values: Values within its range, in its unit.

    Example:
        >>> from synth_datamodule.parameters import ParameterRange
        >>> labels_of(ParameterTable([ParameterRange("keyboard.midi_f0", 0.0, 127.0)]), [63.5])
        [0.5]
    """
    wanted = torch.tensor(values, dtype=torch.float64, device="cpu")[:, None]
    middle = table.to_normalized(wanted).to(torch.float32)
    ends = torch.zeros_like(middle), torch.ones_like(middle)
    near = torch.cat([middle, *(torch.nextafter(middle, end) for end in ends)], 1)
    away = (table.to_physical(near.reshape(-1, 1)).reshape(near.shape) - wanted).abs()
    return near.gather(1, away.argmin(1, keepdim=True))[:, 0].tolist()
