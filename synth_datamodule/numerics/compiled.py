"""numba, set up once: no lock, no check for division by zero, nothing compiled before it is called.

Importing a decorated function imports no numba, which takes longer to start than a batch to render.
"""

import functools
import re
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from synth_datamodule.numerics.forking import ForkedLock
from synth_datamodule.numerics.vectors import wide_compiler

_P = ParamSpec("_P")
_R = TypeVar("_R")

# numba's registry of passes, which the first function adds to, takes one thread at a time.
_MAKING = ForkedLock()
_IMPORT = re.compile(r"^from (\S+) import (\([^)]*\)|.*)", re.MULTILINE)


class Compiled:
    """A function that numba compiles when it is called, or into what calls it.

    Args:
        function: Function to compile.
        options: Options of numba's.
        wide: Whether its loops use the widest vectors that do not slow the machine down.
        cached: Whether compiled code is kept on disk.
    """

    def __init__(
        self,
        function: Callable[..., object],
        options: dict[str, object],
        *,
        wide: bool = False,
        cached: bool = False,
    ) -> None:
        functools.update_wrapper(self, function)
        self.py_func = function
        self._options = {"error_model": "numpy", **options}
        self._wide, self._cached = wide, cached
        self._called: Any = None
        self._inner: Any = None

    @property
    def dispatcher(self) -> Any:  # noqa: ANN401
        """Return numba's own function, as Python calls it."""
        if self._called is None:
            with _MAKING.held():
                self._make()
        return self._called

    def _make(self) -> None:
        if self._called is None:
            from numba import njit

            check_jit()
            compiler: Any = njit
            pipeline = _pipeline(self._wide, alone=self._cached)
            made = compiler(**self._options, **pipeline)(self.py_func)
            if self._cached:
                from synth_datamodule.numerics.caching import cache_of

                made._cache = cache_of(self.py_func)  # what njit(cache=True) does with numba's own
            self._called = made

    @property
    def _numba_type_(self) -> Any:  # noqa: ANN401
        """What numba asks a function for that another one calls."""
        if self._inner is None:
            from numba import njit

            # Without what Python would call it by: half the time that compiling takes.
            compiler: Any = njit
            bare = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
            with _MAKING.held():
                given = {**self._options, **bare, **_pipeline(self._wide)}
            self._inner = compiler(**given)(self.py_func)
        return self._inner._numba_type_

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401
        """Call the function, compiled."""
        return self.dispatcher(*arguments)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.dispatcher, name)

    def __deepcopy__(self, memo: object) -> "Compiled":
        return self

    def __reduce__(self) -> Any:  # noqa: ANN401
        return self.dispatcher.__reduce__()


def _pipeline(wide: bool, *, alone: bool = False) -> dict[str, Any]:
    return {"pipeline_class": wide_compiler(alone=alone)} if wide else {}


class Word:
    """What compiled functions know under a name, made of numba when it is first compiled.

    Args:
        make: Function that returns it.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self.__name__, self.__module__, self.__doc__ = make.__name__, make.__module__, make.__doc__
        self._defn = make
        self._type: Any = None

    @property
    def _numba_type_(self) -> Any:  # noqa: ANN401
        """What numba asks it for where a function calls it."""
        if self._type is None:
            from numba.core.registry import cpu_target

            made, context = self._defn(), cpu_target.typing_context
            context.refresh()  # for what was made just now
            self._made, self._type = made, context.resolve_value_type(made)
        return self._type

    def __deepcopy__(self, memo: object) -> "Word":
        return self


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
    kept: Any = Compiled(function, {"nogil": True}, wide=True, cached=True)
    return cast("Callable[_P, _R]", kept)


def stage(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile a function that kernels call once per sound or block."""
    compiled: Any = Compiled(function, {}, wide=True)
    return cast("Callable[_P, _R]", compiled)


def summing(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile a stage whose sums may be added up in any order, several at a time.

    The order is fixed where it is compiled, and other on another processor: for gradients, whose
    bits are no promise. It calls nothing that adds or multiplies: numba would compile that with the
    same freedom, for all who call it.
    """
    compiled: Any = Compiled(function, {"fastmath": {"reassoc", "nsz"}}, wide=True)
    return cast("Callable[_P, _R]", compiled)


def inlined(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile a function into each loop that calls it."""
    compiled: Any = Compiled(function, {"forceinline": True})
    return cast("Callable[_P, _R]", compiled)


def word(make: Callable[[], Any]) -> Any:  # noqa: ANN401
    """Make a function, which returns what numba knows, a word of compiled functions.

    Args:
        make: Function that returns it, when it is first compiled.
    """
    return Word(make)


def check_jit() -> None:
    """Raise where numba may not compile.

    Raises:
        ValueError: If numba is told so by a variable of the environment.
    """
    from numba import config

    if getattr(config, "DISABLE_JIT"):  # noqa: B009 - which numba sets by name
        raise ValueError(
            "NUMBA_DISABLE_JIT must not be set to 1: the kernels are compiled, or they cannot run"
        )


def digest_of(module: str) -> str:
    """Return a digest of a module's file and of all those of its package that it is made from.

    numba keeps compiled code on disk, and sees only that the kernel's own file changed. Its bits
    depend on the functions and constants of others too, so it is cached under a name with this.

    Args:
        module: Name of a module whose imports are done.
    """
    package, names = module.partition(".")[0], [module, __name__]
    digests: dict[str, str] = {}
    while names:
        name = names.pop()
        file = getattr(sys.modules.get(name), "__file__", None)
        if name in digests or file is None:
            continue
        status = Path(file).stat()
        digests[name], imports = _read(file, status.st_mtime_ns, status.st_size)
        for source, taken in imports:
            if source.partition(".")[0] == package:
                # What is taken may be a module itself.
                names += [source, *(f"{source}.{part}" for part in taken)]
    return sha256("".join(digests[name] for name in sorted(digests)).encode()).hexdigest()[:16]


@functools.lru_cache(maxsize=1024)
def _read(
    file: str, changed: int, size: int
) -> tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Return the digest of a file as it is now, and what it imports from where."""
    text = Path(file).read_text(encoding="utf-8")
    imports = tuple(
        (source, tuple(re.findall(r"\w+", taken))) for source, taken in _IMPORT.findall(text)
    )
    return sha256(text.encode()).hexdigest(), imports
