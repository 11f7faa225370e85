"""Compiled functions: cached under a digest of all they are made of, without lock or check."""

import ast
import importlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np
import pytest

from synth_datamodule.kernels.cpu import gradient
from synth_datamodule.kernels.cpu.program import controls, machine
from synth_datamodule.numerics import compiled, mersenne
from synth_datamodule.numerics.compiled import digest_of, inlined, kernel, stage, summing

KERNELS = [machine.run, gradient.audio_gradients, mersenne.draw_words]
each_kernel = pytest.mark.parametrize("found", KERNELS, ids=lambda found: found.__name__)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Return an empty folder, which numba caches in."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


# A package of three files, each of which takes something from the one before.
FILES = {
    "__init__": "",
    "below": "FACTOR = 2\nTABLE = (0.5, 1.5)\n",
    "middle": (
        "from toy import below\n"
        "from toy.below import (\n    TABLE,\n)\n"
        "from synth_datamodule.numerics.compiled import inlined\n"
        "@inlined\ndef times(x):\n    return below.FACTOR * x + TABLE[0]\n"
    ),
    "above": (
        "from toy.middle import times\n"
        "from synth_datamodule.numerics.compiled import kernel\n"
        "@kernel\ndef scaled(x):\n    return times(x)\n"
    ),
    "beside": "FACTOR = 7\n",
}


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Return a function that imports the package anew, some of its files changed."""
    monkeypatch.syspath_prepend(tmp_path)
    # Python tells two versions of a file apart by a date in seconds.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "toy").mkdir()

    def anew(**changed):
        for name, text in {**FILES, **changed}.items():
            source = tmp_path / "toy" / f"{name}.py"
            if not source.exists() or source.read_text() != text:
                source.write_text(text)
        for name in [name for name in sys.modules if name.partition(".")[0] == "toy"]:
            del sys.modules[name]
        importlib.invalidate_caches()
        importlib.import_module("toy.beside")
        return importlib.import_module("toy.above").scaled

    yield anew
    for name in [name for name in sys.modules if name.partition(".")[0] == "toy"]:
        del sys.modules[name]


def cached(folder):
    return sorted(path.name for path in folder.rglob("*.nb?"))


def test_a_kernel_is_cached_under_its_digest(folder, imported):
    scaled = imported()
    assert scaled(1.5) == 3.5
    assert len(cached(folder)) == 2  # an index and the code
    name = scaled.py_func.__qualname__
    assert name.startswith("scaled_")
    assert len(name) == len("scaled_") + 16
    assert all(name in file for file in cached(folder))


def test_a_kernel_is_compiled_once(imported):
    first = imported()
    assert first(1.5) == 3.5
    assert sum(first.stats.cache_misses.values()) == 1
    second = imported()
    assert second(1.5) == 3.5
    assert (sum(second.stats.cache_hits.values()), second.stats.cache_misses) == (1, {})


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"below": FILES["below"].replace("2", "3")}, 5.0),
        ({"below": FILES["below"].replace("2", "2.0")}, 3.5),
        ({"below": FILES["below"].replace("(0.5", "(0.25")}, 3.25),
        ({"middle": FILES["middle"].replace("x +", "x -")}, 2.5),
        ({"middle": FILES["middle"].replace("TABLE[0]", "TABLE[1]")}, 4.5),
        ({"middle": FILES["middle"].replace("inlined", "stage")}, 3.5),
    ],
    ids=["constant", "its-type", "tuple", "operation", "literal", "option"],
)
def test_a_change_in_another_file_is_compiled_anew(folder, imported, changed, expected):
    before = imported()
    assert before(1.5) == 3.5
    after = imported(**changed)
    assert after.py_func.__qualname__ != before.py_func.__qualname__
    assert after(1.5) == expected
    assert (after.stats.cache_hits, sum(after.stats.cache_misses.values())) == ({}, 1)
    assert len(cached(folder)) == 4


def test_a_change_where_nothing_is_taken_from_changes_nothing(imported):
    before = imported()
    after = imported(beside="FACTOR = 8\n")
    assert after.py_func.__qualname__ == before.py_func.__qualname__


def test_how_functions_are_compiled_is_in_the_digest(imported, monkeypatch, tmp_path):
    before = digest_of("toy.above") if imported() else None
    changed = tmp_path / "compiled.py"
    changed.write_text(Path(compiled.__file__).read_text() + "# changed\n")
    monkeypatch.setattr(compiled, "__file__", str(changed))
    assert digest_of("toy.above") != before


@each_kernel
def test_a_kernels_digest_is_the_same_in_every_process(found):
    module, name = found.py_func.__module__, found.py_func.__name__
    code = f"import {module} as m; print(m.{name}.py_func.__qualname__)"
    command = [sys.executable, "-c", code]
    other = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert other == found.py_func.__qualname__


def made_of(found, seen):
    """Return the modules that a compiled function and all that it calls are written in."""
    function = getattr(found, "py_func", None) or getattr(found, "_defn", None)
    if function is not None and found not in seen:
        seen.append(found)
        for name in function.__code__.co_names:
            made_of(function.__globals__.get(name), seen)
    return {getattr(one, "py_func", getattr(one, "_defn", None)).__module__ for one in seen}


@each_kernel
def test_a_digest_holds_every_file_that_a_kernel_calls_into(found, monkeypatch, tmp_path):
    before = found.py_func.__qualname__.rpartition("_")[2]
    for name in made_of(found, []):
        module = sys.modules[name]
        changed = tmp_path / f"{name}.py"
        changed.write_text(Path(module.__file__).read_text() + "# changed\n")
        with monkeypatch.context() as patch:
            patch.setattr(module, "__file__", str(changed))
            assert digest_of(found.py_func.__module__) != before, name


@pytest.mark.parametrize("name", ["numerics.constants", "kernels.exact.arithmetic"])
def test_a_steps_digest_holds_the_constants_of_its_formulas(monkeypatch, tmp_path, name):
    before = digest_of(controls.__name__)
    module = importlib.import_module(f"synth_datamodule.{name}")
    changed = tmp_path / "changed.py"
    changed.write_text(Path(module.__file__).read_text() + "# changed\n")
    monkeypatch.setattr(module, "__file__", str(changed))
    assert digest_of(controls.__name__) != before


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


# Words that neither add nor multiply.
CASTS = {"float32", "float64", "int32", "bits32", "from_bits32", "range"}


def calls_of_sums(source):
    """Return the names that functions called ``@summing`` call."""
    sums = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(one, ast.Name) and one.id == "summing" for one in node.decorator_list)
    ]
    calls = [one for node in sums for one in ast.walk(node) if isinstance(one, ast.Call)]
    return {ast.unparse(one.func) for one in calls}


def test_what_sums_in_any_order_calls_nothing_whose_order_counts():
    # numba hands the freedom down: what is compiled with it first is compiled with it for all.
    package = Path(compiled.__file__).parents[1]
    found = [calls_of_sums(path.read_text(encoding="utf-8")) for path in package.rglob("*.py")]
    assert set().union(*found) <= CASTS
    assert len([one for one in found if one]) >= 1
    source = "@summing\ndef total(x):\n    return sine(x) + float32(1.0)\n"
    assert calls_of_sums(source) == {"sine", "float32"}


def test_a_sum_in_any_order_is_the_same_at_each_call():
    @summing
    def total(x):
        found = 0.0
        for j in range(x.shape[0]):
            found += x[j]
        return found

    x = np.random.default_rng(0).normal(0, 100, 12345)
    assert total(x) == pytest.approx(x.sum(), rel=1e-12)
    assert {total(x.copy()) for _ in range(5)} == {total(x)}


def test_one_thread_at_a_time_adds_to_numbas_passes(monkeypatch):
    made, inside, most = compiled.wide_compiler(), [], []

    def slowly(**given):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.05)
        inside.pop()
        return made

    monkeypatch.setattr(compiled, "wide_compiler", slowly)
    functions = [stage(lambda x: x + 1) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: one.dispatcher, functions))
    assert len(set(found)) == len(most) == 4
    assert max(most) == 1
