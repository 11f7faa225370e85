"""Own sounds through the data module: rows, lists, and what is predicted."""

import copy
import pickle

import numpy as np
import pytest
import torch

from synth_datamodule import Split, SynthDataModule, Voice
from synth_datamodule.identity import from_json, to_json, verify
from synth_datamodule.loading import chosen
from synth_datamodule.parameters import OwnParameters

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.05, "control_rate": 100, "batch_size": 4}
ROWS = Voice().draw(range(1000, 1045))


def batches(loader):
    return [numbers.to("cpu") for numbers in loader]


def numbers_of(loader):
    return torch.cat([numbers.index for numbers in loader]).tolist()


def test_a_row_is_the_sound_of_its_number_and_of_its_split():
    dm = SynthDataModule(parameters=ROWS, **SHORT)
    heard = {split: batches(dm._loader(split)) for split in (Split.train, Split.val, Split.test)}
    for split, digit in ((Split.val, 8), (Split.test, 9)):
        index = torch.cat([batch.index for batch in heard[split]])
        assert index.tolist() == list(range(digit, 45, 10))
    for split, found in heard.items():
        for batch in found:
            assert torch.equal(batch.parameters, ROWS[batch.index])
            expected = dm.voice.render(batch.parameters, batch.index % 32)
            assert torch.equal(batch.audio, expected)
            assert batch.is_train.unique().tolist() == [split is not Split.test]
    train = sorted(index for batch in heard[Split.train] for index in batch.index.tolist())
    assert train == [k for k in range(45) if k % 10 < 8]


def test_pairs_and_single_sounds_follow_the_rows():
    dm = SynthDataModule(parameters=ROWS, paired_delta=0.1, **SHORT)
    pair = next(iter(dm.test_dataloader())).to("cpu")
    assert torch.equal(pair.first.parameters, ROWS[pair.first.index])
    assert ((pair.second.parameters - ROWS[pair.first.index]).abs() <= 0.1001).all()
    assert pair.second.is_train.tolist() == [False] * 4
    assert torch.equal(dm.voice.sound(7).parameters, ROWS[7])
    with pytest.raises(ValueError, match=r"below 45, got 45"):
        dm.voice.sound(45)


def test_where_nothing_is_said_as_many_are_evaluated_as_there_are_up_to_1024():
    dm = SynthDataModule(parameters=ROWS, **SHORT)
    assert [len(dm.sounds(split)) for split in ("val", "test")] == [4, 4]
    dm = SynthDataModule(parameters=np.full((30_000, 78), 0.5, np.float32), **SHORT)
    assert [len(dm.sounds(split)) for split in ("train", "val", "test")] == [24_000, 1024, 1024]
    assert SynthDataModule(parameters=ROWS[:8], **SHORT).sounds("val") is None
    with pytest.raises(ValueError, match=r"val_sounds must be a whole number >= 1 and <= 4, got 5"):
        SynthDataModule(parameters=ROWS, val_sounds=5, **SHORT)
    with pytest.raises(ValueError, match=r"train_sounds must be at most 37"):
        SynthDataModule(parameters=ROWS, train_sounds=38, **SHORT)


def test_of_the_corpus_1024_are_evaluated():
    dm = SynthDataModule(**SHORT)
    assert dm.val_sounds == dm.test_sounds == dm.hparams["val_sounds"] == 1024


def test_splits_are_as_they_are_said():
    words = ["val"] * 5 + ["test"] * 10 + ["train"] * 30
    dm = SynthDataModule(parameters=ROWS, split=words, shuffle=False, **SHORT)
    assert numbers_of(dm.val_dataloader()) == [*range(5)]
    assert numbers_of(dm.test_dataloader()) == [*range(5, 15)]
    assert numbers_of(dm.train_dataloader()) == [*range(15, 45)]
    assert next(iter(dm.test_dataloader())).to("cpu").is_train.tolist() == [False] * 4


