"""Functions loaded as machine code: the same bits, without numba once they are compiled."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from forked import small_disk

from synth_datamodule.numerics.compiled import kernel
from synth_datamodule.numerics.native import address_of, entry

SOURCE = """
import sys
import numpy as np
from synth_datamodule.kernels.exact.operations import fma
from synth_datamodule.numerics.native import entry

@entry
def double(x):
    for place in range(x.shape[0]):
        x[place] = 2 * x[place]

@entry
def fused(x, by, add, times):
    for place in range(x.shape[0]):
        x[place] = fma(x[place], by, float(add * times))

if __name__ == "__main__":
    x = np.array([1.5, 1 + 2.0**-52])
    double(x)
    fused(x, 1 - 2.0**-52, -1, 2)
    print(*x, "numba" in sys.modules, flush=True)
"""
RIGHT = ["0.9999999999999993", f"{-(2.0**-103)}"]


@pytest.fixture
def process(tmp_path):
    """Return a function that starts a process with two entries of its own."""
    (tmp_path / "toy.py").write_text(SOURCE)

    def start(cache, code=None, **environment):
        return subprocess.Popen(
            [sys.executable, *(["-c", code] if code else [str(tmp_path / "toy.py")])],
            env={**os.environ, "NUMBA_CACHE_DIR": str(cache), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )

    return start


def ended(process):
    out, err = process.communicate()
    return out.split(), err


def test_numba_starts_only_to_compile(tmp_path, process):
    assert ended(process(tmp_path / "cache")) == ([*RIGHT, "True"], "")
    assert ended(process(tmp_path / "cache")) == ([*RIGHT, "False"], "")


def test_a_processor_without_fma_has_the_same_bits(tmp_path, process):
    generic = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    assert ended(process(tmp_path / "cache")) == ([*RIGHT, "True"], "")
    assert ended(process(tmp_path / "cache", **generic)) == ([*RIGHT, "True"], "")
    assert ended(process(tmp_path / "cache", **generic)) == ([*RIGHT, "False"], "")


def test_a_voice_whose_kernels_are_kept_sounds_without_numba():
    script = (
        "import sys, hashlib; from synth_datamodule import SynthConfig, Voice;"
        "audio = Voice(SynthConfig(buffer_size_seconds=0.1)).render_sounds(range(3)).audio;"
        "late = [name for name in ('numba', 'scipy', 'triton') if name in sys.modules];"
        "print(hashlib.sha256(audio.numpy().tobytes()).hexdigest(), *late)"
    )
    command = [sys.executable, "-c", script]
    first, second = (
        subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(2)
    )
    assert second.stdout.split() == first.stdout.split()[:1]
    assert second.stderr == ""


def test_an_entry_that_is_compiled_first_and_alone_may_look_at_addresses(tmp_path, process):
    (tmp_path / "alone.py").write_text(
        "import numpy as np\n"
        "from synth_datamodule.kernels.cpu.program.calling import doubles_at\n"
        "from synth_datamodule.numerics.native import entry\n"
        "@entry\n"
        "def first(x, y):\n"
        "    for part in range(x.shape[0]):\n"
        "        a, b = x[part]\n"
        "        y[part] = a + b + doubles_at(x.ctypes.data, 1)[0]\n"
    )
    code = "import alone, numpy as np; y = np.zeros(1); alone.first(np.ones((1, 2)), y); print(*y)"
    for _ in range(2):
        assert ended(process(tmp_path / "cache", code)) == (["3.0"], "")


def test_one_changed_bit_of_machine_code_is_never_run(tmp_path, process):
    cache = tmp_path / "cache"
    assert ended(process(cache))[0] == [*RIGHT, "True"]
    for path in cache.rglob("double*"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    found, err = ended(process(cache))
    assert found == [*RIGHT, "True"]
    assert err.count("RuntimeWarning: kernels are compiled anew") == 1
    assert ended(process(cache)) == ([*RIGHT, "False"], "")


def test_on_a_full_disk_entries_run_and_it_is_said_once(tmp_path, process):
    (tmp_path / "__pycache__").touch()  # nor is there another folder
    (tmp_path / "users").touch()
    with small_disk(tmp_path / "disk", 4) as disk:
        found, err = ended(process(disk, XDG_CACHE_HOME=str(tmp_path / "users")))
    assert found == [*RIGHT, "True"]
    assert err.count("RuntimeWarning: kernels are compiled anew") == 1
    assert "No space left on device" in err


def test_a_process_killed_while_it_compiles_leaves_nothing_that_stops_the_next(tmp_path, process):
    cache = tmp_path / "killed"
    for pause in (0.0, 0.01):
        with process(cache) as killed:
            while not [*cache.rglob("*.o*")] and killed.poll() is None:
                time.sleep(0.001)
            time.sleep(pause)
            killed.send_signal(signal.SIGKILL)
        found, err = ended(process(cache))
        assert (found[:2], err) == (RIGHT, "")
        for path in sorted(cache.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


def test_two_processes_that_compile_at_once_disturb_each_other_in_nothing(tmp_path, process):
    both = [process(tmp_path / "both") for _ in range(2)]
    for found, err in map(ended, both):
        assert (found[:2], err) == (RIGHT, "")


def test_a_process_that_may_not_compile_is_told_by_the_name_of_the_variable(tmp_path, process):
    _, err = ended(process(tmp_path / "cache", NUMBA_DISABLE_JIT="1"))
    assert err.splitlines()[-1].startswith("ValueError: NUMBA_DISABLE_JIT must not be set to 1")


def test_a_child_forked_while_a_thread_loads_code_goes_on(tmp_path, process):
    script = """
