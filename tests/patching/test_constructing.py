"""Arguments of an own synth's constructor: in the recipe, and in all that is made of it."""

import json

import numpy as np
import pytest
import torch

from synth_datamodule import AbstractSynth, SynthConfig, SynthDataModule, Voice, cli
from synth_datamodule.identity import from_json, to_json, verify
from synth_datamodule.modules import AudioMixer, MonophonicKeyboard, SineVCO
from synth_datamodule.patching.constructing import Arguments
from synth_datamodule.patching.patch import part
from synth_datamodule.patching.recipe import SynthRecipe

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.05, "control_rate": 100}


class Quiet(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    vco = part(SineVCO)
    mixer = part(AudioMixer, inputs=("vco",))

    def __init__(self, *args, gain=0.5, steps=(1, 2), **kwargs):
        self.gain, self.steps = gain, steps
        super().__init__(*args, **kwargs)

    def output(self, p, noise_rows):
        midi_f0, _ = self.keyboard(p.keyboard)
        return self.gain * self.mixer(p.mixer, self.vco(p.vco, midi_f0))


class Quieter(Quiet):
    def __init__(self, *args, depth=1, **kwargs):
        self.depth = depth
        super().__init__(*args, **kwargs)


@pytest.fixture
def small():
    return SynthConfig(**SHORT)


def test_a_recipe_hands_them_to_the_constructor():
    synth = SynthRecipe(Quiet, **SHORT, synth_arguments={"gain": 0.25}).make()
    half = SynthRecipe(Quiet, **SHORT).make()
    assert synth.gain == 0.25
    assert torch.equal(2 * synth.render_sounds([3]).audio, half.render_sounds([3]).audio)


def test_the_recipe_of_a_synth_has_what_its_constructor_was_given(small):
    assert dict(SynthRecipe.of(Quiet(small, gain=0.25)).synth_arguments) == {"gain": 0.25}
    assert dict(SynthRecipe.of(Quieter(small, depth=3, gain=1.0)).synth_arguments) == {
        "depth": 3,
        "gain": 1.0,
    }


def test_defaults_and_what_cannot_be_written_down_are_left_out(small):
    assert SynthRecipe.of(Quiet(small)) == SynthRecipe.of(Quiet(small, gain=0.5))
    assert not SynthRecipe.of(Quiet(small, steps=torch.ones(2))).synth_arguments
    assert not SynthRecipe.of(Voice(small, pinned={"keyboard.midi_f0": 60.0})).synth_arguments


def test_they_are_compared_and_hashed_by_value():
    one = SynthRecipe(synth_arguments={"a": (1, 2), "b": np.float64(0.5)})
    other = SynthRecipe(synth_arguments={"b": 0.5, "a": [1, 2]})
    assert one == other
    assert hash(one) == hash(other)
    assert one != SynthRecipe(synth_arguments={"a": [1, 2]})
    assert SynthRecipe(synth_arguments=None) == SynthRecipe()


def test_a_constructor_cannot_change_what_others_are_given():
    recipe = SynthRecipe(Quiet, **SHORT, synth_arguments={"steps": [1, 2, 3]})
    recipe.make().steps.append(4)
    assert recipe.make().steps == [1, 2, 3]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"gian": 1},
            r"^synth_arguments must be arguments of Quieter \(depth, gain, steps\), got ",
        ),
        ({"pinned": {}}, "^synth_arguments must be arguments of the synth's own, got 'pinned'"),
    ],
)
def test_an_unknown_name_is_an_error(given, message):
    with pytest.raises(ValueError, match=message):
        SynthRecipe(Quieter, **SHORT, synth_arguments=given).make()


def test_the_fingerprint_has_them_only_where_they_are_given():
    data = {"synth": Quiet, "test_sounds": 2, **SHORT}
    plain = SynthDataModule(**data).manifest("test")
    quiet = SynthDataModule(**data, synth_arguments={"gain": 0.25}).manifest("test")
    assert plain.fingerprint != quiet.fingerprint
    assert "synth_arguments" not in to_json(plain)
    assert json.loads(to_json(quiet))["synth"]["synth_arguments"] == {"gain": 0.25}
    again = from_json(to_json(quiet))
    assert again == quiet
    assert verify(again).same
    assert [one.what for one in verify(again, Quiet(SynthConfig(**SHORT))).differences] == [
        "synth_arguments",
        "audio",
    ]


def test_a_checkpoint_holds_them_and_another_run_is_refused(tmp_path):
    dm = SynthDataModule(synth=Quiet, synth_arguments={"gain": 0.25}, batch_size=2, **SHORT)
    loader = dm.train_dataloader()
    next(iter(loader))
    state = dm.state_dict()
    torch.save({"state": state, "hparams": dict(dm.hparams)}, tmp_path / "saved")
    saved = torch.load(tmp_path / "saved", weights_only=True)
    assert saved["hparams"]["synth_arguments"] == {"gain": 0.25}
    other = SynthDataModule(synth=Quiet, batch_size=2, **SHORT)
    with pytest.raises(ValueError, match=r"synth_arguments was .*0.25.* in the checkpoint"):
        other.load_state_dict(saved["state"])
    # One of before there were any had none.
    del state["order"]["synth_arguments"]
    other.load_state_dict(state)
    with pytest.raises(ValueError, match=r"synth_arguments was \{\} in the checkpoint"):
        dm.load_state_dict(state)


def test_a_command_takes_them(capsys, tmp_path, monkeypatch):
    (tmp_path / "quiet_synths.py").write_text(
        "from synth_datamodule import Voice\n"
        "class Soft(Voice):\n"
        "    def __init__(self, *args, gain=1.0, mode='a', **kwargs):\n"
        "        super().__init__(*args, **kwargs)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    words = ["--synth", "quiet_synths.Soft", "--sample_rate", "8000", "--seconds", "0.05"]
    words += ["--control_rate", "100", "--sounds", "2"]
    named = ["--synth_arguments", "gain=0.25", "mode=b"]
    assert cli.main(["cite", *words, *named, "--out", "cited.json"]) == 0
    cited = json.loads((tmp_path / "cited.json").read_text())
    assert cited["synth"]["synth_arguments"] == {"gain": 0.25, "mode": "b"}
    capsys.readouterr()


def test_they_look_like_what_they_hold():
    assert repr(Arguments({"b": 1, "a": None})) == "Arguments({'a': None, 'b': 1})"
