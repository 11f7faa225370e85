"""The command in processes of its own, started in no time: to be killed, and run on full disks.

Not a test; tests import it.
"""

import contextlib
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

# Starts processes that have imported everything and rendered a sound: one of them takes seconds for
# that, a fork none. On one thread, for the threads of OpenMP do not outlive a fork.
# A fork counts its touches: each file below its folder that it is about to open for writing, link,
# rename or remove. It may be told to die of kill -9 before one of them.
FORKS = """
    import atexit, contextlib, gc, json, os, resource, signal, sys
    import torch
    import synth_datamodule.benchmark.command, synth_datamodule.identity.command
    import synth_datamodule.matching.command, synth_datamodule.measure.command
    import synth_datamodule.sweeps.command, synth_datamodule.synths.command
    from synth_datamodule import SynthConfig, Voice
    from synth_datamodule.cli import main
    from synth_datamodule.features import LogMel
    for module in ("matplotlib.pyplot", "optuna.visualization.matplotlib", "sklearn.ensemble"):
        with contextlib.suppress(ImportError):
            __import__(module)
    torch.set_num_threads(1)
    LogMel(44100)(Voice(SynthConfig(buffer_size_seconds=0.1)).render_sounds(range(2)).audio)
    torch.optim.AdamW(torch.nn.Linear(1, 1).parameters())

    gc.freeze()

    WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
    TOUCHES = {"os.link", "os.rename", "os.remove", "os.truncate", "shutil.copyfile"}

    def count_touches(folder, last):
        count = 0
        def touch(event, arguments):
            nonlocal count
            if event == "open":
                writes = isinstance(arguments[2], int) and arguments[2] & WRITES
                paths = arguments[:1] if writes else ()
            else:
                paths = arguments[:2] if event in TOUCHES else ()
            for path in paths:
                if isinstance(path, str | os.PathLike):
                    if os.path.abspath(path).startswith(folder + os.sep):
                        count += 1
                        if count == last:
                            os.kill(os.getpid(), signal.SIGKILL)
                        return
        sys.addaudithook(touch)
        return lambda: count

    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            print(os.waitstatus_to_exitcode(os.waitpid(asked["wait"], 0)[1]), flush=True)
        elif pid := os.fork():
            print(pid, flush=True)
        else:
            os.chdir(asked["folder"])
            for number, path in ((1, asked["out"]), (2, asked["err"])):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if asked["largest_file"] is not None:
                limits = (asked["largest_file"], resource.RLIM_INFINITY)
                resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            touches = count_touches(asked["folder"], asked["last_touch"])
            status = main(asked["words"])
            with open(asked["touches"], "w") as file:
                file.write(str(touches()))
            atexit._run_exitfuncs()
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(status)  # to free a gigabyte of modules takes seconds
"""


class Command:
    """A process of the command."""

    def __init__(self, server, words, folder, **options):
        folder = Path(folder)
        self._server = server
        outputs = {
            name: str(folder.parent / f"{folder.name}.{name}") for name in ("out", "err", "touches")
        }
        for path in outputs.values():
            Path(path).unlink(missing_ok=True)
        defaults = {"largest_file": None, "last_touch": None, **outputs}
        asked = {"words": words, "folder": str(folder), **defaults, **options}
        self._files = asked["out"], asked["err"]
        self._touches = asked["touches"]
        self.pid = int(self._answer(asked))

    def _answer(self, asked):
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        return self._server.stdout.readline()

    def wait(self):
        """Return the exit status, what it printed and what it complained of."""
        return self.status(), *(Path(path).read_text() for path in self._files)

    def status(self):
        """Return the exit status alone."""
        return int(self._answer({"wait": self.pid}))

    def touches(self):
        """Return how many touches a process that has ended by itself counted."""
        return int(Path(self._touches).read_text())

    def kill(self, number):
        os.kill(self.pid, number)


@contextlib.contextmanager
def forks():
    """Yield a function that starts the command in a folder, beside which its output is kept."""
    server = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(FORKS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        yield lambda *words, folder, **options: Command(server, words, folder, **options)


@contextlib.contextmanager
def small_disk(folder, kibibytes):
    """Let a folder be a disk of so many KiB; skip the test where that is not allowed."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a small disk cannot be mounted here: {error}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def one_line(err, command):
    """Return the one line of an error, below what Lightning says of itself."""
    assert "Traceback" not in err
    assert "usage:" not in err
    *_, line = err.splitlines()
    assert line.startswith(f"synth-datamodule {command}: error: ")
    return line.partition(": error: ")[2]
