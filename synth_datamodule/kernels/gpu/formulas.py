"""The formulas for the GPU: the same source, compiled a second time, by Triton."""

import functools
import inspect
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import triton
import triton.language as tl

from synth_datamodule.kernels.exact import (
    arithmetic,
    columns,
    control_slopes,
    elementary,
    formulas,
    operations,
    parts,
    slopes,
)


@triton.jit
def fma(a, b, c):
    """Return ``a b + c``, rounded once."""
    # tl.fma rounds constants to float32. A product with 1 gives them the type of ``a``, and costs
    # nothing: compilers drop it.
    one = tl.full([], 1.0, a.dtype)
    return tl.fma(a, b * one, c * one)


@triton.jit
def where(condition, a, b):
    """Return ``a`` where the condition holds, else ``b``."""
    return tl.where(condition, a, b)


@triton.jit
def bits64(x):
    """Return a float64's bits as int64."""
    return x.to(tl.int64, bitcast=True)


@triton.jit
def bits32(x):
    """Return a float32's bits as int32."""
    return x.to(tl.int32, bitcast=True)


@triton.jit
def from_bits64(x):
    """Return the float64 of these bits."""
    return x.to(tl.float64, bitcast=True)


@triton.jit
def from_bits32(x):
    """Return the float32 of these bits."""
    return x.to(tl.float32, bitcast=True)


@triton.jit
def int32(x):
    """Return the low 32 bits of an integer."""
    return x.to(tl.int32)


@triton.jit
def float32(x):
    """Return the nearest float32."""
    return x.to(tl.float32)


@triton.jit
def float64(x):
    """Return the nearest float64."""
    return x.to(tl.float64)


@triton.jit
def quotient32(a, b):
    """Return ``a / b`` in float32, correctly rounded."""
    # A plain ``/`` in float32 compiles to an approximation.
    return tl.div_rn(a, b)


@triton.jit
def number32(x: tl.constexpr):
    """Return a literal as float32."""
    return tl.full([], x, tl.float32)


@triton.jit
def number64(x: tl.constexpr):
    """Return a literal as float64."""
    return tl.full([], x, tl.float64)


@triton.jit
def no_number32():
    """Return what is no number, as float32."""
    # Not taken from outside: Triton compares what is with what was, and NaN is never the same.
    return tl.full([], float("nan"), tl.float32)


@triton.jit
def no_number64():
    """Return what is no number, as float64."""
    return tl.full([], float("nan"), tl.float64)


@triton.jit
def root32(x):
    """Return the square root of a float32, correctly rounded."""
    return tl.sqrt_rn(x)


@triton.jit
def root64(x):
    """Return the square root of a float64, correctly rounded."""
    return tl.sqrt(x)


@triton.jit
def both(a, b):
    """Return whether two comparisons hold."""
    # As whole numbers: the interpreter takes what a comparison of two scalars gives for a float.
    return (a.to(tl.int32) & b.to(tl.int32)) != 0


@triton.jit
def either(a, b):
    """Return whether one of two comparisons holds."""
    return (a.to(tl.int32) | b.to(tl.int32)) != 0


WORDS = (
    fma,
    where,
    bits64,
    bits32,
    from_bits64,
    from_bits32,
    int32,
    float32,
    float64,
    quotient32,
    number32,
    number64,
    no_number32,
    no_number64,
    root32,
    root64,
    both,
    either,
)


def _in_triton(*sources: ModuleType) -> Any:
    """Return a module with the functions and constants of the sources, made Triton's.

    Args:
        sources: Modules of functions compiled by numba and constants that are numpy scalars.
    """
    module = ModuleType(f"{__name__}.formulas")
    module.__dict__.update({word.__name__: word for word in WORDS}, tl=tl, Number=tl.tensor)
    named: dict[str, object] = {}
    for source in sources:
        for name, found in vars(source).items():
            number = isinstance(found, np.generic)
            if not number and getattr(found, "__module__", "") != source.__name__:
                continue
            known = named.setdefault(name, found)
            assert known is found or known == found, f"two sources call something {name}"
            made = constant(found) if number else triton.jit(_rebound(found.py_func, module))
            setattr(module, name, made)
    return module


def constant(number: float | np.generic) -> Any:
    """Return a number as kernels take it from outside.

    Compiled, a kernel takes its constants as constexpr; interpreted, as plain numbers, which also
    work on the left of an operator.
    """
    plain = number.item() if isinstance(number, np.generic) else number
    return plain if triton.knobs.runtime.interpret else tl.constexpr(plain)


def _rebound(function: Callable[..., Any], module: ModuleType) -> Callable[..., Any]:
    return FunctionType(function.__code__, module.__dict__, function.__name__)


_SOURCES = (arithmetic, formulas, parts, elementary, slopes, control_slopes, columns)
v = _in_triton(*_SOURCES)
"""The formulas, the arithmetic below them and the columns, as kernels call them."""

_EXACT = {source.__name__ for source in _SOURCES}
_WORDS = {id(getattr(operations, word.__name__)): word for word in WORDS}


@functools.cache
def in_triton(function: Any) -> Any:
    """Return a function in exact words, compiled by numba, as Triton's.

    What it calls becomes Triton's too: exact words and formulas, and functions like itself.

    Args:
        function: Function that numba compiles into each loop that calls it.

    Raises:
        ValueError: If it takes something from outside that is no exact word, number or function.
    """
    python = function.py_func
    found = inspect.getclosurevars(python)
    if found.nonlocals:
        raise ValueError(
            f"{function.__name__}() must take what it computes with from its arguments or its "
            f"module, got {', '.join(sorted(found.nonlocals))} from the function around it"
        )
    module = ModuleType(f"{__name__}.{function.__name__}")
    module.__dict__.update(tl=tl, Number=tl.tensor)
    for name, one in found.globals.items():
        setattr(module, name, _translated(python, name, one))
    return triton.jit(_rebound(python, module))


def _translated(python: Callable[..., Any], name: str, one: Any) -> Any:
    """Return what a function takes from its module, as Triton takes it."""
    if isinstance(one, ModuleType):
        taken = ModuleType(name)
        for attribute in {*python.__code__.co_names} & {*vars(one)}:
            translated = _translated(python, f"{name}.{attribute}", getattr(one, attribute))
            setattr(taken, attribute, translated)
        return taken
    if id(one) in _WORDS:
        return _WORDS[id(one)]
    if getattr(one, "__module__", "") in _EXACT:
        return getattr(v, one.__name__)
    if isinstance(one, (int, float, np.generic)):
        return constant(one)
    if hasattr(one, "py_func"):
        return in_triton(one)
    raise ValueError(
        f"{python.__name__}() must compute with exact words, numbers and functions like itself, "
        f"got {name}"
    )
