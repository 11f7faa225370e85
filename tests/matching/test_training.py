import logging

import lightning.pytorch
import pytest
import pytorch_lightning
from lightning_utilities.core import rank_zero

from synth_datamodule import SynthDataModule
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.training import lightning_of, made_for, quiet


@pytest.mark.parametrize("lightning", [pytorch_lightning, lightning.pytorch])
def test_a_model_belongs_to_the_lightning_its_class_comes_from(lightning):
    class Model(lightning.LightningModule):
        pass

    assert lightning_of(Model) is lightning


@pytest.mark.parametrize("model", [SoundMatcher(), "SoundMatcher", int])
def test_what_is_no_models_class_is_refused(model):
    with pytest.raises(TypeError, match="model must be a LightningModule's class, got"):
        lightning_of(model)


def test_a_model_is_told_what_it_takes_and_nothing_else():
    class Model:
        def __init__(self, num_samples, width=3):
            self.given = num_samples, width

    data = SynthDataModule(buffer_size_seconds=0.5)
    assert made_for(data, Model).given == (22050, 3)
    assert made_for(data, Model, width=5, num_samples=7).given == (7, 5)


def test_quiet_lasts_as_long_as_it_is_asked_for():
    level = rank_zero.log.level
    with quiet():
        assert rank_zero.log.level == logging.WARNING
    assert rank_zero.log.level == level
