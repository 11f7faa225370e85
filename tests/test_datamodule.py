import gc
import pickle
import weakref

import numpy as np
import pytest
import pytorch_lightning
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_lightning.cli import LightningCLI
from pytorch_lightning.demos.boring_classes import BoringModel

from synth_datamodule import Split, SynthBatch, SynthConfig, SynthDataModule, Voice

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.25, "control_rate": 200}
QUIET = {
    "accelerator": "cpu",
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}


class Quieter(Voice):
    """A synth of one's own, for tests."""

    def output(self, p, noise_rows):
        return super().output(p, noise_rows) / 2


def numbers(batches):
    return [number for batch in batches for number in batch.index.tolist()]


@pytest.fixture(params=["pytorch_lightning", "lightning.pytorch"])
def lightning(request):
    return pytest.importorskip(request.param)


def test_fit_validate_test_and_predict_hear_the_sounds_of_their_splits(listener, lightning):
    dm = SynthDataModule(
        batch_size=4, train_sounds=10, val_sounds=5, test_sounds=3, predict_sounds=(7, 9), **SHORT
    )
    model = listener(lightning)
    trainer = lightning.Trainer(max_epochs=2, num_sanity_val_steps=0, **QUIET)
    trainer.fit(model, datamodule=dm)
    trainer.validate(model, datamodule=dm, verbose=False)
    trainer.test(model, datamodule=dm, verbose=False)
    guesses = trainer.predict(model, datamodule=dm)

    epochs = numbers(model.heard["train"][:3]), numbers(model.heard["train"][3:])
    assert [sorted(epoch) for epoch in epochs] == [list(range(10))] * 2
    assert epochs[0] != epochs[1]
    assert numbers(model.heard["val"]) == [8192, 8193, 8194, 8195, 8196] * 3
    assert numbers(model.heard["test"]) == [9216, 9217, 9218]
    assert numbers(model.heard["predict"]) == [7, 8]
    voice = Voice(SynthConfig(**SHORT))
    for split in Split:
        for batch in model.heard[split.value]:
            assert isinstance(batch, SynthBatch)
            expected = voice.render_sounds(batch.index)
            assert torch.equal(batch.audio, expected.audio)
            assert torch.equal(batch.parameters, expected.parameters)
            assert torch.equal(batch.is_train, expected.is_train)
    with torch.inference_mode():
        assert torch.equal(guesses[0], model.guess(model.heard["predict"][0]))


def test_training_lowers_the_error_on_the_train_sounds(listener):
    dm = SynthDataModule(batch_size=16, train_sounds=64, shuffle=False, **SHORT)
    model = listener(pytorch_lightning)
    trainer = pytorch_lightning.Trainer(max_epochs=15, limit_val_batches=0, **QUIET)
    trainer.fit(model, datamodule=dm)
    assert len(model.losses) == 15 * 4
    first, last = (sum(losses) for losses in (model.losses[:4], model.losses[-4:]))
    assert last < 0.8 * first


def test_a_trainer_evaluates_rows_without_a_train_row_and_fits_none(lightning, listener):
    model = listener(lightning)
    dm = SynthDataModule(parameters=torch.full((6, 78), 0.5), split=["test"] * 6, batch_size=4,
                         **SHORT)  # fmt: skip
    trainer = lightning.Trainer(max_epochs=1, **QUIET)
    trainer.test(model, datamodule=dm, verbose=False)
    trainer.predict(model, datamodule=dm, return_predictions=False)
    assert numbers(model.heard["test"]) == numbers(model.heard["predict"]) == [*range(6)]
    with pytest.raises(ValueError, match=r"^fit needs train sounds, and none of 6 rows of param"):
        trainer.fit(model, datamodule=dm)


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("32-true", torch.float32), ("bf16-true", torch.bfloat16), ("64-true", torch.float64)],
)
def test_batches_arrive_in_the_precision_of_the_model(listener, precision, dtype):
    dm = SynthDataModule(batch_size=4, train_sounds=4, val_sounds=4, **SHORT)
    model = listener(pytorch_lightning)
    trainer = pytorch_lightning.Trainer(max_epochs=1, precision=precision, **QUIET)
    trainer.fit(model, datamodule=dm)
    (batch,) = model.heard["train"]
    assert batch.audio.dtype == batch.parameters.dtype == dtype
    full = Voice(SynthConfig(**SHORT)).render_sounds(batch.index)
    assert torch.equal(batch.audio, full.audio.to(dtype))


