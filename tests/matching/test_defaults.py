"""A short run's settings where there are fewer sounds than it would take."""

import pytest
import torch

from synth_datamodule import SynthDataModule
from synth_datamodule.matching.defaults import DEFAULTS, OPEN, settled

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.05, "control_rate": 100, "batch_size": 4}
SHIPPED = {name: DEFAULTS[f"data.{name}"] for name in OPEN}


def rows(number):
    return {"parameters": torch.full((number, 78), 0.5)}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, SHIPPED),
        ({"train_sounds": 9000}, SHIPPED),
        ({"train_sounds": 100}, {**SHIPPED, "sounds_per_epoch": 100, "fresh_epochs": False}),
        (rows(45), {"sounds_per_epoch": 37, "fresh_epochs": False, "val_sounds": 4}),
        (rows(7), {"sounds_per_epoch": 7, "fresh_epochs": False, "val_sounds": 0}),
        (rows(10_000), {"sounds_per_epoch": 4096, "fresh_epochs": False, "val_sounds": 256}),
        (
            {"sounds": [5, 6, 8192]},
            {"sounds_per_epoch": 2, "fresh_epochs": False, "val_sounds": 1},
        ),
    ],
)
def test_a_fit_asks_for_what_there_is(given, expected):
    data = SynthDataModule(**given, **OPEN, **SHORT)
    assert settled(data, OPEN, "fit") == expected
    assert {name: getattr(data, name) for name in OPEN} == expected
    assert {name: data.hparams[name] for name in OPEN} == expected
    assert len(data.sounds("train")) == expected["sounds_per_epoch"]
    data.setup("fit")


def test_what_was_typed_stays():
    data = SynthDataModule(**rows(45), **{**OPEN, "sounds_per_epoch": 5, "val_sounds": 2}, **SHORT)
    assert settled(data, ["fresh_epochs"], "fit") == {"fresh_epochs": False}
    assert (data.sounds_per_epoch, data.val_sounds) == (5, 2)


@pytest.mark.parametrize("command", ["validate", "test", "predict"])
def test_rows_without_a_train_row_are_measured(command):
    data = SynthDataModule(**rows(6), split=["val"] * 2 + ["test"] * 4, **OPEN, **SHORT)
    made = settled(data, OPEN, command)
    assert made["sounds_per_epoch"] is None
    data.setup(command)
    assert len(data.sounds("val")) == 2


def test_of_the_corpus_256_are_validated_on():
    data = SynthDataModule(**OPEN, **SHORT)
    assert settled(data, OPEN, "validate")["val_sounds"] == len(data.sounds("val")) == 256
