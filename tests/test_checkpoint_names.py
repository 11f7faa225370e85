"""What a checkpoint of a data module names: nothing is imported or opened by it."""

import enum
import json
import sys

import numpy as np
import pytest
import torch

from synth_datamodule import SynthDataModule, Voice
from synth_datamodule.parameters.nebula import nebula_value

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.25, "control_rate": 100, "batch_size": 4}
ENTRIES = {name: {"curve": 1.5, "symmetric": False} for name in Voice().parameter_names}
KEY = SynthDataModule.CHECKPOINT_HYPER_PARAMS_KEY


class Own(Voice):
    """A synth of one's own."""


@pytest.fixture
def written(tmp_path):
    """Return a function that writes what a Trainer saves of a data module, settings replaced."""

    def write(dm, **replaced):
        path = tmp_path / "saved.ckpt"
        torch.save({KEY: {**dm.hparams, **replaced}, "pytorch-lightning_version": "2.6.6"}, path)
        return path

    return write


@pytest.fixture
def stranger(tmp_path, monkeypatch):
    (tmp_path / "stranger.py").write_text(
        "from synth_datamodule import Voice\nclass Siren(Voice):\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield "stranger.Siren"
    sys.modules.pop("stranger", None)


def test_a_synth_is_not_imported_unless_it_is_given(written, stranger):
    path = written(SynthDataModule(**SHORT), synth=stranger)
    with pytest.raises(ValueError, match=r"'stranger.Siren' is named by a file, .* \(synth=, "):
        SynthDataModule.load_from_checkpoint(path)
    assert "stranger" not in sys.modules
    given = SynthDataModule.load_from_checkpoint(path, synth=stranger)
    assert given.synth is sys.modules["stranger"].Siren
    # Imported by now.
    assert SynthDataModule.load_from_checkpoint(path).synth is given.synth


def test_a_synth_that_is_imported_already_is_found(written):
    path = written(SynthDataModule(synth=Own, **SHORT))
    assert SynthDataModule.load_from_checkpoint(path).synth is Own


def test_after_a_load_that_failed_what_is_typed_is_imported(written, stranger):
    path = written(SynthDataModule(**SHORT), synth="nowhere.Siren")
    with pytest.raises(ValueError, match="named by a file"):
        SynthDataModule.load_from_checkpoint(path)
    assert SynthDataModule(synth=stranger, **SHORT).synth.__name__ == "Siren"


def test_a_nebula_file_is_held_by_its_entries(written, tmp_path):
    text = json.dumps(ENTRIES)
    (tmp_path / "mine.json").write_text(text)
    dm = SynthDataModule(nebula=tmp_path / "mine.json", **SHORT)
    path = written(dm)
    (tmp_path / "mine.json").unlink()
    again = SynthDataModule.load_from_checkpoint(path)
    assert again.recipe == dm.recipe == SynthDataModule(nebula=json.loads(text), **SHORT).recipe
    assert again.hparams["nebula"] == nebula_value(text)
    assert str(tmp_path) not in repr(dict(dm.hparams))


def test_a_nebulas_path_is_not_opened_unless_it_is_given(written, tmp_path):
    (tmp_path / "mine.json").write_text(json.dumps(ENTRIES))
    mine = str(tmp_path / "mine.json")
    path = written(SynthDataModule(**SHORT), nebula=mine)
    with pytest.raises(ValueError, match=r"mine.json' is named by another file, .*\(nebula=, "):
        SynthDataModule.load_from_checkpoint(path)
    assert SynthDataModule.load_from_checkpoint(path, nebula=mine).nebula == nebula_value(ENTRIES)
    assert SynthDataModule.load_from_checkpoint(path, nebula="drum").nebula == "drum"


def test_a_transforms_class_is_not_imported(written, stranger):
    transform = {"class_path": stranger}
    maker = "pytorch_lightning.cli.instantiate_module"
    path = written(SynthDataModule(**SHORT), transform=transform, _instantiator=maker)
    with pytest.raises(ValueError, match="transform is in no checkpoint"):
        SynthDataModule.load_from_checkpoint(path)
    assert "stranger" not in sys.modules
    given = torch.nn.Identity()
    assert SynthDataModule.load_from_checkpoint(path, transform=given).transform is given


class Pickled:
    def __reduce__(self):
        return pytest.fail, ("code ran",)


def test_pickled_code_does_not_run(written):
    path = written(SynthDataModule(**SHORT), seed=Pickled())
    with pytest.raises(Exception, match="Weights only load failed"):
        SynthDataModule.load_from_checkpoint(path)


def test_a_transform_is_in_no_checkpoint_and_its_lack_is_said(written):
    path = written(SynthDataModule(transform=torch.nn.Identity(), **SHORT))
    with pytest.raises(ValueError, match=r"'Identity'; give it .*or transform=None for the bare"):
        SynthDataModule.load_from_checkpoint(path)
    given = torch.nn.Identity()
    assert SynthDataModule.load_from_checkpoint(path, transform=given).transform is given
    assert SynthDataModule.load_from_checkpoint(path, transform=None).transform is None


def test_numpys_numbers_and_words_of_a_class_of_their_own_are_saved_as_pythons(tmp_path):
    class Corpus(str, enum.Enum):
        small = "synth1K1"

    dm = SynthDataModule(
        batch_size=2,
        corpus=Corpus.small,
        backend=np.str_("fused"),
        pinned={np.str_("keyboard.midi_f0"): np.float32(60)},
        crop_seconds=np.float64(0.05),
        paired_delta=np.float32(0.5),
        sample_rate=8000,
        buffer_size_seconds=0.1,
        control_rate=100,
    )
    loader = dm.train_dataloader()
    next(iter(loader))
    torch.save({"state": dm.state_dict(), "hparams": dict(dm.hparams)}, tmp_path / "saved")
    saved = torch.load(tmp_path / "saved", weights_only=True)
    assert saved["hparams"]["corpus"] == "synth1K1"
    assert saved["state"]["order"]["crop_seconds"] == 0.05