def test_loaders_work_without_the_data_module(listener):
    dm = SynthDataModule(batch_size=4, train_sounds=8, val_sounds=4, **SHORT)
    model = listener(pytorch_lightning)
    trainer = pytorch_lightning.Trainer(max_epochs=1, num_sanity_val_steps=0, **QUIET)
    trainer.fit(model, train_dataloaders=dm.train_dataloader(), val_dataloaders=dm.val_dataloader())
    assert sorted(numbers(model.heard["train"])) == list(range(8))
    assert numbers(model.heard["val"]) == [8192, 8193, 8194, 8195]


# Lightning's note that the model's hook goes before the data module's, which has none.
@pytest.mark.filterwarnings("ignore:You have overridden `on_after_batch_transfer`")
def test_the_users_own_transfer_hook_runs_on_rendered_sound(listener):
    seen = []

    class Hooked(type(listener(pytorch_lightning))):
        def on_after_batch_transfer(self, batch, dataloader_idx):
            seen.append(batch.audio.shape)
            return batch._replace(audio=2 * batch.audio)

    dm = SynthDataModule(batch_size=2, train_sounds=2, val_sounds=0, **SHORT)
    model = Hooked()
    trainer = pytorch_lightning.Trainer(max_epochs=1, limit_val_batches=0, **QUIET)
    trainer.fit(model, datamodule=dm)
    expected = 2 * Voice(SynthConfig(**SHORT)).render_sounds(model.heard["train"][0].index).audio
    assert seen == [(2, 2000)]
    assert torch.equal(model.heard["train"][0].audio, expected)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    corpus=st.integers(10_240, 2**32),
    batch_sizes=st.tuples(st.integers(1, 3000), st.integers(1, 3000)),
    seed=st.integers(0, 2**32),
)
def test_validation_and_test_are_the_same_whatever_the_corpus_batch_size_or_seed(
    corpus, batch_sizes, seed
):
    usual = SynthDataModule()
    other = SynthDataModule(batch_sizes[0], corpus, seed=seed)
    for split, loader in (("val", other.val_dataloader()), ("test", other.test_dataloader())):
        assert np.array_equal(
            np.concatenate([batch.index.numpy() for batch in loader]),
            usual.sounds(split).numbers(0, 0, 1024),
        )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    corpus=st.integers(10_240, 2**32),
    place=st.integers(0, 2**32),
    epoch=st.integers(0, 10**6),
    seed=st.integers(0, 2**64 - 1),
    shuffle=st.booleans(),
)
def test_no_train_epoch_ever_holds_a_validation_or_test_sound(corpus, place, epoch, seed, shuffle):
    sounds = SynthDataModule(corpus=corpus, seed=seed, shuffle=shuffle).sounds("train")
    start = place % len(sounds)
    stop = min(start + 100, len(sounds))
    for number in sounds.numbers(epoch, start, stop).tolist():
        assert Split.of(number) is Split.train
        assert number < corpus


def test_a_batch_size_that_divides_1024_reads_batches_of_the_corpus():
    dm = SynthDataModule(batch_size=64, test_sounds=256, **SHORT)
    dm.setup("test")
    for place, batch in enumerate(dm.test_dataloader()):
        batch_idx = Split.test.batch_index(place, batch_size=64)
        audio, parameters, is_train = dm.voice(batch_idx)
        rendered = batch.to("cpu")
        assert torch.equal(rendered.audio, audio)
        assert torch.equal(rendered.parameters, parameters)
        assert not is_train.any()


def test_sizes_are_known_before_setup():
    dm = SynthDataModule(batch_size=100, sounds_per_epoch=250, **SHORT)
    assert (dm.num_parameters, dm.num_samples, dm.sample_rate) == (78, 2000, 8000)
    assert dm.parameter_names == Voice().parameter_names
    assert [dm.num_batches(split) for split in Split] == [3, 11, 11, 11]
    with pytest.raises(RuntimeError, match=r"setup\(\) makes the voice, .* call setup\(\) first"):
        _ = dm.voice
    with pytest.raises(RuntimeError, match="call setup"):
        _ = dm.synthconfig


