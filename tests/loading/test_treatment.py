"""What is made of the audio of a batch: its level, transforms, and features beside it."""

import importlib
import pickle
import warnings

import pytest
import torch
from pytorch_lightning.cli import LightningCLI
from pytorch_lightning.demos.boring_classes import BoringModel

from synth_datamodule import SynthBatch, SynthConfig, SynthDataModule, Voice
from synth_datamodule.batch import PairedBatch
from synth_datamodule.features import MFCC, LogMel, Normalize, Resample, levels
from synth_datamodule.loading import Handed, Rendering

RATE = 8000
SHORT = {"sample_rate": RATE, "buffer_size_seconds": 0.25, "control_rate": 200}
CPU = torch.device("cpu")
NUMBERS = torch.arange(7)


@pytest.fixture(scope="module")
def voice():
    return Voice(SynthConfig(**SHORT))


@pytest.fixture(scope="module")
def audio(voice):
    return voice.render_sounds(NUMBERS).audio


def mel(rate=RATE):
    return LogMel(rate, num_mels=16, n_fft=256, hop_length=64)


def handed_by(voice, handed=None, dtype=torch.float32, **options):
    handed = handed or Handed()
    return Rendering(voice, handed, **options)(NUMBERS, CPU, dtype)


def noisy(audio):
    return audio + torch.rand_like(audio)


# Features


def test_features_lie_beside_the_audio_under_their_names(voice, audio):
    batch = handed_by(voice, features={"mel": mel(), "level": lambda x: levels(x)})
    assert list(batch.audio) == ["audio", "mel", "level"]
    assert torch.equal(batch.audio["audio"], audio)
    assert torch.equal(batch.audio["mel"], mel()(audio))
    assert torch.equal(batch.audio["level"].rms, levels(audio).rms)


def test_features_are_of_the_audio_as_it_is_handed_out(voice, audio):
    batch = handed_by(
        voice,
        Handed(crop_seconds=0.125, normalize="peak"),
        transform=Resample(RATE, 4000),
        features={"mel": mel(4000), "copy": lambda x: x},
    )
    expected = Resample(RATE, 4000)(Normalize("peak")(audio[:, :1000].contiguous()))
    assert torch.equal(batch.audio["audio"], expected)
    assert torch.equal(batch.audio["copy"], expected)
    assert torch.equal(batch.audio["mel"], mel(4000)(expected))


@pytest.mark.parametrize("chunk", [None, 1, 3])
def test_features_of_a_sound_are_the_same_in_any_batch(voice, chunk):
    options = {"handed": Handed(normalize=-23.0, paired_delta=0.1), "features": {"mel": mel()}}
    whole = handed_by(voice, chunk=chunk, **options)
    assert isinstance(whole, PairedBatch)
    alone = Rendering(voice, **options)(NUMBERS[4:5], CPU, torch.float32)
    for view, one in zip(whole, alone, strict=True):
        for name in ("audio", "mel"):
            assert torch.equal(view.audio[name][4], one.audio[name][0])


def test_a_batch_with_features_moves_and_casts_as_a_whole(voice):
    batch = handed_by(voice, dtype=torch.bfloat16, features={"mel": mel()})
    assert {batch.audio[name].dtype for name in batch.audio} == {torch.bfloat16}
    assert batch.to(torch.float64).audio["mel"].dtype == torch.float64


