"""A signal ends a block at once: during imports, and while the main thread is deaf to it."""

import signal
import subprocess
import sys
import threading

import pytest

from synth_datamodule.commandline import at_once

pytestmark = pytest.mark.usefixtures("default_signals")

each_signal = pytest.mark.parametrize(
    ("number", "status", "word"),
    [
        (signal.SIGHUP, 129, "hung up"),
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
    ],
    ids=["sighup", "ctrl-c", "sigterm"],
)

# As in C++: it holds no lock of Python, and goes on after a signal.
DEAF = """
def wait_for_ever():
    mutex = ctypes.create_string_buffer(256)
    pthread = ctypes.CDLL(None)
    pthread.pthread_mutex_lock(mutex)
    print("begun", flush=True)
    pthread.pthread_mutex_lock(mutex)
"""


def command(script):
    words = [sys.executable, "-c", script]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(words, text=True, **pipes)


@each_signal
def test_a_signal_ends_an_import_in_its_line(number, status, word):
    script = f"""
import signal
from synth_datamodule.commandline import at_once, exit_status

def command():
    with at_once("play"):
        try:
            signal.raise_signal({int(number)})
        except BaseException:
            pass  # as some modules do while they are imported
    return 0

exit_status("play", command)
"""
    with command(script) as ended:
        assert ended.communicate() == ("", f"synth-datamodule play: error: {word}\n")
    assert ended.returncode == status


@each_signal
def test_a_signal_ends_what_waits_in_c_in_its_line_once_all_is_cleared_away(number, status, word):
    script = f"""
import ctypes
from synth_datamodule.commandline import at_once, exit_status
{DEAF}
def command():
    with at_once("play", lambda: print("cleared away", flush=True)):
        wait_for_ever()

exit_status("play", command)
"""
    with command(script) as waiting:
        assert waiting.stdout.readline() == "begun\n"
        waiting.send_signal(number)
        out, err = waiting.communicate()
    assert (out, err) == ("cleared away\n", f"synth-datamodule play: error: {word}\n")
    assert waiting.returncode == status


def test_the_first_of_two_signals_has_the_line_and_what_is_cleared_away_is_so_once():
    script = f"""
import ctypes, sys
from synth_datamodule.commandline import at_once, exit_status
{DEAF}
def clear():
    print("clears away", flush=True)
    sys.stdin.readline()

def command():
    with at_once("play", clear):
        wait_for_ever()

exit_status("play", command)
"""
    with command(script) as waiting:
        assert waiting.stdout.readline() == "begun\n"
        waiting.send_signal(signal.SIGTERM)
        assert waiting.stdout.readline() == "clears away\n"
        waiting.send_signal(signal.SIGINT)
        out, err = waiting.communicate("now\n")
    assert (out, err) == ("", "synth-datamodule play: error: terminated\n")
    assert waiting.returncode == 143


def test_what_cannot_be_cleared_away_ends_all_the_same():
    script = """
import signal
from synth_datamodule.commandline import at_once, exit_status

def command():
    with at_once("play", lambda: 1 / 0):
        signal.raise_signal(signal.SIGTERM)

exit_status("play", command)
"""
    with command(script) as ended:
        assert ended.communicate() == ("", "synth-datamodule play: error: terminated\n")
    assert ended.returncode == 143


def test_nothing_of_it_outlives_the_block():
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    before, threads = [signal.getsignal(number) for number in numbers], threading.enumerate()
    with at_once("play"):
        assert [signal.getsignal(number) for number in numbers] != before
        with at_once("play"):
            assert len(threading.enumerate()) == len(threads) + 2
    assert [signal.getsignal(number) for number in numbers] == before
    assert threading.enumerate() == threads
    assert signal.set_wakeup_fd(-1) == -1


def test_a_handler_of_the_callers_own_is_the_only_one():
    heard = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    try:
        with at_once("play"):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]


def test_a_thread_has_no_signals():
    ended = []

    def block():
        with at_once("play"):
            ended.append(True)

    thread = threading.Thread(target=block)
    thread.start()
    thread.join()
    assert ended == [True]
