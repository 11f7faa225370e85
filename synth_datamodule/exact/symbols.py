"""A formula while it is written down: numbers that know from which words they follow."""

import math
import operator
from collections.abc import Callable
from numbers import Real
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from synth_datamodule import checks

MOST_WORDS = 1000


class Word(NamedTuple):
    """One operation of a formula.

    Args:
        name: Which operation; ``"number"`` is a constant.
        inputs: Places of the numbers it takes: the formula's own, then those of earlier words.
        number: The constant.
    """

    name: str
    inputs: tuple[int, ...] = ()
    number: float = 0.0


class Writing:
    """The words of a formula so far; equal ones are one.

    Args:
        arity: How many numbers the formula takes.
    """

    def __init__(self, arity: int) -> None:
        self.arity = arity
        self.words: list[Word] = []
        self._places: dict[Word, int] = {}

    def place(self, operand: object) -> int:
        """Return where a number stands, written down where it is a constant."""
        if isinstance(operand, Symbol):
            if operand.writing is not self:
                raise ValueError("a number of another formula is taken")
            return operand.place
        if isinstance(operand, Condition):
            raise ValueError("a comparison is no number: write where(condition, a, b)")
        if isinstance(operand, bool) or not isinstance(operand, Real):
            raise ValueError(
                f"{checks.shown(operand)} ({type(operand).__name__}) is taken; a formula takes "
                "numbers"
            )
        number = float(operand)
        if not math.isfinite(number):
            raise ValueError(f"its constants must be finite, got {number}")
        return self._written(Word("number", (), number + 0.0))  # -0.0 is 0.0, as on a GPU

    def word(self, name: str, *operands: object) -> "Symbol":
        """Return the number that a word gives."""
        return Symbol(self, self._written(Word(name, tuple(map(self.place, operands)))))

    def condition(self, name: str, a: object, b: object) -> "Condition":
        """Return what a comparison gives."""
        return Condition(self, self._written(Word(name, (self.place(a), self.place(b)))))

    def chosen(self, condition: object, a: object, b: object) -> "Symbol":
        """Return the number that ``where`` gives."""
        if not isinstance(condition, Condition):
            raise ValueError("where takes a comparison first, as in where(x > 0, a, b)")
        inputs = condition.place, self.place(a), self.place(b)
        return Symbol(self, self._written(Word("where", inputs)))

    def joined(self, name: str, a: "Condition", b: object) -> "Condition":
        """Return a condition of two."""
        if not isinstance(b, Condition):
            raise ValueError(f"a comparison is joined with {checks.shown(b)}, which is none")
        return Condition(self, self._written(Word(name, (a.place, b.place))))

    def _written(self, word: Word) -> int:
        if word not in self._places:
            if len(self.words) == MOST_WORDS:
                raise ValueError(f"it has more than {MOST_WORDS} operations")
            self._places[word] = self.arity + len(self.words)
            self.words.append(word)
        return self._places[word]


def _refused(what: str) -> Any:  # noqa: ANN401
    def refuse(self: object, *args: object, **kwargs: object) -> Any:  # noqa: ANN401
        raise ValueError(what)

    return refuse


_BETWEEN: dict[str, Callable[[Any, Any], Any]] = {
    **{"add": operator.add, "subtract": operator.sub, "multiply": operator.mul},
    **{"divide": operator.truediv, "true_divide": operator.truediv, "power": operator.pow},
    **{"less": operator.lt, "less_equal": operator.le, "equal": operator.eq},
    **{"greater": operator.gt, "greater_equal": operator.ge, "not_equal": operator.ne},
}


def _is_one(number: Any) -> bool:  # noqa: ANN401
    return isinstance(number, _Written) or np.ndim(number) == 0