def test_features_see_no_autocast_and_record_no_gradient(voice):
    seen = []

    def feature(audio):
        seen.append((audio.dtype, torch.is_autocast_enabled("cpu"), torch.is_grad_enabled()))
        return audio

    with torch.autocast("cpu", dtype=torch.bfloat16):
        handed_by(voice, features={"seen": feature}, train_transform=feature, transform=feature)
    assert set(seen) == {(torch.float32, False, False)}
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"features": {"mel": mel(4000)}}, ValueError, r"^features\['mel'\]: LogMel is made for 4"),
        (
            {"transform": Resample(RATE, 4000), "features": {"mel": mel()}},
            ValueError,
            r"^features\['mel'\]: LogMel is made for 8000 Hz, and the sounds are at 4000 Hz",
        ),
        (
            {"transform": torch.nn.Sequential(Resample(RATE, 4000), mel())},
            ValueError,
            "^transform: LogMel is made for 8000 Hz, and the sounds are at 4000 Hz",
        ),
        (
            {"transform": mel(), "features": {"mfcc": MFCC(RATE)}},
            ValueError,
            r"^features are made of audio \[B, N\], and transform makes the frames of LogMel",
        ),
        (
            {"train_transform": torch.nn.Sequential(mel()), "features": {"all": abs}},
            ValueError,
            "and train_transform makes the frames of Sequential: name it in features instead",
        ),
        ({"train_transform": mel(4000)}, ValueError, "^train_transform: LogMel is made for 4000"),
    ],
)
def test_what_cannot_follow_is_refused_before_a_sound_is_rendered(voice, options, error, message):
    with pytest.raises(error, match=message):
        Rendering(voice, **options)
    with pytest.raises(error, match=message):
        SynthDataModule(**SHORT, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"transform": lambda x: {"a": x}}, "and transform makes a dict: name it"),
        ({"transform": lambda x: x[:, None]}, r"and transform makes \[3, 1, 2000\]: name it"),
    ],
)
def test_a_transform_that_makes_no_audio_for_features_is_refused_in_setup(options, message):
    dm = SynthDataModule(**SHORT, features={"mean": lambda x: x.mean(1)}, **options)
    with pytest.raises(ValueError, match=message):
        dm.setup()


def test_what_a_feature_returns_has_an_entry_for_each_sound(voice):
    with pytest.raises(ValueError, match=r"^features\['mean'\] must return tensors \[7, \.\.\.\]"):
        handed_by(voice, features={"mean": lambda x: x.mean()})
    with pytest.raises(TypeError, match=r"^what <lambda> returns: audio must be a tensor"):
        handed_by(voice, features={"name": lambda _: "sine"})


def test_a_feature_that_depends_on_the_batch_is_named():
    loudest = {"mel": mel(), "loudest": lambda x: x / x.abs().max()}
    with pytest.warns(UserWarning, match=r"^features\['loudest'\]: what <lambda> makes of a sound"):
        SynthDataModule(**SHORT, features=loudest).setup()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        features = {"mel": mel(), "mfcc": MFCC(RATE), "half": Resample(RATE, 4000)}
        SynthDataModule(**SHORT, features=features, normalize="rms").setup()
        SynthDataModule(**SHORT, train_transform=loudest["loudest"]).setup()


def test_sizes_and_levels_are_those_of_the_audio():
    dm = SynthDataModule(
        2, val_sounds=2, transform=Resample(RATE, 4000), features={"mel": mel(4000)}, **SHORT
    )
    assert dm.num_samples == 1000
    (numbers,) = dm.val_dataloader()
    batch = numbers.to("cpu")
    assert isinstance(batch, SynthBatch)
    assert torch.equal(dm.levels(batch).peak, batch.audio["audio"].abs().amax(1))
    item = dm.val_dataloader().dataset[1]
    assert torch.equal(item.audio["mel"], batch.audio["mel"][1])


# Level


@pytest.mark.parametrize("normalize", ["peak", "rms", -23, -23.0])
def test_a_batch_is_normalized_after_its_crop(voice, audio, normalize):
    batch = handed_by(voice, Handed(0.125, normalize=normalize))
    expected = Normalize(normalize, RATE)(audio[:, :1000].contiguous())
    assert torch.equal(batch.audio, expected)


def test_a_level_is_part_of_the_order_of_a_run_and_none_of_the_sounds(tmp_path):
    quiet = SynthDataModule(2, train_sounds=4, normalize=-23, **SHORT)
    state = quiet.train_dataloader().state_dict()
    assert state["order"]["normalize"] == -23.0
    plain = SynthDataModule(2, train_sounds=4, test_sounds=2, **SHORT)
    with pytest.raises(ValueError, match=r"^normalize was -23\.0 in the checkpoint and is None"):
        plain.train_dataloader().load_state_dict(state)
    before = plain.train_dataloader().state_dict()
    del before["order"]["normalize"]  # of a version without it
    plain.train_dataloader().load_state_dict(before)
    with pytest.raises(ValueError, match=r"^normalize was None in the checkpoint and is -23\.0"):
        quiet.train_dataloader().load_state_dict(before)
    quiet.test_sounds = 2
    assert quiet.fingerprint("test") == plain.fingerprint("test")