import os, sys, threading, numpy as np
import toy
from synth_datamodule.numerics import native
begun, forked = threading.Event(), threading.Event()
def load(code, symbol, inner=native._loaded):
    begun.set()
    forked.wait()
    return inner(code, symbol)
native._loaded, inner = load, native._loaded
x = np.ones(2)
thread = threading.Thread(target=toy.double, args=(x,))
thread.start()
begun.wait()
child = os.fork()
native._loaded = inner
if child == 0:
    y = np.ones(2)
    toy.double(y)
    toy.fused(y, 0.5, 1, 1)
    print(*y, flush=True)
    os._exit(0)
forked.set()
thread.join()
os.waitpid(child, 0)
print(*x)
"""
    ended(process(tmp_path / "cache"))
    assert ended(process(tmp_path / "cache", script)) == (["2.0", "2.0", "2.0", "2.0"], "")


@pytest.mark.parametrize("num_threads", [8])
def test_threads_that_call_at_once_load_it_once(num_threads):
    @entry
    def add(x):
        for place in range(x.shape[0]):
            x[place] += 1

    arrays = [np.zeros(4) for _ in range(num_threads)]
    threads = [threading.Thread(target=add, args=(one,)) for one in arrays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(one.tolist() == [1.0] * 4 for one in arrays)


def test_arrays_of_each_kind_and_shape_are_told_apart():
    @entry
    def fill(x, value):
        for place in range(x.size):
            x.flat[place] = value

    for dtype in (np.float64, np.float32, np.int64, np.int32, np.uint32):
        for shape in ((3,), (2, 3), (2, 2, 2)):
            x = np.zeros(shape, dtype)
            fill(x, 7)
            assert (x == 7).all()
    x = np.zeros(2)
    fill(x, 0.5)
    assert x.tolist() == [0.5, 0.5]


def test_an_array_that_does_not_lie_whole_is_refused():
    @entry
    def clear(x):
        for place in range(x.shape[0]):
            x[place] = 0

    x = np.ones(8)
    with pytest.raises(ValueError, match=r"clear\(\) takes arrays that lie whole"):
        clear(x[::2])
    assert x.tolist() == [1.0] * 8


def test_a_function_that_takes_memory_is_refused():
    def copied(count):
        y = np.empty(count)
        for place in range(count):
            y[place] = y[count - 1 - place]

    with pytest.raises(TypeError, match=r"copied\(\) must take its memory.*needs NRT_"):
        address_of(copied, ["int64"], "digest")


def test_what_fails_in_compiled_code_is_raised():
    @entry
    def check(x):
        if x[0] < 0:
            raise ValueError

    check(np.zeros(1))
    with pytest.raises(RuntimeError, match=r"check\(\) raised an exception in compiled code"):
        check(-np.ones(1))


@pytest.mark.parametrize("compiled", [entry, kernel])
def test_while_compiled_code_runs_other_threads_do_too(compiled):
    @compiled
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
