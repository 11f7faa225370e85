"""Whose turn it is: threads take sounds one by one, in machine code, without Python's lock."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

Number = Any


@intrinsic
def _added(typing: object, address: Number, number: Number) -> Number:
    def generate(context: object, builder: Number, signature: object, arguments: Number) -> Number:
        pointer = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
        return builder.atomic_rmw("add", pointer, arguments[1], "monotonic")

    return types.int64(types.int64, types.int64), generate


taken: Number = _added
"""Return the int64 at an address and add a number there, at one go whatever other threads do."""
