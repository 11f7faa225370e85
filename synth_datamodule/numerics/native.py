"""Functions as machine code in this process, for which numba starts only where they are compiled.

numba's own cache has machine code too, but reads it with all of numba: 0.6 s of a new process.
"""

import ctypes
import functools
import os
import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, ParamSpec, cast

import numpy as np

from synth_datamodule.numerics.addresses import (
    carray,
    to_doubles,
    to_integers,
    to_singles,
    to_unsigned,
    to_words,
)
from synth_datamodule.numerics.compiled import check_jit, digest_of, stage
from synth_datamodule.numerics.forking import ForkedLock
from synth_datamodule.numerics.objects import kept
from synth_datamodule.numerics.vectors import wide_compiler

_P = ParamSpec("_P")
_POINTERS = {
    np.dtype(np.float64): ("to_doubles", to_doubles),
    np.dtype(np.float32): ("to_singles", to_singles),
    np.dtype(np.int64): ("to_integers", to_integers),
    np.dtype(np.int32): ("to_words", to_words),
    np.dtype(np.uint32): ("to_unsigned", to_unsigned),
}
_NUMBERS = {"int64": ctypes.c_int64, "float64": ctypes.c_double}
# What any machine's C library has; nothing of Python's, and no memory.
_OUTSIDE = {"memcpy", "memmove", "memset"}
# What numba calls for memory that nobody holds any more; there is none that it knows of.
_FREED = re.compile(r"^declare (void @NRT_MemInfo_call_dtor\([^)]*\)).*$", re.MULTILINE)
_RETURNED = (0, -2)
_LOCK = ForkedLock()
_ADDRESSES: dict[str, int] = {}


def address_of(
    function: Callable[..., None], arguments: Sequence[str], digest: str, told: str = ""
) -> int:
    """Return where a function's machine code lies in this process.

    It is called as numba calls it: ``int32 f(void **, void **, arguments...)``, with room for two
    addresses; it returns 0, or -2 for None.

    Args:
        function: Function to compile, which returns nothing.
        arguments: ``"int64"`` or ``"float64"`` for each argument.
        digest: Digest of all that it is made of.
        told: Text that tells apart functions of one name and digest.
    """
    name = f"{function.__name__}_{digest}"
    identity = repr((function.__module__, function.__qualname__, digest, told, *arguments))
    with _LOCK.held():
        if identity not in _ADDRESSES:
            symbol = f"synth_{sha256(identity.encode()).hexdigest()}"
            source = Path(function.__code__.co_filename)
            code = kept(source, name, identity, lambda: _compiled(function, arguments, symbol))
            _ADDRESSES[identity] = _loaded(code, symbol)
        return _ADDRESSES[identity]


def _compiled(function: Callable[..., None], arguments: Sequence[str], symbol: str) -> bytes:
    """Compile a function, with all that it calls and nothing else."""
    import llvmlite.binding as llvm
    from numba import types
    from numba.core import compiler
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.registry import cpu_target

    check_jit()
    numba: Any = compiler
    flags = numba.Flags()
    flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
    flags.nrt, flags.error_model = True, "numpy"
    given = tuple(getattr(types, one) for one in arguments)
    with global_compiler_lock:
        typing, target = cpu_target.typing_context, cpu_target.target_context
        typing.refresh()
        target.refresh()
        told: Any = typing, target, function, given, types.void, flags, {}, None, wide_compiler()
        found = numba.compile_extra(*told)
        found.library.finalize()
        module = llvm.parse_assembly(
            _FREED.sub(r"define \1 { ret void }", found.library.get_llvm_str())
        )
        for one in (*module.functions, *module.global_variables):
            if not one.is_declaration:
                one.linkage = "internal"
        whole = module.get_function(found.fndesc.llvm_func_name)
        whole.linkage, whole.name = "external", symbol
        machine = target.codegen()._tm
        passes = llvm.create_new_module_pass_manager()
        passes.add_global_dead_code_eliminate_pass()
        passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options()))
        outside = {one.name for one in module.functions if one.is_declaration}
        missing = {one for one in outside - _OUTSIDE if not one.startswith("llvm.")}
        if missing:
            raise TypeError(
                f"{function.__name__}() must take its memory from its arguments and not raise, "
                f"but needs {', '.join(sorted(missing))}"
            )
        return bytes(machine.emit_object(module))


