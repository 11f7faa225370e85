"""ModuleParameterRange and ModuleParameter: what a number in [0, 1] means, and one that is kept."""

import functools
from typing import Any

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.parameters import ParameterRange, ParameterTable
from synth_datamodule.torchsynth.rules import asserted


class ModuleParameterRange:
    """The range of a parameter and its curve, as attributes that may be changed.

    ``synth_datamodule.parameters.ParameterRange`` is the same as a value, and holds the equations;
    ``plain()`` returns it. Both ways are computed in float64 and rounded once, where torchsynth
    rounds each step to float32: the last bit of a number may differ. A symmetric range of curve 1
    is linear (torchsynth's begins in its middle).

    Args:
        minimum: Value at 0.
        maximum: Value at 1; a parameter whose minimum this is has one value.
        curve: Exponent's inverse, positive; 1 is linear.
        symmetric: Whether the curve bends about the middle.
        name: Name of the parameter.
        description: Sentence about the parameter; nothing reads it.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If the range is empty, or the curve not positive.

    Example:
        >>> attack = ModuleParameterRange(0.0, 2.0, curve=0.5, name="attack")
        >>> attack.from_0to1(torch.tensor([0.5]))
        tensor([0.5000])
    """

    def __init__(
        self,
        minimum: float,
        maximum: float,
        curve: float = 1,
        symmetric: bool = False,
        name: str | None = None,
        description: str | None = None,
    ) -> None:
        self.minimum = minimum
        self.maximum = maximum
        self.curve = curve
        self.symmetric = symmetric
        self.name = name
        self.description = description
        self.plain()

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"ModuleParameterRange({fields})"

    def plain(self) -> ParameterRange:
        """Return the range as it is now, as ``synth_datamodule`` holds it.

        Raises:
            TypeError: If an attribute is of another type.
            ValueError: If the range is empty, or the curve not positive.
        """
        name = "parameter" if self.name is None else self.name
        return ParameterRange(name, self.minimum, self.maximum, self.curve, self.symmetric)

    def from_0to1(self, normalized: Tensor) -> Tensor:
        """Return the values of numbers in [0, 1], in their dtype.

        Args:
            normalized: Numbers in [0, 1]. Any shape.

        Returns:
            Values in [minimum, maximum]. Same shape.

        Raises:
            TypeError: If ``normalized`` is not a float tensor.
            ValueError: If (on the CPU) a number lies more than 1e-6 outside [0, 1].
        """
        return self.exact(normalized).to(normalized.dtype)

    def exact(self, normalized: Tensor) -> Tensor:
        """Return what ``from_0to1`` does, in float64."""
        checks.float_tensor("normalized", normalized, "[...]", None)
        return _table(self.plain()).to_physical(normalized[..., None])[..., 0]

    def to_0to1(self, value: Tensor) -> Tensor:
        """Return the numbers in [0, 1] of values, in their dtype.

        Args:
            value: Values in [minimum, maximum]. Any shape.

        Returns:
            Numbers in [0, 1]. Same shape.

        Raises:
            TypeError: If ``value`` is not a float tensor.
            ValueError: If a value is out of range.
        """
        checks.float_tensor("value", value, "[...]", None)
        with asserted():
            table = _table(self.plain())
            return table.to_normalized(value[..., None])[..., 0].to(value.dtype)


@functools.lru_cache(maxsize=1024)
def _table(one: ParameterRange) -> ParameterTable:
    return ParameterTable([one])


