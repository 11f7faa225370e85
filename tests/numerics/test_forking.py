"""A lock that another thread of the parent held is open in a forked child."""

import os
import threading

import pytest

from synth_datamodule.numerics.forking import ForkedLock

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def status_of_child(run):
    child = os.fork()
    if child == 0:
        try:
            run()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def taken(lock):
    """Raise an error where another thread holds the lock, and do not wait for it."""
    assert lock._lock.acquire(blocking=False)
    lock._lock.release()
    with lock.held():
        pass


def test_a_lock_is_open_in_a_child_and_stays_closed_in_its_parent():
    lock, holds, done = ForkedLock(), threading.Event(), threading.Event()

    def hold():
        with lock.held():
            holds.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        holds.wait()
        assert status_of_child(lambda: taken(lock)) == 0
        assert not lock._lock.acquire(blocking=False)
    finally:
        done.set()
        thread.join()
    taken(lock)


def test_a_child_that_is_forked_while_it_holds_the_lock_goes_on():
    lock = ForkedLock()

    def run(held):
        held.__exit__(None, None, None)
        taken(lock)

    held = lock.held()
    held.__enter__()
    try:
        assert status_of_child(lambda: run(held)) == 0
    finally:
        held.__exit__(None, None, None)
    taken(lock)