def test_setup_creates_the_config_once_and_teardown_frees_the_voice():
    dm = SynthDataModule(batch_size=8, **SHORT)
    dm.setup("fit")
    assert dm.synthconfig == SynthConfig(batch_size=8, **SHORT)
    first = weakref.ref(dm.voice)
    dm.setup("validate")
    assert dm.voice is first()
    dm.batch_size = 16
    dm.setup("fit")
    assert dm.synthconfig.batch_size == 16
    dm.teardown("fit")
    gc.collect()
    assert first() is None
    dm.setup()
    assert dm.voice.synthconfig.batch_size == 16


def test_a_changed_batch_size_holds_from_the_next_loader_on():
    dm = SynthDataModule(batch_size=8, val_sounds=20, **SHORT)
    assert len(dm.val_dataloader()) == 3
    dm.batch_size = 20
    assert len(dm.val_dataloader()) == dm.num_batches("val") == 1


def test_a_changed_crop_holds_from_the_next_setup_on():
    dm = SynthDataModule(batch_size=2, **SHORT)
    dm.setup()
    voice = dm.voice
    dm.crop_seconds = 0.01
    dm.setup()
    assert dm.num_samples == next(iter(dm.val_dataloader())).to("cpu").audio.shape[1]
    assert dm.voice is voice


def test_predict_is_the_test_set_unless_a_range_is_given():
    dm = SynthDataModule(batch_size=2, test_sounds=3, **SHORT)
    assert numbers(dm.predict_dataloader()) == [9216, 9217, 9218]
    dm = SynthDataModule(batch_size=2, predict_sounds=(9215, 9218), **SHORT)
    assert numbers(dm.predict_dataloader()) == [9215, 9216, 9217]


def test_pinned_values_and_the_nebula_reach_the_sound():
    dm = SynthDataModule(batch_size=4, nebula="drum", pinned={"keyboard.midi_f0": 60.0}, **SHORT)
    dm.setup()
    batch = next(iter(dm.train_dataloader())).to("cpu")
    values = dm.parameter_table.to_physical(batch.parameters)
    assert torch.equal(values[:, 0], torch.full((4,), 60.0, dtype=torch.float64))
    expected = Voice(SynthConfig(**SHORT), "drum", pinned={"keyboard.midi_f0": 60.0})
    assert torch.equal(batch.audio, expected.render_sounds(batch.index).audio)


def test_a_pickled_data_module_is_small_and_reads_on():
    dm = SynthDataModule(batch_size=4, val_sounds=4)
    dm.setup()
    dm.voice.sound(0)
    packed = pickle.dumps(dm)
    assert len(packed) < 20_000
    copy = pickle.loads(packed)
    assert numbers(copy.val_dataloader()) == numbers(dm.val_dataloader())


def test_a_pickle_from_when_the_room_was_a_file_finds_its_class():
    assert pickle.loads(b"csynth_datamodule.datamodule\nSynthDataModule\n.") is SynthDataModule


def test_hyperparameters_are_primitives_and_go_to_loggers_under_names_of_their_own():
    dm = SynthDataModule(batch_size=4, predict_sounds=(0, 4), pinned={"keyboard.midi_f0": 60})
    assert dm._log_hyperparams
    assert dict(dm.hparams_initial) == {f"data/{name}": value for name, value in dm.hparams.items()}
    assert dm.hparams["predict_sounds"] == (0, 4)
    assert dm.hparams["pinned"] == {"keyboard.midi_f0": 60}
    for value in dm.hparams.values():
        assert isinstance(value, (int, float, str, bool, tuple, dict, type(None)))


def test_a_synth_has_its_public_name_however_a_command_line_calls_it(monkeypatch):
    monkeypatch.setattr("sys.argv", ["fit"])
    monkeypatch.setenv("JSONARGPARSE_DEPRECATION_WARNINGS", "off")  # Lightning's own
    words = ["--data.synth", "synth_datamodule.voice.Voice", "--trainer.accelerator", "cpu"]
    cli = LightningCLI(
        BoringModel,
        SynthDataModule,
        run=False,
        args=words,
        save_config_callback=None,
        seed_everything_default=False,
        trainer_defaults={"logger": False},
    )
    assert cli.datamodule.hparams["synth"] == "synth_datamodule.Voice"