# For training only


def test_only_train_batches_are_augmented_after_the_transform():
    halved = {"transform": lambda x: x / 2}
    dm = SynthDataModule(
        2, train_sounds=2, val_sounds=2, test_sounds=2, **SHORT, **halved,
        train_transform=lambda x: x + 1, features={"mel": mel(), "copy": lambda x: x},
    )  # fmt: skip
    plain = SynthDataModule(2, train_sounds=2, val_sounds=2, test_sounds=2, **SHORT, **halved)
    for split, added in (("train", 1), ("val", 0), ("test", 0), ("predict", 0)):
        (numbers,) = getattr(dm, f"{split}_dataloader")()
        (others,) = getattr(plain, f"{split}_dataloader")()
        batch, audio = numbers.to("cpu"), others.to("cpu").audio + added
        assert torch.equal(batch.audio["audio"], audio)
        assert torch.equal(batch.audio["copy"], audio)
        assert torch.equal(batch.audio["mel"], mel()(audio))
    sounds = [sound.audio["copy"] for sound in dm.train_dataloader().dataset]
    (numbers,) = dm.train_dataloader()
    for number, audio in zip(numbers.index, numbers.to("cpu").audio["copy"], strict=True):
        assert torch.equal(audio, sounds[number])


def test_a_train_transform_is_given_the_whole_batch_whatever_the_chunk(voice):
    sizes = []

    def mixed(audio):
        sizes.append(len(audio))
        return audio.flip(0)

    batch = handed_by(voice, Handed(paired_delta=0.1), chunk=2, train_transform=mixed)
    assert sizes == [7, 7]
    assert isinstance(batch, PairedBatch)


def test_it_may_be_given_frames(voice, audio):
    batch = handed_by(voice, transform=mel(), train_transform=lambda frames: frames[:, :3])
    assert torch.equal(batch.audio, mel()(audio)[:, :3])


@pytest.mark.parametrize("ahead", [False, True])
def test_what_is_random_follows_torchs_seed_ahead_or_not(ahead):
    def heard():
        torch.manual_seed(3)
        dm = SynthDataModule(2, train_sounds=8, render_ahead=ahead, train_transform=noisy, **SHORT)
        found = []
        for numbers in dm.train_dataloader():
            found.append(numbers.to("cpu").audio)
            torch.rand(5)  # a model's own draws
        return torch.cat(found)

    first = heard()
    assert torch.equal(heard(), first)


def test_random_batches_are_the_same_ahead_or_not():
    def heard(ahead):
        torch.manual_seed(3)
        dm = SynthDataModule(2, train_sounds=8, render_ahead=ahead, train_transform=noisy, **SHORT)
        return torch.cat([numbers.to("cpu").audio for numbers in dm.train_dataloader()])

    assert torch.equal(heard(True), heard(False))


