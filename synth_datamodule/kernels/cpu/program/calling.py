"""How the machine and its steps speak: a step is called by address, with the address of its row.

A row is a step's own page: addresses of its memory and of what it takes. So steps are compiled one
by one, when a program first has one of their kind, and kept on disk; a program is data, and no
patch needs a compiler.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from synth_datamodule.kernels.exact.written import function_of
from synth_datamodule.numerics.addresses import (
    carray,
    to_doubles,
    to_integers,
    to_singles,
    to_words,
)
from synth_datamodule.numerics.compiled import digest_of, inlined, stage, word
from synth_datamodule.numerics.native import address_of

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


@word
def _loaded() -> Number:
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic

    @intrinsic
    def loaded(typing: object, address: Number) -> Number:
        def generate(
            context: object, builder: Number, signature: object, arguments: Number
        ) -> Number:
            return builder.load(builder.inttoptr(arguments[0], ir.IntType(64).as_pointer()))

        return types.int64(types.int64), generate

    return loaded


@word
def _called() -> Number:
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.extending import intrinsic

    @intrinsic
    def called(typing: object, step: Number, row: Number, start: Number, count: Number) -> Number:
        def generate(
            context: Number, builder: Number, signature: object, arguments: Number
        ) -> Number:
            integer, anything = ir.IntType(64), ir.IntType(8).as_pointer()
            room: Any = cgutils.alloca_once
            unused = [room(builder, anything) for _ in range(2)]
            kinds = [anything.as_pointer()] * 2 + [integer] * 3
            function = ir.FunctionType(ir.IntType(32), kinds).as_pointer()
            builder.call(builder.inttoptr(arguments[0], function), [*unused, *arguments[1:]])
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, types.int64, types.int64), generate

    return called


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
    return carray(to_doubles(address), (count,))


@inlined
def doubles(row: Number, column: Number, count: Number) -> Number:
    """Return the float64 memory that a column tells of."""
    return doubles_at(cell(row, column), count)


@inlined
def singles_at(address: Number, count: Number) -> Number:
    """Return the float32 memory at an address."""
    return carray(to_singles(address), (count,))


@inlined
def singles(row: Number, column: Number, count: Number) -> Number:
    """Return the float32 memory that a column tells of."""
    return singles_at(cell(row, column), count)


@inlined
def words_at(address: Number, count: Number) -> Number:
    """Return the int32 memory at an address."""
    return carray(to_words(address), (count,))


@inlined
def words(row: Number, column: Number, count: Number) -> Number:
    """Return the int32 memory that a column tells of."""
    return words_at(cell(row, column), count)


@inlined
def integers_at(address: Number, count: Number) -> Number:
    """Return the int64 memory at an address."""
    return carray(to_integers(address), (count,))


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

    @property
    def address(self) -> int:
        """Where the step's machine code lies in this process."""
        function = self._function
        return address_of(function, ["int64"] * 3, _digest_of(function.__module__))

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
