"""Conversions: from numbers in [0, 1] to values in units and back, of all columns or the free."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.numerics import tracing
from synth_datamodule.parameters.arrays import Numbers, like, to_tensor
from synth_datamodule.parameters.curves import Curves, normalized, outside, physical
from synth_datamodule.parameters.names import NamedColumns
from synth_datamodule.parameters.parameter import Parameter
from synth_datamodule.parameters.ranges import ParameterRange

_MOST_KEPT = 256  # curves of some names, so that no loop over sets of names fills the memory


class Conversions(NamedColumns):
    """Ranges in column order, whose columns are converted; a table's way to units and back.

    Args:
        ranges: Ranges named ``module.parameter``, in column order.
        pinned: Values that replace whatever is drawn or given, in the parameters' units.

    Example:
        >>> note = ParameterRange("keyboard.midi_f0", 0.0, 127.0)
        >>> Conversions([note]).to_physical(torch.tensor([[0.5]]))
        tensor([[63.5000]], dtype=torch.float64)
    """

    def __init__(
        self, ranges: Iterable[ParameterRange], pinned: Mapping[str, float] | None = None
    ) -> None:
        super().__init__(ranges, pinned)
        self._kept: dict[object, Curves] = {}

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_kept": {}}

    def __getitem__(self, name: str) -> Parameter:
        """Return one parameter, for numbers of any shape.

        Raises:
            TypeError: If ``name`` is not a string.
            ValueError: If there is no parameter of this name.
        """
        column = self.column(name)
        curves = partial(self._curves, names=(name,))
        to_u = partial(self._to_u, names=(name,), always=True)
        return Parameter(self.ranges[column], column, self.pinned.get(name), curves, to_u)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def to_physical(self, parameters: Numbers) -> Numbers:
        """Return values in the parameters' units, pinned ones as pinned.

        Gradients at 0 and 1 are one-sided. Curves above 1 have an infinite slope at 0 (symmetric
        ones at the middle); the slope at 2**-24, the smallest number drawn, is used instead. Pinned
        parameters have a gradient of 0.

        Args:
            parameters: Numbers in [0, 1]. Shape ``[.., P]``.

        Returns:
            Always float64: rounding a value to float32 moves audio by up to 1.7e-2. ``[.., P]``.

        Raises:
            TypeError: If ``parameters`` is no float tensor or array.
            ValueError: If its last axis is not P, or (on the CPU) a number lies more than 1e-6
                outside [0, 1].
        """
        u = checks.normalized("parameters", self._given("parameters", parameters), always=False)
        return like(parameters, physical(self._curves(u.device), u.to(torch.float64)))

    def to_normalized(self, values: Numbers) -> Numbers:
        """Return numbers in [0, 1] for values in the parameters' units.

        ``to_physical`` gives the values back to 1e-12 of their range (to 2e-11 in the middle of
        drum's vco_1.mod_depth, whose symmetric curve of 1.5 is steep there). Where a curve is flat,
        many numbers mean one value, and this returns one of them.

        Args:
            values: Values within their ranges, in their units. Shape ``[.., P]``.

        Returns:
            Numbers in [0, 1], float64. Shape ``[.., P]``.

        Raises:
            TypeError: If ``values`` is no float tensor or array.
            ValueError: If its last axis is not P, or a value out of range; it names the parameter.
        """
        return like(values, self._to_u(self._given("values", values), always=True))

    def pin(self, parameters: Numbers) -> Numbers:
        """Return numbers in [0, 1] with those of pinned parameters in their columns.

        Args:
            parameters: Numbers in [0, 1]. Shape ``[.., P]``.

        Returns:
            A new tensor where something is pinned. Shape ``[.., P]``.

        Raises:
            TypeError: If ``parameters`` is no float tensor or array.
            ValueError: If its last axis is not P, or (on the CPU) a number lies more than 1e-6
                outside [0, 1].
        """
        u = checks.normalized("parameters", self._given("parameters", parameters), always=False)
        if self.pinned:
            curves = self._curves(u.device)
            u = torch.where(curves.is_pinned, curves.pinned_u.to(u.dtype), u)
        return like(parameters, u)

    def take_free(self, parameters: Numbers) -> Numbers:
        """Return the columns of the free parameters.

        Args:
            parameters: Numbers of any kind, in the table's order. Shape ``[.., P]``.

        Returns:
            The same numbers. Shape ``[.., F]``.

        Raises:
            TypeError: If ``parameters`` is no float tensor or array.
            ValueError: If its last axis is not P.

        Example:
            >>> note, length = (ParameterRange(f"keyboard.{one}", 0.0, 4.0) for one in "ab")
            >>> table = Conversions([note, length], pinned={"keyboard.a": 1.0})
            >>> table.take_free(torch.tensor([[0.7, 0.5]]))
            tensor([[0.5000]])
            >>> table.put_free(torch.tensor([[0.5]]))
            tensor([[0.2500, 0.5000]])
        """
        u = self._given("parameters", parameters)
        if self.pinned:
            u = u.index_select(-1, self._curves(u.device).free)
        return like(parameters, u)

    def put_free(self, free: Numbers) -> Numbers:
        """Return numbers in [0, 1] of all parameters, from those of the free ones.

        Args:
            free: Numbers in [0, 1] of the free parameters. Shape ``[.., F]``.

        Returns:
            The same numbers in their columns, those of pinned parameters in theirs. ``[.., P]``.

        Raises:
            TypeError: If ``free`` is no float tensor or array.
            ValueError: If its last axis is not F, or (on the CPU) a number lies more than 1e-6
                outside [0, 1].
        """
        u = self._given("free", free, "[.., F]", len(self.free))
        u = checks.normalized("free", u, always=False)
        if self.pinned:
            curves = self._curves(u.device)
            pinned = curves.pinned_u.to(u.dtype).expand(*u.shape[:-1], len(self))
            u = pinned.index_copy(-1, curves.free, u)
        return like(free, u)

    def _given(
        self, name: str, given: object, shape: str = "[.., P]", size: int | None = None
    ) -> Tensor:
        """Return what a caller gave as a tensor of the table's columns, or of ``size``."""
        tensor = to_tensor(name, given)
        leading = max(tensor.ndim, 1) - 1 if isinstance(tensor, Tensor) else 0
        sizes: Sequence[int | None] = [None] * leading
        last = len(self) if size is None else size
        return checks.float_tensor(name, tensor, shape, (*sizes, last))

    def _to_u(
        self, values: Tensor, names: tuple[str, ...] | None = None, *, always: bool
    ) -> Tensor:
        """Return values ``[.., len(names)]`` in [0, 1]; NaN where one that cannot be read is wrong.

        A GPU, which reading stalls, is read with ``always`` alone.
        """
        curves = self._curves(values.device, names)
        wrong = outside(curves, values)
        u = normalized(curves, values)
        if not (always or values.is_cpu) or not tracing.readable(values):
            return torch.where(wrong, torch.nan, u)
        if bool(wrong.any()):
            place = wrong.nonzero()[0].tolist()
            name, value = (names or self.names)[place[-1]], values[tuple(place)].item()
            raise self.ranges[self.column(name)].refusal(value)
        return u

    @tracing.constant
    def _curves(self, device: torch.device, names: tuple[str, ...] | None = None) -> Curves:
        if (device, names) not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            columns = range(len(self)) if names is None else [self.column(name) for name in names]
            with tracing.plain_tensors():
                ranges = [self.ranges[column] for column in columns]
                self._kept[device, names] = Curves(ranges, self.pinned, device, columns)
        return self._kept[device, names]
