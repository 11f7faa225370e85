"""Which of torch's functions of numbers are steps of a program, and how they are computed."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from synth_datamodule.exact import Formula, formula, maximum, sqrt, tanh, where
from synth_datamodule.program import Builder, Signal

Operation: TypeAlias = Callable[..., Signal]
"""From a builder, signals and numbers to a signal."""


def _by(made: Formula) -> Operation:
    return lambda build, *given: build.formula(made, *given)


def _truth(compare: Callable[[Any, Any], Any]) -> Operation:
    """A comparison as a signal: 1 where it holds, else 0."""
    return _by(formula(lambda a, b: where(compare(a, b), 1.0, 0.0)))


def _swapped(operation: Operation) -> Operation:
    return lambda build, a, b: operation(build, b, a)


def _clamped(
    build: Builder,
    x: Signal,
    min: Signal | float | None = None,
    max: Signal | float | None = None,
) -> Signal:
    if min is not None:
        x = build.word("maximum", x, min)
    return x if max is None else build.word("minimum", x, max)


@functools.lru_cache(maxsize=64)
def _power_of(exponent: float) -> Formula:
    if exponent == 0.5:
        return formula(lambda x: sqrt(x))
    if exponent < 0 and exponent == int(exponent):
        return formula(lambda x: 1.0 / x ** int(-exponent))
    return formula(lambda x: x**exponent)


def _power(build: Builder, base: Signal | float, exponent: Signal | float) -> Signal:
    if isinstance(exponent, Signal) and exponent.node.kind == "constant":
        exponent = float(exponent.node.data[0])  # type: ignore[arg-type]
    if isinstance(exponent, Signal):
        return build.word("power", base, exponent)
    return build.formula(_power_of(float(exponent)), base)


_WORDS = {
    **{name: name for name in ("tanh", "sin", "cos", "exp", "exp2", "log", "log2", "sqrt")},
    **{name: name for name in ("atan", "floor", "round", "minimum", "maximum")},
    **{"arctan": "atan", "abs": "absolute", "absolute": "absolute", "__abs__": "absolute"},
    **{"fmin": "minimum", "fmax": "maximum", "max": "maximum", "min": "minimum"},
}


def _said(word: str) -> Operation:
    return lambda build, *given: build.word(word, *given)


_BOTH = _by(formula(lambda a, b: where((a != 0.0) & (b != 0.0), 1.0, 0.0)))
_EITHER = _by(formula(lambda a, b: where((a != 0.0) | (b != 0.0), 1.0, 0.0)))
_NOT = _by(formula(lambda a: where(a == 0.0, 1.0, 0.0)))
COMPARING: Mapping[str, Operation] = {
    **dict.fromkeys(("lt", "less", "__lt__"), _truth(lambda a, b: a < b)),
    **dict.fromkeys(("gt", "greater", "__gt__"), _truth(lambda a, b: a > b)),
    **dict.fromkeys(("le", "less_equal", "__le__"), _truth(lambda a, b: a <= b)),
    **dict.fromkeys(("ge", "greater_equal", "__ge__"), _truth(lambda a, b: a >= b)),
    **dict.fromkeys(("eq", "__eq__"), _truth(lambda a, b: a == b)),
    **dict.fromkeys(("ne", "not_equal", "__ne__"), _truth(lambda a, b: a != b)),
    **dict.fromkeys(("logical_and", "__and__", "bitwise_and"), _BOTH),
    **dict.fromkeys(("logical_or", "__or__", "bitwise_or"), _EITHER),
    **dict.fromkeys(("logical_not", "__invert__", "bitwise_not"), _NOT),
}
"""Functions whose result tells whether something holds, as 1 or 0, by name."""
COMPUTING: Mapping[str, Operation] = {
    **dict.fromkeys(("add", "__add__", "__radd__"), Builder.add),
    **dict.fromkeys(("sub", "subtract", "__sub__"), Builder.subtract),
    **dict.fromkeys(("rsub", "__rsub__"), _swapped(Builder.subtract)),
    **dict.fromkeys(("mul", "multiply", "__mul__", "__rmul__"), Builder.multiply),
    **dict.fromkeys(("div", "divide", "true_divide", "__truediv__"), Builder.divide),
    **dict.fromkeys(("rdiv", "__rtruediv__", "__rdiv__"), _swapped(Builder.divide)),
    **dict.fromkeys(("neg", "negative", "__neg__"), lambda build, a: build.constant(-1.0) * a),
    **dict.fromkeys(("pos", "positive", "__pos__"), lambda build, a: a),
    **{name: _said(word) for name, word in _WORDS.items()},
    **dict.fromkeys(("pow", "__pow__"), _power),
    "__rpow__": _swapped(_power),
    "square": _by(formula(lambda x: x * x)),
    "reciprocal": _by(formula(lambda x: 1.0 / x)),
    "rsqrt": _by(formula(lambda x: 1.0 / sqrt(x))),
    "sign": _by(formula(lambda x: where(x > 0.0, 1.0, where(x < 0.0, -1.0, 0.0)))),
    "sigmoid": _by(formula(lambda x: 0.5 + 0.5 * tanh(0.5 * x))),
    "relu": _by(formula(lambda x: maximum(x, 0.0))),
    "softsign": _by(formula(lambda x: x / (1.0 + abs(x)))),
    "lerp": _by(formula(lambda a, b, share: a + share * (b - a))),
    "where": _by(formula(lambda holds, a, b: where(holds != 0.0, a, b))),
    **dict.fromkeys(("clamp", "clip"), _clamped),
    "clamp_min": _said("maximum"),
    "clamp_max": _said("minimum"),
}
"""Functions of numbers, by name."""
# What makes a whole number of whole numbers, as choices are.
_WHOLE = {
    *("add", "__add__", "__radd__", "sub", "subtract", "__sub__", "rsub", "__rsub__"),
    *("mul", "multiply", "__mul__", "__rmul__", "neg", "negative", "__neg__"),
}
_TWO = {"minimum", "maximum", "max", "min", "fmin", "fmax", "clamp_min", "clamp_max"}


def operation_of(
    name: str, args: Sequence[object], given: Mapping[str, object], result: object
) -> Operation | None:
    """Return what a call of one of torch's functions computes; None where that is no step.

    Args:
        name: Name of the function.
        args: Arguments that it was given by place.
        given: Arguments that it was given by name.
        result: Result that it returned.
    """
    named = {key for key, one in given.items() if one is not None and one is not False}
    if not isinstance(result, Tensor) or (name in _TWO and len(args) != 2):
        return None
    if named and not (name in ("clamp", "clip") and named <= {"min", "max"}):
        return None
    if result.is_floating_point():
        return COMPUTING.get(name)
    if result.dtype == torch.bool:
        return COMPARING.get(name)
    return COMPUTING[name] if name in _WHOLE else None
