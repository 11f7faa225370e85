"""Sounds and pictures to each kind of logger, by fakes of their calls and by the real ones."""

import sys
from types import ModuleType, SimpleNamespace

import pytest
import soundfile
import torch

from synth_datamodule.matching.loggers import calls_of

AUDIO = torch.linspace(-1, 1, 800)


@pytest.fixture
def figure():
    return pytest.importorskip("matplotlib.figure").Figure(figsize=(2, 1))


class Calls:
    """Keeps what it is called with; it has the calls of its names and no others."""

    def __init__(self, *names):
        self.made = []
        for name in names:
            setattr(self, name, self._keeping(name))

    def _keeping(self, name):
        return lambda *given, **named: self.made.append((name, given, named))


def handed(logger, figure):
    calls = calls_of(logger)
    calls.sound("sounds/5_guess", AUDIO, 8000, 12)
    calls.picture("sounds/spectrograms", figure, 12)


def test_tensorboard_is_given_audio_and_a_figure_at_their_step(figure):
    writer = Calls("add_audio", "add_figure")
    handed(SimpleNamespace(experiment=writer, log_dir="nowhere"), figure)
    (audio, given, named), (picture, seen, step) = writer.made
    assert (audio, picture) == ("add_audio", "add_figure")
    assert given[0] == "sounds/5_guess"
    assert torch.equal(given[1], AUDIO[None])
    assert named == {"global_step": 12, "sample_rate": 8000}
    assert seen == ("sounds/spectrograms", figure)
    assert step["global_step"] == 12


def test_a_logger_with_calls_of_its_own_is_given_arrays(figure):
    logger = Calls("log_audio", "log_image")
    handed(logger, figure)
    (_, (name, (audio,)), named), (_, (_, (pixels,)), _) = logger.made
    assert name == "sounds/5_guess"
    assert audio.tolist() == AUDIO.tolist()
    assert named == {"step": 12, "sample_rate": [8000]}
    assert (pixels.shape, pixels.dtype.name) == ((100, 200, 4), "uint8")


def test_artifacts_are_a_wave_file_and_a_figure_of_the_run(figure):
    kept = []

    class Client(Calls):
        def log_artifact(self, run, path, folder):
            audio, rate = soundfile.read(path, dtype="float32")
            kept.append((run, path.rpartition("/")[2], folder, audio.tolist(), rate))

    client = Client("log_figure")
    handed(SimpleNamespace(experiment=client, run_id="abc"), figure)
    assert kept == [("abc", "5_guess_step_12.wav", "sounds", AUDIO.tolist(), 8000)]
    assert client.made == [("log_figure", ("abc", figure, "sounds/spectrograms_step_12.png"), {})]


def test_a_package_of_runs_with_its_own_media_is_given_them(figure, monkeypatch):
    package = ModuleType("tracker")
    package.Audio = lambda audio, sample_rate: ("audio", audio.tolist(), sample_rate)
    package.Image = lambda pixels: ("image", pixels.shape)
    monkeypatch.setitem(sys.modules, "tracker", package)
    run = type("Run", (Calls,), {"__module__": "tracker.run"})("log")
    handed(SimpleNamespace(experiment=run), figure)
    assert run.made == [
        ("log", ({"sounds/5_guess": ("audio", AUDIO.tolist(), 8000)},), {"step": 12}),
        ("log", ({"sounds/spectrograms": ("image", (100, 200, 4))},), {"step": 12}),
    ]


def test_files_lie_beside_a_log_of_files_and_a_run_that_goes_on_writes_them_anew(figure, tmp_path):
    logger = SimpleNamespace(log_dir=str(tmp_path), experiment=object())
    for _ in range(2):
        handed(logger, figure)
    names = sorted(path.name for path in (tmp_path / "sounds").iterdir())
    assert names == ["5_guess_step_12.wav", "spectrograms_step_12.png"]
    audio, rate = soundfile.read(tmp_path / "sounds" / names[0], dtype="float32")
    assert (audio.tolist(), rate) == (AUDIO.tolist(), 8000)


@pytest.mark.parametrize("logger", [SimpleNamespace(), SimpleNamespace(log_dir=None), object()])
def test_a_logger_without_calls_is_known_as_one(logger):
    assert calls_of(logger) is None


@pytest.mark.filterwarnings("ignore")  # theirs
def test_the_real_tensorboard_reads_what_it_was_given(figure, tmp_path):
    events = "tensorboard.backend.event_processing.event_accumulator"
    read_by = pytest.importorskip(events).EventAccumulator
    from pytorch_lightning.loggers import TensorBoardLogger

    logger = TensorBoardLogger(tmp_path)
    handed(logger, figure)
    logger.finalize("success")
    read = read_by(logger.log_dir)
    read.Reload()
    assert (read.Tags()["audio"], read.Tags()["images"]) == (
        ["sounds/5_guess"],
        ["sounds/spectrograms"],
    )
    (sound,) = read.Audio("sounds/5_guess")
    assert (sound.step, sound.sample_rate) == (12, 8000)


@pytest.mark.filterwarnings("ignore")
def test_the_real_wandb_keeps_what_it_was_given_offline(figure, tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    from pytorch_lightning.loggers import WandbLogger

    monkeypatch.setenv("WANDB_SILENT", "true")
    logger = WandbLogger(save_dir=tmp_path, offline=True)
    handed(logger, figure)
    logger.experiment.finish()
    assert len(list(tmp_path.rglob("audio/sounds/5_guess*.wav"))) == 1
    assert len(list(tmp_path.rglob("images/sounds/spectrograms*.png"))) == 1


@pytest.mark.filterwarnings("ignore")
def test_the_real_mlflow_keeps_what_it_was_given(figure, tmp_path, monkeypatch):
    pytest.importorskip("mlflow")
    from pytorch_lightning.loggers import MLFlowLogger

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    logger = MLFlowLogger(tracking_uri=f"file:{tmp_path}")
    handed(logger, figure)
    kept = {file.path for file in logger.experiment.list_artifacts(logger.run_id, "sounds")}
    assert kept == {"sounds/5_guess_step_12.wav", "sounds/spectrograms_step_12.png"}
