"""A synth's recipe as a manifest has it."""

import json
from dataclasses import field, make_dataclass, replace

import pytest

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.identity import (
    SynthDefinition,
    document,
    find_manifest,
    from_json,
    shipped_manifests,
    to_json,
)
from synth_datamodule.identity.fingerprint import recipe_of
from synth_datamodule.identity.manifest import settings_of
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.synths import FmVoice

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.5, control_rate=400, eps=1e-5)
# A recipe of a later version, with one more setting.
Later = make_dataclass(
    "Later", [("drift", float, field(default=0.0))], bases=(SynthRecipe,), frozen=True
)


def test_a_synth_is_made_again_from_its_recipe():
    voice = Voice(CONFIG, "drum", "reference", pinned={"vco_1.tuning": 3, "adsr_1.attack": 0.5})
    recipe = recipe_of(voice)
    again = recipe.make()
    assert type(again) is Voice
    assert again.synthconfig == CONFIG
    assert again.parameter_table == voice.parameter_table
    assert again.backend == "reference"
    assert recipe_of(again) == recipe


def test_auto_is_recorded_as_what_it_chose():
    assert recipe_of(Voice()).backend == "fused"


def test_a_synth_goes_by_its_public_name():
    class Inner(Voice):
        pass

    assert recipe_of(Voice()).synth == "synth_datamodule.Voice"
    assert recipe_of(FmVoice()).synth == "synth_datamodule.synths.FmVoice"
    name = f"{__name__}.{Inner.__qualname__}"
    assert recipe_of(Inner()).synth == settings_of(SynthRecipe(Inner))["synth"] == name


def test_of_a_nebula_file_the_name_is_kept_and_no_folder(tmp_path):
    path = tmp_path / "mine.json"
    curve = {"curve": 1.0, "symmetric": False}
    path.write_text(json.dumps(dict.fromkeys(Voice().parameter_names, curve)))
    assert recipe_of(Voice(nebula=path)).nebula == "mine.json"
    assert recipe_of(Voice(nebula="drum")).nebula == "drum"


def test_a_definition_is_a_recipe():
    assert SynthDefinition is SynthRecipe


def test_what_is_written_of_a_recipe_never_changes():
    assert list(settings_of(SynthRecipe()).items()) == [
        ("synth", "synth_datamodule.Voice"),
        ("backend", "auto"),
        ("sample_rate", 44100),
        ("buffer_size_seconds", 4.0),
        ("control_rate", 441),
        ("eps", 1e-06),
        ("nebula", "default"),
        ("pinned", {}),
    ]


@pytest.mark.parametrize("name", shipped_manifests())
def test_a_new_setting_at_its_default_moves_no_fingerprint(name):
    manifest = find_manifest(name)
    later = replace(manifest, synth=Later(**vars(manifest.synth)))
    assert later.fingerprint == manifest.fingerprint
    assert to_json(later) == to_json(manifest)


def test_a_new_setting_off_its_default_is_hashed_and_written(manifest, monkeypatch):
    drifting = replace(manifest, synth=Later(**vars(manifest.synth), drift=0.25))
    assert drifting.fingerprint != manifest.fingerprint
    text = to_json(drifting)
    with pytest.raises(ValueError, match=r"m: synth.drift is no setting of a synth here; the file"):
        from_json(text, "m")
    monkeypatch.setattr(document, "SynthRecipe", Later)
    assert from_json(text) == drifting
    assert from_json(to_json(manifest)).synth.drift == 0
