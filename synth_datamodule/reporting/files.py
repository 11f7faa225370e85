"""Files, written beside and then renamed: half a file never stands under its name."""

import contextlib
import errno
import filecmp
import json
import os
import secrets
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

AnyPath = str | os.PathLike[str]

NO_ARRAY = (EOFError, ValueError, zipfile.BadZipFile, zlib.error)
"""What numpy raises of a file that is no array, or not whole."""

MOST_BYTES = 2**25  # of a file that is read whole: what of JSON fits into memory many times over


class FromFile(str):
    """A name that a file holds, which nobody typed: nothing is imported or opened by it."""

    __slots__ = ()


def write_bytes(path: AnyPath, content: bytes, *, overwrite: bool = False) -> Path:
    """Write a file whole, or leave everything as it was; return its path.

    It is written under another name in the same folder, flushed to the disk, then renamed. Where
    the file holds these bytes already, nothing is written. Its folder is made, a symbolic link is
    followed, and an OSError names the file and the reason.
    """
    with naming(path):
        target = _target(path)
        same_size = target.exists() and target.stat().st_size == len(content)
        same = same_size and target.read_bytes() == content
    if not same:
        with new_file(path, overwrite=overwrite) as write:
            write(content)
    return Path(path)


@contextlib.contextmanager
def new_file(path: AnyPath, *, overwrite: bool = False) -> Iterator[Callable[[bytes], object]]:
    """Open a file that gets its name when the block ends; yield a function that adds bytes."""
    with naming(path):
        target = _target(path)
        if not target.parent.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
    # Not made from the file's name, which may be as long as names can be.
    beside = target.with_name(f".synth-datamodule-{secrets.token_hex(8)}.tmp")
    try:
        with naming(path):
            file = beside.open("xb")
        try:
            yield naming(path)(file.write)
            with naming(path):
                file.flush()
                os.fsync(file.fileno())
                file.close()
                stands = _settle(beside, target, overwrite)
        finally:
            # Closing flushes once more: on a full disk that fails again.
            with contextlib.suppress(OSError):
                file.close()
    finally:
        try:
            _remove(beside)
        except BaseException:  # a signal's, at the last moment
            _remove(beside)
            raise
    if not stands:
        raise _in_the_way(path)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def is_file(path: AnyPath) -> bool:
    """Return whether a path leads to a file, or a pipe; one that is too long does not."""
    try:
        return Path(path).exists() and not Path(path).is_dir()
    except (OSError, ValueError):
        return False


def read_text(path: AnyPath, name: str) -> str:
    """Return what a file of at most 32 MiB holds; an error about that begins with ``name``.

    A pipe will do; one that nobody writes to is empty. A device will not, for it may never end.
    """

    def without_waiting(path: str, flags: int) -> int:
        return os.open(path, flags | os.O_NONBLOCK)

    with open(path, "rb", opener=without_waiting) as file:
        mode = os.fstat(file.fileno()).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise ValueError(f"{name} must be a file, it is a device")
        os.set_blocking(file.fileno(), True)
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"{name} must be a file of at most {MOST_BYTES} bytes, it is larger")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not UTF-8 text: {error}") from error


def json_of(text: str, name: str) -> Any:  # noqa: ANN401  # whatever it holds
    """Return the value of a JSON text, in which no key is twice; an error begins with ``name``."""
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise ValueError(f"{name} is not JSON: {error}") from error
    except (RecursionError, ValueError) as error:
        raise ValueError(f"{name} is not JSON: {error}"[:300]) from error


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    entries: dict[str, object] = {}
    for key, value in pairs:
        if key in entries:
            raise ValueError(f"these names occur twice: {key[:100]}")
        entries[key] = value
    return entries


def check_outputs(
    *paths: AnyPath, overwrite: bool = False, same_bytes_are_fine: bool = False
) -> None:
    """Check before any work that files can be written and are different ones; nothing is left.

    Where a command writes the same bytes again, they may exist: other bytes are then an error
    of the writing.
    """
    seen: dict[Path, AnyPath] = {}
    for path in paths:
        with naming(path):
            target = _target(path)
            folder = next(parent for parent in target.parents if parent.exists())
            for name in target.relative_to(folder).parts:
                # Says of a name whether it may be one; too long ones may not.
                with contextlib.suppress(FileNotFoundError):
                    (folder / name).lstat()
            tempfile.TemporaryFile(dir=folder).close()
        if target in seen:
            raise ValueError(f"{path} and {seen[target]} must be two files, they are the same")
        seen[target] = path
        if target.exists() and not (overwrite or same_bytes_are_fine):
            raise _in_the_way(path)


@contextlib.contextmanager
def naming(path: AnyPath) -> Iterator[None]:
    """Let an OSError of the block say which file could not be written, and why."""
    try:
        yield
    except OSError as error:
        text = f"{os.fspath(path)} cannot be written: {error.strerror}"
        raise OSError(error.errno, text) from error


def _target(path: AnyPath) -> Path:
    """Return the file that a path leads to, which is a regular one or not there yet."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if os.path.lexists(target) and not stat.S_ISREG(target.stat().st_mode):
        raise OSError(errno.EINVAL, "It is no regular file")
    return target


def _settle(beside: Path, target: Path, overwrite: bool) -> bool:
    """Give a written file its name; return whether its bytes stand under that name now."""
    if not overwrite:
        try:
            os.link(beside, target)  # which, unlike a renaming, never replaces a file
            return True
        except FileExistsError:
            return filecmp.cmp(beside, target, shallow=False)
        except OSError:  # a file system without hard links
            pass
    if target.exists():
        if filecmp.cmp(beside, target, shallow=False):
            return True
        if not overwrite:
            return False
        beside.chmod(stat.S_IMODE(target.stat().st_mode))
    beside.replace(target)
    return True


def _in_the_way(path: AnyPath) -> OSError:
    text = f"{os.fspath(path)} exists; --overwrite (overwrite=True) replaces it"
    return FileExistsError(errno.EEXIST, text)


def load_array(path: Path, source: str) -> Any:  # noqa: ANN401  # an array of whatever dtype
    """Return the array of a ``.npy`` file; nothing is unpickled.

    Args:
        path: File.
        source: Name of the file in messages.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no such file, or not whole.
    """
    import numpy as np  # late: a command says what is wrong before it

    try:
        with path.open("rb") as file:  # numpy leaves it open where it fails
            held = np.load(file, allow_pickle=False)
            if not isinstance(held, np.ndarray):
                raise ValueError("it holds several")
            return held
    except NO_ARRAY as error:
        raise ValueError(f"{source} is no array of numbers: {error!s:.100}") from error