@pytest.mark.parametrize(
    ("written", "expected"),
    [("[3, 14]", (3, 14)), ("'[3, 14]'", (3, 14)), ("[14, 3, 5]", "[14,3,5]"), ("null", None)],
)
def test_two_numbers_in_a_configuration_file_are_a_range(written, expected, monkeypatch, tmp_path):
    # YAML has lists alone, and files written before quote them.
    (tmp_path / "config.yaml").write_text(f"data:\n  predict_sounds: {written}\n")
    monkeypatch.setattr("sys.argv", ["fit"])
    monkeypatch.setenv("JSONARGPARSE_DEPRECATION_WARNINGS", "off")  # Lightning's own
    cli = LightningCLI(
        BoringModel,
        SynthDataModule,
        run=False,
        args=["--config", str(tmp_path / "config.yaml"), "--trainer.accelerator", "cpu"],
        save_config_callback=None,
        seed_everything_default=False,
        trainer_defaults={"logger": False},
    )
    assert cli.datamodule.predict_sounds == cli.datamodule.hparams["predict_sounds"] == expected
    (tmp_path / "again.yaml").write_text(cli.parser.dump(cli.config))
    assert cli.parser.parse_path(tmp_path / "again.yaml").data == cli.config.data


def test_numpys_numbers_pass_through_a_checkpoint(listener, tmp_path):
    dm = SynthDataModule(
        batch_size=np.int64(2),
        train_sounds=np.int32(4),
        pinned={"keyboard.midi_f0": np.float64(60)},
        predict_sounds=tuple(np.array([0, 4])),
        **SHORT,
    )
    options = {**QUIET, "enable_checkpointing": True, "default_root_dir": tmp_path}
    trainer = pytorch_lightning.Trainer(max_epochs=1, limit_val_batches=0, **options)
    trainer.fit(listener(pytorch_lightning), datamodule=dm)
    trainer.save_checkpoint(tmp_path / "saved.ckpt")
    saved = torch.load(tmp_path / "saved.ckpt", weights_only=True)
    assert saved["datamodule_hyper_parameters"]["batch_size"] == 2
    again = SynthDataModule.load_from_checkpoint(tmp_path / "saved.ckpt", weights_only=True)
    assert again.hparams == dm.hparams


def test_a_synth_defined_in_a_function_can_be_used():
    class Local(Voice):
        pass

    dm = SynthDataModule(batch_size=2, val_sounds=2, synth=Local, **SHORT)
    (loaded,) = dm.val_dataloader()
    assert type(dm.voice) is Local
    expected = Voice(SynthConfig(**SHORT)).render_sounds(loaded.index)
    assert torch.equal(loaded.to("cpu").audio, expected.audio)


def test_printing_names_every_set_and_renders_nothing():
    dm = SynthDataModule(batch_size=100, test_sounds=0, sounds_per_epoch=1000, **SHORT)
    assert str(dm).splitlines() == [
        "SynthDataModule(corpus='synth1M1', batch_size=100)",
        "  train: 801344 sounds, 1000 per epoch, 10 batches",
        "  val: 1024 sounds, 1024 per epoch, 11 batches",
        "  test: none",
        "  predict: none",
    ]
    assert dm._voice is None


