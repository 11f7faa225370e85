import os
import subprocess
from pathlib import Path

import pytest
import start
import torch

SHORT = ["--sample_rate", "8000", "--seconds", "0.1"]


def test_the_first_process_finds_empty_caches_and_the_others_find_its(monkeypatch):
    started = []

    def run(words, env, **options):
        folder = Path(env["NUMBA_CACHE_DIR"]).parent
        started.append((words, env, sorted(path.name for path in folder.iterdir())))
        (folder / "compiled").touch()
        return subprocess.CompletedProcess(words, 0, stdout=f"{len(started)}.5 0.25\n", stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    found = start.first_batches(["--seconds=0.5"], 2, 2)
    assert (found.after_installation, found.batch_size) == ((1.5, 0.25), 2)
    assert found.later == [(2.5, 0.25), (3.5, 0.25)]
    (words, first, empty), (_, second, left), _ = started
    assert (empty, left) == ([], ["compiled"])
    for name in ("NUMBA_CACHE_DIR", "TRITON_CACHE_DIR"):
        assert first[name] == second[name] != os.environ.get(name)
    given = start.parser().parse_args(words[2:])
    assert (given.once, given.batch_size, given.seconds) == (True, 2, 0.5)
    assert not Path(first["NUMBA_CACHE_DIR"]).parent.exists()


def test_a_process_of_its_own_makes_the_batch(monkeypatch):
    really_run, results = subprocess.run, []

    def run_once(words, **options):
        results.append(results[0] if results else really_run(words, **options))
        return results[-1]

    monkeypatch.setattr(subprocess, "run", run_once)
    found = start.first_batches(["--backend", "reference", *SHORT], 2, 1)
    assert [found.after_installation] == found.later
    assert min(found.after_installation) > 0
    assert len(results) == 2


def test_a_process_that_fails_says_why(monkeypatch):
    said = "Traceback ...\nValueError: no such voice\n"
    failed = subprocess.CompletedProcess([], 1, stdout="", stderr=said)
    monkeypatch.setattr(subprocess, "run", lambda *words, **options: failed)
    with pytest.raises(RuntimeError, match="in a new process failed: ValueError: no such voice"):
        start.first_batches([], 2, 1)


def test_a_start_says_itself_in_a_sentence():
    later = [(0.5, 0.6), (0.2, 0.3), (0.4, 0.7)]
    assert str(start.Start((7.25, 7.5), later, 32)) == (
        "From Voice(...) to the first batch of 32 in a new process: 7.25 s after installation "
        "(7.50 s of CPU), then 0.200 s at best and 0.400 s in the median of 3 processes "
        "(0.300 and 0.600 s of CPU)."
    )


@pytest.mark.gpu
def test_a_gpu_makes_a_first_batch():
    recipe = start.SynthRecipe(sample_rate=8000, buffer_size_seconds=0.1)
    assert min(start.first_batch_here(recipe, 2, torch.device("cuda"))) > 0
