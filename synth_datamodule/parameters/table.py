"""What the numbers in [0, 1] mean: ranges, curves and names, and the way there and back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.numerics import tracing
from synth_datamodule.numerics.clamping import clamp
from synth_datamodule.numerics.powers import SMALLEST_DRAW, power


@dataclass(frozen=True)
class ParameterRange:
    """One parameter of a module: its name, its range and how u in [0, 1] spreads over it.

    Plain: ``value = minimum + (maximum - minimum) u**(1/curve)``. Symmetric, with d = 2u - 1:
    ``value = minimum + (maximum - minimum)/2 (1 + sign(d) |d|**(1/curve))``. A curve below 1
    crowds values at the minimum (symmetric: at the middle), above 1 away from it.

    Args:
        name: Name, unique within its module.
        minimum: Value at u = 0, in ``unit``.
        maximum: Value at u = 1, in ``unit``.
        curve: Exponent's inverse, positive; 1 is linear.
        symmetric: Whether the curve bends about the middle.
        unit: Name of the unit; "" for a pure number.

    Raises:
        TypeError: If a field is of another type.
        ValueError: If the range is empty or not finite, or the curve not positive.

    Example:
        >>> ParameterRange("attack", 0.0, 2.0, curve=0.5, unit="s").maximum
        2.0
    """

    name: str
    minimum: float
    maximum: float
    curve: float = 1.0
    symmetric: bool = False
    unit: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise TypeError(f"a parameter's name must be a word, got {self.name!r}")
        for bound in ("minimum", "maximum"):
            checks.real_number(f"{bound} of {self.name}", getattr(self, bound))
        checks.positive_number(f"curve of {self.name}", self.curve)
        checks.truth_value(f"symmetric of {self.name}", self.symmetric)
        if self.minimum >= self.maximum:
            raise ValueError(
                f"minimum of {self.name} must be below its maximum ({self.maximum}), "
                f"got {self.minimum}"
            )


class ParameterTable:
    """The parameters of a synth in the one order of every ``[.., P]`` tensor.

    Args:
        ranges: Ranges named ``module.parameter``, in column order.
        pinned: Values that replace whatever is drawn or given, in the parameters' units.

    Raises:
        TypeError: If ``pinned`` is not a mapping, or a value not a number.
        ValueError: If a name occurs twice, a pinned name is unknown, or its value out of range.

    Example:
        >>> table = ParameterTable([ParameterRange("keyboard.midi_f0", 0.0, 127.0)])
        >>> table.to_physical(torch.tensor([[0.5]]))
        tensor([[63.5000]], dtype=torch.float64)
    """

    def __init__(
        self, ranges: Iterable[ParameterRange], pinned: Mapping[str, float] | None = None
    ) -> None:
        self.ranges = tuple(ranges)
        self.names = tuple(parameter.name for parameter in self.ranges)
        self._columns = {name: column for column, name in enumerate(self.names)}
        if len(self._columns) < len(self.names):
            twice = sorted({name for name in self.names if self.names.count(name) > 1})
            raise ValueError(f"a parameter's name must occur once, these occur twice: {twice}")
        if not isinstance(pinned, Mapping | None):
            raise TypeError(
                f"pinned must map parameter names to values, got {type(pinned).__name__}"
            )
        self.pinned = {name: self._within(name, value) for name, value in (pinned or {}).items()}
        self._on_device: dict[torch.device, _Curves] = {}

    def __len__(self) -> int:
        return len(self.ranges)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ParameterTable):
            return NotImplemented
        return self.ranges == other.ranges and self.pinned == other.pinned

    def __hash__(self) -> int:
        return hash((self.ranges, tuple(sorted(self.pinned.items()))))

    def __repr__(self) -> str:
        pinned = f", pinned={self.pinned}" if self.pinned else ""
        return f"ParameterTable({len(self)} parameters{pinned})"

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_on_device": {}}

    @property
    def draw_order(self) -> list[int]:
        """For each column the number of its draw: parameters are drawn sorted by name."""
        drawn = {name: draw for draw, name in enumerate(sorted(self.names))}
        return [drawn[name] for name in self.names]

    def column(self, name: str) -> int:
        """Return the column of a parameter.

        Raises:
            TypeError: If ``name`` is not a string.
            ValueError: If there is no parameter of this name.
        """
        if not isinstance(name, str):
            raise TypeError(f"a parameter is named by a string, got {name!r}")
        if name not in self._columns:
            raise ValueError(f"no parameter is named {name!r}; {_nearest(name, self.names)}")
        return self._columns[name]

    def to_physical(self, parameters: Tensor) -> Tensor:
        """Return values in the parameters' units, pinned ones as pinned.

        Gradients at 0 and 1 are one-sided. Curves above 1 have an infinite slope at 0 (symmetric
        ones at the middle); the slope at 2**-24, the smallest number drawn, is used instead. Pinned
        parameters have a gradient of 0.

        Args:
            parameters: Numbers in [0, 1]. Shape ``[.., P]``.

        Returns:
            Always float64: rounding a value to float32 moves audio by up to 1.7e-2. ``[.., P]``.

        Raises:
            TypeError: If ``parameters`` is not a float tensor.
            ValueError: If its last axis is not P, or (on the CPU) a number outside [0, 1].
        """
        self._check_shape("parameters", parameters)
        checks.normalized("parameters", parameters, always=False)
        curves = self._curves(parameters.device)
        u = parameters.to(torch.float64)
        share = _share(u, 1 / curves.curve, curves.symmetric)
        values = curves.minimum + curves.width * share
        # Adding the width may round one last bit beside the maximum, or past it; the slope stays.
        exact = torch.where(share < 1, torch.minimum(values, curves.maximum), curves.maximum)
        values = values + (exact - values).detach()
        return torch.where(curves.is_pinned, curves.pinned, values)

    def to_normalized(self, values: Tensor) -> Tensor:
        """Return numbers in [0, 1] for values in the parameters' units.

        ``to_physical`` gives the values back to 1e-12 of their range (to 2e-11 in the middle of
        drum's vco_1.mod_depth, whose symmetric curve of 1.5 is steep there). Where a curve is flat,
        many numbers mean one value, and this returns one of them.

        Args:
            values: Values within their ranges, in their units. Shape ``[.., P]``.

        Returns:
            Numbers in [0, 1], float64. Shape ``[.., P]``.

        Raises:
            TypeError: If ``values`` is not a float tensor.
            ValueError: If its last axis is not P, or a value out of range; it names the parameter.
        """
        self._check_shape("values", values)
        curves = self._curves(values.device)
        v = values.to(torch.float64)
        # Bounds as the dtype of the values rounds them: float32 has no 0.01 and no pi.
        minimum, maximum = (
            bound.to(values.dtype).to(torch.float64) for bound in (curves.minimum, curves.maximum)
        )
        outside = ~((v >= minimum) & (v <= maximum))
        if tracing.readable(outside) and bool(outside.any()):
            place = outside.nonzero()[0].tolist()
            name, value = self.names[place[-1]], v[tuple(place)].item()
            raise ValueError(f"{self._rule(name)}, got {value!r}")
        v = clamp(v, curves.minimum, curves.maximum)
        return _share((v - curves.minimum) / curves.width, curves.curve, curves.symmetric)

    def pin(self, parameters: Tensor) -> Tensor:
        """Return numbers in [0, 1] with those of pinned parameters in their columns.

        Args:
            parameters: Numbers in [0, 1]. Shape ``[.., P]``.

        Returns:
            A new tensor where something is pinned. Shape ``[.., P]``.
        """
        self._check_shape("parameters", parameters)
        if not self.pinned:
            return parameters
        curves = self._curves(parameters.device)
        return torch.where(curves.is_pinned, curves.pinned_u.to(parameters.dtype), parameters)

    def to_dict(self, values: Tensor) -> dict[str, float]:
        """Return one sound's values by name.

        Args:
            values: Values of one sound. Shape ``[P]``.

        Raises:
            ValueError: If the shape differs.
        """
        checks.float_tensor("values", values, "[P]", (len(self),))
        return dict(zip(self.names, values.tolist(), strict=True))

    def from_dict(self, values: Mapping[str, float]) -> Tensor:
        """Return one sound's values in column order, float64. Shape ``[P]``.

        Raises:
            TypeError: If ``values`` is not a mapping, or a value not a number.
            ValueError: If a name is unknown or missing, or a value out of its range.
        """
        if not isinstance(values, Mapping):
            raise TypeError(f"values must be a mapping by name, got {type(values).__name__}")
        for name in values:
            self.column(name)
        if missing := [name for name in self.names if name not in values]:
            raise ValueError(f"values are missing for {len(missing)} parameters: {missing[:5]}")
        row = [self._within(name, values[name]) for name in self.names]
        return torch.tensor(row, dtype=torch.float64, device="cpu")

    def _within(self, name: str, value: float) -> float:
        parameter = self.ranges[self.column(name)]
        number = checks.real_number(name, value)
        if not parameter.minimum <= number <= parameter.maximum:
            raise ValueError(f"{self._rule(name)}, got {value!r}")
        return number

    def _rule(self, name: str) -> str:
        parameter = self.ranges[self.column(name)]
        unit = f" {parameter.unit}" if parameter.unit else ""
        return f"{name} must lie in [{parameter.minimum:g}, {parameter.maximum:g}]{unit}"

    def _check_shape(self, name: str, tensor: Tensor) -> None:
        leading: Sequence[None] = [None] * (max(tensor.ndim, 1) - 1) if _is_tensor(tensor) else []
        checks.float_tensor(name, tensor, "[.., P]", (*leading, len(self)))

    @tracing.constant
    def _curves(self, device: torch.device) -> "_Curves":
        if device not in self._on_device:
            with tracing.plain_tensors():
                self._on_device[device] = _Curves(self.ranges, self.pinned, device)
        return self._on_device[device]


class _Curves:
    """The table's columns as float64 tensors ``[P]`` on one device."""

    def __init__(
        self, ranges: Sequence[ParameterRange], pinned: Mapping[str, float], device: torch.device
    ) -> None:
        def column(numbers: Iterable[float]) -> Tensor:
            return torch.tensor(list(numbers), dtype=torch.float64, device=device)

        self.minimum = column(parameter.minimum for parameter in ranges)
        self.maximum = column(parameter.maximum for parameter in ranges)
        self.width = self.maximum - self.minimum
        self.curve = column(parameter.curve for parameter in ranges)
        self.symmetric = column(parameter.symmetric for parameter in ranges).bool()
        self.is_pinned = column(parameter.name in pinned for parameter in ranges).bool()
        self.pinned = column(pinned.get(parameter.name, parameter.minimum) for parameter in ranges)
        unpinned = ParameterTable(ranges) if pinned else None
        self.pinned_u = unpinned.to_normalized(self.pinned) if unpinned else self.pinned


def _share(straight: Tensor, exponent: Tensor, symmetric: Tensor) -> Tensor:
    """Bend numbers in [0, 1] by a power, symmetric ones about the middle."""
    signed = 2 * straight - 1
    left = symmetric & (signed < 0)
    # Not abs and sign: they have no slope in the middle.
    away = torch.where(left, -signed, torch.where(symmetric, signed, straight))
    # An exponent of 1 stays exact.
    bent = torch.where(exponent == 1, away, _bend(away, exponent))
    return torch.where(symmetric, torch.where(left, 1 - bent, 1 + bent) / 2, bent)


def _bend(away: Tensor, exponent: Tensor) -> Tensor:
    steep = (exponent < 1) & (away < SMALLEST_DRAW)
    fixed = away.detach()
    slope = exponent * SMALLEST_DRAW ** (exponent - 1)
    bent = power(torch.where(steep, fixed, away), exponent)
    return bent + torch.where(steep, slope * (away - fixed), 0.0)


def _is_tensor(tensor: object) -> bool:
    return isinstance(tensor, Tensor)


def _nearest(name: str, names: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, names, n=3)
    return f"did you mean {' or '.join(map(repr, near))}?" if near else f"there are {len(names)}"