def test_the_random_state_stays_where_it_was(unchanged_random_state):
    dm = SynthDataModule(batch_size=4, **SHORT)
    dm.setup()
    for loader in (dm.train_dataloader(), dm.val_dataloader(), dm.test_dataloader()):
        next(iter(loader)).to("cpu")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size must be a whole number >= 1"),
        ({"batch_size": 1.5}, TypeError, "batch_size must be a whole number"),
        ({"corpus": "synth2B2"}, ValueError, "corpus must be one of 'synth1K1'.*got 'synth2B2'"),
        ({"corpus": 2**32 + 1}, ValueError, "corpus must be .* <= 4294967296, got 4294967297"),
        ({"corpus": None}, TypeError, "corpus must be"),
        (
            {"corpus": "synth1K1", "train_sounds": 1001},
            ValueError,
            "train_sounds must be at most 1000",
        ),
        ({"train_sounds": 801345}, ValueError, "train_sounds must be at most 801344, all that"),
        ({"train_sounds": 0}, ValueError, "train_sounds must be a whole number >= 1, got 0"),
        ({"val_sounds": 429496321}, ValueError, "val_sounds must be .* <= 429496320"),
        ({"test_sounds": -1}, ValueError, "test_sounds must be a whole number >= 0, got -1"),
        ({"test_sounds": "all"}, TypeError, r"test_sounds must be .*, got 'all' \(str\)"),
        ({"predict_sounds": (5, 5)}, ValueError, "predict_sounds stop must be .* >= 6, got 5"),
        ({"predict_sounds": (-1, 5)}, ValueError, "predict_sounds start must be .* >= 0"),
        ({"predict_sounds": (0, 10**6 + 1)}, ValueError, "predict_sounds must end at 1000000"),
        ({"predict_sounds": (1, 2, 3)}, ValueError, r"predict_sounds must be \(start, stop\)"),
        ({"predict_sounds": 5}, TypeError, r"predict_sounds must be \(start, stop\)"),
        ({"sounds_per_epoch": 801345}, ValueError, "sounds_per_epoch must be .* <= 801344"),
        ({"fresh_epochs": "yes"}, TypeError, "fresh_epochs must be True or False, got 'yes'"),
        ({"shuffle": 1}, TypeError, "shuffle must be True or False, got 1"),
        ({"seed": -1}, ValueError, "seed must be a whole number >= 0"),
        ({"seed": None}, TypeError, "seed must be a whole number"),
        ({"drop_last": None}, TypeError, "drop_last must be True or False, got None"),
        ({"nebula": "kazoo"}, ValueError, "nebula must be 'default', 'drum' or the path"),
        ({"pinned": {"vco_1.cutoff": 1.0}}, ValueError, "no parameter is named 'vco_1.cutoff'"),
        ({"pinned": {"keyboard.midi_f0": 128}}, ValueError, r"midi_f0 must lie in \[0, 127\]"),
        ({"pinned": 3}, TypeError, "pinned must map parameter names to values, got 3"),
        ({"backend": "cuda"}, ValueError, "backend must be one of 'auto', 'reference', 'program'"),
        ({"sample_rate": 0}, ValueError, "sample_rate must be a whole number >= 1"),
        ({"buffer_size_seconds": float("nan")}, ValueError, "buffer_size_seconds must be"),
        ({"control_rate": 44101}, ValueError, "control_rate must be at most sample_rate"),
    ],
)
def test_bad_arguments_are_refused_before_any_work(arguments, error, message):
    with pytest.raises(error, match=message):
        SynthDataModule(**arguments)


def test_a_corpus_says_how_far_train_goes_and_nothing_else():
    small = SynthDataModule(corpus="synth1K1", **SHORT)
    large = SynthDataModule(corpus="synth1B1", **SHORT)
    for split in ("val", "test", "predict"):
        assert small.sounds(split) == large.sounds(split)
    assert small.sounds("train").num_sounds == 1000
    every = SynthDataModule(corpus="synth1K1", val_sounds=None, test_sounds=None, **SHORT)
    assert every.sounds("val") is every.sounds("test") is None
    assert every.val_dataloader() == []
    some = SynthDataModule(corpus=10_000, val_sounds=None, test_sounds=None, **SHORT)
    assert [some.sounds(split).num_sounds for split in ("val", "test")] == [1024, 784]
    assert small.fingerprint("test").startswith("synth1K1/test/")


@pytest.mark.parametrize("loader", ["train", "val", "test", "predict"])
def test_a_subclass_may_have_lightnings_own_setup(loader):
    stages = []

    class Mine(SynthDataModule):
        def setup(self, stage):
            stages.append(stage)
            super().setup(stage)

    dm = Mine(batch_size=2, train_sounds=4, val_sounds=2, test_sounds=2, **SHORT)
    assert len(next(iter(getattr(dm, f"{loader}_dataloader")())).index) == 2
    assert stages == []


