"""numba, set up once: no lock, no check for division by zero, compiled once per machine.

numba keeps compiled code on disk and sees by date and size that the kernel's own file changed, but
not that another file did, from which the kernel takes a function or a constant. So a kernel is
cached under a name with a digest of all it is made of: its own bytecode, and, followed through what
it calls, the bytecode of every function and intrinsic and the value of every constant, wherever
they were written.
"""

import enum
import types
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numba import njit

_P = ParamSpec("_P")
_R = TypeVar("_R")

# What is from here is not followed: numba's cache knows its own version, and with it llvmlite's.
_OTHERS = {"builtins", "llvmlite", "math", "numba", "numpy", "typing"}
_KERNEL: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


def kernel(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile a function that Python calls; threads run it side by side.

    The checks that numba makes before a division keep LLVM from using vector registers: 1.4 ns a
    sample become 8.8. It never contracts or reorders: ``fastmath`` stays off.

    A kernel stands below all that it calls: its digest is made of what is defined by then.

    Raises:
        TypeError: If it takes something from outside whose changes could not be seen.

    Example:
        >>> @kernel
        ... def twice(x: float) -> float:
        ...     return 2 * x
        >>> twice(1.5)
        3.0
    """
    function.__qualname__ = f"{function.__qualname__}_{digest(function, *_KERNEL.items())}"
    compiled: Callable[_P, _R]
    try:
        compiled = njit(cache=True, **_KERNEL)(function)
    except RuntimeError:
        # No folder to cache in, as in a container without a home: once per process, then.
        compiled = njit(**_KERNEL)(function)
    return compiled


def stage(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile a function that kernels call once per sound or block."""
    compiled: Callable[_P, _R] = njit(error_model="numpy")(function)
    return compiled


def inlined(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile a function into each loop that calls it."""
    compiled: Callable[_P, _R] = njit(forceinline=True, error_model="numpy")(function)
    return compiled


def digest(*values: object) -> str:
    """Return 16 hexadecimal digits that change with anything that a function is compiled from.

    Args:
        values: A function, before or after numba took it, and plain values that matter to it.

    Raises:
        TypeError: If a value that it uses is of a kind whose changes could not be seen.

    Example:
        >>> factor = 2
        >>> def times(x: float) -> float:
        ...     return factor * x
        >>> before, factor = digest(times), 3
        >>> digest(times) == before
        False
    """
    found = sha256()
    for part in _parts(values, set()):
        found.update(repr(part).encode())
    return found.hexdigest()[:16]


def _parts(value: object, seen: set[int]) -> Iterator[object]:
    """Yield what tells a value from any other: plain values, the same in every process."""
    yield type(value).__qualname__
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | enum.Enum):
        yield value
    elif isinstance(value, np.generic | np.ndarray):
        yield value.dtype.str, value.shape, value.tobytes()
    elif isinstance(value, tuple):
        for part in value:
            yield from _parts(part, seen)
    elif isinstance(value, frozenset):
        yield sorted(map(repr, value))
    elif isinstance(value, types.CodeType):
        yield value.co_code, value.co_names, value.co_varnames
        for part in value.co_consts:
            yield from _parts(part, seen)
    elif (root := _home(value).partition(".")[0]) in _OTHERS and not _ours(value):
        if root == "builtins" and not hasattr(value, "__qualname__"):
            raise TypeError(f"a kernel cannot depend on {value!r}: its changes would not be seen")
        yield _home(value), str(getattr(value, "__qualname__", value))
        yield getattr(value, "__version__", root)
    elif id(value) not in seen:
        seen.add(id(value))
        yield from _function_parts(value, seen)


def _ours(value: object) -> bool:
    """Return whether a value is a function of ours that numba has wrapped."""
    return hasattr(value, "py_func") or hasattr(value, "_defn")


def _home(value: object) -> str:
    """Return the name of the module that a value, its type if need be, is from."""
    if isinstance(value, types.ModuleType):
        return value.__name__
    return str(getattr(value, "__module__", None) or type(value).__module__)


def _function_parts(value: object, seen: set[int]) -> Iterator[object]:
    # A dispatcher of numba's holds a Python function and options, an intrinsic a function alone.
    yield sorted(getattr(value, "targetoptions", {}).items())
    function = getattr(value, "py_func", None) or getattr(value, "_defn", None) or value
    if not isinstance(function, types.FunctionType):
        raise TypeError(f"a kernel cannot depend on {value!r}: its changes would not be seen")
    yield from _parts(function.__code__, seen)
    yield from _parts(function.__defaults__, seen)
    for cell in function.__closure__ or ():
        yield from _parts(cell.cell_contents, seen)
    for code in _codes(function.__code__):
        yield from _outside(code, function, seen)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield a function's code and that of the functions written inside it."""
    yield code
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            yield from _codes(part)


def _outside(
    code: types.CodeType, function: types.FunctionType, seen: set[int]
) -> Iterator[object]:
    """Yield the parts of every global that a code may read, of a module those that it may take."""
    known = function.__globals__
    # Names of attributes are among them: where one is a global's too, it counts for nothing wrong.
    for name in code.co_names:
        if name not in known:
            continue
        value = known[name]
        if isinstance(value, types.ModuleType):
            yield name
            for attribute in sorted(set(code.co_names) & vars(value).keys()):
                yield from _parts(vars(value)[attribute], seen)
        else:
            yield from _parts(value, seen)
