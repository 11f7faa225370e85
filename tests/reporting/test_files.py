import contextlib
import errno
import os
import resource
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from forked import small_disk

from synth_datamodule.reporting import files
from synth_datamodule.reporting.files import check_outputs, new_file, read_text, write_bytes

OLD, NEW = b"old" * 5000, b"new" * 50000

# Needs nothing but the file itself: a process that is killed twenty times starts quickly.
WRITER = """
import importlib.util, itertools, sys
spec = importlib.util.spec_from_file_location("files", sys.argv[1])
files = importlib.util.module_from_spec(spec)
spec.loader.exec_module(files)
for number in itertools.count():
    content = bytes([number % 256]) * 3_000_000
    files.write_bytes(sys.argv[2], content, overwrite=True)
    files.write_bytes(f"{sys.argv[2]}_{sys.argv[3]}_{number}", content)
    print(number, flush=True)
"""


@pytest.fixture
def old(tmp_path):
    """The path of a file that stands there already."""
    path = tmp_path / "file.bin"
    path.write_bytes(OLD)
    return path


@contextlib.contextmanager
def largest_file(num_bytes):
    """Let this process write no file beyond a size: the file system says that it is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def disk(tmp_path):
    """A folder on a disk of 64 KiB."""
    with small_disk(tmp_path / "disk", 64) as folder:
        yield folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_in_a_folder_that_is_made(tmp_path):
    path = tmp_path / "some" / "where" / "file.bin"
    assert write_bytes(str(path), NEW) == path
    assert path.read_bytes() == NEW
    assert names(path.parent) == ["file.bin"]


def test_a_file_with_other_bytes_is_kept_unless_it_may_be_replaced(old):
    with pytest.raises(FileExistsError, match=rf"{old} exists; --overwrite \(overwrite=True\)"):
        write_bytes(old, NEW)
    assert old.read_bytes() == OLD
    write_bytes(old, NEW, overwrite=True)
    assert old.read_bytes() == NEW
    assert names(old.parent) == [old.name]


def test_a_file_of_the_same_length_is_compared_byte_by_byte(old):
    with pytest.raises(FileExistsError):
        write_bytes(old, OLD[:-1] + b"?")
    assert old.read_bytes() == OLD


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_same_bytes_are_not_written_again(old, overwrite):
    before = old.stat()
    with largest_file(0):
        write_bytes(old, OLD, overwrite=overwrite)
    with new_file(old, overwrite=overwrite) as write:
        write(OLD)
    after = old.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert names(old.parent) == [old.name]


def test_a_file_in_pieces_has_its_name_at_the_end_only(tmp_path):
    path = tmp_path / "file.bin"
    with new_file(path) as write:
        write(b"one ")
        assert not path.exists()
        write(b"two")
        assert not path.exists()
    assert path.read_bytes() == b"one two"
    assert names(tmp_path) == ["file.bin"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, RuntimeError])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_block_that_fails_leaves_what_there_was(old, stop, overwrite):
    def begin(path):
        with new_file(path, overwrite=overwrite) as write:
            write(NEW)
            raise stop

    for path in (old, old.with_name("another.bin")):
        with pytest.raises(stop):
            begin(path)
    assert old.read_bytes() == OLD
    assert names(old.parent) == [old.name]


def test_an_error_of_the_block_itself_is_not_taken_for_one_of_writing(tmp_path):
    with pytest.raises(FileNotFoundError, match="other"), new_file(tmp_path / "file.bin"):
        (tmp_path / "other").read_bytes()
    assert names(tmp_path) == []


@pytest.mark.parametrize("call", ["fsync", "link", "replace"])
def test_a_ctrl_c_while_writing_leaves_what_there_was(old, monkeypatch, call):
    def interrupt(*_):
        raise KeyboardInterrupt

    owner = files.Path if call == "replace" else os
    monkeypatch.setattr(owner, call, interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(old, NEW, overwrite=call != "link")
    assert old.read_bytes() == OLD
    assert names(old.parent) == [old.name]


@pytest.mark.parametrize("size", [1, 3_000, 149_999])
def test_a_failed_write_names_the_file_and_leaves_the_old_one_whole(old, size):
    other = old.with_name("another.bin")
    with largest_file(size):
        for path in (old, other):
            with pytest.raises(OSError, match=f"{path} cannot be written: ") as failed:
                write_bytes(path, NEW, overwrite=True)
            assert failed.value.errno == errno.EFBIG
    assert old.read_bytes() == OLD
    assert names(old.parent) == [old.name]


def test_a_full_disk_leaves_the_old_file_whole(disk):
    def write_in_pieces():
        with new_file(path, overwrite=True) as write:
            for _ in range(200):
                write(OLD[:1000])

    path = disk / "file.bin"
    told = f"{path} cannot be written: No space left"
    write_bytes(path, OLD)
    for overwrite in (False, True):
        with pytest.raises(OSError, match=told) as failed:
            write_bytes(path, NEW, overwrite=overwrite)
        assert failed.value.errno == errno.ENOSPC
    with pytest.raises(OSError, match=told):
        write_in_pieces()
    assert path.read_bytes() == OLD
    assert names(disk) == ["file.bin"]
    write_bytes(path, NEW[:40_000], overwrite=True)


def test_a_process_killed_at_any_moment_leaves_whole_files(tmp_path):
    path = tmp_path / "file.bin"
    seen = set()
    for turn in range(20):
        command = [sys.executable, "-c", WRITER, files.__file__, path, str(turn)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"0\n"
            time.sleep(0.003 * turn)
            process.kill()
        for written in tmp_path.glob("file.bin*"):
            content = written.read_bytes()
            assert content == content[:1] * 3_000_000
            seen.add(written.name)
            if written != path:
                written.unlink()
    # Each had written at least one file of its own when it was killed.
    assert {f"file.bin_{turn}_0" for turn in range(20)} <= seen


def test_what_a_killed_process_leaves_is_no_result(tmp_path):
    with new_file(tmp_path / "result.json") as write:
        write(b"{")
        (beside,) = tmp_path.iterdir()
        assert beside.name.startswith(".synth-datamodule-")
        assert beside.suffix == ".tmp"


def test_of_several_writers_one_wins_and_the_others_are_told(tmp_path):
    barrier = Barrier(8)

    def attempt(turn, number):
        barrier.wait()
        try:
            return write_bytes(tmp_path / f"file_{turn}", bytes([number]) * 10_000)
        except FileExistsError:
            return None

    with ThreadPoolExecutor(8) as pool:
        for turn in range(20):
            results = list(pool.map(attempt, [turn] * 8, range(8)))
            (winner,) = [number for number, result in enumerate(results) if result]
            assert (tmp_path / f"file_{turn}").read_bytes() == bytes([winner]) * 10_000
    assert len(names(tmp_path)) == 20


def test_a_file_system_without_hard_links_will_do(tmp_path, monkeypatch):
    def link(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    path = write_bytes(tmp_path / "file.bin", OLD)
    with pytest.raises(FileExistsError, match=f"{path} exists; --overwrite"):
        write_bytes(path, NEW)
    with new_file(path) as write:
        write(OLD)
    assert path.read_bytes() == OLD
    assert names(tmp_path) == ["file.bin"]


def test_writers_of_the_same_bytes_do_not_disturb_each_other(tmp_path):
    barrier = Barrier(8)

    def write(_):
        barrier.wait()
        return write_bytes(tmp_path / "file.bin", NEW)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(write, range(8))) == {tmp_path / "file.bin"}
    assert (tmp_path / "file.bin").read_bytes() == NEW
    assert names(tmp_path) == ["file.bin"]


def test_a_new_file_has_the_permissions_of_any_other(tmp_path):
    before = os.umask(0o027)
    try:
        path = write_bytes(tmp_path / "file.bin", OLD)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_replaced_file_keeps_its_permissions(old):
    old.chmod(0o604)
    write_bytes(old, NEW, overwrite=True)
    assert stat.S_IMODE(old.stat().st_mode) == 0o604


@pytest.mark.parametrize("there", [True, False], ids=["to-a-file", "to-nothing"])
def test_a_symbolic_link_is_followed(tmp_path, there):
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    link.symlink_to(target)
    if there:
        write_bytes(target, OLD)
    write_bytes(link, NEW, overwrite=True)
    assert link.is_symlink()
    assert target.read_bytes() == NEW
    assert not target.is_symlink()
    assert names(target.parent) == ["target"]


def no_path(tmp_path, kind):
    """Return a path that no file can be written to."""
    (tmp_path / "file").write_bytes(OLD)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    return {
        "folder": tmp_path,
        "in a file": tmp_path / "file" / "new",
        "below a file": tmp_path / "file" / "folder" / "new",
        "loop": tmp_path / "loop",
        "pipe": tmp_path / "pipe",
        "long name": tmp_path / ("n" * 256),
        "long folder": tmp_path / "new" / ("n" * 256) / "new",
        "no folder's": files.Path("/proc/folder/file"),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "reason"),
    {
        "folder": "Is a directory",
        "in a file": "Not a directory",
        "below a file": "Not a directory",
        "loop": "Too many levels of symbolic links",
        "pipe": "It is no regular file",
        "long name": "File name too long",
        "long folder": "File name too long",
        "no folder's": "",
    }.items(),
)
def test_a_path_that_cannot_be_written_is_told_before_and_when_it_is_written(
    tmp_path, kind, reason
):
    path = no_path(tmp_path, kind)
    before = names(tmp_path)
    told = rf"{path} cannot be written: {reason}"
    for overwrite in (False, True):
        with pytest.raises(OSError, match=told):
            check_outputs(tmp_path / "fine", path, overwrite=overwrite)
        assert names(tmp_path) == before
    for overwrite in (False, True):
        with pytest.raises(OSError, match=told):
            write_bytes(path, NEW, overwrite=overwrite)
    assert (tmp_path / "file").read_bytes() == OLD


def test_checking_leaves_nothing_behind(tmp_path):
    check_outputs(tmp_path / "file.bin", tmp_path / "some" / "where" / "file.bin")
    assert names(tmp_path) == []


def test_an_output_that_exists_is_told_before_any_work(old):
    with pytest.raises(FileExistsError, match=f"{old} exists; --overwrite"):
        check_outputs(old.with_name("new"), old)
    check_outputs(old, overwrite=True)
    check_outputs(old, same_bytes_are_fine=True)
    assert old.read_bytes() == OLD


def test_two_outputs_are_two_files(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for path in ("file", "folder/../file", "link"):
        with pytest.raises(ValueError, match=f"{tmp_path / path} and .*/file must be two files"):
            check_outputs(tmp_path / "file", tmp_path / path)


def test_a_device_is_not_read_for_it_may_never_end():
    with pytest.raises(ValueError, match="the tune must be a file, it is a device"):
        read_text("/dev/zero", "the tune")


def test_a_pipe_that_nobody_writes_to_is_empty(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert read_text(tmp_path / "pipe", "the tune") == ""


def test_a_file_larger_than_fits_is_not_read_whole(tmp_path):
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(10 * files.MOST_BYTES)
    with pytest.raises(ValueError, match="the tune must be a file of at most 33554432 bytes"):
        read_text(path, "the tune")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        read_text(tmp_path, "the tune")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ('{"a": {"b": 1, "b": 1}}', "these names occur twice: b"),
        ("[" * 100_000, "maximum recursion depth"),
        ("9" * 5000, "Exceeds the limit"),
    ],
)
def test_what_is_no_json_or_says_a_thing_twice_is_refused_in_one_line(text, reason):
    with pytest.raises(ValueError, match=f"^the tune is not JSON: {reason}") as caught:
        files.json_of(text, "the tune")
    assert len(str(caught.value)) <= 300


def test_a_pipe_is_read():
    reader, writer = os.pipe()
    os.write(writer, OLD)
    os.close(writer)
    assert read_text(f"/dev/fd/{reader}", "the tune") == OLD.decode()
    os.close(reader)
