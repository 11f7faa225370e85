"""Whose position it is: only a run that goes on from its checkpoint has one."""

import importlib
import os
import signal
from itertools import chain

import pytest
import pytorch_lightning
import torch
from pytorch_lightning.callbacks import BatchSizeFinder, LearningRateFinder, ModelCheckpoint

from synth_datamodule import SynthDataModule

SHORT = {"sample_rate": 4000, "buffer_size_seconds": 0.05, "control_rate": 100}
QUIET = {
    "accelerator": "cpu",
    "logger": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "num_sanity_val_steps": 0,
}

# Lightning's notes on runs as these tests make them.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{note}")
    for note in (
        "Checkpoint directory .* is not empty",
        "Be aware that when using `ckpt_path`",
        ".*was called without a model",
        ".*there is no last checkpoint available",
        "You're resuming from a checkpoint that ended before the epoch ended",
        "You defined a `validation_step` but have no",
        "predict returned None",
        "Total length of `list` across ranks is zero",
    )
]


def model_of(lightning):
    class Model(lightning.LightningModule):
        """Notes the sounds it hears, and has a schedule where told."""

        def __init__(self, fails_at=None, scheduled=False, learning_rate=0.01):
            super().__init__()
            self.layer = torch.nn.Linear(50, 78)
            for weight in self.layer.parameters():
                torch.nn.init.zeros_(weight)
            self.heard, self.fails_at, self.scheduled = [], fails_at, scheduled
            self.learning_rate = learning_rate

        def training_step(self, batch, batch_idx):
            batch = batch["synth"] if isinstance(batch, dict) else batch
            if len(self.heard) == self.fails_at:
                self.fail()
            self.heard.append(batch.index.tolist())
            return (self.layer(batch.audio[:, :50]) - batch.parameters).abs().mean()

        def fail(self):
            raise RuntimeError("the cluster is on fire")

        def validation_step(self, batch, batch_idx):
            pass

        test_step = predict_step = validation_step

        def configure_optimizers(self):
            optimizer = torch.optim.Adam(self.parameters(), lr=self.learning_rate)
            if not self.scheduled:
                return optimizer
            steps = int(self.trainer.estimated_stepping_batches)
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=steps)
            return [optimizer], [{"scheduler": schedule, "interval": "step"}]

    return Model


Model = model_of(pytorch_lightning)


def data(**options):
    options = {"batch_size": 4, "train_sounds": 40, "val_sounds": 4, "test_sounds": 4, **options}
    return SynthDataModule(**{**SHORT, **options})


def trainer_of(folder, callbacks=(), lightning=pytorch_lightning, **options):
    options = {"max_epochs": 1, "default_root_dir": folder, **options}
    checkpoints = any("Checkpoint" in type(callback).__name__ for callback in callbacks)
    return lightning.Trainer(
        **QUIET, callbacks=[*callbacks], enable_checkpointing=checkpoints, **options
    )


def each_step(folder, every=1):
    return ModelCheckpoint(
        folder,
        filename="{step}",
        every_n_train_steps=every,
        save_top_k=-1,
        auto_insert_metric_name=True,
    )


def weights(model):
    return [weight.detach().clone() for weight in model.parameters()]


def assert_same_weights(one, other):
    assert all(map(torch.equal, weights(one), weights(other)))


def first_run(tmp_path):
    model = Model()
    trainer_of(tmp_path).fit(model, data())
    return model.heard


# Evaluation and loading


@pytest.mark.parametrize("call", ["validate", "test", "predict"])
def test_evaluating_a_checkpoint_leaves_the_next_run_at_its_beginning(tmp_path, call):
    dm = data()
    trainer = trainer_of(tmp_path, [each_step(tmp_path / "c", 3)])
    model = Model()
    trainer.fit(model, dm)
    options = {"return_predictions": False} if call == "predict" else {"verbose": False}
    getattr(trainer, call)(model, dm, ckpt_path=tmp_path / "c" / "step=3.ckpt", **options)
    assert [n.index.tolist() for n in dm.train_dataloader()] == model.heard
    again = Model()
    trainer_of(tmp_path).fit(again, dm)
    assert again.heard == model.heard


