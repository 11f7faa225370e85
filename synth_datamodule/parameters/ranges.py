"""ParameterRange: the name, range and curve of one parameter."""

from dataclasses import dataclass

from synth_datamodule import checks

_FLATTEST = 1e-6  # of curves: 1e-320, a positive number, has no inverse
_WIDEST = 1e30  # of ranges, whose width must be a number too


@dataclass(frozen=True)
class ParameterRange:
    """One parameter of a module: its name, its range and how u in [0, 1] spreads over it.

    Plain: ``value = minimum + (maximum - minimum) u**(1/curve)``. Symmetric, with d = 2u - 1:
    ``value = minimum + (maximum - minimum)/2 (1 + sign(d) |d|**(1/curve))``. A curve below 1
    crowds values at the minimum (symmetric: at the middle), above 1 away from it.

    Args:
        name: Name, unique within its module.
        minimum: Value at u = 0, in ``unit``.
        maximum: Value at u = 1, in ``unit``; the same as ``minimum`` pins the parameter at it.
        curve: Exponent's inverse, positive; 1 is linear.
        symmetric: Whether the curve bends about the middle.
        unit: Name of the unit; "" for a pure number.

    Raises:
        TypeError: If a field is of another type.
        ValueError: If the minimum is above the maximum, the range wider than 1e30, or the curve
            outside [1e-6, 1e6].

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
            raise TypeError(f"a parameter's name must be a word, got {checks.shown(self.name)}")
        for bound in ("minimum", "maximum"):
            checks.real_number(f"{bound} of {self.name}", getattr(self, bound))
        curve = checks.positive_number(f"curve of {self.name}", self.curve)
        if not _FLATTEST <= curve <= 1 / _FLATTEST:
            raise ValueError(f"curve of {self.name} must lie in [1e-6, 1e6], got {curve:g}")
        checks.truth_value(f"symmetric of {self.name}", self.symmetric)
        if not isinstance(self.unit, str):
            raise TypeError(f"unit of {self.name} must be a word, got {checks.shown(self.unit)}")
        if not float(self.maximum) - float(self.minimum) <= _WIDEST:
            raise ValueError(
                f"{self.name} must range over at most {_WIDEST:g}, got {self.minimum:g} to "
                f"{self.maximum:g}"
            )
        if self.minimum > self.maximum:
            raise ValueError(
                f"minimum of {self.name} must be at most its maximum ({self.maximum}), "
                f"got {self.minimum}"
            )

    @property
    def is_fixed(self) -> bool:
        """Whether the range is one value, which pins the parameter."""
        return self.minimum == self.maximum

    @property
    def words(self) -> str:
        """The range as errors say it: ``[-24, 24] semitones``."""
        return f"[{self.minimum:g}, {self.maximum:g}]{f' {self.unit}' if self.unit else ''}"

    def within(self, value: object) -> float:
        """Return a value in the range as a float.

        Raises:
            TypeError: If it is no number.
            ValueError: If it is not finite, or out of range.

        Example:
            >>> ParameterRange("attack", 0.0, 2.0, unit="s").within(3)
            Traceback (most recent call last):
            ...
            ValueError: attack must lie in [0, 2] s, got 3
        """
        number = checks.real_number(self.name, value)
        if not self.minimum <= number <= self.maximum:
            raise self.refusal(value)
        return number

    def refusal(self, value: object) -> ValueError:
        """Return the error of a value out of range."""
        return ValueError(f"{self.name} must lie in {self.words}, got {checks.shown(value)}")