def test_a_list_is_the_corpus_and_keeps_its_splits():
    given = [9216, 5, 8192, 77, 10**9, 9]
    dm = SynthDataModule(sounds=given, shuffle=False, **SHORT)
    assert numbers_of(dm.train_dataloader()) == [5, 9, 77, 10**9]
    assert numbers_of(dm.val_dataloader()) == [8192]
    assert numbers_of(dm.test_dataloader()) == [9216]
    assert torch.equal(dm.voice.sound(77).audio, next(iter(dm.train_dataloader())).to("cpu").audio[
        2])  # fmt: skip
    shuffled = SynthDataModule(sounds=given, **SHORT)
    assert sorted(numbers_of(shuffled.train_dataloader())) == [5, 9, 77, 10**9]


def test_a_list_of_rows_keeps_their_splits():
    dm = SynthDataModule(parameters=ROWS, sounds=[9, 8, 3, 1], shuffle=False, **SHORT)
    assert numbers_of(dm.train_dataloader()) == [1, 3]
    assert numbers_of(dm.predict_dataloader()) == [9]
    with pytest.raises(ValueError, match=r"sounds must be rows of parameters, below 45, got 45"):
        SynthDataModule(parameters=ROWS, sounds=[45], **SHORT)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((5, 9), [5, 6, 7, 8]),
        (range(5, 9), [5, 6, 7, 8]),
        ("[5, 9]", [5, 9]),
        ([9, 5, 77], [9, 5, 77]),
        (torch.tensor([9, 5]), [9, 5]),
        (np.array([5]), [5]),
        ("[9, 5]", [9, 5]),
    ],
)
def test_what_is_predicted_is_a_range_or_a_list_in_its_own_order(given, expected):
    dm = SynthDataModule(predict_sounds=given, **SHORT)
    assert numbers_of(dm.predict_dataloader()) == expected
    again = SynthDataModule(**{**dm.hparams})
    assert numbers_of(again.predict_dataloader()) == expected


def test_a_file_is_read_once_and_a_checkpoint_holds_its_numbers(tmp_path):
    (tmp_path / "a.txt").write_text("9\n5\n77\n")
    path = tmp_path / "a.txt"
    dm = SynthDataModule(sounds=path, predict_sounds=str(path), **SHORT)
    path.unlink()
    assert dm.hparams["sounds"] == dm.hparams["predict_sounds"] == "[9,5,77]"
    assert numbers_of(dm.predict_dataloader()) == [9, 5, 77]


@pytest.mark.parametrize("given", [{"parameters": ROWS}, {"sounds": [5, 9, 77]}])
def test_a_corpus_beside_them_is_an_error(given):
    with pytest.raises(ValueError, match=r"^corpus must be left out where"):
        SynthDataModule(corpus="synth1K1", **given, **SHORT)


def test_rows_and_listed_values_contradict_each_other():
    for asked in (
        {"values": {"keyboard.midi_f0": [60, 62]}},
        {"notes": [60, 62]},
        {"curriculum": {0: {"keyboard.midi_f0": (60, 60)}}},
    ):
        (name,) = asked
        with pytest.raises(ValueError, match=rf"^{name} must be left out with parameters, which"):
            SynthDataModule(parameters=ROWS, **asked, **SHORT)
    with pytest.raises(ValueError, match=r"^parameters and sampler must not be given both"):
        SynthDataModule(parameters=ROWS, sampler=lambda n: n[:, None].expand(-1, 78) * 0.0, **SHORT)


