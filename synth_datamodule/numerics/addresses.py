"""Memory by its address, in compiled functions."""

from typing import Any

from synth_datamodule.numerics.compiled import word

Number = Any


@word
def carray() -> Number:
    """Return numba's array over memory: ``carray(pointer, shape)``."""
    import numba

    return getattr(numba, "carray")  # noqa: B009 - which numba does not export by type


def pointer_to(name: str) -> Number:
    """Return the function that makes an address a pointer, in compiled functions.

    Args:
        name: numba's name of what lies there.
    """

    def make() -> Number:
        from numba import types
        from numba.extending import intrinsic

        made: Any = types.CPointer
        kind = made(getattr(types, name))

        @intrinsic
        def pointer(typing: object, address: Number) -> Number:
            def generate(
                context: Number, builder: Number, signature: object, arguments: Number
            ) -> Number:
                return builder.inttoptr(arguments[0], context.get_value_type(kind))

            return kind(types.int64), generate

        return pointer

    return word(make)


to_doubles = pointer_to("float64")
to_singles = pointer_to("float32")
to_integers = pointer_to("int64")
to_words = pointer_to("int32")
to_unsigned = pointer_to("uint32")
