"""A preset's JSON: what is written is read, and what is not known is not skipped."""

import json

from synth_datamodule import Preset, Voice
from synth_datamodule.patching.preset_document import FORMAT, from_text
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.reporting import FromFile

SMALL = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.1, control_rate=100)


def test_a_document_is_read_as_it_was_written():
    preset = Preset(SMALL, sound=7, name="seven")
    document = preset.document()
    read = from_text(json.dumps(document))
    assert read.arguments == {
        "recipe": SynthRecipe.of(SMALL.make()),
        "values": document["parameters"],
        "normalized": document["normalized"],
        "sound": 7,
        "noise_row": 7,
        "name": "seven",
    }
    assert read.units == document["units"]
    assert document["format"] == FORMAT


def test_every_setting_of_a_recipe_is_written_and_none_is_called_like_a_field():
    document = Preset(SMALL, sound=7).document()
    # Where its numbers came from, rows or a sampler, is no part of it: it holds them.
    settings = SynthRecipe.__dataclass_fields__.keys() - {"parameters", "sampler"}
    assert settings <= document.keys()
    other = {"format", "package_version", "sound", "split", "is_train", "noise_row"}
    assert document.keys() == settings | other | {"parameters", "normalized", "units"}


def test_a_name_in_a_file_is_known_as_a_files():
    read = from_text('{"sound": 3, "synth": "a.B", "nebula": "drum"}')
    assert isinstance(read.arguments["recipe"].synth, FromFile)
    assert isinstance(read.arguments["recipe"].nebula, FromFile)
    assert from_text('{"sound": 3, "synth": "a.B"}', Voice).arguments["recipe"] == SynthRecipe()
