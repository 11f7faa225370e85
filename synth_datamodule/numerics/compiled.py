"""numba, set up once: no lock, no check for division by zero, compiled once per machine."""

import re
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from numba import config, njit

from synth_datamodule.numerics.caching import cache_of
from synth_datamodule.numerics.vectors import WideCompiler

_P = ParamSpec("_P")
_R = TypeVar("_R")

_IMPORT = re.compile(r"^from (\S+) import (\([^)]*\)|.*)", re.MULTILINE)


def kernel(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile a function that Python calls; threads run it side by side.

    The checks that numba makes before a division keep LLVM from using vector registers: 1.4 ns a
    sample become 8.8. It never contracts or reorders: ``fastmath`` stays off.

    Example:
        >>> @kernel
        ... def twice(x: float) -> float:
        ...     return 2 * x
        >>> twice(1.5)
        3.0
    """
    function.__qualname__ = f"{function.__qualname__}_{digest_of(function.__module__)}"
    if getattr(config, "DISABLE_JIT"):  # noqa: B009 - which numba sets by name
        raise ValueError(
            "NUMBA_DISABLE_JIT must not be set to 1: the kernels are compiled, or they cannot run"
        )
    compiled: Any = njit(nogil=True, error_model="numpy", pipeline_class=WideCompiler)(function)
    compiled._cache = cache_of(function)  # what njit(cache=True) does with numba's own
    kept: Callable[_P, _R] = compiled
    return kept


def stage(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile a function that kernels call once per sound or block."""
    compiled: Callable[_P, _R] = njit(error_model="numpy", pipeline_class=WideCompiler)(function)
    return compiled


def inlined(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile a function into each loop that calls it."""
    compiled: Callable[_P, _R] = njit(forceinline=True, error_model="numpy")(function)
    return compiled


def digest_of(module: str) -> str:
    """Return a digest of a module's file and of all those of its package that it is made from.

    numba keeps compiled code on disk, and sees only that the kernel's own file changed. Its bits
    depend on the functions and constants of others too, so it is cached under a name with this.

    Args:
        module: Name of a module whose imports are done.
    """
    package, names = module.partition(".")[0], [module, __name__]
    texts: dict[str, str] = {}
    while names:
        name = names.pop()
        file = getattr(sys.modules.get(name), "__file__", None)
        if name in texts or file is None:
            continue
        texts[name] = Path(file).read_text(encoding="utf-8")
        for source, taken in _IMPORT.findall(texts[name]):
            if source.partition(".")[0] == package:
                # What is taken may be a module itself.
                names += [source, *(f"{source}.{part}" for part in re.findall(r"\w+", taken))]
    return sha256("".join(texts[name] for name in sorted(texts)).encode()).hexdigest()[:16]
