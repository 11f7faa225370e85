import errno
import os
from dataclasses import replace

import pytest

from synth_datamodule.benchmark.measures import HeardMetrics, Metrics
from synth_datamodule.benchmark.results import OF_MEDIAN, HeardResult, Result
from synth_datamodule.benchmark.task import BUDGETS, PARTS, TEST_SET
from synth_datamodule.measure.machine import Machine

MEASURES = ("parameter_error", "pitch_error", "log_mel", "spectral_convergence", "log_magnitude")


HEARD = ("mss", "wmfcc", "sot", "rms", "heard_pitch_error", "pitch_over_time", "gain_error")
HEARD += ("end_error", "canonical_error", "heard_parameter_error", "still")


@pytest.fixture
def made_up_first():
    """Return a maker of results of version 1: a name and seed, an error, and other fields."""

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
def made_up(made_up_first):
    """Return a maker of results: a candidate's name and seed, an error, and other fields."""

    def make(candidate, seed=0, error=0.25, **changes):
        sounds = BUDGETS[changes.get("budget", "cpu")].train_sounds
        first = made_up_first(candidate, seed, error, version=2, train_sounds=sounds)
        metrics = HeardMetrics(
            **vars(first.metrics),
            **dict.fromkeys(HEARD, error),
            heard_pitch_within=1 - error,
            heard_pitch_within_still=1 - error / 2,
            gain_error_of=dict.fromkeys(("vco_1", "vco_2", "noise"), error),
            canonical_error_of=dict.fromkeys(PARTS, error),
            of_median=dict.fromkeys(OF_MEDIAN, 0.25),
            intervals={
                name: [0.9 * error, 1.1 * error]
                for name in (
                    *(MEASURES[2:]),
                    *HEARD,
                    *("stft", "heard_pitch_within", "heard_pitch_within_still"),
                )
            },
        )
        fields = {**vars(first), "metrics": metrics, "renders": 400.0}
        fields["per_sound"] = {name: [error, 2 * error] * 512 for name in (*MEASURES, *HEARD)}
        return replace(HeardResult(**fields), **changes)

    return make


@pytest.fixture
def full_disk(monkeypatch):
    """Return a function after which nothing reaches the disk."""

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return lambda: monkeypatch.setattr(os, "fsync", full)
