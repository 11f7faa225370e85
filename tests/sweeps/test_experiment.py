import hashlib
import inspect

import lightning.pytorch
import pytest
import pytorch_lightning
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import AbstractSynth, SynthDataModule, Voice
from synth_datamodule.features import LogMel
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.matching.training import lightning_of
from synth_datamodule.modules import AudioMixer, MonophonicKeyboard, SineVCO
from synth_datamodule.patching.patch import part
from synth_datamodule.sweeps.experiment import Experiment, sounds_of
from synth_datamodule.sweeps.space import Choice, search_space

SMALL = {
    "data.batch_size": 4,
    "data.train_sounds": 8,
    "data.val_sounds": 6,
    "data.test_sounds": 5,
    "data.sample_rate": 4000,
    "data.buffer_size_seconds": 0.05,
    "data.control_rate": 200,
    "trainer.max_epochs": 2,
    "trainer.accelerator": "cpu",
}


def listener(namespace):
    class Listener(namespace.LightningModule):
        heard, ran = [], []

        def __init__(self, num_samples, num_parameters, rate=0.1):
            super().__init__()
            self.layer = torch.nn.Linear(num_samples, num_parameters)
            self.rate = rate
            self.heard.append({})

        def loss(self, batch):
            return (self.layer(batch.audio) - batch.parameters).abs().mean()

        def on_train_epoch_start(self):
            self.ran.append(self.current_epoch)

        def training_step(self, batch, batch_idx):
            return self.loss(batch)

        def validation_step(self, batch, batch_idx):
            for number, audio in zip(batch.index.tolist(), batch.audio, strict=True):
                self.heard[-1][number] = hashlib.sha256(audio.numpy().tobytes()).hexdigest()
            self.log("val_error", self.loss(batch), batch_size=len(batch.index))

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=self.rate)

    return Listener


@pytest.fixture
def model():
    return listener(pytorch_lightning)


class Whistle(AbstractSynth):
    """A synth of a user's own."""

    keyboard = part(MonophonicKeyboard)
    vco = part(SineVCO)
    mixer = part(AudioMixer, inputs=("vco",))

    def output(self, p, noise_rows):
        midi_f0, _ = self.keyboard(p.keyboard)
        return self.mixer(p.mixer, self.vco(p.vco, midi_f0))


class Quiet(Whistle):
    """A synth with an argument of its own."""

    def __init__(self, *args, gain=0.5, **kwargs):
        self.gain = gain
        super().__init__(*args, **kwargs)

    def output(self, p, noise_rows):
        return self.gain * super().output(p, noise_rows)


# Identical sounds

