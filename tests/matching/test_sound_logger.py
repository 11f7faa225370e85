"""What a run with SoundLogger logs, and that it trains as without."""

import csv
import importlib
import sys

import pytest
import pytorch_lightning
import soundfile
import torch
import yaml
from pytorch_lightning.loggers import CSVLogger

from synth_datamodule import SoundLogger, SynthDataModule
from synth_datamodule.features import LogMel
from synth_datamodule.matching.model import SoundMatcher

SHORT = {"sample_rate": 4000, "buffer_size_seconds": 0.2, "control_rate": 100}
QUIET = {
    "accelerator": "cpu",
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "log_every_n_steps": 1,
    "num_sanity_val_steps": 1,
}
NAMESPACES = ["pytorch_lightning", "lightning.pytorch"]


def data(**settings):
    return SynthDataModule(4, **{"train_sounds": 8, "val_sounds": 8, **SHORT, **settings})


def middle(lightning=pytorch_lightning, raw=0.5, num_parameters=78, **more):
    """A model that guesses one number throughout, and has hyperparameters that clash."""

    class Middle(lightning.LightningModule):
        def __init__(self, batch_size=77, seed=5):
            super().__init__()
            self.save_hyperparameters()
            self.raw = torch.nn.Parameter(torch.tensor(raw))
            self.drop = torch.nn.Dropout(0.5)

        def forward(self, audio):
            torch.rand(1)
            return self.raw.expand(len(audio), num_parameters)

        def training_step(self, batch, batch_idx):
            noise = torch.rand(batch.parameters.shape)
            return (self.drop(self(batch.audio)) - noise).abs().mean()

        def validation_step(self, batch, batch_idx):
            pass

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.01)

    return Middle(**more)


def fit(model, dm, folder, *callbacks, lightning=pytorch_lightning, **options):
    log = lightning.loggers.CSVLogger(folder, name="", version=0)
    settings = {"max_epochs": 2, "logger": log, **QUIET, **options}
    trainer = lightning.Trainer(callbacks=list(callbacks), **settings)
    trainer.fit(model, dm)
    return folder / "version_0"


def files(folder):
    return sorted(path.name for path in (folder / "sounds").glob("*"))


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_under_both_lightnings_files_lie_beside_a_csv_log(namespace, tmp_path):
    pytest.importorskip("matplotlib")
    lightning = importlib.import_module(namespace)
    folder = fit(middle(lightning), data(), tmp_path, SoundLogger(2), lightning=lightning)
    assert files(folder) == [
        "8192_guess_step_2.wav",
        "8192_guess_step_4.wav",
        "8192_target_step_2.wav",
        "8193_guess_step_2.wav",
        "8193_guess_step_4.wav",
        "8193_target_step_2.wav",
        "spectrograms_step_2.png",
        "spectrograms_step_4.png",
    ]


def test_targets_and_guesses_are_heard_whole_over_the_same_noise(tmp_path):
    dm = data(crop_seconds=0.1, transform=LogMel(4000, n_fft=64, num_mels=8))
    model = middle(raw=0.25)
    folder = fit(
        model, dm, tmp_path, SoundLogger(1, pictures=False), max_epochs=1, gradient_clip_val=1e-9
    )
    dm.setup()
    target = dm.voice.sound(8192)
    guess = target._replace(parameters=torch.full((78,), model.raw.item()))
    for kind, sound in (("target", target), ("guess", guess)):
        heard, rate = soundfile.read(folder / "sounds" / f"8192_{kind}_step_2.wav", dtype="float32")
        assert rate == 4000
        assert torch.equal(torch.from_numpy(heard), dm.voice.rerender(sound))


def test_it_logs_every_so_many_epochs_and_no_more_sounds_than_there_are(tmp_path):
    callback = SoundLogger(16, every_n_epochs=2, pictures=False)
    folder = fit(middle(), data(val_sounds=3), tmp_path, callback, max_epochs=5)
    steps = {name.rpartition("_")[2] for name in files(folder) if "guess" in name}
    assert steps == {"4.wav", "8.wav"}
    assert len(files(folder)) == 3 * 3


def logged(folder, name):
    with (folder / "metrics.csv").open() as file:
        return [float(row[name]) for row in csv.DictReader(file) if row.get(name)]


def test_the_error_of_each_module_is_that_of_all_validation_sounds(tmp_path):
    model = SoundMatcher(sample_rate=4000)
    folder = fit(model, data(), tmp_path, SoundLogger(1, pictures=False), max_epochs=1)
    errors, _ = model.errors.compute()
    names = data().parameter_names
    columns = [place for place, name in enumerate(names) if name.startswith("adsr_1.")]
    assert logged(folder, "error/adsr_1") == pytest.approx([errors[columns].mean().item()])
    assert logged(folder, "error/all") == pytest.approx(logged(folder, "val_error"))


def test_of_a_model_that_counts_no_errors_it_is_that_of_the_sounds_that_are_logged(tmp_path):
    model = middle()
    folder = fit(model, data(), tmp_path, SoundLogger(2, pictures=False), max_epochs=1)
    dm = data()
    dm.setup()
    off = (dm.voice.draw([8192, 8193]) - model.raw.item()).abs().mean()
    assert logged(folder, "error/all") == pytest.approx([off.item()])


