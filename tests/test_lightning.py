"""What people do to a data module with Lightning, one test each."""

import copy
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning
import torch
from lightning_fabric import Fabric
from pytorch_lightning.tuner import Tuner

from synth_datamodule import AbstractSynth, SynthBatch, SynthConfig, SynthDataModule, Voice
from synth_datamodule.batch import PairedBatch
from synth_datamodule.features import LogMel
from synth_datamodule.modules import AudioMixer, MonophonicKeyboard, SineVCO
from synth_datamodule.patching.patch import part

SHORT = {"sample_rate": 4000, "buffer_size_seconds": 0.05, "control_rate": 200}
QUIET = {
    "accelerator": "cpu",
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}


class Whistle(AbstractSynth):
    """A synth of a user's own."""

    keyboard = part(MonophonicKeyboard)
    vco = part(SineVCO)
    mixer = part(AudioMixer, inputs=("vco",))

    def output(self, p, noise_rows):
        midi_f0, _ = self.keyboard(p.keyboard)
        return self.mixer(p.mixer, self.vco(p.vco, midi_f0))


def frames_of_200():
    return LogMel(4000, num_mels=16, n_fft=128, hop_length=64)


def numbers(batches):
    return [batch.index.tolist() for batch in batches]


def flat(batches):
    return list(chain(*numbers(batches)))


def fit(model, dm, **options):
    options = {"max_epochs": 1, "num_sanity_val_steps": 0, **options}
    pytorch_lightning.Trainer(**QUIET, **options).fit(model, datamodule=dm)


@pytest.fixture
def model(listener):
    return listener(pytorch_lightning)


# Batches and epochs


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 10, 100])
def test_any_batch_size_hears_the_same_sounds(model, batch_size):
    fit(model, SynthDataModule(batch_size, train_sounds=10, val_sounds=20, shuffle=False, **SHORT))
    assert flat(model.heard["train"]) == list(range(10))
    assert flat(model.heard["val"]) == list(range(8192, 8192 + 20))