@pytest.fixture
def told(caplog):
    """Return a function that returns what a call says, whatever was said before."""

    def listen(call):
        chosen._tell_of_bent_rows.cache_clear()
        with caplog.at_level("INFO"):
            caplog.clear()
            call()
        return [record.getMessage() for record in caplog.records]

    return listen


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"nebula": "drum"}, "nebula='drum'"),
        ({"ranges": {"keyboard.midi_f0": (48, 72)}}, "ranges={'keyboard.midi_f0': [48.0, 72.0]}"),
    ],
)
def test_numbers_of_a_table_that_is_no_default_are_said_to_be_of_it(asked, named, told):
    (said,) = told(lambda: SynthDataModule(parameters=ROWS, **asked, **SHORT))
    assert said.startswith("parameters are 45 rows of numbers in [0, 1], which mean values of the")
    assert f" table of {named}: " in said
    dm = SynthDataModule(parameters=ROWS, **asked, **SHORT)
    assert f"  parameters: numbers in [0, 1] of the table of {named}" in str(dm).splitlines()
    # They are those of the table that the user names, and sound as its own draws would.
    batch = next(iter(dm.val_dataloader())).to("cpu")
    synth = Voice(dm.synthconfig, asked.get("nebula", "default"), ranges=asked.get("ranges"))
    assert torch.equal(batch.audio, synth.render(ROWS[batch.index], batch.index % 32))


def test_nothing_is_said_of_rows_in_units_and_of_the_default_table(told, tmp_path):
    table = Voice().parameter_table
    middle = table.to_dict(table.to_physical(torch.full((78,), 0.5)))
    (tmp_path / "rows.csv").write_text(
        f"{','.join(middle)}\n{','.join(str(float(value)) for value in middle.values())}\n"
    )
    in_units = {"parameters": tmp_path / "rows.csv", "nebula": "drum"}
    made = []
    for given in (in_units, {"parameters": ROWS}, {"nebula": "drum"}):
        assert told(lambda given=given: made.append(SynthDataModule(**given, **SHORT))) == []
        assert "[0, 1]" not in str(made[-1])
    drum = made[0].parameter_table
    values = drum.to_dict(drum.to_physical(made[0].parameters.draw(torch.tensor([0]))[0]))
    for name, value in middle.items():
        assert float(values[name]) == pytest.approx(float(value), rel=1e-5, abs=1e-5)


def test_pinned_values_hold_for_rows():
    dm = SynthDataModule(parameters=ROWS, pinned={"keyboard.midi_f0": 60.0}, **SHORT)
    batch = next(iter(dm.val_dataloader())).to("cpu")
    column = dm.parameter_table.column("keyboard.midi_f0")
    values = dm.parameter_table.to_physical(batch.parameters)
    assert values[:, column].tolist() == [60.0] * 4


@pytest.mark.parametrize(
    "given",
    [{"parameters": ROWS}, {"parameters": ROWS, "split": ["train"] * 40 + ["test"] * 5},
     {"sounds": [*range(3000, 3040), 9300, 8200]}],
    ids=["rows", "splits", "list"],
)  # fmt: skip
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_manifest_is_written_read_and_verified(given, split):
    dm = SynthDataModule(**given, **SHORT)
    manifest = dm.manifest(split)
    again = from_json(to_json(manifest))
    assert again == manifest
    assert again.split.rule == manifest.split.rule
    dm.setup()
    assert verify(again, dm.voice, batch_size=3).same
    assert dm.manifest(split).fingerprint == manifest.fingerprint


def test_a_manifest_is_of_its_rows_and_needs_them():
    manifest = from_json(to_json(SynthDataModule(parameters=ROWS, **SHORT).manifest("test")))
    with pytest.raises(ValueError, match=r"^parameters must be given"):
        verify(manifest)
    changed = ROWS.clone()
    changed[19, 3] = 0.25
    other = SynthDataModule(parameters=changed, **SHORT)
    other.setup()
    verdict = verify(manifest, other.voice)
    assert [one.what for one in verdict.differences][:2] == ["parameters", "parameters"]
    assert verdict.differences[1].sound == 19


