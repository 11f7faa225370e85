import json
import os
import subprocess
from pathlib import Path

import pytest
import torch

from synth_datamodule import SynthConfig
from synth_datamodule.measure.start import first_batch_here, first_batches

CPU = torch.device("cpu")
CONFIG = SynthConfig(batch_size=2, sample_rate=8000, buffer_size_seconds=0.1)


def test_the_first_process_finds_empty_caches_and_the_second_finds_its(monkeypatch):
    started = []

    def run(words, env, **options):
        folder = Path(env["NUMBA_CACHE_DIR"]).parent
        started.append((words, env, sorted(path.name for path in folder.iterdir())))
        (folder / "compiled").touch()
        return subprocess.CompletedProcess(words, 0, stdout=f"{len(started)}.5\n", stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    start = first_batches(CONFIG, CPU, "fused")
    assert (start.after_installation, start.later, start.batch_size) == (1.5, 2.5, 2)
    (words, first, empty), (_, second, left) = started
    assert (empty, left) == ([], ["compiled"])
    for name in ("NUMBA_CACHE_DIR", "TRITON_CACHE_DIR"):
        assert first[name] == second[name] != os.environ.get(name)
    assert SynthConfig(**json.loads(words[-3])) == CONFIG
    assert words[-2:] == ["cpu", "fused"]
    assert not Path(first["NUMBA_CACHE_DIR"]).parent.exists()


def test_a_process_of_its_own_makes_the_batch(monkeypatch):
    really_run, results = subprocess.run, []

    def run_once(words, **options):
        results.append(results[0] if results else really_run(words, **options))
        return results[-1]

    monkeypatch.setattr(subprocess, "run", run_once)
    start = first_batches(CONFIG, CPU, "reference")
    assert start.after_installation == start.later > 0
    assert len(results) == 2


def test_a_process_that_fails_says_why(monkeypatch):
    said = "Traceback ...\nValueError: no such voice\n"
    failed = subprocess.CompletedProcess([], 1, stdout="", stderr=said)
    monkeypatch.setattr(subprocess, "run", lambda *words, **options: failed)
    with pytest.raises(RuntimeError, match="in a new process failed: ValueError: no such voice"):
        first_batches(CONFIG, CPU)


@pytest.mark.gpu
def test_a_gpu_makes_a_first_batch():
    fields = '{"batch_size": 2, "sample_rate": 8000, "buffer_size_seconds": 0.1}'
    assert first_batch_here(fields, "cuda", "auto") > 0