class ModuleParameter(nn.Parameter):
    """One parameter of a module for each sound of a batch, kept as numbers in [0, 1].

    Args:
        value: Values in the range, to begin with; they need ``parameter_range``. Shape ``[B]``.
        parameter_name: Name, unique in its module.
        parameter_range: Range that gives the numbers a meaning.
        data: Numbers in [0, 1] to begin with, where there is no ``value``. Shape ``[B]``.
        requires_grad: Whether a gradient reaches it.
        frozen: Whether ``randomize`` leaves it, and ``to_0to1`` refuses to change it.

    Raises:
        ValueError: If there is a ``value`` and no range, or it is out of range.

    Example:
        >>> level = ModuleParameterRange(0.0, 10.0)
        >>> ModuleParameter(torch.tensor([5.0]), "level", level)
        ModuleParameter(name=level, value=tensor([0.5000]))
    """

    parameter_name: str
    parameter_range: ModuleParameterRange | None
    frozen: bool

    def __new__(
        cls,
        value: Tensor | None = None,
        parameter_name: str = "",
        parameter_range: ModuleParameterRange | None = None,
        data: Tensor | None = None,
        requires_grad: bool = True,
        frozen: bool = False,
    ) -> "ModuleParameter":
        """Return a parameter; see the class."""
        if value is not None:
            if parameter_range is None:
                raise ValueError("parameter_range must be given with a value, got None")
            data = parameter_range.to_0to1(value)
        if data is None:
            data = torch.empty(0, dtype=torch.float32, device="cpu")
        plain = checks.instance("data", data, Tensor).as_subclass(Tensor)
        made: ModuleParameter = Tensor._make_subclass(cls, plain, requires_grad)
        made.parameter_name = parameter_name
        made.parameter_range = parameter_range
        made.frozen = frozen
        return made

    def __repr__(self) -> str:  # type: ignore[override]  # torch's own takes its contents
        return f"ModuleParameter(name={self.parameter_name}, value={self.data})"

    def __deepcopy__(self, memo: dict[int, Any]) -> "ModuleParameter":
        import copy

        if id(self) not in memo:
            numbers = self.data.clone(memory_format=torch.preserve_format)
            memo[id(self)] = _remade(
                *self._state(copy.deepcopy(self.parameter_range, memo), numbers)
            )
        kept: ModuleParameter = memo[id(self)]
        return kept

    def __reduce_ex__(self, protocol: Any) -> Any:  # noqa: ANN401  # pickle's own
        return _remade, self._state(self.parameter_range, self.data)

    def _state(self, kept: ModuleParameterRange | None, numbers: Tensor) -> tuple[Any, ...]:
        return self.parameter_name, kept, numbers, self.requires_grad, self.frozen

    def from_0to1(self) -> Tensor:
        """Return the values in the range, or the numbers where there is none. Shape ``[B]``."""
        if self.parameter_range is None:
            return self
        return self.parameter_range.from_0to1(self)

    def to_0to1(self, new_value: Tensor) -> None:
        """Set the values.

        Args:
            new_value: Values in the range. Shape ``[B]``.

        Raises:
            RuntimeError: If the parameter is frozen, or has no range.
            ValueError: If a value is out of range.
        """
        numbers = self.numbers_of(new_value)
        with torch.inference_mode(False):
            self.data = numbers

    def numbers_of(self, new_value: Tensor) -> Tensor:
        """Return the numbers in [0, 1] of values that it may be set to.

        Args:
            new_value: Values in the range. Shape ``[B]``.

        Raises:
            RuntimeError: If the parameter is frozen, or has no range.
            ValueError: If a value is out of range.
        """
        if self.frozen:
            raise RuntimeError(
                f"Parameter is frozen: {self.parameter_name!r} keeps its values until "
                "unfreeze_all_parameters()"
            )
        if self.parameter_range is None:
            raise RuntimeError("A range was never set for this parameter: set its data")
        with torch.inference_mode(False):
            return self.parameter_range.to_0to1(new_value.clone())

    @staticmethod
    def is_parameter_frozen(parameter: Tensor) -> bool:
        """Return whether a parameter is frozen.

        Raises:
            ValueError: If it is no ModuleParameter.
        """
        if not isinstance(parameter, ModuleParameter):
            one = isinstance(parameter, Tensor) and parameter.ndim == 0
            what = parameter.item() if one else checks.shown(parameter)
            raise ValueError(f"Param {what} is not a ModuleParameter")
        return parameter.frozen


def range_of(parameter: ModuleParameter) -> ModuleParameterRange:
    """Return a parameter's range.

    Raises:
        ValueError: If it has none.
    """
    if parameter.parameter_range is None:
        raise ValueError(f"{parameter.parameter_name} must have a range, it has none")
    return parameter.parameter_range


def _remade(
    name: str,
    parameter_range: ModuleParameterRange | None,
    data: Tensor,
    requires_grad: bool,
    frozen: bool,
) -> ModuleParameter:
    return ModuleParameter(None, name, parameter_range, data, requires_grad, frozen)
