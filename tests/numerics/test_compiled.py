"""Compiled functions: cached under a digest of all they are made of, without lock or check."""

import importlib.util
import subprocess
import sys
import threading
import time

import numba
import numpy as np
import pytest
from numba.extending import intrinsic

from synth_datamodule.kernels.cpu import gradient, render
from synth_datamodule.numerics import compiled, mersenne
from synth_datamodule.numerics.compiled import digest, inlined, kernel, stage

KERNELS = [render.render_sounds, gradient.audio_gradients, mersenne.draw_words]
each_kernel = pytest.mark.parametrize("found", KERNELS, ids=lambda found: found.__name__)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Return an empty folder, which numba caches in."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


# Three files, each of which takes something from the one before.
FILES = {
    "below": "FACTOR = 2\nTABLE = (0.5, 1.5)\n",
    "middle": (
        "import below\n"
        "from below import TABLE\n"
        "from synth_datamodule.numerics.compiled import inlined\n"
        "@inlined\ndef times(x):\n    return below.FACTOR * x + TABLE[0]\n"
    ),
    "above": (
        "from middle import times\n"
        "from synth_datamodule.numerics.compiled import kernel\n"
        "@kernel\ndef scaled(x):\n    return times(x)\n"
    ),
}


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Return a function that imports the three files anew, some of them changed."""

    def anew(**changed):
        for name, text in {**FILES, **changed}.items():
            source = tmp_path / f"{name}.py"
            if not source.exists() or source.read_text() != text:
                source.write_text(text)
            spec = importlib.util.spec_from_file_location(name, source)
            module = importlib.util.module_from_spec(spec)
            monkeypatch.setitem(sys.modules, name, module)
            # Not from bytecode that Python kept: it tells two versions apart by a date in seconds.
            exec(compile(text, source, "exec"), vars(module))
        return module.scaled

    return anew


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


def test_a_comment_in_another_file_changes_nothing(imported):
    before = imported()
    after = imported(middle="# Twice.\n" + FILES["middle"], below=FILES["below"] + "UNUSED = 7\n")
    assert after.py_func.__qualname__ == before.py_func.__qualname__


def test_the_options_that_a_kernel_is_compiled_with_are_in_its_digest(imported, monkeypatch):
    before = imported()
    monkeypatch.setitem(compiled._KERNEL, "error_model", "python")
    assert imported().py_func.__qualname__ != before.py_func.__qualname__


def test_what_an_intrinsic_emits_is_in_the_digest():
    def emitting(name):
        @intrinsic
        def word(typing, x):
            def generate(context, builder, signature, arguments):
                return getattr(builder, name)(*arguments)

            return x(x), generate

        def called(x):
            return word(x)

        return called

    assert digest(emitting("fneg")) == digest(emitting("fneg")) != digest(emitting("fabs"))


def test_an_arrays_values_are_in_the_digest():
    def first(table):
        return lambda n: table[n]

    digests = [digest(first(np.array(row))) for row in ([1, 2], [1, 3], [1.0, 2.0], [[1], [2]])]
    assert len(set(digests)) == 4
    assert digest(first(np.array([1, 2]))) == digests[0]


@each_kernel
def test_a_kernel_stands_below_all_that_it_calls(found):
    # Else its name would lack what is defined by now.
    expected = digest(found, *compiled._KERNEL.items())
    name = found.py_func.__qualname__
    assert digest(found.py_func, *compiled._KERNEL.items()) == name.rpartition("_")[2] != expected


def test_what_could_change_unseen_is_refused():
    settings = {"factor": 2}

    def called(x):
        return settings["factor"] * x

    with pytest.raises(TypeError, match=r"cannot depend on \{'factor': 2\}: its changes"):
        kernel(called)


@each_kernel
def test_a_kernels_digest_is_the_same_in_every_process(found):
    module, name = found.py_func.__module__, found.py_func.__name__
    code = f"import {module} as m; print(m.{name}.py_func.__qualname__)"
    command = [sys.executable, "-c", code]
    other = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert other == found.py_func.__qualname__


@pytest.mark.parametrize("name", ["MIDI_MAX", "SHAPE_EXPONENT", "EXP2_11", "LFO_SCALE", "KEYBOARD"])
def test_a_renders_digest_holds_the_constants_of_its_formulas(monkeypatch, name):
    before = digest(render.render_sounds)
    holders = [
        module
        for path, module in list(sys.modules.items())
        if path.startswith("synth_datamodule.kernels.") and name in vars(module)
    ]
    assert holders
    for module in holders:
        value = getattr(module, name)
        monkeypatch.setattr(module, name, value + type(value)(1))
    assert digest(render.render_sounds) != before


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