class _Written:
    """What stands for a number, or for whether something holds."""

    __slots__ = ("place", "writing")

    def __init__(self, writing: Writing, place: int) -> None:
        self.writing = writing
        self.place = place

    __bool__ = _refused(
        "it decides by if, and, or, not, min or max: write where(x > 0, a, b), (x > 0) & (x < 1), "
        "minimum(a, b), maximum(a, b)"
    )
    __float__ = __int__ = __index__ = _refused(
        "it computes with math, or rounds to an int: take the words of synth_datamodule.exact"
    )
    __iter__ = __len__ = __getitem__ = _refused(
        "it takes a number for an array; its numbers are those of one sample"
    )

    def __array_ufunc__(self, ufunc: Any, method: str, *given: Any, **kwargs: object) -> Any:  # noqa: ANN401
        # A number of numpy's, as np.sqrt(2), on the left of an operator.
        if ufunc.__name__ in _BETWEEN and all(map(_is_one, given)):
            a, b = (one if isinstance(one, _Written) else float(one) for one in given)
            return _BETWEEN[ufunc.__name__](a, b)
        raise ValueError(
            f"it computes with numpy's {ufunc.__name__}: take the words of synth_datamodule.exact"
        )

    @classmethod
    def __torch_function__(cls, func: Any, *args: object, **kwargs: object) -> Any:  # noqa: ANN401
        raise ValueError(
            f"it computes with torch's {func.__name__}: take the words of synth_datamodule.exact"
        )


class Symbol(_Written):
    """A number of a formula that is being written down."""

    __slots__ = ()

    def __add__(self, other: object) -> "Symbol":
        return self.writing.word("add", self, other)

    def __radd__(self, other: object) -> "Symbol":
        return self.writing.word("add", other, self)

    def __sub__(self, other: object) -> "Symbol":
        return self.writing.word("subtract", self, other)

    def __rsub__(self, other: object) -> "Symbol":
        return self.writing.word("subtract", other, self)

    def __mul__(self, other: object) -> "Symbol":
        return self.writing.word("multiply", self, other)

    def __rmul__(self, other: object) -> "Symbol":
        return self.writing.word("multiply", other, self)

    def __truediv__(self, other: object) -> "Symbol":
        return self.writing.word("divide", self, other)

    def __rtruediv__(self, other: object) -> "Symbol":
        return self.writing.word("divide", other, self)

    def __pow__(self, other: object) -> "Symbol":
        return power(self, other)

    def __rpow__(self, other: object) -> "Symbol":
        return self.writing.word("power", other, self)

    def __neg__(self) -> "Symbol":
        return self * -1.0

    def __pos__(self) -> "Symbol":
        return self

    def __abs__(self) -> "Symbol":
        return self.writing.word("absolute", self)

    def __lt__(self, other: object) -> "Condition":
        return self.writing.condition("less", self, other)

    def __gt__(self, other: object) -> "Condition":
        return self.writing.condition("greater", self, other)

    def __le__(self, other: object) -> "Condition":
        return self.writing.condition("less_equal", self, other)

    def __ge__(self, other: object) -> "Condition":
        return self.writing.condition("greater_equal", self, other)

    def __eq__(self, other: object) -> "Condition":  # type: ignore[override]
        return self.writing.condition("equal", self, other)

    def __ne__(self, other: object) -> "Condition":  # type: ignore[override]
        return self.writing.condition("unequal", self, other)

    __hash__ = object.__hash__


class Condition(_Written):
    """Whether something holds, in a formula that is being written down."""

    __slots__ = ()

    def __and__(self, other: object) -> "Condition":
        return self.writing.joined("both", self, other)

    def __or__(self, other: object) -> "Condition":
        return self.writing.joined("either", self, other)

    __invert__ = _refused("it inverts a comparison by ~: swap what where(condition, a, b) takes")


Operand: TypeAlias = Symbol | float
_MOST_MULTIPLIED = 8


def power(base: Symbol, exponent: object) -> Symbol:
    """Return a power; of a small whole exponent as products, for bases of either sign."""
    if not isinstance(exponent, Symbol) and exponent in range(1, _MOST_MULTIPLIED + 1):
        made, square, left = None, base, int(exponent)  # type: ignore[call-overload]
        while left:
            if left % 2:
                made = square if made is None else made * square
            left //= 2
            square = square * square if left else square
        assert made is not None
        return made
    return base.writing.word("power", base, exponent)