@pytest.mark.parametrize("mode", ["power", "binsearch"])
def test_the_tuner_scales_the_batch_size(model, mode, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dm = SynthDataModule(batch_size=2, train_sounds=40, val_sounds=4, **SHORT)
    options = {**QUIET, "enable_checkpointing": True, "default_root_dir": tmp_path}
    trainer = pytorch_lightning.Trainer(max_epochs=1, **options)
    found = Tuner(trainer).scale_batch_size(
        model, datamodule=dm, mode=mode, max_trials=3, steps_per_trial=1
    )
    sizes = [len(index) for index in numbers(model.heard["train"])]
    assert sizes[:3] == [2, 4, 8]
    assert found == dm.batch_size > 2


def test_the_tuner_finds_a_learning_rate_and_leaves_the_order_alone(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model.lr = 0.1
    dm = SynthDataModule(batch_size=2, train_sounds=40, val_sounds=4, **SHORT)
    options = {**QUIET, "enable_checkpointing": True, "default_root_dir": tmp_path}
    trainer = pytorch_lightning.Trainer(max_epochs=1, num_sanity_val_steps=0, **options)
    Tuner(trainer).lr_find(model, datamodule=dm, num_training=5, update_attr=False)
    model.heard["train"].clear()
    trainer.fit(model, datamodule=dm)
    other = SynthDataModule(batch_size=2, train_sounds=40, **SHORT)
    assert numbers(model.heard["train"]) == numbers(other.train_dataloader())


@pytest.mark.parametrize(
    ("options", "num_train", "num_val"),
    [
        ({"limit_train_batches": 3, "limit_val_batches": 1}, 3, 1),
        ({"limit_train_batches": 0.5, "limit_val_batches": 0.5}, 5, 2),
        ({"max_steps": 4, "max_epochs": -1}, 4, 0),
        ({"fast_dev_run": True}, 1, 1),
        ({"val_check_interval": 0.5}, 10, 8),
        ({"val_check_interval": 4}, 10, 8),
        ({"accumulate_grad_batches": 4}, 10, 4),
        ({"num_sanity_val_steps": 2}, 10, 6),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_limits_behave(model, options, num_train, num_val):
    dm = SynthDataModule(batch_size=2, train_sounds=20, val_sounds=8, shuffle=False, **SHORT)
    fit(model, dm, **options)
    assert flat(model.heard["train"]) == list(range(2 * num_train))
    assert len(model.heard["val"]) == num_val
    assert all(index[0] >= 8192 for index in numbers(model.heard["val"]))


def test_a_limited_epoch_is_the_beginning_of_its_epoch(model):
    dm = SynthDataModule(batch_size=2, train_sounds=8, val_sounds=2, **SHORT)
    fit(model, dm, max_epochs=3, limit_train_batches=2)
    loader = SynthDataModule(batch_size=2, train_sounds=8, **SHORT).train_dataloader()
    expected = [numbers(loader)[:2] for _ in range(3)]
    assert numbers(model.heard["train"]) == list(chain(*expected))


@pytest.mark.parametrize("options", [{}, {"sounds_per_epoch": 4, "fresh_epochs": True}], ids=str)
def test_overfitting_hears_the_same_batches_over_and_over(model, options):
    dm = SynthDataModule(batch_size=2, train_sounds=8, val_sounds=4, **options, **SHORT)
    fit(model, dm, overfit_batches=2, max_epochs=3)
    heard = numbers(model.heard["train"])
    assert len(heard) == 6
    assert heard[:2] == heard[2:4] == heard[4:]


def test_a_second_fit_starts_over(listener):
    dm = SynthDataModule(batch_size=2, train_sounds=8, val_sounds=2, **SHORT)
    heard = []
    for _ in range(2):
        model = listener(pytorch_lightning)
        fit(model, dm, max_epochs=2)
        heard.append(numbers(model.heard["train"]))
    assert heard[0] == heard[1]
    assert heard[0][:4] != heard[0][4:]


def test_fresh_epochs_that_would_run_out_are_refused_before_the_first_step(model):
    dm = SynthDataModule(
        batch_size=2, train_sounds=8, val_sounds=2, sounds_per_epoch=4, fresh_epochs=True, **SHORT
    )
    with pytest.raises(ValueError, match="each of 8 comes once, enough for 2 epochs of 4"):
        fit(model, dm, max_epochs=3)
    assert model.heard["train"] == []
    fit(model, dm, max_epochs=2)
    assert sorted(flat(model.heard["train"])) == list(range(8))


@pytest.mark.parametrize("has_norms", [False, True])
def test_an_epoch_that_weight_averaging_adds_is_counted_among_fresh_epochs(model, has_norms):
    if has_norms:
        model.norm = torch.nn.BatchNorm1d(4)
    dm = SynthDataModule(
        batch_size=2, train_sounds=8, val_sounds=2, sounds_per_epoch=4, fresh_epochs=True, **SHORT
    )
    averaging = pytorch_lightning.callbacks.StochasticWeightAveraging(0.01, swa_epoch_start=1)
    if has_norms:
        with pytest.raises(ValueError, match="each of 8 comes once, enough for 2 epochs of 4"):
            fit(model, dm, max_epochs=2, callbacks=[averaging])
        assert model.heard["train"] == []
    else:
        fit(model, dm, max_epochs=2, callbacks=[averaging])
        assert sorted(flat(model.heard["train"])) == list(range(8))


# Precision, and every way a loader is used

PRECISIONS = {
    "32-true": torch.float32,
    "16-true": torch.float16,
    "bf16-true": torch.bfloat16,
    "bf16-mixed": torch.float32,
    "64-true": torch.float64,
    "16-mixed": torch.float32,
}


@pytest.mark.parametrize("way", ["datamodule", "dataloaders"])
@pytest.mark.parametrize(
    "precision",
    [p if p != "16-mixed" else pytest.param(p, marks=pytest.mark.gpu) for p in PRECISIONS],
)
def test_every_precision_gets_its_dtype_of_the_same_sound(model, precision, way):
    dm = SynthDataModule(batch_size=4, train_sounds=4, val_sounds=4, **SHORT)
    options = {**QUIET, "accelerator": "auto" if precision == "16-mixed" else "cpu"}
    trainer = pytorch_lightning.Trainer(
        max_epochs=1, num_sanity_val_steps=0, precision=precision, **options
    )
    if way == "datamodule":
        trainer.fit(model, datamodule=dm)
    else:
        trainer.fit(model, dm.train_dataloader(), dm.val_dataloader())
    full = Voice(SynthConfig(**SHORT))
    for batch in (*model.heard["train"], *model.heard["val"]):
        assert batch.audio.dtype == batch.parameters.dtype == PRECISIONS[precision]
        assert batch.index.dtype == torch.int64
        sound = full.render_sounds(batch.index.cpu())
        assert torch.equal(batch.audio.cpu(), sound.audio.to(batch.audio.dtype))


@pytest.mark.parametrize("precision", ["32-true", "bf16-true"])
def test_fabric_moves_numbers_to_sound(precision):
    fabric = Fabric(accelerator="cpu", precision=precision)
    dm = SynthDataModule(batch_size=3, val_sounds=3, **SHORT)
    (loaded,) = dm.val_dataloader()
    batch = fabric.to_device(loaded)
    assert isinstance(batch, SynthBatch)
    assert torch.equal(batch.audio, Voice(SynthConfig(**SHORT)).render_sounds(loaded.index).audio)


def test_a_plain_loop_needs_no_lightning():
    script = """
        import sys
        from synth_datamodule import Split, SynthConfig, Voice
        from synth_datamodule.loading import SoundLoader, SoundSet
        voice = Voice(SynthConfig(sample_rate=4000, buffer_size_seconds=0.05, control_rate=200))
        for numbers in SoundLoader(SoundSet(Split.train, 8, shuffle=True), voice, batch_size=4):
            assert numbers.to("cpu").audio.shape == (4, 200)
        assert not {"pytorch_lightning", "lightning"} & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True)


# Lightning's note that the model's hook goes before the data module's, which has none.
@pytest.mark.filterwarnings("ignore:You have overridden `.*_batch_transfer")
@pytest.mark.filterwarnings("ignore:You have overridden `transfer_batch_to_device")
@pytest.mark.parametrize("way", ["datamodule", "dataloaders"])
def test_the_users_three_transfer_hooks_run(model, way):
    called = []

    class Hooked(type(model)):
        def on_before_batch_transfer(self, batch, dataloader_idx):
            called.append(("before", type(batch).__name__))
            return batch

        def transfer_batch_to_device(self, batch, device, dataloader_idx):
            called.append(("transfer", type(batch).__name__))
            return super().transfer_batch_to_device(batch, device, dataloader_idx)

        def on_after_batch_transfer(self, batch, dataloader_idx):
            called.append(("after", type(batch).__name__))
            return batch._replace(audio=2 * batch.audio)

    hooked = Hooked()
    dm = SynthDataModule(batch_size=2, train_sounds=2, **SHORT)
    trainer = pytorch_lightning.Trainer(max_epochs=1, limit_val_batches=0, **QUIET)
    if way == "datamodule":
        trainer.fit(hooked, datamodule=dm)
    else:
        trainer.fit(hooked, dm.train_dataloader(), dm.val_dataloader())
    assert called == [
        ("before", "SoundNumbers"),
        ("transfer", "SoundNumbers"),
        ("after", "SynthBatch"),
    ]
    (batch,) = hooked.heard["train"]
    expected = 2 * Voice(SynthConfig(**SHORT)).render_sounds(batch.index).audio
    assert torch.equal(batch.audio, expected)


def test_a_models_own_batch_size_and_seed_do_not_clash(model, tmp_path):
    class Named(type(model)):
        def __init__(self, batch_size=99, seed=5):
            super().__init__()
            self.save_hyperparameters()

    named = Named()
    options = {**QUIET, "logger": pytorch_lightning.loggers.CSVLogger(tmp_path)}
    trainer = pytorch_lightning.Trainer(max_epochs=1, log_every_n_steps=1, **options)
    trainer.fit(named, datamodule=SynthDataModule(batch_size=2, train_sounds=2, **SHORT))
    assert named.hparams.batch_size == 99


@pytest.mark.parametrize("ahead", [False, True])
def test_rendering_ahead_in_a_trainer_changes_no_bit(listener, ahead):
    model = listener(pytorch_lightning)
    dm = SynthDataModule(batch_size=4, train_sounds=10, val_sounds=2, render_ahead=ahead, **SHORT)
    fit(model, dm, max_epochs=2)
    voice = Voice(SynthConfig(**SHORT))
    assert sorted(flat(model.heard["train"][:3])) == list(range(10))
    for batch in model.heard["train"]:
        assert torch.equal(batch.audio, voice.render_sounds(batch.index).audio)


# Still on the device


def test_transform_crop_and_levels_reach_the_step(model):
    dm = SynthDataModule(
        4, train_sounds=4, val_sounds=4, crop_seconds=0.02, random_crop=True, **SHORT
    )
    assert dm.num_samples == 80
    fit(model, dm)
    (batch,) = model.heard["val"]
    assert batch.audio.shape == (4, 80)
    levels = dm.levels(batch)
    assert torch.equal(levels.peak, batch.audio.abs().amax(1))
    assert torch.equal(levels.clipped, levels.peak == 1)

    dm = SynthDataModule(4, val_sounds=4, transform=frames_of_200(), **SHORT)
    (loaded,) = dm.val_dataloader()
    whole = Voice(SynthConfig(**SHORT)).render_sounds(loaded.index).audio
    assert torch.equal(loaded.to("cpu").audio, frames_of_200()(whole))


def test_pairs_reach_the_step(model):
    class Contrastive(type(model)):
        def training_step(self, batch, batch_idx):
            self.heard["train"].append(batch)
            return (self.guess(batch.first) - self.guess(batch.second)).abs().mean()

    contrastive = Contrastive()
    dm = SynthDataModule(batch_size=4, train_sounds=4, paired_delta=0.1, **SHORT)
    fit(contrastive, dm, limit_val_batches=0)
    (pair,) = contrastive.heard["train"]
    assert isinstance(pair, PairedBatch)
    assert torch.equal(pair.first.index, pair.second.index)
    assert not torch.equal(pair.first.audio, pair.second.audio)


def test_a_synth_of_ones_own_by_class_and_by_path(model):
    by_class = SynthDataModule(batch_size=4, val_sounds=4, synth=Whistle, **SHORT)
    assert by_class.num_parameters == 6
    (loaded,) = by_class.val_dataloader()
    expected = Whistle(SynthConfig(**SHORT)).render_sounds(loaded.index)
    assert torch.equal(loaded.to("cpu").audio, expected.audio)
    by_path = SynthDataModule(synth="synth_datamodule.voice.Voice")
    assert by_path.hparams["synth"] == "synth_datamodule.Voice"
    assert by_path.parameter_names == Voice().parameter_names


@pytest.mark.parametrize(
    ("synth", "error", "message"),
    [
        (
            "no_such_module.Synth",
            ValueError,
            "imported from 'no_such_module.Synth': No module",
        ),
        ("synth_datamodule.Organ", ValueError, "has no attribute 'Organ'"),
        (
            "Voice",
            ValueError,
            "its import path; nothing can be imported from 'Voice'",
        ),
        ("synth_datamodule.SynthConfig", TypeError, "synth must be an AbstractSynth"),
        (3, TypeError, "synth must be an AbstractSynth, .*got 3"),
    ],
)
def test_what_is_no_synth_is_refused(synth, error, message):
    with pytest.raises(error, match=message):
        SynthDataModule(synth=synth)


# Corners


def test_two_data_modules_in_one_process_do_not_meet():
    first = SynthDataModule(batch_size=2, val_sounds=2, **SHORT)
    second = SynthDataModule(batch_size=2, val_sounds=2, nebula="drum", **SHORT)
    (one,), (other,) = first.val_dataloader(), second.val_dataloader()
    assert torch.equal(
        one.to("cpu").audio, Voice(SynthConfig(**SHORT)).render_sounds(one.index).audio
    )
    drum = Voice(SynthConfig(**SHORT), "drum").render_sounds(other.index)
    assert torch.equal(other.to("cpu").audio, drum.audio)


def test_a_copy_is_independent():
    dm = SynthDataModule(batch_size=2, val_sounds=2, **SHORT)
    dm.setup()
    other = copy.deepcopy(dm)
    other.batch_size = 1
    assert len(dm.val_dataloader()) == 1
    assert len(other.val_dataloader()) == 2


def test_twenty_fits_in_one_process_do_not_grow(listener):
    dm = SynthDataModule(batch_size=2, train_sounds=4, val_sounds=2, **SHORT)

    def run():
        fit(listener(pytorch_lightning), dm)
        gc.collect()
        return len(
            [thing for thing in gc.get_objects() if issubclass(type(thing), (torch.Tensor, Voice))]
        )

    run()
    sizes = [run() for _ in range(20)]
    assert sizes[-1] <= sizes[0]


def test_teardown_frees_the_noise_table_though_the_trainer_lives_on(model):
    dm = SynthDataModule(batch_size=2, train_sounds=4, val_sounds=2, **SHORT)
    trainer = pytorch_lightning.Trainer(max_epochs=1, **QUIET)
    trainer.fit(model, datamodule=dm)
    assert trainer.train_dataloader.rendering.synth.noise._tables == {}
    with pytest.raises(RuntimeError, match="call setup"):
        _ = dm.voice


def test_deterministic_training_and_the_global_random_states(model, unchanged_random_state):
    dm = SynthDataModule(batch_size=2, train_sounds=4, val_sounds=2, **SHORT)
    try:
        fit(model, dm, deterministic=True)
    finally:
        torch.use_deterministic_algorithms(False)
    assert len(model.heard["train"]) == 2


def test_what_validation_caches_serves_a_later_fit(model):
    dm = SynthDataModule(
        batch_size=2, train_sounds=4, val_sounds=2, transform=frames_of_200(), **SHORT
    )

    class Frames(type(model)):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(16, 78)

        def guess(self, batch):
            return self.layer(batch.audio[:, :, 0])

    frames = Frames()
    trainer = pytorch_lightning.Trainer(max_epochs=1, num_sanity_val_steps=0, **QUIET)
    trainer.validate(frames, datamodule=dm, verbose=False)
    trainer.fit(frames, datamodule=dm)
    assert len(frames.losses) == 2
    assert all(np.isfinite(frames.losses))


def _render_in_child(loaded, queue):
    # As torch's own workers do: OpenMP's threads do not survive a fork.
    torch.set_num_threads(1)
    queue.put(loaded.to("cpu").audio.numpy())


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_render_the_same_bits(method):
    dm = SynthDataModule(batch_size=2, val_sounds=2, **SHORT)
    (loaded,) = dm.val_dataloader()
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    child = context.Process(target=_render_in_child, args=(loaded, queue), daemon=True)
    child.start()
    audio = queue.get(timeout=60)
    child.join(timeout=60)
    assert child.exitcode == 0
    assert np.array_equal(audio, loaded.to("cpu").audio.numpy())


def test_threads_render_the_same_bits():
    dm = SynthDataModule(batch_size=4, val_sounds=32, **SHORT)
    batches = list(dm.val_dataloader())
    dm.teardown()
    with ThreadPoolExecutor(4) as pool:
        rendered = list(pool.map(lambda loaded: loaded.to("cpu").audio, batches))
    for loaded, audio in zip(batches, rendered, strict=True):
        assert torch.equal(audio, loaded.to("cpu").audio)


def test_ctrl_c_ends_a_fit_with_no_thread_left(tmp_path):
    script = f"""
        import threading, pytorch_lightning, torch
        from synth_datamodule import SynthDataModule
        class Model(pytorch_lightning.LightningModule):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Linear(64, 78)
            def training_step(self, batch, batch_idx):
                print("step", flush=True)
                return (self.layer(batch.audio[:, :64]) - batch.parameters).abs().mean()
            def configure_optimizers(self):
                return torch.optim.Adam(self.parameters())
        dm = SynthDataModule(batch_size=2, render_ahead=True, **{SHORT!r})
        trainer = pytorch_lightning.Trainer(limit_val_batches=0, **{QUIET!r})
        try:
            trainer.fit(Model(), datamodule=dm)
        finally:
            print("interrupted", trainer.interrupted, flush=True)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert [line.strip() for line in islice(process.stdout, 3)] == ["step"] * 3
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert "interrupted True" in out


def test_memory_is_flat_over_many_steps():
    page = os.sysconf("SC_PAGE_SIZE")

    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * page

    dm = SynthDataModule(batch_size=1, train_sounds=600, sounds_per_epoch=40, **SHORT)
    loader = dm.train_dataloader()
    sizes = []
    for _ in range(12):
        for loaded in loader:
            loaded.to("cpu")
        gc.collect()
        sizes.append(resident())
    # 360 batches of a noise table of 26 kB, were each kept, would be 9 MB.
    assert sizes[-1] - sizes[2] < 4e6
