"""Work spread over threads: every piece once, in this process and in its children."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synth_datamodule.kernels.cpu.threads import spread

law = settings(max_examples=60, deadline=None, derandomize=True, database=None)


@pytest.fixture
def num_threads():
    """Return torch.set_num_threads, and set it back."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def times_done(count):
    done = np.zeros(count, int)

    def task(start, stop):
        assert 0 <= start < stop <= count
        done[start:stop] += 1

    spread(task, count)
    return done


@law
@given(st.integers(1, 300), st.integers(1, 7))
@example(1, 7)
@example(7, 7)
@example(29, 7)
def test_every_item_is_done_once(count, threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert (times_done(count) == 1).all()
    finally:
        torch.set_num_threads(before)


def threads_of(count):
    """Names of the threads at work, which wait in their first piece for all that there must be."""
    names = set()
    together = threading.Barrier(min(torch.get_num_threads(), count))

    def task(start, stop):
        name = threading.current_thread().name
        if name not in names:
            names.add(name)
            together.wait(timeout=20)

    spread(task, count)
    return names


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_as_many_threads_work_side_by_side_as_torch_has(num_threads, threads):
    num_threads(threads)
    names = threads_of(100)
    assert len(names) == threads == len(threads_of(threads))
    caller = threading.current_thread().name
    assert caller in names
    assert all(name.startswith("synth_datamodule") for name in names - {caller})


def test_another_number_of_threads_is_honoured_from_then_on(num_threads):
    for threads in (2, 4, 3, 2):
        num_threads(threads)
        assert len(threads_of(50)) == threads


@pytest.mark.parametrize(("threads", "count"), [(1, 50), (4, 1)], ids=["one-thread", "one-item"])
def test_what_one_thread_can_do_is_done_by_the_caller(num_threads, threads, count):
    num_threads(threads)
    seen = []
    spread(lambda start, stop: seen.append((threading.current_thread(), start, stop)), count)
    assert seen == [(threading.current_thread(), 0, count)]


def test_a_thread_kept_busy_leaves_its_share_to_the_others(num_threads):
    num_threads(2)
    done = []

    def task(start, stop):
        if start == 0:
            assert stop < 32  # less than half of it all
            give_up = time.monotonic() + 20
            while len(done) < 64 - stop:
                assert time.monotonic() < give_up
                time.sleep(0.001)
        done.extend(range(start, stop))

    spread(task, 64)
    assert sorted(done) == list(range(64))


@pytest.mark.parametrize("threads", [1, 3])
def test_an_exception_reaches_the_caller(num_threads, threads):
    num_threads(threads)

    def task(start, stop):
        if start <= 17 < stop:
            raise ArithmeticError("sound 17 is out of tune")

    with pytest.raises(ArithmeticError, match="sound 17 is out of tune"):
        spread(task, 40)
    assert (times_done(40) == 1).all()


def test_two_callers_are_served_at_once(num_threads):
    num_threads(3)
    found = {}

    def call(name):
        for _ in range(50):
            found[name] = times_done(100 + name)
            time.sleep(0)

    callers = [threading.Thread(target=call, args=(name,)) for name in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(timeout=60)
    assert sorted(found) == [0, 1, 2, 3]
    assert all((done == 1).all() for done in found.values())


def test_a_caller_does_not_wait_for_threads_that_another_keeps_busy(num_threads):
    num_threads(2)
    begun, end = threading.Barrier(3), threading.Event()

    def task(start, stop):
        if start < 2:
            begun.wait(timeout=20)
        assert end.wait(timeout=20)

    busy = threading.Thread(target=spread, args=(task, 2))
    busy.start()
    begun.wait(timeout=20)  # the busy caller's own thread and the one beside it
    assert (times_done(40) == 1).all()
    assert busy.is_alive()
    end.set()
    busy.join(timeout=20)


def test_after_an_exception_nothing_more_is_begun(num_threads):
    num_threads(2)
    begun = []

    def task(start, stop):
        begun.append(start)
        raise ArithmeticError("out of tune")

    with pytest.raises(ArithmeticError):
        spread(task, 64)
    assert len(begun) <= 2


SCRIPT = """
import multiprocessing
import sys
import threading

import torch
from synth_datamodule.kernels.cpu.threads import spread


def squares(queue):
    torch.set_num_threads(3)
    found, names = [0] * 100, set()
    together = threading.Barrier(3)

    def task(start, stop):
        name = threading.current_thread().name
        if name not in names:
            names.add(name)
            together.wait(timeout=20)
        for number in range(start, stop):
            found[number] = number**2

    spread(task, 100)
    queue.put((sum(found), len(names)))


if __name__ == "__main__":
    # Threads of this process first: a forked child has none of them.
    context = multiprocessing.get_context(sys.argv[1])
    queue = context.SimpleQueue()
    squares(queue)
    child = context.Process(target=squares, args=(queue,))
    child.start()
    child.join(60)
    print(child.exitcode, queue.get(), queue.get())
"""


@pytest.mark.parametrize(
    "method",
    [
        pytest.param(
            "fork", marks=pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
        ),
        "spawn",
    ],
)
def test_a_child_process_has_threads_of_its_own(tmp_path, method):
    # Not from here: Python 3.12 warns where a process with threads is forked.
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script), method],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "0 (328350, 3) (328350, 3)"
