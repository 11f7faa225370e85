"""Whether trials in one process grow it: its resident memory and what is alive after each.

Run ``python tests/bench/trials.py``: a sweep of 20 trials in a file of its own, as
``synth-datamodule sweep`` runs them, with other widths, batch sizes and learning rates. What is
kept: oneDNN's kernels for each width and batch size that comes for the first time, six in all
(1.5 MB each; with ``ONEDNN_PRIMITIVE_CACHE_CAPACITY=1`` 0.3 MB).
"""

import ctypes
import gc
import os
import tempfile
from collections import Counter
from pathlib import Path

import pytorch_lightning as pl
import torch
from options import options, read

from synth_datamodule import AbstractSynth, SynthDataModule
from synth_datamodule.sweeps import Experiment, search_space, sweep

SETTINGS = {
    "data.sounds_per_epoch": 64,
    "data.val_sounds": 32,
    "data.test_sounds": 32,
    "data.buffer_size_seconds": 1.0,
    "trainer.max_epochs": 2,
    "trainer.accelerator": "cpu",
}
SPACE = search_space(
    {
        "model.learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
        "model.width": [4, 8],
        "data.batch_size": [8, 16, 32],
    }
)
KINDS = (SynthDataModule, AbstractSynth, pl.LightningModule, pl.Trainer, torch.Tensor)


def resident_megabytes():
    """Read what of this process lies in memory (Linux), once malloc has given back what is free."""
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def alive():
    """Count what the garbage collector knows, by kind."""
    gc.collect()
    types = Counter(map(type, gc.get_objects()))
    return [sum(types[t] for t in types if issubclass(t, kind)) for kind in KINDS]


def parser():
    return options(__doc__, trials=20)


def main():
    """Print a line for each trial, and the growth from the fifth to the last."""
    num_trials = read(parser()).trials
    from optuna.samplers import TPESampler

    names = "  ".join(kind.__name__ for kind in KINDS)
    print(f"resident MB  alive: {names}")
    sizes = []

    def measure_and_propose(seed):
        counts = alive()
        sizes.append(resident_megabytes())
        print(f"{sizes[-1]:11.1f}  {counts}")
        return TPESampler(seed=seed)

    with tempfile.TemporaryDirectory() as folder:
        storage = f"sqlite:///{folder}/sweep.db"
        # One more, that the last is measured too.
        sweep(Experiment(SETTINGS), SPACE, num_trials + 1, storage, sampler=measure_and_propose)
    first = min(5, num_trials)
    growth = sizes[num_trials] - sizes[first]
    print(f"from trial {first} to trial {num_trials}: {growth:+.1f} MB")


if __name__ == "__main__":
    main()
