import pytest
import torch
from pytorch_lightning import Trainer

from synth_datamodule import SynthDataModule
from synth_datamodule.matching.matcher import NUM_MELS, Matcher, ear
from synth_datamodule.matching.model import SoundMatcher


class Bias(Matcher):
    def __init__(self, num_parameters=3):
        super().__init__(num_parameters, 8000, 0.1)
        self.save_hyperparameters()
        self.bias = torch.nn.Parameter(torch.full((num_parameters,), 0.5))
        self.frames = None

    def guess(self, frames):
        self.frames = frames
        return self.bias.expand(len(frames), -1)


@pytest.mark.parametrize("sample_rate", [8000, 44100, 96000])
def test_the_ear_hears_some_31_frames_a_second_at_any_rate(sample_rate):
    frames = ear(sample_rate)(torch.zeros(1, 2 * sample_rate))
    assert frames.shape[1] == NUM_MELS
    assert 62 <= frames.shape[2] <= 64


def test_a_subclass_guesses_from_what_the_ear_hears():
    matcher, audio = Bias(), torch.randn(2, 8000)
    assert torch.equal(matcher(audio), torch.full((2, 3), 0.5))
    assert torch.equal(matcher.frames, ear(8000)(audio))


def test_a_run_may_train_on_for_more_epochs_than_it_was_planned_for(tmp_path):
    data = {"batch_size": 4, "train_sounds": 8, "val_sounds": 4, "sample_rate": 8000}
    data |= {"buffer_size_seconds": 0.25, "control_rate": 200}

    def fit(max_epochs, **more):
        model, options = (
            SoundMatcher(78, 8000, width=1),
            {"accelerator": "cpu", "logger": False, "enable_checkpointing": False},
        )
        trainer = Trainer(
            max_epochs=max_epochs, enable_progress_bar=False, enable_model_summary=False, **options
        )
        trainer.fit(model, SynthDataModule(**data), **more)
        trainer.save_checkpoint(tmp_path / f"{max_epochs}.ckpt")
        return trainer

    fit(2)
    trainer = fit(5, ckpt_path=tmp_path / "2.ckpt")
    assert trainer.global_step == 10
    schedule = trainer.lr_scheduler_configs[0].scheduler
    assert schedule.total_steps == 10
    rate, whole = (one.optimizers[0].param_groups[0]["lr"] for one in (trainer, fit(5)))
    assert rate == whole


def test_a_subclass_must_write_its_guess():
    with pytest.raises(NotImplementedError, match="Matcher must write guess"):
        Matcher(3, 8000, 0.1)(torch.zeros(1, 8000))
