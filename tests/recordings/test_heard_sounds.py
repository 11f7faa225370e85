"""HeardSounds remembers what the network heard, as its ear made it, and no more than it may."""

import pytest
import torch
from pytorch_lightning import Trainer

from synth_datamodule import SynthDataModule
from synth_datamodule.matching.matcher import ear
from synth_datamodule.matching.memory import pooled
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.training import quiet
from synth_datamodule.recordings.heard_sounds import HeardSounds


def trained(heard, tmp_path, **settings):
    data = SynthDataModule(
        batch_size=4, sounds_per_epoch=12, val_sounds=2, test_sounds=2, sample_rate=8000,
        buffer_size_seconds=0.5, control_rate=400, **settings,
    )  # fmt: skip
    with quiet():
        trainer = Trainer(
            max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, callbacks=[heard],
            default_root_dir=tmp_path, num_sanity_val_steps=1,
        )  # fmt: skip
        model = SoundMatcher(num_parameters=data.num_parameters, sample_rate=8000, width=2)
        trainer.fit(model, data)
    return data, model


def test_each_train_sound_is_found_as_itself(tmp_path):
    data, model = trained(heard := HeardSounds(), tmp_path)
    memory = heard.memory()
    assert len(memory) == len(heard) == 12
    data.setup()
    numbers = data.sounds("train").numbers(0, 0, 12)
    sounds = data.voice.render_sounds(numbers)
    with torch.no_grad():
        near = memory.nearest(pooled(ear(8000)(sounds.audio)), 1)
    assert near.decibels.max() == 0
    assert torch.equal(near.parameters[:, 0], sounds.parameters)
    assert not model.log_mel._forward_hooks


@pytest.mark.parametrize(("most", "kept"), [(1, 4), (4, 4), (5, 8), (12, 12)])
def test_the_last_batches_that_hold_so_many_are_kept(most, kept, tmp_path):
    _, _ = trained(heard := HeardSounds(most), tmp_path)
    assert len(heard) == kept


def test_free_labels_are_kept_as_they_come(tmp_path):
    pinned = {"keyboard.midi_f0": 60.0}
    trained(heard := HeardSounds(), tmp_path, labels="free", pinned=pinned)
    assert heard.memory().parameters.shape == (12, 77)


def test_where_nothing_was_heard_there_is_no_memory():
    assert HeardSounds().memory() is None
