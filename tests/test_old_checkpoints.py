"""Checkpoints that version 0.1.0 wrote, before files moved and synths had public names.

Each was taken at step 18 of 20 of a ``fit``: 2 epochs of 40 train sounds in batches of 4, on a CPU,
with the data module below; ``HEARD`` is what that run heard next.
"""

from pathlib import Path

import pytest
import torch

from synth_datamodule import SynthDataModule, Voice
from synth_datamodule.patching.naming import public_name
from synth_datamodule.synths import FmVoice

FOLDER = Path(__file__).parent / "checkpoints"
HEARD = [[19, 3, 23, 12], [30, 36, 39, 5]]
CASES = [
    ("voice", "synth_datamodule.voice.Voice", Voice),
    ("fm_voice", "synth_datamodule.synths.fm_voice.FmVoice", FmVoice),
]
each_case = pytest.mark.parametrize(("name", "path", "synth"), CASES, ids=["voice", "fm_voice"])


@each_case
def test_it_names_its_synth_by_a_file(name, path, synth):
    state = torch.load(FOLDER / f"{name}.pt", weights_only=True)
    assert state["datamodule_hyper_parameters"]["synth"] == path


@each_case
def test_its_data_module_is_made_again(name, path, synth):
    dm = SynthDataModule.load_from_checkpoint(FOLDER / f"{name}.pt")
    assert dm.synth is synth
    assert dm.recipe.synth == dm.hparams["synth"] == public_name(synth)
    assert (dm.seed, dm.train_sounds, dm.sample_rate) == (3, 40, 8000)
    assert dm.pinned == {"keyboard.midi_f0": 60.0}


@each_case
def test_a_run_goes_on_with_the_very_next_sound(name, path, synth):
    pl = pytest.importorskip("pytorch_lightning")

    class Listener(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(64, 3)
            self.heard = []

        def training_step(self, batch, batch_idx):
            self.heard.append(batch.index.tolist())
            return self.layer(batch.audio[:, :64]).square().mean()

        def validation_step(self, batch, batch_idx):
            """No sounds come here; without it Lightning warns."""

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.0)

    model, dm = Listener(), SynthDataModule.load_from_checkpoint(FOLDER / f"{name}.pt")
    trainer = pl.Trainer(
        max_epochs=2,
        limit_val_batches=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        accelerator="cpu",
    )
    trainer.fit(model, dm, ckpt_path=FOLDER / f"{name}.pt")
    assert model.heard == HEARD
