"""What the numbers in [0, 1] mean: names, values in units, and the way there and back."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.batch import SynthBatch
from synth_datamodule.parameters.arrays import Numbers, like
from synth_datamodule.parameters.by_name import as_dict, as_row, flat, tensors_of
from synth_datamodule.parameters.conversions import Conversions
from synth_datamodule.parameters.frames import frame
from synth_datamodule.parameters.nebula import entries_of
from synth_datamodule.parameters.orders import names_in_order
from synth_datamodule.parameters.ranges import ParameterRange as ParameterRange


class ParameterTable(Conversions):
    """The parameters of a synth in the one order of every ``[.., P]`` tensor.

    Methods take tensors or arrays, and answer in kind. ``table[name]`` is one parameter,
    ``len(table)`` P, and ``in`` and iteration are by name.

    Args:
        ranges: Ranges named ``module.parameter``, in column order; one of a single value is pinned.
        pinned: Values that replace whatever is drawn or given, in the parameters' units.

    Raises:
        TypeError: If ``pinned`` is not a mapping, or a value not a number.
        ValueError: If a name occurs twice, a pinned name is unknown, or its value out of range.

    Example:
        >>> table = ParameterTable([ParameterRange("keyboard.midi_f0", 0.0, 127.0)])
        >>> table.to_physical(torch.tensor([[0.5]]))
        tensor([[63.5000]], dtype=torch.float64)
        >>> table.replace(torch.tensor([[0.5]]), {"keyboard.midi_f0": 127.0})
        tensor([[1.]])
    """

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ParameterTable):
            return NotImplemented
        return self.ranges == other.ranges and self.pinned == other.pinned

    def __hash__(self) -> int:
        return hash((self.ranges, tuple(sorted(self.pinned.items()))))

    def __repr__(self) -> str:
        pinned = f", pinned={self.pinned}" if self.pinned else ""
        return f"ParameterTable({len(self)} parameters{pinned})"

    @cached_property
    def free_table(self) -> "ParameterTable":
        """The table of the free parameters alone, whose tensors are ``[.., F]``."""
        return ParameterTable(one for one in self.ranges if one.name not in self.pinned)

    def replace(self, parameters: Numbers, values: Mapping[str, object]) -> Numbers:
        """Return numbers in [0, 1] with some parameters set to values in their units.

        Differentiable in the numbers and in the values.

        Args:
            parameters: Numbers in [0, 1]. Shape ``[.., P]``.
            values: Values in units by name, floats, or tensors or arrays ``[..]``:
                ``{"keyboard.midi_f0": 60.0, "lfo_1.frequency": torch.tensor([2.0, 4.0])}``; or by
                module and name, ``{"vco_1": {"tuning": 0.0}}``.

        Returns:
            The numbers, those of other parameters bit for bit; in their dtype. Where values are not
            read (on a GPU, under torch.compile and torch.func), one out of range is NaN. Shape
            ``[.., P]``.

        Raises:
            TypeError: If ``parameters`` is no float tensor or array, or a value of another type.
            ValueError: If a name is unknown or pinned, a shape differs, or a number is out of
                range.

        Example:
            >>> from synth_datamodule import Voice
            >>> voice = Voice()
            >>> u = voice.draw([0, 1])
            >>> u = voice.parameter_table.replace(u, {"keyboard.midi_f0": torch.tensor([60.0, 61])})
            >>> voice.parameter_table["keyboard.midi_f0"].to_physical(u[:, 0]).round()
            tensor([60., 61.], dtype=torch.float64)
        """
        u = self._given("parameters", parameters)
        checks.normalized("parameters", u, always=False)
        given = flat(values)
        for name in given:
            self.column(name)
            if name in self.pinned:
                raise ValueError(
                    f"{name} must be free to be replaced, it is pinned at {self.pinned[name]:g}"
                )
        self._of_one_kind(parameters, given)
        by_dtype: dict[torch.dtype, dict[str, Tensor]] = {}
        for name, value in tensors_of(self, given, u).items():
            by_dtype.setdefault(value.dtype, {})[name] = value
        for group in by_dtype.values():
            names = tuple(group)
            new = self._to_u(torch.stack(list(group.values()), -1), names, always=False)
            u = u.index_copy(-1, self._curves(u.device, names).columns, new.to(u.dtype))
        return like(parameters, u)

    def to_dict(self, values: Tensor | Any, names: Sequence[str] | None = None) -> dict[str, Any]:  # noqa: ANN401
        """Return values by name: floats of one sound, tensors or arrays of a batch.

        Args:
            values: Values in units, or any numbers in the table's order. Shape ``[.., P]``.
            names: Names wanted, in their order; None is all, in column order.

        Raises:
            TypeError: If ``values`` is no float tensor or array, or ``names`` no strings.
            ValueError: If the last axis is not P, or a name is unknown.

        Example:
            >>> table = ParameterTable(ParameterRange(f"osc.{one}", 0.0, 9.0) for one in "ab")
            >>> table.to_dict(torch.tensor([1.0, 2.0]))
            {'osc.a': 1.0, 'osc.b': 2.0}
            >>> table.to_dict(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), names=["osc.b"])
            {'osc.b': tensor([2., 4.])}
        """
        self._given("values", values)
        return as_dict(self, values, names)

    def from_dict(self, values: Mapping[str, object], base: Any = None) -> Any:  # noqa: ANN401
        """Return values by name in column order, as ``to_dict`` gives them.

        Args:
            values: Values in units by name, floats, or tensors or arrays ``[..]`` of one shape; or
                by module and name.
            base: Values of the parameters that ``values`` lacks, ``[.., P]``; None if it lacks
                none.

        Returns:
            Values in units, float64: an array if ``base`` or, without one, a value is an array,
            else a tensor. Shape ``[.., P]``.

        Raises:
            TypeError: If ``values`` is not a mapping, or a value of another type.
            ValueError: If a name is unknown or missing, a value out of its range, or a shape
                differs.

        Example:
            >>> table = ParameterTable(ParameterRange(f"osc.{one}", 0.0, 9.0) for one in "ab")
            >>> table.from_dict({"osc.b": 2.0, "osc.a": 1.0})
            tensor([1., 2.], dtype=torch.float64)
            >>> table.from_dict({"osc.b": 5.0}, base=torch.tensor([1.0, 2.0]))
            tensor([1., 5.], dtype=torch.float64)
        """
        given = flat(values)
        tensor = None if base is None else self._given("base", base)
        arrays = [one for one in given.values() if isinstance(one, np.ndarray)]
        kind = base if base is not None or not arrays else arrays[0]
        self._of_one_kind(kind, given)
        row = as_row(self, given, tensor)
        return row if kind is None else like(kind, row)

    def from_torchsynth(self, numbers: Numbers, order: str = "get_parameters") -> Numbers:
        """Return numbers that lie in one of torchsynth's column orders in the table's.

        torchsynth leaves frozen parameters out of ``get_parameters()``: for such numbers take
        ``table.free_table`` and then ``table.put_free``.

        Args:
            numbers: Numbers of any kind, in torchsynth's order. Shape ``[.., P]``.
            order: Name of the order: ``"get_parameters"``, modules sorted by name; ``"draw"``, all
                names sorted; ``"declared"``, the table's own and that of torchsynth's labels.

        Returns:
            The same numbers. Shape ``[.., P]``.

        Raises:
            TypeError: If ``numbers`` is no float tensor or array.
            ValueError: If its last axis is not P, or the order unknown.

        Example:
            >>> one, other = ParameterRange("vco.tuning", 0.0, 1.0), ParameterRange("adsr.b", 0, 1)
            >>> table = ParameterTable([one, other])
            >>> table.from_torchsynth(torch.tensor([[0.1, 0.9]]))
            tensor([[0.9000, 0.1000]])
        """
        there = {name: k for k, name in enumerate(names_in_order(self, order))}
        return self._moved(numbers, [there[name] for name in self.names])

    def to_torchsynth(self, numbers: Numbers, order: str = "get_parameters") -> Numbers:
        """Return numbers in the table's column order in one of torchsynth's.

        Args:
            numbers: Numbers of any kind. Shape ``[.., P]``.
            order: Name of the order, as ``from_torchsynth`` says.

        Returns:
            The same numbers. Shape ``[.., P]``.

        Raises:
            TypeError: If ``numbers`` is no float tensor or array.
            ValueError: If its last axis is not P, or the order unknown.
        """
        return self._moved(numbers, [self.column(name) for name in names_in_order(self, order)])

    def frame(self, sounds: SynthBatch | Tensor | npt.NDArray[Any]) -> Any:  # noqa: ANN401
        """Return a pandas DataFrame of values in units, a sound a row, a parameter a column.

        Args:
            sounds: Batch, whose sound numbers become the index and ``is_train`` a column; or
                numbers in [0, 1], ``[B, P]``.

        Raises:
            TypeError: If ``sounds`` is something else.
            ValueError: If the shape differs.
            ImportError: If pandas is missing: ``pip install 'synth_datamodule[tables]'``.
        """
        batch = sounds if isinstance(sounds, SynthBatch) else None
        numbers = sounds.parameters if isinstance(sounds, SynthBatch) else sounds
        given = checks.normalized("sounds", self._given("sounds", numbers).detach(), always=True)
        if given.ndim > 2:
            raise ValueError(f"sounds must be [B, P] in shape, got {list(given.shape)}")
        values = self.to_physical(given)
        return frame(values.reshape(-1, len(self)).cpu().numpy(), self.names, batch)

    def nebula(self) -> dict[str, dict[str, Any]]:
        """Return the curves as the entries of a nebula, to be changed and given to ``nebula=``.

        Example:
            >>> ParameterTable([ParameterRange("adsr.attack", 0.0, 2.0, curve=0.5)]).nebula()
            {'adsr.attack': {'curve': 0.5, 'symmetric': False}}
        """
        return entries_of(self.ranges)

    def _moved(self, numbers: Numbers, columns: Sequence[int]) -> Numbers:
        tensor = self._given("numbers", numbers)
        places = torch.tensor(columns, dtype=torch.int64, device=tensor.device)
        return like(numbers, tensor.index_select(-1, places))

    def _of_one_kind(self, kind: object, values: Mapping[str, object]) -> None:
        if isinstance(kind, np.ndarray):
            for name, value in values.items():
                if isinstance(value, Tensor):
                    raise TypeError(f"{name} must be a number or an array beside arrays")
