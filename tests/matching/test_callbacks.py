"""What a run says while it runs, and what it leaves."""

import contextlib

import pytest
from pytorch_lightning import Trainer

from synth_datamodule import SynthDataModule, reporting
from synth_datamodule.matching.callbacks import PredictionWriter, Progress
from synth_datamodule.matching.model import SoundMatcher

QUIET = {
    "accelerator": "cpu",
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}


@pytest.fixture
def data():
    return SynthDataModule(
        4, train_sounds=12, val_sounds=8, test_sounds=8, buffer_size_seconds=0.25
    )


@pytest.fixture
def said(monkeypatch):
    """What progress was told: for each loop its words, its steps, and whether it has ended."""
    loops = []

    @contextlib.contextmanager
    def progress(description, total, unit):
        loop = {"said": [description], "total": total, "unit": unit, "done": 0, "ended": False}
        loops.append(loop)

        def advance(steps=1, description=None):
            loop["done"] += steps
            loop["said"] += [description] if description is not None else []

        yield advance
        loop["ended"] = True

    monkeypatch.setattr(reporting, "progress", progress)
    return loops


def test_every_step_and_validation_of_a_fit_is_told(said, data):
    trainer = Trainer(max_epochs=2, callbacks=[Progress()], **QUIET)
    trainer.fit(SoundMatcher(), datamodule=data)
    (loop,) = said
    assert (loop["total"], loop["done"], loop["unit"]) == (6, 6, "steps")
    assert loop["said"][0] == "training"
    assert [words.rpartition(" ")[0] for words in loop["said"][1:]] == [
        "training, after epoch 1 val_error",
        "training, after epoch 2 val_error",
    ]
    assert loop["ended"]


@pytest.mark.parametrize("name", ["validate", "test", "predict"])
def test_every_batch_of_a_measurement_is_told(said, data, name, tmp_path):
    trainer = Trainer(callbacks=[Progress()], **QUIET)
    getattr(trainer, name)(
        SoundMatcher(), datamodule=data, **{} if name == "predict" else {"verbose": False}
    )
    (loop,) = said
    assert (loop["total"], loop["done"], loop["unit"], loop["ended"]) == (2, 2, "batches", True)


def test_progress_ends_with_a_run_that_fails(said, data):
    class Fails(SoundMatcher):
        def training_step(self, batch, batch_idx):
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        Trainer(max_epochs=1, callbacks=[Progress()], **QUIET).fit(Fails(), datamodule=data)
    assert said[0]["ended"]


def test_predictions_have_their_name_when_all_are_written(data, tmp_path):
    seen = []

    class Looks(SoundMatcher):
        def predict_step(self, batch, batch_idx):
            seen.append([path.name for path in tmp_path.glob("*.csv")])
            return super().predict_step(batch, batch_idx)

    trainer = Trainer(callbacks=[PredictionWriter(tmp_path)], **QUIET)
    trainer.predict(Looks(), datamodule=data, return_predictions=False)
    assert seen == [[], []]
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.csv"]
    assert len((tmp_path / "predictions.csv").read_text().splitlines()) == 1 + 8


def test_a_prediction_that_fails_leaves_nothing(data, tmp_path):
    class Fails(SoundMatcher):
        def predict_step(self, batch, batch_idx):
            if batch_idx:
                raise RuntimeError("no")
            return super().predict_step(batch, batch_idx)

    trainer = Trainer(callbacks=[PredictionWriter(tmp_path)], **QUIET)
    with pytest.raises(RuntimeError, match="no"):
        trainer.predict(Fails(), datamodule=data, return_predictions=False)
    assert not list(tmp_path.iterdir())
