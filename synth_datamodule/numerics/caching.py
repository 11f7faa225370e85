"""Compiled kernels on disk: what is damaged, or has no room, is compiled anew, and said once."""

import contextlib
import pickle
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba.core.caching import CompileResultCacheImpl, FunctionCache, NullCache
from numba.core.serialize import dumps

from synth_datamodule.numerics.objects import SAID, say_once
from synth_datamodule.numerics.objects import works as _works

_SAID = SAID


class _Checked(CompileResultCacheImpl):
    """Machine code beside its SHA-256: one changed bit of it would be another sound, or a crash."""

    def reduce(self, cres: Any) -> tuple[str, bytes]:  # noqa: ANN401
        code = dumps(super().reduce(cres))
        return sha256(code).hexdigest(), code

    def rebuild(self, target_context: Any, payload: tuple[str, bytes]) -> Any:  # noqa: ANN401
        digest, code = payload
        if sha256(code).hexdigest() != digest:
            raise ValueError("compiled code was changed since it was written")
        return super().rebuild(target_context, pickle.loads(code))


class KernelCache(FunctionCache):
    """numba's cache of one kernel, without which a kernel is compiled all the same."""

    _impl_class = _Checked

    def load_overload(self, sig: Any, target_context: Any) -> Any:  # noqa: ANN401
        """Return the compiled kernel of a signature; None where none is kept whole."""
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:  # whatever bytes make of pickle
            if _works(lambda: super(KernelCache, self).load_overload(sig, target_context)):
                raise  # of a signal's handler, such as a time limit's: the files are whole
            _say_once(self.cache_path, f"{type(error).__name__}: {error}")
            self._remove()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:  # noqa: ANN401
        """Keep a compiled kernel, where that can be done."""
        try:
            super().save_overload(sig, data)
        except Exception as error:  # a full disk, or an index damaged since it was read
            if _works(lambda: super(KernelCache, self).save_overload(sig, data)):
                raise
            _say_once(self.cache_path, f"{type(error).__name__}: {error}")
            self._remove()

    def _remove(self) -> None:
        # The index first, and all code: a file left under a number would be taken for another's.
        base = self._impl.filename_base
        for path in (f"{base}.nbi", *(f"{base}.{number}.nbc" for number in range(1, 100))):
            with contextlib.suppress(OSError):
                (Path(self.cache_path) / path).unlink()


class _NoCache(NullCache):
    def save_overload(self, sig: Any, cres: Any) -> None:  # noqa: ANN401
        _say_once("__pycache__ and NUMBA_CACHE_DIR", "no folder can be written")


def cache_of(function: Callable[..., object]) -> Any:  # noqa: ANN401
    """Return the cache of a kernel; one that keeps nothing where there is no folder for it."""
    try:
        return KernelCache(function)
    except (OSError, RuntimeError):  # as in a container without a home
        # One that is typed at a prompt has no file, and never had a cache.
        return _NoCache() if Path(function.__code__.co_filename).exists() else NullCache()


def _say_once(folder: str, reason: str) -> None:
    say_once(folder, reason, _SAID)
