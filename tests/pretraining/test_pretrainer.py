import pytest
import torch
from pytorch_lightning import Trainer

from synth_datamodule import SynthDataModule
from synth_datamodule.pretraining.pretrainer import Pretrainer

SMALL = {"sample_rate": 8000, "buffer_size_seconds": 0.5, "control_rate": 200, "val_sounds": 0}


def fit(objective, num_steps=1, **data):
    torch.manual_seed(0)
    model = Pretrainer(objective, 8000, width=32, depth=1, learning_rate=3e-3)
    trainer = Trainer(
        max_steps=num_steps,
        max_epochs=-1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        limit_val_batches=0,
    )
    trainer.fit(model, SynthDataModule(batch_size=8, train_sounds=8, **SMALL, **data))
    return model, trainer.callback_metrics["train_loss"].item()


@pytest.mark.parametrize(
    ("objective", "data"), [("contrast", {"paired_delta": 0.05}), ("masked", {})]
)
def test_it_learns_without_labels_and_repeats_to_the_bit(objective, data):
    (_, first), (model, last) = (fit(objective, steps, **data) for steps in (1, 30))
    assert last < 0.9 * first
    again, _ = fit(objective, 30, **data)
    audio = torch.randn(2, 4000)
    assert torch.equal(model.eval()(audio), again.eval()(audio))


@pytest.mark.parametrize(
    ("objective", "data", "words"),
    [
        ("contrast", {}, "must be given, got None"),
        ("masked", {"paired_delta": 0.1}, "must be left"),
    ],
)
def test_data_of_the_other_kind_is_refused(objective, data, words):
    with pytest.raises(ValueError, match=rf"data\.paired_delta {words}"):
        fit(objective, **data)


@pytest.mark.parametrize("objective", ["contrast", "masked"])
def test_a_representation_is_one_row_a_sound_of_any_length(objective):
    model = Pretrainer(objective, 16000, width=32, depth=1).eval()
    assert model(torch.randn(3, 16000)).shape == model(torch.randn(3, 9000)).shape == (3, 64)
