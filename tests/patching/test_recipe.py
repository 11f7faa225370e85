"""SynthRecipe: what makes a synth, as a value."""

import copy
import pickle
from dataclasses import FrozenInstanceError, fields

import pytest
import torch

from synth_datamodule import AbstractSynth, SynthConfig, Voice
from synth_datamodule.modules import AudioMixer, MonophonicKeyboard, SineVCO
from synth_datamodule.patching.patch import part
from synth_datamodule.patching.recipe import Pinned, SynthRecipe
from synth_datamodule.synths import FmVoice

NEARLY_ALL = {
    "backend": "reference",
    "sample_rate": 16000,
    "buffer_size_seconds": 0.5,
    "control_rate": 400,
    "eps": 1e-3,
    "nebula": "drum",
    "pinned": {"keyboard.midi_f0": 60.0},
}


class Whistle(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    vco = part(SineVCO)
    mixer = part(AudioMixer, inputs=("vco",))

    def output(self, p, noise_rows):
        midi_f0, _ = self.keyboard(p.keyboard)
        return self.mixer(p.mixer, self.vco(p.vco, midi_f0))


def test_a_recipe_makes_the_synth_that_it_is_of():
    recipe = SynthRecipe(**NEARLY_ALL)
    synth = recipe.make()
    assert isinstance(synth, Voice)
    assert SynthRecipe.of(synth) == recipe
    again = SynthRecipe.of(synth).make()
    assert torch.equal(again.render_sounds([7]).audio, synth.render_sounds([7]).audio)


def test_switches_decide_on_no_sound_and_are_no_part_of_it():
    recipe = SynthRecipe()
    synth = recipe.make(batch_size=7, no_grad=False, debug=True)
    assert synth.synthconfig == SynthConfig(batch_size=7, no_grad=False, debug=True)
    assert not {"batch_size", "no_grad", "debug"} & {setting.name for setting in fields(recipe)}


def test_recipes_are_compared_and_hashed_by_value():
    one = SynthRecipe(buffer_size_seconds=2, pinned={"a.b": 1, "c.d": 2})
    other = SynthRecipe(buffer_size_seconds=2.0, pinned={"c.d": 2.0, "a.b": 1.0})
    assert one == other
    assert hash(one) == hash(other)
    assert one != SynthRecipe(buffer_size_seconds=2, pinned={"a.b": 1, "c.d": 3})
    assert one.changed() == {"buffer_size_seconds": 2.0, "pinned": {"a.b": 1.0, "c.d": 2.0}}
    assert SynthRecipe().changed() == {}


def test_a_recipe_cannot_be_changed():
    recipe = SynthRecipe(pinned={"keyboard.midi_f0": 60.0})
    with pytest.raises(FrozenInstanceError):
        recipe.sample_rate = 16000
    with pytest.raises(TypeError):
        recipe.pinned["keyboard.midi_f0"] = 61.0


def test_a_recipe_is_pickled_and_copied():
    recipe = SynthRecipe(**NEARLY_ALL)
    assert pickle.loads(pickle.dumps(recipe)) == recipe
    assert copy.deepcopy(recipe) == recipe


@pytest.mark.parametrize(
    "synth",
    [FmVoice, "synth_datamodule.synths.fm_voice.FmVoice", "synth_datamodule.synths.FmVoice"],
)
def test_a_shipped_synth_has_its_public_name_however_it_is_given(synth):
    recipe = SynthRecipe(synth)
    assert recipe.synth == "synth_datamodule.synths.FmVoice"
    assert recipe == SynthRecipe(FmVoice)
    assert isinstance(recipe.make(), FmVoice)


def test_a_class_that_no_path_leads_to_is_kept_itself():
    class Inner(Whistle):
        pass

    recipe = SynthRecipe(Inner)
    assert recipe.synth is Inner
    assert type(recipe.make()) is Inner


def test_anybody_elses_path_is_imported_by_make_alone(tmp_path, monkeypatch):
    (tmp_path / "horns.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    recipe = SynthRecipe("horns.Brass")
    with pytest.raises(ValueError, match=r"from 'horns.Brass': RuntimeError: imported"):
        recipe.make()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"sample_rate": 0}, ValueError, "sample_rate must be a whole number >= 1"),
        ({"sample_rate": "44100"}, TypeError, "sample_rate must be a whole number"),
        ({"eps": 1.0}, ValueError, "eps must be below 1 control sample"),
        ({"backend": 1}, TypeError, "backend must be a string, got 1"),
        ({"nebula": 1}, TypeError, "nebula must be a name or the path of a file, got 1"),
        ({"pinned": [1]}, TypeError, "pinned must map parameter names to values, got .1."),
        ({"pinned": {"a.b": "c"}}, TypeError, "a.b must be a finite number, got 'c'"),
        ({"synth": dict}, TypeError, "synth must be an AbstractSynth, or its import path"),
        ({"synth": "synth_datamodule.Split"}, TypeError, "synth must be an AbstractSynth"),
    ],
)
def test_what_is_wrong_is_said_before_any_synth_is_made(settings, error, message):
    with pytest.raises(error, match=message):
        SynthRecipe(**settings)


def test_pinned_values_are_a_mapping():
    pinned = Pinned({"b": 1, "a": 2.0})
    assert dict(pinned) == {"a": 2.0, "b": 1.0}
    assert list(pinned) == ["a", "b"]
    assert pinned == {"a": 2.0, "b": 1.0}


def test_the_two_zeros_are_one_value():
    assert repr(Pinned({"a": -0.0})) == repr(Pinned({"a": 0.0}))


@pytest.mark.parametrize("names", [[1], ["a", 1], [None, "a"]])
def test_pinned_values_are_named_by_strings(names):
    with pytest.raises(TypeError, match=r"pinned must name parameters, got (1|None)"):
        SynthRecipe(pinned=dict.fromkeys(names, 1.0))
