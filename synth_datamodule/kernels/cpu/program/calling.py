"""How the machine and its steps speak: a step is called by address, with the address of its row.

A row is a step's own page: addresses of its memory and of what it takes. So steps are compiled one
by one, when a program first has one of their kind, and kept on disk; a program is data, and no
patch needs a compiler.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core.ccallback import CFunc
from numba.extending import intrinsic

from synth_datamodule.kernels.exact.written import function_of
from synth_datamodule.numerics.caching import cache_of
from synth_datamodule.numerics.compiled import digest_of, inlined, stage
from synth_datamodule.numerics.vectors import WideCompiler

# The columns of a row: addresses, but for CODE and AUX, whole numbers.
STEP, CODE, OUT, STATE, LINES, SCRATCH, RATES, AUX, DATA, INPUTS = range(10)
MOST_INPUTS = 10
WIDTH = INPUTS + MOST_INPUTS

# What follows from the rates alone, as a step finds it at RATES.
(
    SAMPLE_RATE,
    CONTROL_RATE,
    EPS,
    BITS,
    NUM_SAMPLES,
    NUM_FRAMES,
    CYCLES_PER_HZ,
    OFFSET,
    CUTOFF,
    LOWEST,
    HIGHEST,
    QUARTER,
    NYQUIST,
) = range(13)
NUM_RATES = 13

Number = Any
_COMPILER: Any = WideCompiler
carray: Any = getattr(numba, "carray")  # noqa: B009 - which numba does not export by type
_INT = ir.IntType(64)


def _pointer_to(target: Number) -> Number:
    @intrinsic
    def pointer(typing: object, address: Number) -> Number:
        def generate(
            context: Number, builder: Number, signature: Number, arguments: Number
        ) -> Number:
            llvm_type = context.get_value_type(signature.return_type)
            return builder.inttoptr(arguments[0], llvm_type)

        made: Any = types.CPointer
        return made(target)(types.int64), generate

    return pointer


_to_doubles = _pointer_to(types.float64)
_to_singles = _pointer_to(types.float32)
_to_words = _pointer_to(types.int32)
_to_integers = _pointer_to(types.int64)


@intrinsic
def _loaded(typing: object, address: Number) -> Number:
    def generate(context: object, builder: Number, signature: object, arguments: Number) -> Number:
        return builder.load(builder.inttoptr(arguments[0], _INT.as_pointer()))

    return types.int64(types.int64), generate


@intrinsic
def _called(typing: object, step: Number, row: Number, start: Number, count: Number) -> Number:
    def generate(context: Number, builder: Number, signature: object, arguments: Number) -> Number:
        function = ir.FunctionType(ir.VoidType(), [_INT, _INT, _INT])
        builder.call(builder.inttoptr(arguments[0], function.as_pointer()), arguments[1:])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64), generate


_load: Number = _loaded
call: Number = _called
"""Call the step at an address, with its row's address, its first sample and their number."""


@inlined
def cell(row: Number, column: Number) -> Number:
    """Return what stands in a column of a row."""
    return _load(row + 8 * column)


@inlined
def doubles_at(address: Number, count: Number) -> Number:
    """Return the float64 memory at an address."""
    return carray(_to_doubles(address), (count,))


@inlined
def doubles(row: Number, column: Number, count: Number) -> Number:
    """Return the float64 memory that a column tells of."""
    return doubles_at(cell(row, column), count)


@inlined
def singles_at(address: Number, count: Number) -> Number:
    """Return the float32 memory at an address."""
    return carray(_to_singles(address), (count,))


@inlined
def singles(row: Number, column: Number, count: Number) -> Number:
    """Return the float32 memory that a column tells of."""
    return singles_at(cell(row, column), count)


@inlined
def words_at(address: Number, count: Number) -> Number:
    """Return the int32 memory at an address."""
    return carray(_to_words(address), (count,))


@inlined
def words(row: Number, column: Number, count: Number) -> Number:
    """Return the int32 memory that a column tells of."""
    return words_at(cell(row, column), count)


@inlined
def integers_at(address: Number, count: Number) -> Number:
    """Return the int64 memory at an address."""
    return carray(_to_integers(address), (count,))


@inlined
def integers(row: Number, column: Number, count: Number) -> Number:
    """Return the int64 memory that a column tells of."""
    return integers_at(cell(row, column), count)


@inlined
def number(row: Number, k: Number) -> Number:
    """Return input ``k``, a number."""
    return doubles(row, INPUTS + k, 1)[0]


@inlined
def rate(row: Number, which: Number) -> Number:
    """Return a number that follows from the rates."""
    return doubles(row, RATES, NUM_RATES)[which]


@lru_cache
def _digest_of(module: str) -> str:
    return digest_of(module)


class CompiledStep:
    """A step, compiled when its address is first asked for.

    Args:
        function: Function of a row's address, the first sample and the number of samples.
    """

    code = 0
    """By which steps that are compiled as one tell which of them a row calls."""

    def __init__(self, function: Callable[[int, int, int], None]) -> None:
        self._function = function
        self._compiled: Any = None

    @property
    def address(self) -> int:
        """Where the step's machine code lies in this process."""
        if self._compiled is None:
            function = self._function
            function.__qualname__ = f"{function.__qualname__}_{_digest_of(function.__module__)}"
            signature = types.void(types.int64, types.int64, types.int64)
            options = {"nopython": True, "error_model": "numpy"}
            types_of = signature.args, signature.return_type
            compiled: Any = CFunc(function, types_of, {}, options, pipeline_class=_COMPILER)
            compiled._cache = cache_of(function)
            compiled.compile()
            self._compiled = compiled
        return int(self._compiled.address)

    def __reduce__(self) -> tuple[object, ...]:
        return (CompiledStep, (self._function,))


class Member(CompiledStep):
    """A step that is compiled with others as one, called by its code.

    Args:
        whole: Compiled function of all of them that looks at a row's code.
        code: The step's code.
    """

    def __init__(self, whole: CompiledStep, code: int) -> None:
        self.whole, self.code = whole, code

    @property
    def address(self) -> int:
        """Where the machine code of all of them lies in this process."""
        return self.whole.address

    def __reduce__(self) -> tuple[object, ...]:
        return (Member, (self.whole, self.code))


def step(function: Callable[[int, int, int], None]) -> CompiledStep:
    """Make a function a step of the machine."""
    return CompiledStep(function)


def together(name: str, *functions: Callable[[int, int, int], None]) -> dict[str, CompiledStep]:
    """Make functions steps that are compiled, kept and loaded as one; return them by name.

    Args:
        name: Name of all of them together.
        functions: Functions of a row's address, the first sample and the number of samples, all of
            one file.
    """
    source = [f"def {name}(row, start, count):", "    code = cell(row, CODE)"]
    for code, one in enumerate(functions):
        source += [f"    if code == {code}:", f"        {one.__name__}(row, start, count)"]
    words = {"cell": cell, "CODE": CODE, **{one.__name__: stage(one) for one in functions}}
    whole = function_of("\n".join(source), words, functions[0].__code__.co_filename)
    whole.__module__ = functions[0].__module__
    compiled = CompiledStep(whole)
    return {one.__name__: Member(compiled, code) for code, one in enumerate(functions)}
