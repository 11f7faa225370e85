"""A child of a process that has computed on several threads makes synths and renders, too."""

import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
    import os, signal, sys, time
    import torch
    from synth_datamodule import SynthConfig, SynthDataModule, Voice

    class Halved(Voice):
        def output(self, p, noise_rows):
            return super().output(p, noise_rows) / 2

    settings = {"sample_rate": 8000, "buffer_size_seconds": 0.25, "control_rate": 100}
    config = SynthConfig(**settings)
    make = {
        "a voice": lambda: Voice(config),
        "another nebula": lambda: Voice(config, "drum", pinned={"lfo_1.frequency": 4.0}),
        "an own synth": lambda: Halved(config),
        "an own sound": lambda: Halved(config).render_sounds(range(64)),
        "a data module": lambda: SynthDataModule(synth=Halved, **settings),
        "fused sound": lambda: Voice(config).render_sounds(range(64)),
        "the definition's sound": lambda: Voice(config, backend="reference").render_sounds([1, 2]),
    }[sys.argv[2]]
    torch.set_num_threads(int(sys.argv[1]))
    torch.use_deterministic_algorithms(len(sys.argv) > 3)
    torch.exp(torch.rand(10**7))
    child = os.fork()
    if child == 0:
        before = torch.get_num_threads()
        make()
        os._exit(0 if torch.get_num_threads() == before else 3)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            sys.exit(os.waitstatus_to_exitcode(status))
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    sys.exit("the child hangs")
"""


@pytest.mark.parametrize("threads", [2, 4])
@pytest.mark.parametrize(
    "what",
    [
        "a voice",
        "another nebula",
        "an own synth",
        "an own sound",
        "a data module",
        "fused sound",
        "the definition's sound",
    ],
)
def test_a_forked_child_hangs_nowhere(what, threads):
    _runs(str(threads), what)


@pytest.mark.parametrize("what", ["an own sound", "fused sound", "the definition's sound"])
def test_nor_where_torch_fills_new_memory(what):
    # As it does, on its threads, while it is asked for deterministic algorithms.
    _runs("2", what, "deterministic")


def _runs(*given):
    words = [sys.executable, "-c", textwrap.dedent(PROGRAM), *given]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