def test_training_draws_the_same_random_numbers_and_ends_at_the_same_weights(tmp_path):
    found = []
    for name, callbacks in (("with", [SoundLogger(2, pictures=False)]), ("without", [])):
        torch.manual_seed(3)
        model = middle()
        fit(model, data(), tmp_path / name, *callbacks, max_epochs=3)
        found.append((model.raw.item(), torch.rand(1).item()))
    assert found[0] == found[1]


def test_a_part_that_was_frozen_stays_so(tmp_path):
    modes = []

    class Frozen(type(middle())):
        def on_train_epoch_start(self):
            self.drop.eval()

        def on_train_end(self):
            modes.append((self.training, self.drop.training))

    fit(Frozen(), data(), tmp_path, SoundLogger(1, pictures=False), max_epochs=1)
    assert modes == [(True, False)]


def test_the_free_parameters_alone_are_enough(tmp_path):
    dm = data(labels="free", pinned={"keyboard.midi_f0": 60.0})
    model = middle(num_parameters=77)
    folder = fit(model, dm, tmp_path, SoundLogger(1, pictures=False), max_epochs=1)
    assert len(files(folder)) == 2


def test_a_guess_of_ones_own_is_asked(tmp_path):
    callback = SoundLogger(1, pictures=False, guess=lambda model, batch: batch.parameters)
    folder = fit(middle(), data(), tmp_path, callback, max_epochs=1)
    target, guess = (
        soundfile.read(folder / "sounds" / f"8192_{kind}_step_2.wav")[0].tolist()
        for kind in ("target", "guess")
    )
    assert target == guess
    assert logged(folder, "error/all") == [0.0]


def test_a_guess_beyond_its_range_is_said_once_and_one_without_numbers_is_not_heard(tmp_path):
    with pytest.warns(UserWarning, match=r"outside \[0, 1\]") as said:
        fit(middle(raw=1.5), data(), tmp_path / "far", SoundLogger(1, pictures=False))
    assert len([one for one in said if "outside" in str(one.message)]) == 1
    with pytest.warns(UserWarning, match="no numbers"):
        folder = fit(middle(raw=float("nan")), data(), tmp_path, SoundLogger(1, pictures=False))
    assert files(folder) == []


def test_a_logger_without_calls_is_said_once_and_still_gets_the_errors(tmp_path):
    told = []

    class Bare(pytorch_lightning.loggers.logger.Logger):
        name = version = ""

        def log_metrics(self, metrics, step=None):
            told.append(metrics)

        def log_hyperparams(self, *args, **kwargs):
            pass

    with pytest.warns(UserWarning, match="Bare has no call that takes sounds") as said:
        fit(middle(), data(), tmp_path, SoundLogger(1, pictures=False), logger=Bare())
    assert len([one for one in said if "Bare" in str(one.message)]) == 1
    assert len([one for one in told if "error/all" in one]) == 2


def test_another_rank_logs_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(pytorch_lightning.Trainer, "is_global_zero", False)
    folder = fit(middle(), data(), tmp_path, SoundLogger(1, pictures=False))
    assert files(folder) == []


def test_a_trial_of_one_step_logs_nothing(tmp_path):
    fit(middle(), data(), tmp_path, SoundLogger(1, pictures=False), fast_dev_run=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "options", "error", "words"),
    [
        ({"paired_delta": 0.1}, {}, ValueError, "paired_delta must be left out, got 0.1"),
        ({"val_sounds": 0}, {}, ValueError, "needs validation sounds"),
        ({}, {"logger": False}, ValueError, "needs a logger"),
    ],
)
def test_what_it_cannot_hear_is_refused_before_any_work(settings, options, error, words, tmp_path):
    with pytest.raises(error, match=f"SoundLogger .*{words}"):
        fit(middle(), data(**settings), tmp_path, SoundLogger(1, pictures=False), **options)


def test_loaders_without_their_data_module_are_refused(tmp_path):
    dm = data()
    trainer = pytorch_lightning.Trainer(
        callbacks=[SoundLogger(1, pictures=False)],
        logger=CSVLogger(tmp_path),
        max_epochs=1,
        **QUIET,
    )
    with pytest.raises(TypeError, match="SoundLogger needs a SynthDataModule, got None"):
        trainer.fit(middle(), dm.train_dataloader(), dm.val_dataloader())


def test_without_matplotlib_the_error_names_what_to_install_and_sounds_need_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'synth_datamodule\[plots\]'"):
        SoundLogger()
    SoundLogger(pictures=False)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_the_settings_of_the_data_reach_a_logger_beside_a_models_own(namespace, tmp_path):
    lightning = importlib.import_module(namespace)
    dm = data(pinned={"keyboard.midi_f0": 60.0}, seed=11)
    folder = fit(middle(lightning), dm, tmp_path, lightning=lightning, max_epochs=1)
    kept = yaml.safe_load((folder / "hparams.yaml").read_text())
    assert (kept["batch_size"], kept["seed"]) == (77, 5)
    assert (kept["data/batch_size"], kept["data/seed"]) == (4, 11)
    assert kept["data/pinned"] == {"keyboard.midi_f0": 60.0}
    assert kept["data/synth"] == "synth_datamodule.Voice"