CHANGES = {
    "nebula": "drum",
    "pinned": {"keyboard.midi_f0": 60.0},
    "backend": "reference",
    "synth": Whistle,
    "sample_rate": 8000,
    "buffer_size_seconds": 0.1,
    "control_rate": 100,
    "eps": 0.01,
    "val_sounds": 7,
    "test_sounds": 0,
    "crop_seconds": 0.01,
    "random_crop": True,
    "paired_delta": 0.1,
    "ranges": {"keyboard.midi_f0": (48, 72)},
    "values": {"vco_1.tuning": [-12.0, 12.0]},
    "notes": [60.0, 62.0],
    "labels": "free",
    "notes_per_sound": 2,
    "normalize": "peak",
    "synth_arguments": {"gain": 0.25},
    "sounds": [*range(9), *range(8193, 8200), *range(9217, 9223)],
    "parameters": Voice().draw(range(90)),
    "split": ["val"] * 30 + ["test"] * 30 + ["train"] * 30,
    "sampler": lambda numbers: (numbers[:, None] % 7 / 7).expand(-1, 78),
    "minimum_rms": 0.05,
    "loudest": 0.3,
}
# What a setting is changed beside.
BESIDE = {
    "random_crop": {"data.crop_seconds": 0.02},
    "notes_per_sound": {"data.notes": [60.0, 62.0]},
    "synth_arguments": {"data.synth": Quiet},
    "split": {"data.parameters": Voice().draw(range(90)), "data.val_sounds": 6},
}
LEAVES = {
    "batch_size": st.integers(1, 300),
    "corpus": st.sampled_from(["synth1M1", "synth1B1", 200_000]),
    "train_sounds": st.none() | st.integers(1000, 9000),
    "predict_sounds": st.none() | st.just((3, 9)),
    "sounds_per_epoch": st.none() | st.just(1000),
    "fresh_epochs": st.booleans(),
    "shuffle": st.booleans(),
    "seed": st.integers(0, 2**64 - 1),
    "curriculum": st.none() | st.just({0: {"keyboard.midi_f0": (60, 62)}, 1: {}}),
    "drop_last": st.booleans(),
    "transform": st.none() | st.just(LogMel(4000, num_mels=8, n_fft=64, hop_length=32)),
    "train_transform": st.none() | st.just(torch.nn.Identity()),
    "features": st.none() | st.just({"level": torch.nn.Identity()}),
    "render_chunk": st.none() | st.integers(1, 9),
    "render_ahead": st.none() | st.booleans(),
    "reproducible": st.booleans(),
    "no_grad": st.booleans(),
    "debug": st.booleans(),
}


def test_of_every_setting_of_the_data_it_is_known_whether_it_changes_the_sounds():
    assert {*CHANGES} | {*LEAVES} == set(inspect.signature(SynthDataModule).parameters)


@pytest.mark.parametrize("name", CHANGES)
def test_a_setting_that_changes_the_sounds_is_refused_before_any_work(name, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    base = {**SMALL, **BESIDE.get(name, {})}
    space = {f"data.{name}": Choice((CHANGES[name],))}
    with pytest.raises(ValueError, match=rf"data\.{name}=.* changes the validation or test sounds"):
        Experiment(base).check(space)
    Experiment(base, across=(f"data.{name}",)).check(space)


@given(st.fixed_dictionaries({}, optional=LEAVES))
@settings(max_examples=40, deadline=None)
def test_whatever_else_changes_validation_and_test_sounds_are_the_same(changed):
    if changed.get("transform") is not None:
        changed.pop("features", None)  # which are made of audio
    values = {f"data.{name}": value for name, value in changed.items()}
    experiment = Experiment({**SMALL, "data.train_sounds": None})
    base, other = experiment.data({}), experiment.data(values)
    assert sounds_of(base) == sounds_of(other)
    other.transform = other.train_transform = other.features = None
    for split in ("val", "test"):
        loaders = [getattr(dm, f"{split}_dataloader")() for dm in (base, other)]
        batches = [[numbers.to("cpu") for numbers in loader] for loader in loaders]
        for field in ("audio", "parameters", "index"):
            first, second = (torch.cat([getattr(b, field) for b in part]) for part in batches)
            assert torch.equal(first, second)


NOTE = "keyboard.midi_f0"
NOTES = [float(note) for note in range(48, 112)]
ROWS = Voice().draw(range(90))
OTHER_TRAIN_ROW, OTHER_TEST_ROW = (
    torch.cat([ROWS[:row], ROWS[:1], ROWS[row + 1 :]]) for row in (81, 89)
)
LISTED = [*range(9), *range(8193, 8200), *range(9217, 9223)]


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("curriculum", {0: {NOTE: [60, 60]}, 9: {NOTE: [48, 72]}}, {0: {NOTE: [48, 72]}}),
        ("sounds", LISTED, [20, 21, 22, *LISTED[3:]]),
        ("parameters", ROWS, OTHER_TRAIN_ROW),
    ],
)
def test_what_train_sounds_alone_differ_in_changes_nothing(name, first, second):
    base = {**SMALL, "data.val_sounds": 5, "data.test_sounds": 5, f"data.{name}": first}
    Experiment(base).check({f"data.{name}": Choice((first, second))})


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("curriculum", {0: {NOTE: [60, 60]}, 9: {NOTE: [48, 72]}}, {0: {NOTE: [48, 73]}}),
        ("notes", NOTES, [*NOTES[:-1], 12.0]),
        ("sounds", LISTED, [*LISTED[:-2], 9300, 9301]),
        ("parameters", ROWS, OTHER_TEST_ROW),
        (
            "sampler",
            lambda numbers: (numbers[:, None] % 7 / 7).expand(-1, 78),
            lambda numbers: (numbers[:, None] % 7 / 7 * (numbers[:, None] < 9230)).expand(-1, 78),
        ),
    ],
)
def test_what_one_sound_of_many_differs_in_is_refused(name, first, second):
    sizes = {"parameters": 9, "sounds": None}
    base = {**SMALL, f"data.{name}": first}
    for split in ("val", "test"):
        base[f"data.{split}_sounds"] = sizes.get(name, 300)
    with pytest.raises(ValueError, match=rf"data\.{name}=.* changes the validation or test"):
        Experiment(base).check({f"data.{name}": Choice((first, second))})


