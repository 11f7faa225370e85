"""Kernels on disk: damaged, without room, without a folder, they are compiled anew."""

import os
import signal
import subprocess
import sys
import time

import numba
import pytest
from forked import small_disk
from numba.core.caching import IndexDataCacheFile

from synth_datamodule.numerics import caching
from synth_datamodule.numerics.compiled import kernel

SOURCE = """
from synth_datamodule.numerics.compiled import kernel

@kernel
def twice(x):
    return 2 * x

@kernel
def thrice(x):
    return 3 * x

print(twice(1.5), thrice(1.5), sum(twice.stats.cache_hits.values()), flush=True)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Return an empty folder, which numba caches in, and of which nothing was said yet."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(caching, "_SAID", set())
    return tmp_path / "cache"


@pytest.fixture
def twice():
    """Return a function that gives the same kernel anew, as another process would have it."""

    def anew():
        def double(x):
            return 2 * x

        return kernel(double)

    return anew


def hits(compiled):
    return sum(compiled.stats.cache_hits.values())


DAMAGES = {
    "empty": lambda content: b"",
    "ten bytes": lambda content: content[:10],
    "half": lambda content: content[: len(content) // 2],
    "other bytes": lambda content: bytes(range(256)),
}


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_said_once_and_replaced(folder, twice, suffix, damage):
    assert twice()(1.5) == 3.0
    (path,) = folder.rglob(f"*.{suffix}")
    path.write_bytes(damage(path.read_bytes()))
    found = twice()
    with pytest.warns(RuntimeWarning, match=f"kernels are compiled anew.*{folder}") as said:
        assert found(1.5) == 3.0
    assert len(said) == 1
    assert "\n" not in str(said[0].message)
    again = twice()
    assert again(1.5) == 3.0
    assert hits(again) == 1


def test_one_changed_bit_of_machine_code_is_never_run(folder, twice):
    assert twice()(1.5) == 3.0
    (path,) = folder.rglob("*.nbc")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    found = twice()
    with pytest.warns(RuntimeWarning, match="was changed since it was written"):
        assert found(1.5) == 3.0
    assert hits(found) == 0


class TookTooLong(Exception):
    """What a time limit raises, from the handler of a signal."""


@pytest.mark.parametrize("stop", [KeyboardInterrupt, TookTooLong])
@pytest.mark.parametrize("way", ["_load_index", "_load_data", "_save_index", "_save_data"])
def test_what_a_signals_handler_raises_is_nobodys_damage(folder, twice, monkeypatch, stop, way):
    def handle(*_):
        raise stop

    inner = getattr(IndexDataCacheFile, way)

    def interrupted(self, *given):
        monkeypatch.setattr(IndexDataCacheFile, way, inner)
        signal.raise_signal(signal.SIGUSR1)
        return inner(self, *given)

    monkeypatch.setattr(caching, "_say_once", lambda *said: pytest.fail(str(said)))
    before = signal.signal(signal.SIGUSR1, handle)
    try:
        if way.startswith("_load"):
            assert twice()(1.5) == 3.0
        kept = set(folder.rglob("*.nb?"))
        monkeypatch.setattr(IndexDataCacheFile, way, interrupted)
        with pytest.raises(stop):
            twice()(1.5)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert set(folder.rglob("*.nb?")) >= kept
    if way.startswith("_load"):
        again = twice()
        assert again(1.5) == 3.0
        assert hits(again) == 1


def test_code_that_an_index_does_not_name_is_gone_with_the_index(folder, twice):
    found = twice()
    assert (found(1.5), found(2)) == (3.0, 4)
    assert len([*folder.rglob("*.nbc")]) == 2
    (index,) = folder.rglob("*.nbi")
    index.write_bytes(b"")
    again = twice()
    with pytest.warns(RuntimeWarning, match="EOFError"):
        assert again(2) == 4
    assert len([*folder.rglob("*.nbc")]) == 1


def test_two_damaged_files_of_one_folder_are_said_once(folder, twice):
    found = twice()
    assert (found(1.5), found(2)) == (3.0, 4)
    for path in folder.rglob("*.nbc"):
        path.write_bytes(b"")
    again = twice()
    with pytest.warns(RuntimeWarning) as said:
        assert (again(1.5), again(2)) == (3.0, 4)
    assert len(said) == 1


def test_without_a_folder_it_is_said_when_a_kernel_is_compiled(monkeypatch, twice):
    def no_locator(function):
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(caching, "KernelCache", no_locator)
    found = twice()
    with pytest.warns(RuntimeWarning, match=r"NUMBA_CACHE_DIR\): no folder can be written"):
        assert found(1.5) == 3.0
    assert found.stats.cache_path is None


@pytest.fixture
def process(tmp_path):
    """Return a function that starts a process with two kernels of its own."""
    (tmp_path / "toy.py").write_text(SOURCE)

    def start(cache, **environment):
        return subprocess.Popen(
            [sys.executable, str(tmp_path / "toy.py")],
            env={**os.environ, "NUMBA_CACHE_DIR": str(cache), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def test_on_a_full_disk_kernels_run_and_it_is_said_once(tmp_path, process):
    with small_disk(tmp_path / "disk", 8) as disk:
        out, err = process(disk).communicate()
    assert out.split() == ["3.0", "4.5", "0"]
    assert err.count("RuntimeWarning: kernels are compiled anew") == 1
    assert "No space left on device" in err


def test_a_process_killed_while_it_compiles_leaves_nothing_that_stops_the_next(tmp_path, process):
    cache = tmp_path / "killed"
    for pause in (0.0, 0.05, 0.2):
        with process(cache) as killed:
            while not [*cache.rglob("*")] and killed.poll() is None:
                time.sleep(0.001)
            time.sleep(pause)
            killed.send_signal(signal.SIGKILL)
        out, err = process(cache).communicate()
        assert out.split()[:2] == ["3.0", "4.5"]
        assert err == ""
        for path in sorted(cache.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


def test_two_processes_that_compile_at_once_disturb_each_other_in_nothing(tmp_path, process):
    both = [process(tmp_path / "both") for _ in range(2)]
    for out, err in [one.communicate() for one in both]:
        assert out.split()[:2] == ["3.0", "4.5"]
        assert err == ""


def test_a_process_that_may_not_compile_is_told_by_the_name_of_the_variable(tmp_path, process):
    _, err = process(tmp_path / "cache", NUMBA_DISABLE_JIT="1").communicate()
    assert err.splitlines()[-1].startswith("ValueError: NUMBA_DISABLE_JIT must not be set to 1")