def test_a_manifest_that_was_changed_is_refused():
    text = to_json(SynthDataModule(sounds=[3, 5, 8], **SHORT).manifest("train"))
    for old, new in (('"listed": 3', '"listed": 4'), ('"numbers": [', '"numbers": ["AAAA",')):
        with pytest.raises(ValueError, match=r"was changed since it was written"):
            from_json(text.replace(old, new))


@pytest.mark.parametrize("given", [{"parameters": ROWS}, {"sounds": range(3000, 3036)}])
def test_a_run_goes_on_with_its_sounds_and_no_others(given, tmp_path):
    given = {name: list(value) if name == "sounds" else value for name, value in given.items()}
    dm = SynthDataModule(**given, **SHORT)
    loader = dm.train_dataloader()
    whole = [numbers.index.tolist() for numbers in loader]
    resumed = SynthDataModule(**given, **SHORT)
    loader = dm.train_dataloader()
    first = iter(loader)
    loader.set_epoch(0)
    next(first)
    torch.save(loader.state_dict(), tmp_path / "state")
    state = torch.load(tmp_path / "state", weights_only=True)
    again = resumed.train_dataloader()
    again.load_state_dict(state)
    assert [numbers.index.tolist() for numbers in again] == [
        numbers.index.tolist() for numbers in first
    ]
    assert len(whole) == 9 + ("parameters" in given)
    for other in (SynthDataModule(train_sounds=len(dm.sounds("train")), **SHORT),):
        with pytest.raises(ValueError, match=r"(parameters|chosen sounds) was"):
            other.train_dataloader().load_state_dict(state)
    # A checkpoint of before there were any was of the corpus.
    plain = other.train_dataloader().state_dict()
    for name in ("parameters", "sampler", "chosen sounds"):
        del plain["order"][name]
    other.train_dataloader().load_state_dict(plain)
    with pytest.raises(ValueError, match=r"(parameters|chosen sounds) was"):
        resumed.train_dataloader().load_state_dict(plain)


def test_other_rows_are_refused_by_name():
    dm = SynthDataModule(parameters=ROWS, **SHORT)
    state = dm.train_dataloader().state_dict()
    other = SynthDataModule(parameters=ROWS.flip(0), **SHORT).train_dataloader()
    with pytest.raises(ValueError, match=r"parameters was .*sha256.* in the checkpoint and is"):
        other.load_state_dict(state)


def test_a_checkpoint_holds_the_hash_of_rows_and_wants_them_given(tmp_path):
    np.savez(tmp_path / "rows.npz", parameters=ROWS.numpy())
    dm = SynthDataModule(parameters=tmp_path / "rows.npz", **SHORT)
    saved = {SynthDataModule.CHECKPOINT_HYPER_PARAMS_KEY: dict(dm.hparams)}
    saved["pytorch-lightning_version"] = "2.6.6"
    torch.save(saved, tmp_path / "a.ckpt")
    assert (tmp_path / "a.ckpt").stat().st_size < 5000
    assert dm.hparams["parameters"] == {
        **OwnParameters(ROWS).settings,
        "path": str(tmp_path / "rows.npz"),
    }
    load = SynthDataModule.load_from_checkpoint
    with pytest.raises(ValueError, match=r"^parameters must be given .*rows.npz"):
        load(tmp_path / "a.ckpt")
    assert load(tmp_path / "a.ckpt", parameters=ROWS).recipe == dm.recipe
    assert load(tmp_path / "a.ckpt", parameters=None).sounds("val").roster.settings == {}


def test_a_list_is_in_the_checkpoint(tmp_path):
    dm = SynthDataModule(sounds=[5, 9, 77], **SHORT)
    saved = {SynthDataModule.CHECKPOINT_HYPER_PARAMS_KEY: dict(dm.hparams)}
    torch.save({**saved, "pytorch-lightning_version": "2.6.6"}, tmp_path / "a.ckpt")
    again = SynthDataModule.load_from_checkpoint(tmp_path / "a.ckpt")
    assert again.sounds("train") == dm.sounds("train")


