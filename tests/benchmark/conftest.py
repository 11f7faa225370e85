import errno
import os
from dataclasses import replace

import pytest

from synth_datamodule.benchmark.measures import Metrics
from synth_datamodule.benchmark.results import Result
from synth_datamodule.benchmark.task import BUDGETS, PARTS, TEST_SET
from synth_datamodule.measure.machine import Machine

MEASURES = ("parameter_error", "pitch_error", "log_mel", "spectral_convergence", "log_magnitude")


@pytest.fixture
def made_up():
    """Return a maker of results: a candidate's name and seed, an error, and other fields."""

    def make(candidate, seed=0, error=0.25, **changes):
        metrics = Metrics(
            parameter_error=error,
            parameter_error_of={**dict.fromkeys(PARTS, error), "keyboard.midi_f0": error / 2},
            pitch_error=100 * error,
            pitch_within_quarter_tone=error / 10,
            log_mel=40 * error,
            spectral_convergence=4 * error,
            log_magnitude=8 * error,
            stft=12 * error,
            medians={"parameter_error": error},
        )
        result = Result(
            task="sound-matching",
            version=1,
            candidate=candidate,
            budget="cpu",
            seed=seed,
            device="cpu",
            train_sounds=BUDGETS[changes.get("budget", "cpu")].train_sounds,
            test_sounds=1024,
            test_set=TEST_SET,
            batch_size=32,
            is_comparable=True,
            learned="here",
            hyperparameters={"width": 16},
            num_weights=99,
            machine=Machine("An EPYC", "An EPYC", 2, {"Python": "3.11.7", "torch": "2.14.1"}),
            seconds={"matching": 60.0, "measuring": 30.0},
            metrics=metrics,
            guesses_sha256=f"{candidate}{seed}",
            per_sound={name: [error, 2 * error] * 512 for name in MEASURES},
        )
        return replace(result, **changes)

    return make


@pytest.fixture
def full_disk(monkeypatch):
    """Return a function after which nothing reaches the disk."""

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return lambda: monkeypatch.setattr(os, "fsync", full)
