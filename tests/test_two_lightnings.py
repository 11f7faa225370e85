"""Both Lightnings in one process: each keeps its own voice."""

import logging

import pytest
import pytorch_lightning

import synth_datamodule
from synth_datamodule.both_lightnings import LOGGERS

lightning = pytest.importorskip("lightning.pytorch")
TRAINERS = {
    "pytorch_lightning": pytorch_lightning.Trainer,
    "lightning.pytorch": lightning.Trainer,
}


@pytest.mark.parametrize("namespace", TRAINERS)
def test_a_trainers_notes_come_from_the_logger_of_its_own_namespace(namespace, monkeypatch):
    assert synth_datamodule.SynthDataModule is not None  # which imports both
    heard = {name: [] for name in LOGGERS}
    for name, logger in LOGGERS.items():
        monkeypatch.setattr(logger, "level", logging.INFO)
        monkeypatch.setattr(logger, "handle", heard[name].append)
    TRAINERS[namespace](accelerator="cpu", logger=False, enable_checkpointing=False)
    assert heard.pop(namespace)
    assert not any(heard.values())


@pytest.mark.parametrize("namespace", TRAINERS)
def test_a_namespace_that_is_quiet_says_nothing(namespace, monkeypatch):
    said = []
    root = logging.getLogger(namespace)
    monkeypatch.setattr(root, "level", logging.ERROR)
    for logger in LOGGERS.values():
        logger.manager._clear_cache()
        monkeypatch.setattr(logger, "handle", said.append)
    TRAINERS[namespace](accelerator="cpu", logger=False, enable_checkpointing=False)
    for logger in LOGGERS.values():
        logger.manager._clear_cache()
    assert said == []
