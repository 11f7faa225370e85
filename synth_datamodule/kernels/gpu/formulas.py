"""The formulas for the GPU: the same source, compiled a second time, by Triton."""

from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import triton
import triton.language as tl

from synth_datamodule.kernels.exact import arithmetic, columns, formulas, slopes


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
)


def _in_triton(*sources: ModuleType) -> Any:
    """Return a module with the functions and constants of the sources, made Triton's.

    Args:
        sources: Modules of functions compiled by numba and constants that are numpy scalars.
    """
    module = ModuleType(f"{__name__}.formulas")
    module.__dict__.update({word.__name__: word for word in WORDS}, tl=tl, Number=tl.tensor)
    for source in sources:
        for name, found in vars(source).items():
            if isinstance(found, np.generic):
                setattr(module, name, constant(found))
            elif getattr(found, "__module__", "") == source.__name__:
                setattr(module, name, triton.jit(_rebound(found.py_func, module)))
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


v = _in_triton(arithmetic, formulas, slopes, columns)
"""The formulas, the arithmetic below them and the columns, as kernels call them."""