@functools.cache
def _engine(process: int) -> Any:  # noqa: ANN401
    """What loads object code, and whose memory it lies in.

    A forked child has one of its own: at the fork another thread may have been using its parent's.
    """
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine()
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)


def _loaded(code: bytes, symbol: str) -> int:
    import llvmlite.binding as llvm

    engine = _engine(os.getpid())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return int(engine.get_function_address(symbol))


class Entry:
    """A function of memory and numbers that Python calls; threads run it side by side.

    Args:
        function: Function of arrays that lie whole, integers and floats; returns nothing and takes
            no memory.
    """

    def __init__(self, function: Callable[..., None]) -> None:
        function.__qualname__ = f"{function.__qualname__}_{digest_of(function.__module__)}"
        functools.update_wrapper(self, function)
        self.py_func = function
        self._calls: dict[tuple[object, ...], Any] = {}

    def __call__(self, *arguments: Any) -> None:  # noqa: ANN401
        """Run the function, without Python's lock."""
        kinds = tuple(
            (one.dtype, one.ndim) if isinstance(one, np.ndarray) else type(one) for one in arguments
        )
        if kinds not in self._calls:
            self._calls[kinds] = self._call(arguments)
        flat: list[Any] = []
        for one in arguments:
            if isinstance(one, np.ndarray):
                if not one.flags.c_contiguous:
                    raise ValueError(f"{self.py_func.__name__}() takes arrays that lie whole")
                flat += one.ctypes.data, *one.shape
            else:
                flat.append(one)
        unused = ctypes.c_void_p()
        status = self._calls[kinds](ctypes.byref(unused), ctypes.byref(unused), *flat)
        if status not in _RETURNED:
            raise RuntimeError(f"{self.py_func.__name__}() raised an exception in compiled code")

    def __reduce__(self) -> str:
        return self.py_func.__name__

    def _call(self, arguments: Sequence[Any]) -> Any:  # noqa: ANN401
        """Return what calls the function's code for arguments like these."""
        names, given, taken = [], [], []
        words: dict[str, object] = {"carray": carray, "whole": stage(self.py_func)}
        for k, one in enumerate(arguments):
            if isinstance(one, np.ndarray):
                pointer, words[pointer] = _POINTERS[one.dtype]
                sizes = [f"n{k}_{axis}" for axis in range(one.ndim)]
                names += [f"v{k}", *sizes]
                given += ["int64"] * (1 + one.ndim)
                taken.append(f"carray({pointer}(v{k}), ({', '.join(sizes)},))")
            else:
                names.append(f"v{k}")
                given.append("float64" if isinstance(one, float) else "int64")
                taken.append(f"v{k}")
        name = self.py_func.__name__
        source = f"def {name}({', '.join(names)}):\n    whole({', '.join(taken)})"
        exec(compile(source, self.py_func.__code__.co_filename, "exec"), words)
        function: Any = words[name]
        function.__module__ = self.py_func.__module__
        digest = self.py_func.__qualname__.rpartition("_")[2]
        address = address_of(function, given, digest, source)
        room: Any = ctypes.POINTER(ctypes.c_void_p)
        types: list[Any] = [room, room, *(_NUMBERS[one] for one in given)]
        return ctypes.CFUNCTYPE(ctypes.c_int32, *types)(address)


def entry(function: Callable[_P, None]) -> Callable[_P, None]:
    """Compile a function of memory and numbers that Python calls, and start no numba to call it.

    Example:
        >>> @entry
        ... def double(values: np.ndarray) -> None:
        ...     for place in range(values.shape[0]):
        ...         values[place] *= 2
        >>> numbers = np.ones(3)
        >>> double(numbers)
        >>> numbers
        array([2., 2., 2.])
    """
    compiled: Any = Entry(function)
    return cast("Callable[_P, None]", compiled)