def test_a_data_module_loaded_from_a_checkpoint_begins_at_the_beginning(tmp_path):
    model = Model()
    trainer_of(tmp_path, [each_step(tmp_path / "c", 3)]).fit(model, data())
    dm = SynthDataModule.load_from_checkpoint(tmp_path / "c" / "step=3.ckpt", weights_only=True)
    assert [n.index.tolist() for n in dm.train_dataloader()] == model.heard
    changed = SynthDataModule.load_from_checkpoint(tmp_path / "c" / "step=3.ckpt", seed=5)
    assert [n.index.tolist() for n in changed.train_dataloader()] != model.heard
    again = Model()
    trainer_of(tmp_path).fit(again, dm)
    assert again.heard == model.heard


def test_a_plain_loop_after_a_run_that_failed_begins_at_the_beginning(tmp_path):
    dm = data()
    with pytest.raises(RuntimeError, match="on fire"):
        trainer_of(tmp_path).fit(Model(fails_at=3), dm)
    assert [n.index.tolist() for n in dm.train_dataloader()] == first_run(tmp_path)


# Looks


def looks(dm):
    len(dm.train_dataloader())
    next(iter(dm.train_dataloader()))


class Looks(pytorch_lightning.Callback):
    """Looks at a loader wherever it can, at the run's own too."""

    def look(self, trainer, *_):
        looks(trainer.datamodule)
        if trainer.train_dataloader is not None:
            next(iter(trainer.train_dataloader))

    on_fit_start = on_train_start = on_train_epoch_start = on_train_batch_start = look
    on_before_optimizer_step = on_train_batch_end = on_train_epoch_end = on_validation_end = look


def test_a_look_changes_no_position():
    dm = data()
    looks(dm)
    batches = iter(dm.train_dataloader())
    next(batches), next(batches)
    state = dm.state_dict()
    assert state["train"]["sounds_done"] == 8
    looks(dm)
    assert dm.state_dict() == state


@pytest.mark.parametrize("scheduled", [False, True])
@pytest.mark.parametrize("step", [3, 10, 13])
def test_a_run_whose_loaders_are_looked_at_goes_on_exactly(tmp_path, scheduled, step):
    whole = Model(scheduled=scheduled)
    callbacks = [Looks(), each_step(tmp_path / "c")]
    trainer_of(tmp_path, callbacks, max_epochs=2).fit(whole, data())
    plain = Model(scheduled=scheduled)
    trainer_of(tmp_path, max_epochs=2).fit(plain, data())
    assert plain.heard == whole.heard
    again = Model(scheduled=scheduled)
    checkpoint = tmp_path / "c" / f"step={step}.ckpt"
    trainer_of(tmp_path, [Looks()], max_epochs=2).fit(again, data(), ckpt_path=checkpoint)
    assert again.heard == whole.heard[step:]
    assert_same_weights(again, whole)


@pytest.mark.parametrize("finder", ["batch size", "learning rate"])
def test_a_run_after_a_finder_goes_on_exactly(tmp_path, monkeypatch, finder):
    monkeypatch.chdir(tmp_path)
    find = {
        "batch size": BatchSizeFinder(steps_per_trial=2, init_val=2, max_trials=1),
        "learning rate": LearningRateFinder(num_training_steps=5, update_attr=False),
    }[finder]
    dm, whole = data(), Model()
    trainer_of(tmp_path, [find, each_step(tmp_path / "c")], max_epochs=2).fit(whole, dm)
    per_epoch = 40 // dm.batch_size
    heard = whole.heard[-2 * per_epoch :]
    assert sorted(chain(*heard[:per_epoch])) == sorted(chain(*heard[per_epoch:]))
    again = Model()
    checkpoint = tmp_path / "c" / "step=3.ckpt"
    resumed = data(batch_size=dm.batch_size)
    trainer_of(tmp_path, max_epochs=2).fit(again, resumed, ckpt_path=checkpoint)
    assert again.heard == heard[3:]
    assert_same_weights(again, whole)


# Inside a step


