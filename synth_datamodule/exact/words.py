"""The words of formulas: numpy's and torch's functions of numbers, under their names.

The kernels compute them the same on every device (``kernels/exact/elementary.py``); of tensors and
floats they are torch's own.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import torch
from torch import Tensor

from synth_datamodule.exact import symbols
from synth_datamodule.exact.symbols import Condition, Symbol

Number: TypeAlias = Any
"""A number of a formula, a tensor, a float, or a signal of a program."""

MEANING: Mapping[str, Callable[..., Tensor]] = {
    "add": torch.add,
    "subtract": torch.subtract,
    "multiply": torch.multiply,
    "divide": torch.divide,
    "less": torch.lt,
    "greater": torch.gt,
    "less_equal": torch.le,
    "greater_equal": torch.ge,
    "equal": torch.eq,
    "unequal": torch.ne,
    "both": torch.logical_and,
    "either": torch.logical_or,
    "where": torch.where,
    "fma": lambda a, b, c: a * b + c,
    "minimum": torch.minimum,
    "maximum": torch.maximum,
    "absolute": torch.abs,
    "floor": torch.floor,
    "round": torch.round,
    "sqrt": torch.sqrt,
    "exp": torch.exp,
    "exp2": torch.exp2,
    "log": torch.log,
    "log2": torch.log2,
    "power": torch.pow,
    "sin": torch.sin,
    "cos": torch.cos,
    "tanh": torch.tanh,
    "atan": torch.atan,
}
"""What each word of a formula means, in torch."""


def said(name: str, *operands: Number) -> Number:
    """Return what a word gives: a number of a formula, a signal, a tensor or a float.

    Args:
        name: The word.
        operands: Numbers that it takes, all of one kind beside floats.
    """
    for one in operands:
        if isinstance(one, (Symbol, Condition)):
            if name == "where":
                return one.writing.chosen(*operands)
            if name == "power" and isinstance(operands[0], Symbol):
                return symbols.power(*operands)
            return one.writing.word(name, *operands)
        if hasattr(one, "builder"):
            return one.builder.word(name, *operands)
    return meant(name, *operands)


def meant(name: str, *operands: Number) -> Number:
    """Return a word of tensors and floats, as torch computes it; of floats alone a float."""
    like = next(
        (one for one in operands if isinstance(one, Tensor) and one.is_floating_point()), None
    )
    dtype, device = (torch.float64, "cpu") if like is None else (like.dtype, like.device)
    tensors = [
        one
        if isinstance(one, Tensor)
        else torch.tensor(one, dtype=None if isinstance(one, bool) else dtype, device=device)
        for one in operands
    ]
    found = MEANING[name](*tensors)
    return found if any(isinstance(one, Tensor) for one in operands) else found.item()


def where(condition: Number, a: Number, b: Number) -> Number:
    """Return ``a`` where a comparison holds, else ``b``."""
    return said("where", condition, a, b)


def fma(a: Number, b: Number, c: Number) -> Number:
    """Return ``a b + c``, in kernels rounded once."""
    return said("fma", a, b, c)


def minimum(a: Number, b: Number) -> Number:
    """Return the smaller of two numbers."""
    return said("minimum", a, b)


def maximum(a: Number, b: Number) -> Number:
    """Return the larger of two numbers."""
    return said("maximum", a, b)


def clamp(x: Number, low: Number, high: Number) -> Number:
    """Return the number within ``[low, high]`` nearest to ``x``."""
    return minimum(maximum(x, low), high)


def absolute(x: Number) -> Number:
    """Return ``|x|``; ``abs(x)`` is the same."""
    return said("absolute", x)


def floor(x: Number) -> Number:
    """Return the largest whole number up to ``x``."""
    return said("floor", x)


def round(x: Number) -> Number:
    """Return the nearest whole number, half to even."""
    return said("round", x)


def sqrt(x: Number) -> Number:
    """Return the square root, correctly rounded."""
    return said("sqrt", x)


def exp(x: Number) -> Number:
    """Return ``e**x``."""
    return said("exp", x)


def exp2(x: Number) -> Number:
    """Return ``2**x``."""
    return said("exp2", x)


def log(x: Number) -> Number:
    """Return the natural logarithm; of 0 minus infinity."""
    return said("log", x)


def log2(x: Number) -> Number:
    """Return the logarithm to base 2; of 0 minus infinity."""
    return said("log2", x)


def power(base: Number, exponent: Number) -> Number:
    """Return ``base**exponent``, the base not negative unless the exponent is 1, 2, ... or 8."""
    return said("power", base, exponent)


def sin(x: Number) -> Number:
    """Return the sine of radians."""
    return said("sin", x)


def cos(x: Number) -> Number:
    """Return the cosine of radians."""
    return said("cos", x)


def tanh(x: Number) -> Number:
    """Return the hyperbolic tangent."""
    return said("tanh", x)


def atan(x: Number) -> Number:
    """Return the arc tangent, in radians."""
    return said("atan", x)
