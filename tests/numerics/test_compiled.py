"""Compiled functions: cached under the digest of all sources, without lock or check."""

import hashlib
import importlib.util
import sys
import threading
import time
from pathlib import Path

import numba
import numpy as np
import pytest

import synth_datamodule
from synth_datamodule.numerics import compiled
from synth_datamodule.numerics.compiled import inlined, kernel, stage

PACKAGE = Path(synth_datamodule.__file__).parent


def test_the_digest_is_of_every_source_that_a_kernels_bits_depend_on():
    sources = {path.resolve() for path in compiled._SOURCES}
    assert sources == {*(PACKAGE / "kernels").rglob("*.py"), PACKAGE / "numerics" / "compiled.py"}
    together = b"".join(path.read_bytes() for path in compiled._SOURCES)
    assert hashlib.sha256(together).hexdigest().startswith(compiled._DIGEST)
    assert len(compiled._DIGEST) == 16


@pytest.mark.parametrize("module", ["numerics.mersenne", "kernels.cpu.render"])
def test_a_kernel_calls_nothing_but_its_own_file_and_what_the_digest_is_of(module):
    # numba does not see that another file changed.
    module = importlib.import_module(f"synth_datamodule.{module}")
    called = {
        function.py_func.__module__
        for function in vars(module).values()
        if hasattr(function, "py_func")
    }
    digested = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for path in compiled._SOURCES
    }
    assert called - {module.__name__} <= digested


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Return an empty folder, which numba caches in."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Return a function that imports a kernel's file anew."""
    source = tmp_path / "twice_as_much.py"
    source.write_text(
        "from synth_datamodule.numerics.compiled import kernel\n"
        "@kernel\ndef twice(x):\n    return 2 * x\n"
    )

    def anew():
        spec = importlib.util.spec_from_file_location("twice_as_much", source)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "twice_as_much", module)
        spec.loader.exec_module(module)
        return module.twice

    return anew


def cached(folder):
    return sorted(path.name for path in folder.rglob("*.nb?"))


def test_a_kernel_is_cached_under_the_digest_of_the_sources(folder, imported):
    assert imported()(1.5) == 3.0
    assert len(cached(folder)) == 2  # an index and the code
    assert all(f"twice_{compiled._DIGEST}" in name for name in cached(folder))


def test_a_kernel_is_compiled_once_and_again_after_a_source_changed(folder, imported, monkeypatch):
    first = imported()
    assert first(1.5) == 3.0
    assert sum(first.stats.cache_misses.values()) == 1
    second = imported()
    assert second(1.5) == 3.0
    assert (sum(second.stats.cache_hits.values()), second.stats.cache_misses) == (1, {})

    monkeypatch.setattr(compiled, "_DIGEST", "0123456789abcdef")
    changed = imported()
    assert changed(1.5) == 3.0
    assert (changed.stats.cache_hits, sum(changed.stats.cache_misses.values())) == ({}, 1)
    assert len(cached(folder)) == 4


def test_without_a_folder_to_cache_in_a_kernel_is_compiled_once_per_process(monkeypatch):
    def without_a_folder(**options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return numba.njit(**options)

    monkeypatch.setattr(compiled, "njit", without_a_folder)

    @kernel
    def twice(x):
        return 2 * x

    assert twice(1.5) == 3.0
    options = twice.targetoptions
    assert (options["nogil"], options["error_model"]) == (True, "numpy")
    assert twice.stats.cache_path is None


def test_a_kernel_is_cached_without_the_lock_and_never_reorders():
    @kernel
    def twice(x):
        return 2 * x

    options = twice.targetoptions
    assert (options["nogil"], options["error_model"]) == (True, "numpy")
    for function in (twice, stage(twice.py_func), inlined(twice.py_func)):
        assert not function.targetoptions.get("fastmath")
        assert not function.targetoptions.get("parallel")


@pytest.mark.parametrize("decorated", [kernel, stage, inlined])
def test_a_division_by_zero_is_infinite_as_on_a_gpu(decorated):
    @decorated
    def quotient(a, b):
        return a / b

    assert quotient(1.0, 0.0) == np.inf
    assert np.isnan(quotient(0.0, 0.0))


@pytest.mark.parametrize("decorated", [kernel, stage, inlined])
def test_a_product_and_a_sum_are_rounded_one_after_the_other(decorated):
    @decorated
    def product_and_sum(a, b, c):
        return a * b + c

    # Contracted into one rounding it would be -2**-104.
    assert product_and_sum(1 + 2.0**-52, 1 - 2.0**-52, -1.0) == 0.0


def test_a_sum_is_added_up_in_its_order():
    @kernel
    def total(numbers):
        found = 0.0
        for number in numbers:
            found += number
        return found

    numbers = np.array([1.0, *[2.0**-53] * 1000])
    assert total(numbers) == 1.0
    assert total(numbers[::-1].copy()) == 1 + 1000 * 2.0**-53


def test_while_a_kernel_runs_other_threads_do_too():
    @kernel
    def fill(out):
        x = 1.0
        for n in range(out.shape[0]):
            for _ in range(100):
                x = 1.0 + 1.0 / x
            out[n] = x

    fill(np.zeros(1))
    # Python sees the array half full: with the lock held it never could, however often it tries.
    for _ in range(20):
        out = np.zeros(200_000)
        thread = threading.Thread(target=fill, args=(out,))
        thread.start()
        seen = False
        while thread.is_alive() and not seen:
            seen = out[0] > 0 and out[-1] == 0
            time.sleep(0.001)
        thread.join()
        if seen:
            return
    pytest.fail("no other thread ran")
