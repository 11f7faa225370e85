"""Whose turn it is: threads take sounds one by one, in machine code, without Python's lock."""

from typing import Any

from synth_datamodule.numerics.compiled import word

Number = Any


@word
def taken() -> Number:
    """Return the int64 at an address and add a number there, whatever other threads do."""
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic

    @intrinsic
    def added(typing: object, address: Number, number: Number) -> Number:
        def generate(
            context: object, builder: Number, signature: object, arguments: Number
        ) -> Number:
            pointer = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
            return builder.atomic_rmw("add", pointer, arguments[1], "monotonic")

        return types.int64(types.int64, types.int64), generate

    return added