@pytest.mark.parametrize("crop", [{"random_crop": True}, {"paired_delta": 0.1}], ids=str)
def test_a_seed_that_crops_and_pairs_come_from_changes_the_sounds(crop):
    base = {**SMALL, "data.crop_seconds": 0.02, **{f"data.{k}": v for k, v in crop.items()}}
    with pytest.raises(ValueError, match=r"data\.seed=1 changes"):
        Experiment(base).check({"data.seed": Choice((0, 1))})


def test_a_value_between_the_checked_ones_is_checked_when_it_runs(model):
    experiment = Experiment(SMALL, model)
    with pytest.raises(ValueError, match=r"change the validation or test sounds: .*'drum'"):
        experiment.run({"data.nebula": "drum"})
    assert model.heard == []
    asked = Experiment(SMALL, model, across=("data.nebula",))
    asked.run({"data.nebula": "drum"})
    asked.run({"data.nebula": "default"})
    drum, default = model.heard
    assert drum.keys() == default.keys()
    assert drum != default


def test_every_trial_hears_the_same_validation_sounds(model):
    experiment = Experiment(SMALL, model)
    for values in (
        {},
        {"data.batch_size": 3, "model.rate": 1.0},
        {"data.seed": 5, "data.train_sounds": 4, "seed_everything": 7, "trainer.max_epochs": 1},
    ):
        experiment.run(values)
    first, *others = model.heard
    assert sorted(first) == list(range(8192, 8192 + 6))
    assert others == [first, first]


# Runs


@pytest.mark.parametrize("namespace", [pytorch_lightning, lightning.pytorch])
def test_a_model_of_either_lightning_is_run_and_reports_each_validation(namespace):
    model = listener(namespace)
    assert lightning_of(model) is namespace
    reported = []
    result = Experiment(SMALL, model).run({}, lambda *seen: bool(reported.append(seen)))
    assert [number for number, _ in reported] == [0, 1]
    assert reported[-1][1] == result


def test_the_same_values_give_the_same_result_whatever_ran_before(model):
    experiment = Experiment(SMALL, model)
    first = experiment.run({"model.rate": 0.3})
    assert experiment.run({"model.rate": 0.1}) != first
    assert experiment.run({"model.rate": 0.3}) == first


def test_a_run_told_to_stop_stops_after_that_validation(model):
    Experiment({**SMALL, "trainer.max_epochs": 5}, model).run({}, lambda number, _: number == 1)
    assert model.ran == [0, 1]


