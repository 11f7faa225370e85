"""Object code on disk: read only as it was written; what is damaged is said once and replaced."""

import contextlib
import functools
import importlib.metadata
import os
import secrets
import sys
import warnings
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from synth_datamodule.numerics.folders import user_cache

SAID: set[str] = set()
"""Folders of which it was said that they cannot be used."""
# Of numba's variables, those that change no code.
_OF_NO_CODE = ("CACHE_DIR", "CUDA", "DISABLE_CUDA", "NUM_THREADS", "THREADING", "WARNINGS")


def kept(source: Path, name: str, identity: str, make: Callable[[], bytes]) -> bytes:
    """Return the object code of a function: kept on disk, or made and then kept.

    A file holds the SHA-256 of its identity and its code, then the code: one changed bit would be
    another sound, or a crash.

    Args:
        source: File that the function is written in.
        name: Name that files of the function begin with.
        identity: Text that tells all that the code depends on.
        make: Function that compiles it.
    """
    identity = f"{identity}\n{_compiler()}"
    file = f"{name}.{sha256(identity.encode()).hexdigest()[:32]}.o"
    folders = [*_folders(source)] if source.exists() else []  # typed at a prompt, it has no file
    for folder in folders:
        code = _read(folder / file, identity)
        if code is not None:
            return code
    code = make()
    if folders:
        _write(folders, file, _sealed(identity, code))
    return code


def _sealed(identity: str, code: bytes) -> bytes:
    return sha256(identity.encode() + code).digest() + code


def _read(path: Path, identity: str) -> bytes | None:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if works(path.read_bytes):
            raise  # of a signal's handler, such as a time limit's: the file is whole
        say_once(path.parent, f"{type(error).__name__}: {error}")
        return None
    code = content[sha256().digest_size :]
    if content != _sealed(identity, code):
        say_once(path.parent, "compiled code was changed since it was written")
        return None
    return code


def _write(folders: list[Path], file: str, content: bytes) -> None:
    """Write a file in the first folder that takes it."""
    reasons = []
    for folder in folders:
        write = functools.partial(_write_whole, folder, file, content)
        try:
            write()
        except OSError as error:
            if works(write):
                raise
            reasons.append(f"{type(error).__name__}: {error}")
        else:
            return
    say_once(folders[0], reasons[0])


def _write_whole(folder: Path, file: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f"{file}.{secrets.token_hex(8)}.new"
    try:
        beside.write_bytes(content)
        beside.replace(folder / file)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def _folders(source: Path) -> Iterator[Path]:
    """Where code is looked for, and written where that can be: as with numba's own."""
    inside = f"{source.parent.name}_{sha256(str(source.parent).encode()).hexdigest()[:32]}"
    if given := os.environ.get("NUMBA_CACHE_DIR"):
        folder = Path(given) / inside
        yield folder
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return
    yield source.parent / "__pycache__"
    if (users := user_cache()) is not None:
        yield users / inside


@functools.cache
def _compiler() -> str:
    """What compiles here, and for which processor."""
    import llvmlite.binding as llvm

    versions = [importlib.metadata.version(one) for one in ("numba", "llvmlite")]
    python = (sys.implementation.name, *sys.version_info[:2])
    features = llvm.get_host_cpu_features().flatten()
    told = sorted(
        (name, value)
        for name, value in os.environ.items()
        if name.startswith("NUMBA_") and not name[len("NUMBA_") :].startswith(_OF_NO_CODE)
    )
    return repr(
        (python, versions, llvm.get_process_triple(), llvm.get_host_cpu_name(), features, told)
    )


def works(again: Callable[[], object]) -> bool:
    """Return whether what has failed works, tried again.

    Args:
        again: Function that has failed.
    """
    try:
        again()
    except Exception:
        return False
    return True


def say_once(folder: Path | str, reason: str, said: set[str] = SAID) -> None:
    """Warn that a folder cannot be used, once.

    Args:
        folder: Folder of compiled code.
        reason: Why it cannot be used.
        said: Folders of which it was said.
    """
    if str(folder) not in said:
        said.add(str(folder))
        text = (
            f"kernels are compiled anew, for their cache cannot be used ({folder}): {reason:.200}"
        )
        warnings.warn(text, RuntimeWarning, stacklevel=2)