@pytest.mark.parametrize("namespace", ["pytorch_lightning", "lightning.pytorch"])
def test_a_trainer_trains_on_audio_and_features(namespace):
    lightning = importlib.import_module(namespace)

    class Model(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.guess = torch.nn.LazyLinear(78)
            self.heard = {"train": [], "val": []}

        def step(self, batch, split):
            self.heard[split].append(batch)
            return (self.guess(batch.audio["mel"].flatten(1)) - batch.parameters).square().mean()

        def training_step(self, batch, batch_idx):
            return self.step(batch, "train")

        def validation_step(self, batch, batch_idx):
            self.step(batch, "val")

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    dm = SynthDataModule(
        4, train_sounds=8, val_sounds=4, features={"mel": mel()}, train_transform=noisy,
        normalize="peak", shuffle=False, **SHORT,
    )  # fmt: skip
    model = Model()
    dm.setup()
    (numbers,) = dm.val_dataloader()
    model.guess(numbers.to("cpu").audio["mel"].flatten(1))
    trainer = lightning.Trainer(
        max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
    )  # fmt: skip
    trainer.fit(model, datamodule=dm)
    sounds = Voice(SynthConfig(**SHORT))
    for split, batches in model.heard.items():
        for batch in batches:
            clean = Normalize("peak")(sounds.render_sounds(batch.index).audio)
            noise = batch.audio["audio"] - clean
            assert (noise.abs().max() > 0.5) == (split == "train")
            assert torch.equal(batch.audio["mel"], mel()(batch.audio["audio"]))


# Kept


def test_a_checkpoint_holds_names_of_them_and_the_level():
    dm = SynthDataModule(features={"mel": mel()}, train_transform=noisy, normalize=-23, **SHORT)
    assert dm.hparams["features"] == {"mel": "LogMel"}
    assert dm.hparams["train_transform"] == "noisy"
    assert dm.hparams["normalize"] == -23
    plain = SynthDataModule(**SHORT)
    assert plain.hparams["normalize"] is None
    assert not {"features", "train_transform", "transform"} & set(plain.hparams)


@pytest.mark.parametrize("way", ["typed", "file"])
def test_a_command_line_takes_them_and_a_checkpoint_asks_for_them_again(tmp_path, monkeypatch, way):
    monkeypatch.setattr("sys.argv", ["fit"])
    monkeypatch.setenv("JSONARGPARSE_DEPRECATION_WARNINGS", "off")  # Lightning's own
    mel_module = "{class_path: synth_datamodule.features.LogMel, init_args: {sample_rate: 8000}}"
    given = {
        "features": f"{{mel: {mel_module}, same: torch.nn.Identity}}",
        "train_transform": "torch.nn.Dropout",
        "normalize": "-23",
    }
    if way == "typed":
        words = [word for name, value in given.items() for word in (f"--data.{name}", value)]
    else:
        lines = [f"  {name}: {value}" for name, value in given.items()]
        (tmp_path / "settings.yaml").write_text("\n".join(["data:", *lines]))
        words = ["--config", str(tmp_path / "settings.yaml")]
    sizes = [f"--data.{name}={value}" for name, value in SHORT.items()]
    cli = LightningCLI(
        BoringModel, SynthDataModule, run=False, save_config_callback=None,
        args=[*words, *sizes, "--data.batch_size=2", "--data.train_sounds=4"],
        seed_everything_default=False,
        trainer_defaults={"logger": False, "accelerator": "cpu"},
    )  # fmt: skip
    dm = cli.datamodule
    assert {name: type(step) for name, step in dm.features.items()} == {
        "mel": LogMel,
        "same": torch.nn.Identity,
    }
    assert isinstance(dm.train_transform, torch.nn.Dropout)
    assert dm.normalize == -23
    (first, _) = dm.train_dataloader()
    assert list(first.to("cpu").audio) == ["audio", "mel", "same"]
    path = tmp_path / "a.ckpt"
    held = {"datamodule_hyper_parameters": dict(dm.hparams), "pytorch-lightning_version": "2.5.0"}
    torch.save({**held, "state_dict": {}}, path)
    with pytest.raises(ValueError, match=r"^train_transform is in no checkpoint: .*'Dropout'"):
        SynthDataModule.load_from_checkpoint(path)
    with pytest.raises(ValueError, match=r"^features is in no checkpoint: .*'LogMel'"):
        SynthDataModule.load_from_checkpoint(path, train_transform=None)
    again = SynthDataModule.load_from_checkpoint(path, train_transform=None, features={"m": mel()})
    assert again.normalize == -23
    assert [*again.features] == ["m"]


def test_a_rendering_with_them_can_be_pickled(voice, audio):
    rendering = Rendering(voice, train_transform=abs, features={"mel": mel()})
    again = pickle.loads(pickle.dumps(rendering))
    assert torch.equal(again(NUMBERS, CPU, torch.float32).audio["mel"], mel()(audio.abs()))