def test_what_a_configuration_file_names_by_class_is_made_anew_for_each_run(model):
    mel = {"class_path": "synth_datamodule.features.LogMel", "init_args": {"sample_rate": 4000}}
    stop = {
        "class_path": "pytorch_lightning.callbacks.EarlyStopping",
        "init_args": {"monitor": "val_error", "mode": "max", "patience": 1, "min_delta": 9.0},
    }
    settings = {**SMALL, "trainer.max_epochs": 5, "trainer.callbacks": [stop]}
    experiment = Experiment({**settings, "data.transform": mel}, model)
    first, second = experiment.data({}), experiment.data({})
    assert isinstance(first.transform, LogMel)
    assert first.transform is not second.transform
    experiment = Experiment(settings, model)
    assert experiment.run({}) == experiment.run({})
    assert model.ran == [0, 1, 0, 1]


def test_the_model_is_told_the_datas_sizes_unless_a_setting_says_otherwise():
    told = []

    class Told(SoundMatcher):
        def __init__(self, num_parameters, sample_rate, width=2):
            told.append((num_parameters, sample_rate, width))
            super().__init__(num_parameters, sample_rate, width)

    Experiment({**SMALL, "data.sample_rate": 8000}, Told).run({"model.width": 3})
    with pytest.raises(RuntimeError, match="must match the size"):
        Experiment({**SMALL, "model.num_parameters": 5}, Told).run({})
    assert told == [(78, 8000, 3), (5, 4000, 2)]


def test_lightning_says_nothing_in_a_run_and_its_voice_is_back_after(model, capsys, caplog):
    Experiment(SMALL, model).run({})
    assert caplog.text == ""
    assert capsys.readouterr() == ("", "")
    pytorch_lightning.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False)
    assert "GPU available" in capsys.readouterr().err + caplog.text


def test_a_model_that_does_not_log_what_is_monitored_is_told(model):
    message = "Listener must log 'accuracy' in validation, it logged 'val_error'"
    with pytest.raises(ValueError, match=message):
        Experiment(SMALL, model, monitor="accuracy").run({})


# What is refused


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("model.depth", "no setting model.depth; "),
        ("data.batchsize", "no setting data.batchsize; the nearest is data.batch_size"),
        ("trainer.epochs", "no setting trainer.epochs; the nearest is trainer."),
        ("batch_size", "must begin with data., model. or trainer., or be seed_everything"),
    ],
)
def test_a_name_that_is_no_setting_is_refused(name, message):
    with pytest.raises(ValueError, match=message):
        Experiment({name: 1})
    with pytest.raises(ValueError, match=message):
        Experiment(across=(name,))
    with pytest.raises(ValueError, match=message):
        Experiment(SMALL).check({name: Choice((1,))})


def test_a_model_that_takes_anything_takes_any_setting():
    class Anything(pytorch_lightning.LightningModule):
        def __init__(self, **options):
            super().__init__()

    Experiment({"model.depth": 3}, Anything)


def test_a_value_that_the_data_refuses_is_refused_before_any_work():
    space = search_space({"data.batch_size": {"low": 0, "high": 8}})
    with pytest.raises(ValueError, match="batch_size must be a whole number >= 1"):
        Experiment(SMALL).check(space)


@pytest.mark.parametrize("model", [torch.nn.Linear, SoundMatcher(), "SoundMatcher"])
def test_what_is_no_models_class_is_refused(model):
    with pytest.raises(TypeError, match="model must be a LightningModule's class"):
        Experiment(model=model)


def test_the_fingerprints_are_the_datas():
    experiment = Experiment(SMALL)
    data = experiment.data({})
    assert experiment.fingerprints() == {s: data.fingerprint(s) for s in ("val", "test")}
    assert experiment.fingerprints() != Experiment({**SMALL, "data.nebula": "drum"}).fingerprints()
    assert [*Experiment({**SMALL, "data.test_sounds": 0}).fingerprints()] == ["val"]
    with pytest.raises(ValueError, match="val has no sounds"):
        Experiment({**SMALL, "data.val_sounds": 0}).fingerprints()