def test_a_data_module_with_rows_is_pickled_and_copied():
    dm = SynthDataModule(parameters=ROWS, **SHORT)
    for other in (pickle.loads(pickle.dumps(dm)), copy.deepcopy(dm)):
        batch = next(iter(other.val_dataloader())).to("cpu")
        assert torch.equal(batch.parameters, ROWS[batch.index])
    assert copy.deepcopy(dm).parameters is dm.parameters


def test_rows_are_dealt_over_devices_each_once(monkeypatch):
    heard = []
    for rank in range(3):
        dm = SynthDataModule(parameters=ROWS, **SHORT)
        monkeypatch.setattr(dm, "_place", lambda rank=rank: (rank, 3))
        with (
            pytest.warns(UserWarning, match=r"do not divide evenly")
            if rank == 0
            else (__import__("contextlib").nullcontext())
        ):
            heard += numbers_of(dm.train_dataloader())
    assert sorted(heard) == [k for k in range(45) if k % 10 < 8]


def test_the_commands_take_rows_and_samplers(tmp_path, monkeypatch, capsys):
    from synth_datamodule import cli

    monkeypatch.chdir(tmp_path)
    np.savez("rows.npz", parameters=ROWS.numpy())
    short = ["--sample_rate", "8000", "--seconds", "0.05", "--control_rate", "100"]
    rows = ["--parameters", "rows.npz"]
    assert cli.main(["cite", *short, *rows, "--out", "a.json"]) == 0
    cited = from_json((tmp_path / "a.json").read_text())
    assert cited.fingerprint == SynthDataModule(parameters=ROWS, **SHORT).manifest(
        "test").fingerprint  # fmt: skip
    assert cli.main(["verify", "a.json", *rows]) == 0
    assert cli.main(["verify", "a.json"]) == 2
    assert "parameters must be given" in capsys.readouterr().err
    assert cli.main(["cite", *short, *rows, "--corpus", "synth1K1"]) == 2


NO_TRAIN = [
    ({"parameters": ROWS[:12], "split": ["val"] * 5 + ["test"] * 7},
     "none of 12 rows of parameters is a train row"),
    ({"sounds": [8192, 9216]}, "none of 2 listed sounds is a train sound"),
    ({"parameters": ROWS, "sounds": [9, 18]}, "none of 2 listed rows is a train row"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "why"), NO_TRAIN, ids=["split", "list", "list of rows"])
def test_without_train_sounds_all_but_fit_is_done(given, why):
    dm = SynthDataModule(**given, sounds_per_epoch=4096, **SHORT)
    assert (dm.sounds("train"), dm.num_batches("train")) == (None, 0)
    for stage in ("validate", "test", "predict"):
        dm.setup(stage)
    assert numbers_of(dm.val_dataloader())
    assert numbers_of(dm.predict_dataloader()) == numbers_of(dm.test_dataloader())
    assert "  train: none" in str(dm).splitlines()
    assert dm.state_dict() == {}
    line = rf"^fit needs train sounds, and {why}; validate, test and predict need none$"
    for asked in (lambda: dm.setup("fit"), dm.train_dataloader,
                  lambda: dm.load_state_dict({"train": {}})):  # fmt: skip
        with pytest.raises(ValueError, match=line):
            asked()
    with pytest.raises(ValueError, match=rf"^train has no sounds to identify: {why}$"):
        dm.fingerprint("train")
    with pytest.raises(ValueError, match=rf"^train_sounds must be left out, for {why}, got 5$"):
        SynthDataModule(**given, train_sounds=5, **SHORT)
    for wrong in ({"sounds_per_epoch": 0}, {"seed": -1}):
        with pytest.raises(ValueError, match=rf"^{next(iter(wrong))} must be a whole number"):
            SynthDataModule(**given, **wrong, **SHORT)
