"""A process that a command starts ends with it."""

import os
import subprocess
import sys

CHILD = """
import sys, time
from synth_datamodule.commandline.orphans import end_with_parent

end_with_parent()
print("begun", flush=True)
time.sleep(100)
print("outlived its parent", flush=True)
"""
PARENT = f"""
import subprocess, sys, time

subprocess.Popen([sys.executable, "-c", {CHILD!r}])
time.sleep(200)
"""


def test_a_child_ends_with_a_parent_that_is_killed():
    words = [sys.executable, "-c", PARENT]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout.readline() == "begun\n"
        parent.kill()
        # The pipe ends with the last of the two.
        assert parent.stdout.read() == ""


def test_a_process_that_lightning_starts_watches_its_parent():
    script = (
        "import threading; from synth_datamodule import cli; "
        "cli.main = lambda: print([thread.name for thread in threading.enumerate()]) or 0; "
        "cli.run()"
    )
    alone = {name: value for name, value in os.environ.items() if name != "LOCAL_RANK"}
    for rank, threads in (({}, ["MainThread"]), ({"LOCAL_RANK": "1"}, ["MainThread", "parent"])):
        words, environment = [sys.executable, "-c", script], {**alone, **rank}
        ran = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
        assert ran.stdout == f"{threads}\n"


def run_pair(child, parent):
    """Run a script in a process that another one launches; return what both said."""
    script = f"""
import os, signal, subprocess, sys
from synth_datamodule.commandline.orphans import launching

with launching():
    child = subprocess.Popen(
        [sys.executable, "-c", {LAUNCHED + child!r}],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={{**os.environ, "LOCAL_RANK": "1"}},
    )
{parent}
"""
    # What is read ends with the last of the two.
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout, ran.stderr


BEGUN = 'assert child.stdout.readline() == b"begun\\n"'
LAUNCHED = """
import os, signal, sys
from synth_datamodule.commandline import exit_status
from synth_datamodule.commandline.orphans import end_with_parent

end_with_parent()
assert "SYNTH_DATAMODULE_LAUNCHER" not in os.environ  # for what it starts is no child of the run
"""


def test_a_launched_process_that_hears_a_signal_ends_in_silence():
    child = """
def command():
    print("begun", flush=True)
    signal.pause()

sys.exit(exit_status("play", command))
"""
    # The parent waits for it, as in a collective.
    parent = f"""{BEGUN}
child.send_signal(signal.SIGTERM)
sys.exit(child.wait(8))
"""
    assert run_pair(child, parent) == (143, "", "")


def test_one_that_python_still_starts_does_too():
    child = """
sys.exit(exit_status("play", lambda: signal.pause() or 0))
"""
    # Before there is a handler Python would say KeyboardInterrupt, below a traceback.
    parent = """
child.send_signal(signal.SIGINT)
sys.exit(child.wait())
"""
    assert run_pair(child, parent) == (130, "", "")


def test_one_that_is_to_end_at_once_does_so_after_its_parent():
    child = """
from synth_datamodule.commandline import at_once

with at_once("play"):
    print("begun", flush=True)
    signal.pause()
"""
    parent = f"""{BEGUN}
child.send_signal(signal.SIGINT)
try:
    child.wait(1)
except subprocess.TimeoutExpired:
    os.write(2, b"the parent's line")
os._exit(130)
"""
    assert run_pair(child, parent) == (130, "", "the parent's line")


def test_one_that_loses_its_parent_does_not_complain_of_it():
    child = """
def command():
    print("begun", flush=True)
    sys.stdin.read()  # to the end, which comes with the parent's
    raise RuntimeError("connection closed by peer")

exit_status("play", command)
"""
    assert run_pair(child, f"{BEGUN}\nos.kill(os.getpid(), signal.SIGKILL)") == (-9, "", "")


def test_an_error_of_its_own_is_said():
    child = """
def command():
    print("begun", flush=True)
    raise ValueError("notes must be there, got none")

sys.exit(exit_status("play", command))
"""
    status, _, err = run_pair(child, "sys.exit(child.wait())")
    assert (status, err) == (2, "synth-datamodule play: error: notes must be there, got none\n")


def test_one_whose_parent_has_gone_before_it_begins_ends():
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    environment = {**os.environ, "LOCAL_RANK": "1", "SYNTH_DATAMODULE_LAUNCHER": str(gone.pid)}
    words = [sys.executable, "-c", f"{LAUNCHED}\nsignal.pause()"]
    ended = subprocess.run(words, capture_output=True, check=False, env=environment)
    assert (ended.returncode, ended.stdout, ended.stderr) == (143, b"", b"")
