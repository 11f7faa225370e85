"""The words that exact arithmetic is written in, for numba; gpu/formulas.py says them in Triton.

Each is one IEEE operation, or none: the same bits on every machine. ``+ - *`` between numbers of
one type are such words already, and so is ``/`` in float64.
"""

from typing import Any, TypeAlias

import numpy as np

from synth_datamodule.numerics.compiled import inlined, word

Number: TypeAlias = Any
"""A scalar to numba, a tensor to Triton."""


@word
def _fma() -> Number:
    from numba import types
    from numba.extending import intrinsic

    @intrinsic
    def fma(typing: object, a: Number, b: Number, c: Number) -> Number:
        if a not in (types.float32, types.float64) or not a == b == c:
            return None

        def generate(
            context: object, builder: Number, signature: object, arguments: Number
        ) -> Number:
            return builder.fma(*arguments)

        return a(a, b, c), generate

    return fma


@word
def _root() -> Number:
    from numba import types
    from numba.extending import intrinsic

    @intrinsic
    def root(typing: object, x: Number) -> Number:
        if x not in (types.float32, types.float64):
            return None

        def generate(
            context: object, builder: Number, signature: object, arguments: Number
        ) -> Number:
            # LLVM's own: numpy's also calls the C library, for numbers below 0.
            function = builder.module.declare_intrinsic("llvm.sqrt", [arguments[0].type])
            return builder.call(function, arguments)

        return x(x), generate

    return root


def _bitcast(source: str, target: str) -> Number:
    def make() -> Number:
        from numba import types
        from numba.extending import intrinsic

        taken, given = getattr(types, source), getattr(types, target)

        @intrinsic
        def cast(typing: object, x: Number) -> Number:
            if x != taken:
                return None

            def generate(
                context: Number, builder: Number, signature: object, arguments: Number
            ) -> Number:
                return builder.bitcast(arguments[0], context.get_value_type(given))

            return given(taken), generate

        return cast

    return word(make)


fma: Number = _fma
"""Fused multiply-add ``a*b + c`` with one rounding; ``a`` must not be a literal.

Triton would make a literal float32.
"""
bits64 = _bitcast("float64", "int64")
"""A float64's bits as int64; ``from_bits64`` is the way back."""
bits32 = _bitcast("float32", "int32")
from_bits64 = _bitcast("int64", "float64")
from_bits32 = _bitcast("int32", "float32")


@inlined
def where(condition: Number, a: Number, b: Number) -> Number:
    """Return ``a`` where the condition holds, else ``b``."""
    return a if condition else b


@inlined
def int32(x: Number) -> Number:
    """Return the low 32 bits of an integer."""
    return np.int32(x)


@inlined
def float32(x: Number) -> Number:
    """Return the nearest float32."""
    return np.float32(x)


@inlined
def float64(x: Number) -> Number:
    """Return the nearest float64."""
    return np.float64(x)


@inlined
def quotient32(a: Number, b: Number) -> Number:
    """Return ``a / b`` in float32, correctly rounded."""
    return a / b


@inlined
def number32(x: Number) -> Number:
    """Return a literal as float32."""
    return np.float32(x)


@inlined
def number64(x: Number) -> Number:
    """Return a literal as float64."""
    return np.float64(x)


@inlined
def no_number32() -> Number:
    """Return what is no number, as float32."""
    return np.float32(np.nan)


@inlined
def no_number64() -> Number:
    """Return what is no number, as float64."""
    return np.float64(np.nan)


@inlined
def root32(x: Number) -> Number:
    """Return the square root of a float32, correctly rounded."""
    return _root(x)


@inlined
def root64(x: Number) -> Number:
    """Return the square root of a float64, correctly rounded."""
    return _root(x)


@inlined
def both(a: Number, b: Number) -> Number:
    """Return whether two comparisons hold."""
    return a & b


@inlined
def either(a: Number, b: Number) -> Number:
    """Return whether one of two comparisons holds."""
    return a | b
