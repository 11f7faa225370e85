"""Runs that are killed at a random moment and go on from their newest checkpoint."""

import os
import random
import runpy
import signal
import time
from pathlib import Path

import pytest
import torch

runs = runpy.run_path(str(Path(__file__).with_name("runs.py")))

DATA = {"batch_size": 4, "train_sounds": 60, "sounds_per_epoch": 20, "fresh_epochs": True}
ARGUMENTS = {"data": {**DATA, "val_sounds": 6}, "trainer": {"max_epochs": 3}, "looks": True}


def saves(folder, keep):
    return [
        {
            "dirpath": str(folder),
            "filename": "{step}",
            "save_top_k": keep,
            "every_n_train_steps": 1,
        }
    ]


@pytest.fixture(scope="module")
def unkilled():
    """The run that nothing happens to, with a schedule and without, looked at by nobody."""
    plain = {**ARGUMENTS, "looks": False}
    return [runs["run"](**plain, one_cycle=one_cycle) for one_cycle in (False, True)]


def newest(folder):
    """Return the newest checkpoint that can be read, and its step; None where there is none."""
    paths = {int(path.stem.split("=")[1]): path for path in folder.glob("step=*.ckpt")}
    for step in sorted(paths, reverse=True):
        try:
            torch.load(paths[step], weights_only=True)
        except Exception:  # cut short by the kill: Lightning's own writing, not this package's
            continue
        return step, paths[step]
    return None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Checkpoint directory .* is not empty")
@pytest.mark.parametrize("one_cycle", [False, True], ids=["constant", "estimated_stepping_batches"])
@pytest.mark.parametrize("kill", range(10))
def test_a_killed_run_ends_with_the_sounds_and_weights_of_one_that_was_not(
    unkilled, tmp_path, one_cycle, kill
):
    whole = unkilled[one_cycle]
    arguments = {**ARGUMENTS, "one_cycle": one_cycle}
    job = {"killed": {**arguments, "saves": saves(tmp_path / "c", -1), "pace": 0.1}}
    program = runs["start"](job, tmp_path / "records")
    end = time.monotonic() + 100
    while newest(tmp_path / "c") is None and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(random.Random(2 * kill + one_cycle).uniform(0, 1.2))
    os.killpg(program.pid, signal.SIGKILL)
    assert program.wait() == -signal.SIGKILL, (tmp_path / "records" / "log.txt").read_text()
    step, checkpoint = newest(tmp_path / "c")
    assert 0 < step < len(whole["train"])
    resumed = runs["run"](**arguments, saves=saves(tmp_path / "c", 0), ckpt_path=str(checkpoint))
    assert resumed["train"] == whole["train"][step:]
    assert resumed["weights"] == whole["weights"]