def test_unknown_splits_and_stages_are_refused():
    dm = SynthDataModule(**SHORT)
    with pytest.raises(ValueError, match=r"split must be one of 'train', 'val', .*got 'dev'"):
        dm.num_batches("dev")
    with pytest.raises(ValueError, match=r"stage must be one of 'fit', .*got 'train'"):
        dm.setup("train")


def test_every_split_has_a_fingerprint_before_setup_and_after():
    dm = SynthDataModule(
        batch_size=4,
        train_sounds=20,
        val_sounds=5,
        test_sounds=3,
        predict_sounds=(7, 9),
        **SHORT,
    )
    before = {split.value: dm.fingerprint(split) for split in Split}
    assert [name.rpartition("/")[0] for name in before.values()] == [
        f"synth1M1/{split}" for split in ("train", "val", "test", "predict")
    ]
    assert len({name.rpartition("/")[2] for name in before.values()}) == 4
    dm.setup()
    voice = dm.voice
    assert {split: dm.fingerprint(split) for split in before} == before
    assert dm.voice is voice
    dm.teardown()
    assert {split: dm.fingerprint(split) for split in before} == before
    assert {split: dm.manifest(split).citation for split in before} == before


def test_the_fingerprint_is_of_the_sounds_and_not_of_how_they_are_handed_out():
    plain = SynthDataModule(train_sounds=40, test_sounds=9, **SHORT)
    other = SynthDataModule(
        batch_size=7,
        train_sounds=40,
        sounds_per_epoch=11,
        fresh_epochs=True,
        shuffle=False,
        seed=3,
        test_sounds=9,
        crop_seconds=0.1,
        random_crop=True,
        paired_delta=0.1,
        render_chunk=3,
        transform=torch.nn.Identity(),
        **SHORT,
    )
    for split in ("train", "test"):
        assert other.manifest(split) == plain.manifest(split)


def test_the_fingerprint_follows_whatever_changes_a_sound():
    settings = [
        {},
        {"test_sounds": 8},
        {"nebula": "drum"},
        {"pinned": {"keyboard.midi_f0": 60.0}},
        {"backend": "reference"},
        {"eps": 1e-3},
        {"control_rate": 100},
        {"sample_rate": 8001},
    ]
    names = [
        SynthDataModule(**{"test_sounds": 9, **SHORT, **each}).fingerprint("test")
        for each in settings
    ]
    assert len(set(names)) == len(settings)


def test_predicting_the_test_set_has_its_fingerprint():
    dm = SynthDataModule(test_sounds=9, **SHORT)
    assert dm.fingerprint("predict") == dm.fingerprint("test")


def test_the_first_test_sounds_have_one_fingerprint_in_every_corpus():
    names = {
        SynthDataModule(corpus=corpus, val_sounds=0, test_sounds=9, **SHORT).fingerprint("test")
        for corpus in ("synth1M1", "synth1B1", 10_240)
    }
    assert len(names) == 3
    assert len({name.rpartition("/")[2] for name in names}) == 1


def test_a_large_split_is_sampled_and_its_manifest_says_so():
    dm = SynthDataModule(
        train_sounds=3000, sample_rate=1000, buffer_size_seconds=0.01, control_rate=1000
    )
    whole = dm.manifest("train")
    assert (whole.split.num_checked, whole.split.checked_rule) == (3000, "all")
    sample = dm.manifest("train", most_sounds=2048)
    assert sample.split.checked == ((0, 1024), (2048, 3000))
    assert sample.split.checked_rule == "1976 of 3000: 2 blocks, evenly spaced"
    assert sample.fingerprint != whole.fingerprint


def test_a_split_without_sounds_has_no_fingerprint():
    dm = SynthDataModule(val_sounds=0, **SHORT)
    with pytest.raises(ValueError, match="val has no sounds to identify: val_sounds is 0"):
        dm.fingerprint("val")
    with pytest.raises(ValueError, match="split must be one of"):
        dm.fingerprint("tset")


def test_an_own_synth_has_a_fingerprint():
    dm = SynthDataModule(test_sounds=5, synth=Quieter, **SHORT)
    plain = SynthDataModule(test_sounds=5, backend="reference", **SHORT)
    assert dm.manifest("test").synth.synth == f"{Quieter.__module__}.Quieter"
    assert dm.fingerprint("test") != plain.fingerprint("test")
