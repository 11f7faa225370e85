"""``render`` writes sounds with what made them, and overwrites nothing that is not the same."""

import json

import pytest
import soundfile
import torch

from synth_datamodule import Split, Voice
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.synths.command import Render

SHORT = SynthRecipe(buffer_size_seconds=0.05)


def described(folder, number):
    return json.loads((folder / f"sound_{number}.json").read_text())


def test_a_sounds_bits_and_its_parameters_are_written(tmp_path, capsys):
    assert Render(names=("312", "synth1B1-5-7"), out=tmp_path)() == 0
    assert capsys.readouterr().out.split() == [
        str(tmp_path / "sound_312.wav"),
        str(tmp_path / "sound_647.wav"),
    ]
    voice = Voice()
    for number in (312, 647):
        sound = voice.sound(number)
        audio, rate = soundfile.read(tmp_path / f"sound_{number}.wav", dtype="float32")
        assert rate == 44100
        assert torch.equal(torch.from_numpy(audio), sound.audio)
        written = described(tmp_path, number)
        assert written["sound"] == number
        assert written["split"] == "train"
        assert written["is_train"] is True
        values = voice.parameter_table.from_dict(written["parameters"])
        assert torch.equal(values, voice.parameter_table.to_physical(sound.parameters))
        assert written["units"]["keyboard.duration"] == "s"


def test_the_recipe_that_is_written_makes_the_synth_again(tmp_path):
    recipe = SynthRecipe(
        "synth_datamodule.synths.FmVoice", sample_rate=16000, buffer_size_seconds=0.05, eps=1e-5
    )
    Render(names=("5",), recipe=recipe, out=tmp_path)()
    written = described(tmp_path, 5)
    assert written["synth"] == "synth_datamodule.synths.FmVoice"
    fields = {name: written[name] for name in SynthRecipe.__dataclass_fields__}
    sound = SynthRecipe(**fields).make().sound(5)
    audio, _ = soundfile.read(tmp_path / "sound_5.wav", dtype="float32")
    assert torch.equal(torch.from_numpy(audio), sound.audio)


def test_a_pinned_value_is_every_sounds(tmp_path):
    pinned = {"keyboard.midi_f0": 60.0, "vco_1.tuning": 0.0}
    recipe = SynthRecipe(buffer_size_seconds=0.05, pinned=pinned)
    Render(split="val", sounds=2, recipe=recipe, out=tmp_path)()
    for number in (8192, 8193):
        written = described(tmp_path, number)
        assert written["pinned"] == pinned
        assert pinned.items() <= written["parameters"].items()


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_the_first_sounds_of_a_split_are_written(tmp_path, split):
    Render(split=split, sounds=35, recipe=SHORT, out=tmp_path)()
    numbers = [Split(split).sounds(place) for place in range(35)]
    assert {path.name for path in tmp_path.glob("*.wav")} == {f"sound_{n}.wav" for n in numbers}
    assert {described(tmp_path, number)["split"] for number in numbers} == {split}
    # The last one, rendered in the second batch.
    audio, _ = soundfile.read(tmp_path / f"sound_{numbers[-1]}.wav", dtype="float32")
    assert torch.equal(torch.from_numpy(audio), SHORT.make().sound(numbers[-1]).audio)


def test_a_sound_named_twice_is_written_once(tmp_path, capsys):
    Render(names=("128", "synth1M1-1-0"), recipe=SHORT, out=tmp_path)()
    assert capsys.readouterr().out.split() == [str(tmp_path / "sound_128.wav")]


def test_the_same_sounds_are_no_error_and_other_ones_are(tmp_path):
    render = Render(names=("7",), recipe=SHORT, out=tmp_path)
    render()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    render()
    other = SynthRecipe(buffer_size_seconds=0.05, nebula="drum")
    with pytest.raises(FileExistsError, match=r"sound_7\.wav exists; --overwrite"):
        Render(names=("7",), recipe=other, out=tmp_path)()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    Render(names=("7",), recipe=other, out=tmp_path, overwrite=True)()
    assert described(tmp_path, 7)["nebula"] == "drum"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "there is nothing to render"),
        ({"split": "val"}, "there is nothing to render"),
        ({"sounds": 3}, "there is nothing to render"),
        ({"names": ("1",), "sounds": 3}, "by name or by --split and --sounds, not by both"),
        ({"names": ("1",), "split": "val"}, "by name or by --split and --sounds, not by both"),
        ({"split": "val", "sounds": 0}, "sounds must be a whole number >= 1"),
        ({"split": "test", "sounds": 2**30}, "sounds must be a whole number >= 1 and <= 429"),
        ({"names": ("synth2B2-0-0",)}, "sound must be a number or CORPUS-BATCH-SOUND"),
        ({"names": ("1",), "recipe": SynthRecipe(nebula="kazoo")}, "nebula must be 'default'"),
        ({"names": ("1",), "recipe": SynthRecipe("json.dumps")}, "synth must be an AbstractSynth"),
        ({"names": ("1",), "recipe": SynthRecipe(pinned={"a": 1})}, "no parameter is named 'a'"),
    ],
)
def test_what_cannot_be_rendered_is_refused_before_any_work(tmp_path, options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Render(**options, out=tmp_path / "new")()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_to_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(Voice, "render_sounds", None)
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"sound_1\.wav cannot be written: Not a directory"):
        Render(names=("1",), recipe=SHORT, out=tmp_path / "file")()
