"""What every shipped synth is: wired, heard, and all that a Voice is to a data module."""

import json
import pickle

import pytest
import pytorch_lightning
import torch

import synth_datamodule.synths
from synth_datamodule import AbstractSynth, SynthConfig, SynthDataModule
from synth_datamodule.features import levels
from synth_datamodule.synths import FilteredVoice, FmVoice, OneOscillator

SYNTHS = [FilteredVoice, FmVoice, OneOscillator]
CONFIG = SynthConfig(batch_size=4, sample_rate=16000, buffer_size_seconds=1.0, control_rate=400)
SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.25, "control_rate": 200}
QUIET = {
    "accelerator": "cpu",
    "logger": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}
each_synth = pytest.mark.parametrize("synth", SYNTHS, ids=lambda synth: synth.__name__)


@pytest.fixture(scope="module")
def heard():
    """The first 512 sounds of each synth, 1 s at 16,000 Hz."""
    return {synth: synth(CONFIG).render_sounds(range(512)).audio for synth in SYNTHS}


def test_all_that_is_shipped_is_tested():
    names = synth_datamodule.synths.__all__
    assert [getattr(synth_datamodule.synths, name) for name in names] == SYNTHS
    assert all(issubclass(synth, AbstractSynth) for synth in SYNTHS)


@each_synth
def test_its_wiring_was_checked(synth):
    assert synth(CONFIG).unchecked is None


@each_synth
def test_a_sound_depends_on_its_number_alone(synth):
    made = synth(CONFIG)
    together = made.render_sounds([7, 3, 2**32 - 1, 3])
    assert torch.equal(together.audio[1], made.sound(3).audio)
    assert torch.equal(together.audio[2], synth(CONFIG).sound(2**32 - 1).audio)
    assert torch.equal(together.audio[0], made(1)[0][3])
    assert torch.equal(made.render(together.parameters, together.index % 32), together.audio)


# Listened to, by figures.


@pytest.mark.parametrize(
    ("synth", "silent", "faint"),
    # The square-saw oscillator fades where its pitch is bent far up.
    [(FilteredVoice, 0, 0.02), (FmVoice, 0, 0.005), (OneOscillator, 0.005, 0.07)],
)
def test_no_more_sounds_are_silent_or_faint_than_said(heard, synth, silent, faint):
    peak = levels(heard[synth]).peak
    assert (peak < 1e-4).float().mean() <= silent
    assert (peak < 1e-2).float().mean() <= faint


@each_synth
def test_no_sound_exceeds_full_scale_and_few_touch_it(heard, synth):
    audio = heard[synth]
    assert audio.isfinite().all()
    assert audio.abs().max() <= 1
    # Normalised, a sound has one sample at full scale; clipped, it would have many.
    assert ((audio.abs() == 1).sum(1) <= 2).all()


@each_synth
def test_no_sound_has_much_of_a_constant_part(heard, synth):
    # Of 1 s. Notes below 20 Hz and noise have cut cycles; an envelope that opens within one period
    # of a low note shifts the phases of FmVoice's side bands.
    constant = heard[synth].mean(1).abs()
    assert constant.max() < 0.06
    assert constant.quantile(0.95) < 0.01


@each_synth
def test_no_two_sounds_are_alike(heard, synth):
    audio = heard[synth][:128].double()
    alike = torch.corrcoef(audio) - torch.eye(len(audio))
    assert alike.abs().max() < 0.99
    assert alike.abs().median() < 0.05


# All that comes for free.


@each_synth
def test_a_model_is_fitted_and_its_checkpoint_brings_the_synth_back(synth, tmp_path):
    class Model(pytorch_lightning.LightningModule):
        def __init__(self, num_samples, num_parameters):
            super().__init__()
            self.layer = torch.nn.Linear(num_samples, num_parameters)

        def training_step(self, batch, batch_idx):
            return (self.layer(batch.audio) - batch.parameters).abs().mean()

        def validation_step(self, batch, batch_idx):
            pass

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters())

    path = f"synth_datamodule.synths.{synth.__name__}"
    dm = SynthDataModule(4, train_sounds=8, val_sounds=0, synth=path, **SHORT)
    assert dm.synth is synth
    assert dm.num_parameters == len(synth(CONFIG).parameter_names)
    options = {"max_epochs": 1, "limit_val_batches": 0, "default_root_dir": tmp_path}
    trainer = pytorch_lightning.Trainer(**options, **QUIET)
    trainer.fit(Model(dm.num_samples, dm.num_parameters), datamodule=dm)
    assert trainer.global_step == 2
    trainer.save_checkpoint(tmp_path / "saved.ckpt")
    again = SynthDataModule.load_from_checkpoint(tmp_path / "saved.ckpt", weights_only=True)
    assert again.synth is synth
    assert again.parameter_table == dm.parameter_table


@each_synth
def test_pinned_values_hold(synth):
    pinned = {"keyboard.midi_f0": 60.25, "keyboard.duration": 0.5}
    made = synth(CONFIG, pinned=pinned)
    values = made.parameter_table.to_physical(made.render_sounds(range(4)).parameters)
    for name, value in pinned.items():
        assert values[:, made.parameter_table.column(name)].tolist() == [value] * 4


@each_synth
def test_a_nebula_file_bends_it(synth, tmp_path):
    plain = synth(CONFIG)
    curves = {
        parameter.name: {"curve": parameter.curve, "symmetric": parameter.symmetric}
        for parameter in plain.parameter_table.ranges
    }
    curves["keyboard.midi_f0"] = {"curve": 0.1, "symmetric": False}
    file = tmp_path / "low.json"
    file.write_text(json.dumps(curves))
    dm = SynthDataModule(4, nebula=file, synth=synth, val_sounds=4, **SHORT)
    column = dm.parameter_table.column("keyboard.midi_f0")
    (loaded,) = dm.val_dataloader()
    batch = loaded.to("cpu")
    low = dm.parameter_table.to_physical(batch.parameters)[:, column]
    assert (low < plain.parameter_table.to_physical(batch.parameters)[:, column]).all()
    assert torch.equal(batch.parameters, plain.render_sounds(batch.index).parameters)


@each_synth
def test_a_pickled_synth_sounds_the_same(synth):
    made = synth(CONFIG)
    again = pickle.loads(pickle.dumps(made))
    assert torch.equal(again.sound(9).audio, made.sound(9).audio)


@each_synth
def test_its_gradients_are_finite(synth):
    config = SynthConfig(
        sample_rate=8000, buffer_size_seconds=0.25, control_rate=200, no_grad=False
    )
    made = synth(config)
    parameters = made.draw(torch.arange(8)).requires_grad_()
    made.render(parameters).square().mean().backward()
    assert parameters.grad.isfinite().all()
    heard = parameters.grad.abs().amax(0) > 0
    unheard = [
        name for name, one in zip(made.parameter_names, heard.tolist(), strict=True) if not one
    ]
    # Steps have no slope.
    assert unheard == (["mod_ratio.choice", "tine_ratio.choice"] if synth is FmVoice else [])


@each_synth
def test_compiled_it_sounds_the_same(synth):
    made = synth(SynthConfig(**SHORT))
    parameters = made.draw(torch.arange(2))
    torch._dynamo.reset()
    # The backend that runs the traced graphs as they are, so that no compiler is needed.
    compiled = torch.compile(made.render, backend="eager")
    assert torch.equal(compiled(parameters), made.render(parameters))
