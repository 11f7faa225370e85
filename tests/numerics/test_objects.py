"""Object code on disk: taken only as it was written, else made anew, which is said once."""

import signal
from pathlib import Path

import pytest

from synth_datamodule.numerics import objects

CODE = bytes(range(256)) * 8


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Return a folder that code is kept in, of which nothing was said yet."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "users"))
    said = set(objects.SAID)
    objects.SAID.clear()
    yield tmp_path / "cache"
    objects.SAID.clear()
    objects.SAID.update(said)


@pytest.fixture
def source(tmp_path):
    (tmp_path / "toy").mkdir()
    path = tmp_path / "toy" / "toy.py"
    path.touch()
    return path


def kept(source, identity="a"):
    """Return the code, and whether it was made anew."""
    made = []
    code = objects.kept(source, "toy", identity, lambda: made.append(1) or CODE)
    return code, bool(made)


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_code_is_made_once(folder, source):
    assert kept(source) == (CODE, True)
    assert kept(source) == (CODE, False)
    assert len(files(folder)) == 1


def test_all_of_a_machine_may_read_what_one_has_written(folder, source, monkeypatch):
    kept(source)
    (path,) = files(folder)
    beside = source.with_suffix(".txt")
    beside.touch()
    assert path.stat().st_mode == beside.stat().st_mode


DAMAGES = {
    "empty": lambda content: b"",
    "ten bytes": lambda content: content[:10],
    "half": lambda content: content[: len(content) // 2],
    "longer": lambda content: content + b"\0",
    "a bit of the code": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "a bit of the digest": lambda content: bytes([content[0] ^ 128]) + content[1:],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_said_once_and_replaced(folder, source, damage):
    kept(source)
    (path,) = files(folder)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    with pytest.warns(RuntimeWarning, match=f"compiled anew.*{folder}.*was changed") as said:
        assert kept(source) == (CODE, True)
    assert len(said) == 1
    assert path.read_bytes() == whole
    assert kept(source) == (CODE, False)


def test_two_damaged_files_of_one_folder_are_said_once(folder, source):
    kept(source, "a")
    kept(source, "b")
    for path in files(folder):
        path.write_bytes(b"")
    with pytest.warns(RuntimeWarning) as said:
        assert (kept(source, "a"), kept(source, "b")) == ((CODE, True), (CODE, True))
    assert len(said) == 1


def test_a_file_under_anothers_name_is_not_taken(folder, source):
    kept(source, "a")
    (a,) = files(folder)
    kept(source, "b")
    (b,) = {*files(folder)} - {a}
    a.replace(b)
    with pytest.warns(RuntimeWarning, match="was changed"):
        assert kept(source, "b") == (CODE, True)


def test_where_the_first_folder_takes_nothing_the_next_one_does(folder, source, tmp_path):
    folder.touch()  # a file, below which there is no folder
    assert kept(source) == (CODE, True)
    assert files(source.parent / "__pycache__")
    assert kept(source) == (CODE, False)
    (source.parent / "__pycache__").rename(tmp_path / "gone")
    (source.parent / "__pycache__").touch()
    assert kept(source) == (CODE, True)
    assert files(tmp_path / "users")
    assert kept(source) == (CODE, False)


def test_the_given_folder_is_the_only_one_where_it_can_be_written(folder, source, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    kept(source)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))
    with monkeypatch.context() as patch:
        patch.setattr(objects.os, "access", lambda *given: False)
        assert kept(source) == (CODE, False)
    assert kept(source) == (CODE, True)
    assert len(files(folder)) == 1


def test_where_no_folder_can_be_written_it_is_said_once(folder, source, tmp_path):
    for path in (folder, source.parent / "__pycache__", tmp_path / "users"):
        path.touch()
    with pytest.warns(RuntimeWarning, match="cannot be used.*Error: ") as said:
        assert kept(source) == kept(source, "b") == (CODE, True)
    assert len(said) == 1


def test_what_has_no_file_is_kept_nowhere(folder, tmp_path):
    assert kept(tmp_path / "<stdin>") == (CODE, True)
    assert files(tmp_path) == []


class Late(OSError):
    """What a time limit raises, from the handler of a signal: TimeoutError is an OSError too."""


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Late])
@pytest.mark.parametrize("way", ["read_bytes", "write_bytes", "replace"])
def test_what_a_signals_handler_raises_is_nobodys_damage(folder, source, monkeypatch, stop, way):
    def handle(*_):
        raise stop

    inner = getattr(Path, way)

    def interrupted(self, *given):
        monkeypatch.setattr(Path, way, inner)
        signal.raise_signal(signal.SIGUSR1)
        return inner(self, *given)

    monkeypatch.setattr(objects, "say_once", lambda *said: pytest.fail(str(said)))
    before = signal.signal(signal.SIGUSR1, handle)
    try:
        if way == "read_bytes":
            kept(source)
        monkeypatch.setattr(Path, way, interrupted)
        with pytest.raises(stop):
            kept(source)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert not [path for path in files(folder) if path.suffix == ".new"]
    kept(source)
    assert kept(source) == (CODE, False)


@pytest.mark.parametrize(
    ("name", "anew"),
    [("OPT", True), ("CPU_NAME", True), ("ENABLE_AVX", True), ("NUM_THREADS", False)],
)
def test_code_is_made_anew_for_a_variable_that_changes_it(monkeypatch, name, anew):
    before = objects._compiler.__wrapped__()
    monkeypatch.setenv(f"NUMBA_{name}", "1")
    assert (objects._compiler.__wrapped__() != before) is anew


def test_code_is_made_anew_on_another_processor(monkeypatch):
    import llvmlite.binding as llvm

    before = objects._compiler.__wrapped__()
    monkeypatch.setattr(llvm, "get_host_cpu_name", lambda: "another")
    assert objects._compiler.__wrapped__() != before
    monkeypatch.undo()
    monkeypatch.setattr(llvm, "get_host_cpu_features", lambda: llvm.FeatureMap({"sse": True}))
    assert objects._compiler.__wrapped__() != before