@pytest.mark.parametrize("namespace", ["pytorch_lightning", "lightning.pytorch"])
@pytest.mark.parametrize("by", ["datamodule", "dataloaders"])
@pytest.mark.parametrize("accumulate", [1, 3])
@pytest.mark.parametrize("fails_at", [0, 4, 5, 10, 14])
def test_the_step_that_failed_comes_again_whole(tmp_path, namespace, by, accumulate, fails_at):
    lightning = importlib.import_module(namespace)
    kept = importlib.import_module(f"{namespace}.callbacks").OnExceptionCheckpoint(tmp_path / "c")
    kind = model_of(lightning)
    options = {"max_epochs": 2, "accumulate_grad_batches": accumulate, "lightning": lightning}

    def fit(model, callbacks=(), **more):
        dm = data()
        loaders = {"datamodule": dm}
        if by == "dataloaders":
            loaders = {"train_dataloaders": dm.train_dataloader()}
        trainer_of(tmp_path, callbacks, **options).fit(model, **loaders, **more)

    whole = kind()
    fit(whole)
    with pytest.raises(RuntimeError, match="on fire"):
        fit(kind(fails_at=fails_at), [kept])
    again = kind()
    fit(again, ckpt_path=tmp_path / "c" / "on_exception.ckpt")
    in_epoch = fails_at % 10
    assert again.heard == whole.heard[fails_at - in_epoch % accumulate :]
    assert_same_weights(again, whole)


def test_a_checkpoint_that_a_signal_takes_inside_a_step_repeats_it(tmp_path):
    whole = Model()
    trainer_of(tmp_path).fit(whole, data())

    class Signalled(Model):
        def fail(self):
            os.kill(os.getpid(), signal.SIGUSR1)
            raise KeyboardInterrupt

    trainer = trainer_of(tmp_path)
    before = signal.signal(
        signal.SIGUSR1, lambda *_: trainer.save_checkpoint(tmp_path / "signal.ckpt")
    )
    try:
        with pytest.raises(SystemExit):
            trainer.fit(Signalled(fails_at=6), data())
    finally:
        signal.signal(signal.SIGUSR1, before)
        signal.signal(signal.SIGINT, signal.default_int_handler)
    again = Model()
    trainer_of(tmp_path).fit(again, data(), ckpt_path=tmp_path / "signal.ckpt")
    assert again.heard == whole.heard[6:]
    assert_same_weights(again, whole)


# Never twice


@pytest.mark.parametrize("by", ["loader", "module"])
def test_fresh_epochs_hand_out_no_sound_twice_beside_a_longer_loader(tmp_path, by):
    longer = torch.utils.data.DataLoader(torch.arange(40), batch_size=4)
    options = {"train_sounds": 4000, "sounds_per_epoch": 16, "fresh_epochs": True}

    class Both(SynthDataModule):
        def train_dataloader(self):
            return {"synth": super().train_dataloader(), "real": longer}

    model = Model()
    trainer = trainer_of(tmp_path, [each_step(tmp_path / "c")], max_epochs=3)
    if by == "module":
        dm = Both(4, **options, **SHORT, val_sounds=0)
        trainer.fit(model, dm)
    else:
        trainer.fit(model, {"synth": data(**options).train_dataloader(), "real": longer})
    heard = list(chain(*model.heard))
    assert len(heard) == len(set(heard)) == 120
    if by == "module":
        again = Model()
        dm = Both(4, **options, **SHORT, val_sounds=0)
        checkpoint = tmp_path / "c" / "step=17.ckpt"
        trainer_of(tmp_path, max_epochs=3).fit(again, dm, ckpt_path=checkpoint)
        assert again.heard == model.heard[17:]


@pytest.mark.parametrize("by", ["datamodule", "dataloaders"])
def test_overfitting_hears_the_same_batches_in_every_epoch(tmp_path, by):
    dm, model = data(), Model()
    loaders = {"datamodule": dm}
    if by == "dataloaders":
        loaders = {"train_dataloaders": dm.train_dataloader()}
    trainer_of(tmp_path, overfit_batches=2, max_epochs=3).fit(model, **loaders)
    assert model.heard[:2] == model.heard[2:4] == model.heard[4:]


# Other sounds


