"""labels="free": a batch's parameters without the columns of what is pinned."""

import pytest
import torch

from synth_datamodule import SynthDataModule, Voice, cli
from synth_datamodule.loading import Handed, Rendering

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.05, "control_rate": 200}
BENT = {"pinned": {"keyboard.midi_f0": 60, "mixer.noise": 0}, "ranges": {"vco_1.tuning": (2, 2)}}


def batch_of(dm, split="val"):
    dm.setup()
    return next(iter(getattr(dm, f"{split}_dataloader")())).to("cpu")


@pytest.mark.parametrize("chunk", [None, 3])
def test_a_batch_has_the_free_parameters_in_every_split(chunk):
    dm = SynthDataModule(batch_size=4, labels="free", render_chunk=chunk, **BENT, **SHORT)
    whole = SynthDataModule(batch_size=4, **BENT, **SHORT)
    for split in ("train", "val", "test", "predict"):
        batch, other = batch_of(dm, split), batch_of(whole, split)
        assert batch.parameters.shape == (4, 75)
        assert torch.equal(
            batch.parameters, other.parameters[:, dm.voice.parameter_table.free_columns]
        )
        assert torch.equal(batch.audio, other.audio)


def test_the_data_module_follows_and_the_voice_keeps_all():
    dm = SynthDataModule(batch_size=4, labels="free", **BENT, **SHORT)
    batch = batch_of(dm)
    assert dm.num_parameters == 75
    assert dm.parameter_names == tuple(dm.parameter_table.names) == dm.voice.parameter_table.free
    assert dm.parameter_table == dm.voice.parameter_table.free_table
    assert dm.voice.num_parameters == 78
    whole = dm.voice.parameter_table.put_free(batch.parameters)
    assert torch.equal(dm.voice.render(whole, batch.index % 32), batch.audio)
    assert torch.equal(dm.voice.rerender(batch), batch.audio)
    one = type(batch)(*(field[1] for field in batch))
    assert torch.equal(dm.voice.rerender(one), batch.audio[1])


def test_a_second_view_follows_too():
    dm = SynthDataModule(batch_size=4, labels="free", paired_delta=0.1, **BENT, **SHORT)
    first, second = batch_of(dm)
    assert first.parameters.shape == second.parameters.shape == (4, 75)


def test_without_pinned_parameters_free_is_all():
    dm = SynthDataModule(batch_size=2, labels="free", **SHORT)
    assert dm.num_parameters == batch_of(dm).parameters.shape[1] == 78


def test_it_is_no_part_of_a_fingerprint():
    prints = {
        SynthDataModule(test_sounds=2, labels=labels, **BENT, **SHORT).fingerprint("test")
        for labels in ("all", "free")
    }
    assert len(prints) == 1


def test_labels_of_nothing_are_refused():
    voice = Voice()
    middle = {row.name: (row.minimum + row.maximum) / 2 for row in voice.parameter_table.ranges}
    with pytest.raises(ValueError, match="labels='free' must leave a parameter, all 78 of Voice"):
        Rendering(Voice(pinned=middle), Handed(labels="free"))


@pytest.mark.filterwarnings("ignore")  # of the libraries' own
def test_the_command_fits_tests_and_predicts_them(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    words = [
        *("--data.labels", "free", "--data.pinned", "{keyboard.midi_f0: 60}"),
        *("--data.notes_per_sound", "1", "--data.ranges", "{vco_1.tuning: [-1, 1]}"),
        *("--data.batch_size", "4", "--data.val_sounds", "4", "--data.test_sounds", "4"),
        *("--data.train_sounds", "8", "--data.sample_rate", "8000", "--data.control_rate", "200"),
        *("--data.buffer_size_seconds", "0.1", "--data.sounds_per_epoch", "8"),
    ]
    trainer = ["--trainer.accelerator", "cpu", "--trainer.max_epochs", "1"]
    assert cli.main(["fit", *words, *trainer]) == 0, capfd.readouterr().err
    (checkpoint,) = tmp_path.rglob("*.ckpt")
    assert (tmp_path / "matches" / "version_0").is_dir()
    assert list(tmp_path.rglob("sound_*_guess.wav"))
    given = [*words, *trainer[:2], "--ckpt_path", str(checkpoint)]
    assert cli.main(["predict", *given]) == 0, capfd.readouterr().err
    (written,) = tmp_path.rglob("predictions.csv")
    header, row = written.read_text().splitlines()[:2]
    assert len(header.split(",")) == len(row.split(",")) == 78
    assert "keyboard.midi_f0" not in header