@pytest.fixture
def checkpoint(tmp_path):
    trainer_of(tmp_path, [each_step(tmp_path / "c", 3)]).fit(Model(), data())
    return tmp_path / "c" / "step=3.ckpt"


@pytest.mark.parametrize(
    ("option", "value", "was"),
    [
        ("train_sounds", 36, "40"),
        ("sounds_per_epoch", 20, "40"),
        ("fresh_epochs", True, "False"),
        ("shuffle", False, "True"),
        ("seed", 5, "0"),
        ("drop_last", True, "False"),
        ("nebula", "drum", "'default'"),
        ("pinned", {"keyboard.midi_f0": 60.0}, "{}"),
        ("ranges", {"keyboard.midi_f0": (48, 72)}, "{}"),
        ("values", {"keyboard.midi_f0": [48, 72]}, "{}"),
        ("control_rate", 200, "100"),
        ("sample_rate", 8000, "4000"),
        ("buffer_size_seconds", 0.1, "0.05"),
        ("eps", 1e-3, "1e-06"),
        ("backend", "reference", "'fused'"),
        ("synth", "synth_datamodule.synths.FilteredVoice", "'synth_datamodule.Voice'"),
        ("crop_seconds", 0.025, "None"),
        ("paired_delta", 0.1, "None"),
    ],
)
def test_a_run_does_not_go_on_with_other_sounds(tmp_path, checkpoint, option, value, was):
    model = Model()
    with pytest.raises(
        ValueError, match=f"{option} was {was} in .* is .* now: .* without ckpt_path"
    ):
        trainer_of(tmp_path).fit(model, data(**{option: value}), ckpt_path=checkpoint)
    assert model.heard == []


@pytest.mark.parametrize(
    "options",
    [{"val_sounds": 2}, {"test_sounds": 0}, {"render_chunk": 2}, {"no_grad": False}],
    ids=str,
)
def test_a_run_goes_on_where_the_train_sounds_stay(tmp_path, checkpoint, options):
    model = Model()
    trainer_of(tmp_path).fit(model, data(**options), ckpt_path=checkpoint)
    assert model.heard == first_run(tmp_path)[3:]


def test_another_batch_size_goes_on_exactly_and_says_so(tmp_path, checkpoint, caplog):
    model = Model()
    with caplog.at_level("INFO"):
        trainer_of(tmp_path).fit(model, data(batch_size=7), ckpt_path=checkpoint)
    assert list(chain(*model.heard)) == list(chain(*first_run(tmp_path)))[12:]
    assert "batches of 7 on 1 devices; it had 4 on 1" in caplog.text


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ({"trian": {}}, TypeError, "state_dict must be what"),
        ({"train": None}, TypeError, "state_dict must be what"),
        ([], TypeError, "state_dict must be what"),
        (None, TypeError, "state_dict must be what"),
        ({"train": {"epoch": 0}}, ValueError, "state must have the keys"),
        (
            {"train": {"epoch": "0", "sounds_done": 0, "steps_done": 0}},
            TypeError,
            "epoch must be a whole number",
        ),
        (
            {"train": {"epoch": 0, "sounds_done": 0, "steps_done": 0}, "val": 1},
            ValueError,
            "got 'val' too",
        ),
        (
            {"train": {"epoch": 0, "sounds_done": 0, "steps_done": 0}, "order": {"sed": 1}},
            ValueError,
            "got 'sed'",
        ),
    ],
)
def test_what_is_no_state_is_refused(state, error, message):
    with pytest.raises(error, match=message):
        data().load_state_dict(state)


def test_a_run_resumed_twice_with_other_batches_is_the_uninterrupted_one(tmp_path, checkpoint):
    second = trainer_of(tmp_path, [each_step(tmp_path / "d")], max_epochs=2)
    second.fit(Model(), data(batch_size=3), ckpt_path=checkpoint)
    third, last = Model(), trainer_of(tmp_path, max_epochs=2)
    last.fit(third, data(batch_size=3), ckpt_path=tmp_path / "d" / "step=6.ckpt")
    whole = Model()
    trainer_of(tmp_path, max_epochs=2).fit(whole, data())
    assert list(chain(*third.heard)) == list(chain(*whole.heard))[21:]
