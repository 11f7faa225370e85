"""A preset is one sound in a file: read back it has the same bits, changed it says what it is."""

import copy
import json
import pickle
import sys

import pytest
import torch

from synth_datamodule import Preset, SynthConfig, Voice
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.synths import FmVoice, OneOscillator

SMALL = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.1, control_rate=100)
CONFIG = SMALL.config()
NOTE = "keyboard.midi_f0"


@pytest.fixture(scope="module")
def voice():
    return Voice(CONFIG)


@pytest.mark.parametrize("nebula", ["default", "drum"])
def test_a_saved_sound_has_its_bits_when_it_is_loaded(nebula, tmp_path):
    synth = Voice(CONFIG, nebula)
    for number in (*range(33), 2**32 - 1):
        sound = synth.sound(number)
        path = Preset.of(synth, sound).save(tmp_path / f"{number}.json")
        loaded = Preset.load(path)
        assert torch.equal(loaded.parameters, sound.parameters)
        assert torch.equal(loaded.render(), sound.audio)
        assert (loaded.sound, loaded.noise_row) == (number, number % 32)


@pytest.mark.parametrize("synth", [FmVoice, OneOscillator])
def test_a_sound_of_another_synth_comes_back_too(synth, tmp_path):
    made = synth(CONFIG, pinned={NOTE: 60.0})
    sound = made.sound(7)
    loaded = Preset.load(Preset.of(made, sound).save(tmp_path / "a.json"))
    assert torch.equal(loaded.render(), sound.audio)
    assert loaded.values[NOTE] == 60
    assert loaded.recipe == SynthRecipe.of(made)


@pytest.mark.parametrize(
    "asked",
    [
        {"ranges": {NOTE: (48, 60), "lfo_1.frequency": (1, 1)}},
        {"values": {NOTE: [48, 55.5], "vco_1.tuning": [-7, 0]}},
    ],
)
def test_ranges_and_listed_values_come_back_too(asked, tmp_path):
    made = Voice(CONFIG, **asked)
    for number in range(9):
        sound = made.sound(number)
        loaded = Preset.load(Preset.of(made, sound).save(tmp_path / f"{number}.json"))
        assert torch.equal(loaded.render(), sound.audio)
        assert loaded.recipe == SynthRecipe.of(made)


def test_the_file_says_what_people_ask(voice, tmp_path):
    path = Preset.of(voice, voice.sound(8192 + 5), name="low bell").save(tmp_path / "a.json")
    said = json.loads(path.read_text())
    table = voice.parameter_table
    assert said["format"] == 1
    assert said["package_version"]
    assert said["name"] == "low bell"
    assert (said["sound"], said["split"], said["is_train"]) == (8197, "val", True)
    assert said["noise_row"] == 5
    assert said["synth"] == "synth_datamodule.Voice"
    assert said["sample_rate"] == 8000
    values = table.to_physical(voice.sound(8197).parameters)
    assert said["parameters"] == table.to_dict(values)
    assert list(said["normalized"].values()) == voice.sound(8197).parameters.tolist()
    assert said["units"]["keyboard.duration"] == "s"


def test_parameters_of_ones_own_are_a_preset(voice, tmp_path):
    parameters = torch.rand(78, generator=torch.Generator().manual_seed(3))
    preset = Preset.of(voice, parameters, noise_row=9)
    loaded = Preset.load(preset.save(tmp_path / "a.json"))
    assert loaded == preset
    assert hash(loaded) == hash(preset)
    assert loaded.sound is None
    assert torch.equal(loaded.render(), voice.render(parameters[None], torch.tensor([9]))[0])
    assert Preset.of(voice, parameters).noise_row == 0


def test_a_value_is_changed_and_all_else_stays(voice):
    preset = Preset.of(voice, voice.sound(5), name="five")
    changed = preset.changed({NOTE: 60.0})
    assert changed.values == {**preset.values, NOTE: 60.0}
    column = voice.parameter_table.column(NOTE)
    others = [place for place in range(78) if place != column]
    assert torch.equal(changed.parameters[others], preset.parameters[others])
    assert changed.parameters[column] == torch.tensor(60 / 127, dtype=torch.float32)
    assert (changed.noise_row, changed.name, changed.sound) == (5, "five", 5)
    assert not torch.equal(changed.render(), preset.render())
    assert preset == Preset.of(voice, voice.sound(5), name="five"), "the first one is as it was"
    assert changed != preset


def test_a_changed_preset_is_saved_and_read(voice, tmp_path):
    changed = Preset.of(voice, voice.sound(5)).changed({NOTE: 60.1, "vco_2.shape": 0.3})
    loaded = Preset.load(changed.save(tmp_path / "a.json"))
    assert loaded == changed
    assert loaded.values[NOTE] == 60.1
    assert torch.equal(loaded.render(), changed.render())


def test_values_by_hand_over_a_sound(voice, tmp_path):
    (tmp_path / "a.json").write_text(
        '{"sound": "synth1B1-0-7", "sample_rate": 8000, "buffer_size_seconds": 0.1, '
        '"control_rate": 100, "parameters": {"keyboard.midi_f0": 60}}'
    )
    preset = Preset.load(tmp_path / "a.json")
    assert preset == Preset(SMALL, {NOTE: 60}, sound=7)
    assert preset.values == Preset(SMALL, sound=7).changed({NOTE: 60}).values
    assert preset.noise_row == 7
    assert torch.equal(Preset(SMALL, sound=7).render(), voice.sound(7).audio)


def test_values_by_hand_alone(voice, tmp_path):
    values = Preset.of(voice, voice.sound(7)).values
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"parameters": values, "noise_row": 7, "sample_rate": 8000}))
    preset = Preset.load(path)
    assert preset.values == values
    assert preset.recipe == SynthRecipe(sample_rate=8000, backend="fused")
    del values[NOTE]
    path.write_text(json.dumps({"parameters": values}))
    with pytest.raises(ValueError, match=r"a\.json: values are missing for 1 parameters: \['keyb"):
        Preset.load(path)


def test_numbers_alone_are_enough(voice, tmp_path):
    path = Preset.of(voice, voice.sound(7)).save(tmp_path / "a.json")
    said = json.loads(path.read_text())
    del said["parameters"]
    (tmp_path / "b.json").write_text(json.dumps(said))
    assert Preset.load(tmp_path / "b.json") == Preset.load(path)


def test_a_value_edited_beside_its_old_number_is_an_error_that_says_what_to_delete(voice, tmp_path):
    path = Preset.of(voice, voice.sound(7)).save(tmp_path / "a.json")
    said = json.loads(path.read_text())
    said["parameters"][NOTE] = 60
    path.write_text(json.dumps(said))
    message = (
        rf"^preset .*a\.json: value and number of {NOTE} must agree, got 60 and 0\.5509\d+, which "
        r"is 69\.96\d+ semitones: delete the number to keep the value, or the value$"
    )
    with pytest.raises(ValueError, match=message):
        Preset.load(path)
    del said["normalized"][NOTE]
    path.write_text(json.dumps(said))
    edited = Preset.load(path)
    assert edited == Preset.of(voice, voice.sound(7)).changed({NOTE: 60})


def test_a_preset_is_written_over_nothing_but_itself(voice, tmp_path):
    preset = Preset.of(voice, voice.sound(7))
    path = preset.save(tmp_path / "new" / "a.json")
    preset.save(path)
    with pytest.raises(FileExistsError, match=r"exists; --overwrite \(overwrite=True\)"):
        preset.changed({NOTE: 60}).save(path)
    assert Preset.load(path) == preset
    preset.changed({NOTE: 60}).save(path, overwrite=True)
    assert Preset.load(path).values[NOTE] == 60
    assert [file.name for file in path.parent.iterdir()] == ["a.json"]


def test_a_file_imports_and_opens_nothing_that_it_names(tmp_path, monkeypatch):
    (tmp_path / "strange.py").write_text(
        "from synth_datamodule.synths import OneOscillator\nclass Mine(OneOscillator):\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "a.json"
    path.write_text('{"sound": 3, "synth": "strange.Mine"}')
    with pytest.raises(ValueError, match="nothing is imported because a file names it"):
        Preset.load(path)
    assert "strange" not in sys.modules
    named = Preset.load(path, synth="strange.Mine")
    assert named.recipe.synth == "strange.Mine"
    assert Preset.load(path) == named, "which is imported now"
    path.write_text(f'{{"sound": 3, "nebula": "{tmp_path / "b.json"}"}}')
    (tmp_path / "b.json").write_text("{}")
    with pytest.raises(ValueError, match="named by another file, which opens none"):
        Preset.load(path)
    del sys.modules["strange"]


def test_a_nebula_travels_by_its_entries(tmp_path):
    table = Voice(CONFIG).parameter_table
    entries = {one.name: {"curve": 0.5, "symmetric": False} for one in table.ranges}
    (tmp_path / "mine.json").write_text(json.dumps(entries))
    synth = Voice(CONFIG, tmp_path / "mine.json")
    path = Preset.of(synth, synth.sound(3)).save(tmp_path / "a.json")
    (tmp_path / "mine.json").unlink()
    assert torch.equal(Preset.load(path).render(), synth.sound(3).audio)


def test_a_class_that_cannot_be_imported_is_named_when_it_is_loaded(tmp_path):
    class Mine(OneOscillator):
        pass

    synth = Mine(CONFIG)
    path = Preset.of(synth, synth.sound(3)).save(tmp_path / "a.json")
    with pytest.raises(ValueError, match=r"nothing can be imported|nothing is imported"):
        Preset.load(path)
    assert torch.equal(Preset.load(path, synth=Mine).render(), synth.sound(3).audio)


def test_a_preset_is_copied_and_pickled(voice):
    preset = Preset.of(voice, voice.sound(7))
    preset.render()
    pickled = pickle.dumps(preset)
    assert len(pickled) < 20_000
    for other in (copy.deepcopy(preset), pickle.loads(pickled)):
        assert other == preset
        assert torch.equal(other.render(), preset.render())


def test_its_values_and_parameters_are_ones_own_to_change(voice):
    preset = Preset.of(voice, voice.sound(7))
    preset.parameters.zero_()
    preset.values.clear()
    assert preset == Preset.of(voice, voice.sound(7))
    assert repr(preset) == "Preset(synth_datamodule.Voice, 78 parameters, sound=7, noise_row=7)"


def test_a_pinned_value_is_told_and_cannot_be_another():
    recipe = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.1, pinned={NOTE: 60})
    preset = Preset(recipe, sound=3)
    assert preset.values[NOTE] == 60
    with pytest.raises(ValueError, match=f"^{NOTE} is pinned at 60, got 72$"):
        preset.changed({NOTE: 72})
    assert preset.changed({NOTE: 60}) == preset


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is not JSON"),
        ("[1]", "it is no preset: it has no parameters, no normalized ones and no sound"),
        ("{}", "it is no preset"),
        ('{"parameters": {}, "parameters": {}}', "occur twice: parameters"),
        ('{"sound": 3, "format": 2}', "it must be of format 1, got 2, written by"),
        ('{"sound": 3, "format": true}', "it must be of format 1, got True"),
        ('{"sound": 3, "valuse": {}}', "'valuse' is no field of a preset; it has format, "),
        ('{"sound": -1}', "sound must be a number or CORPUS-BATCH-SOUND|whole number >= 0"),
        ('{"sound": true}', "sound must be a whole number"),
        ('{"sound": 3, "split": "test"}', "split of sound 3 must be 'train', got 'test'"),
        ('{"parameters": {}, "is_train": true}', "is_train of sound None must be None"),
        ('{"sound": 3, "noise_row": 32}', "noise_row must be a whole number >= 0 and <= 31"),
        ('{"sound": 3, "noise_row": 1.5}', "noise_row must be a whole number"),
        ('{"sound": 3, "name": 5}', "name must be a str"),
        ('{"sound": 3, "parameters": []}', r"parameters must be a JSON object by parameter, got"),
        ('{"sound": 3, "parameters": {"keyboard.midi": 60}}', "did you mean 'keyboard.midi_f0'"),
        ('{"sound": 3, "parameters": {"keyboard.midi_f0": 128}}', r"must lie in \[0, 127\] semi"),
        ('{"sound": 3, "parameters": {"keyboard.midi_f0": NaN}}', "must be a finite number"),
        ('{"sound": 3, "parameters": {"keyboard.midi_f0": "60"}}', "must be a finite number"),
        ('{"sound": 3, "parameters": {"keyboard.midi_f0": true}}', "must be a finite number"),
        ('{"sound": 3, "normalized": {"keyboard.midi_f0": 2}}', r"must lie in \[0, 1\], got 2"),
        ('{"sound": 3, "normalized": {"keyboard.midi_f0": null}}', "must be a finite number"),
        ('{"sound": 3, "units": {"keyboard.midi_f0": "Hz"}}', "must be 'semitones', got 'Hz'"),
        ('{"sound": 3, "units": {"nonsense": "Hz"}}', "no parameter is named 'nonsense'"),
        ('{"sound": 3, "sample_rate": 0}', "sample_rate must be a whole number >= 1"),
        ('{"sound": 3, "synth": 5}', "synth must be a str"),
        ('{"sound": 3, "synth": "os.getpid"}', "synth must be an AbstractSynth"),
        ('{"sound": 3, "backend": "nonsense"}', "backend must be one of"),
        ('{"sound": 3, "pinned": {"a": 1}}', "no parameter is named 'a'"),
        ('{"sound": 3, "eps": "' + "x" * 1000 + '"}', "eps must be a finite number"),
    ],
)
def test_what_is_no_preset_is_refused_by_name(text, message, tmp_path):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises((ValueError, TypeError), match=rf"^preset .*a\.json: .*{message}") as error:
        Preset.load(tmp_path / "a.json")
    assert len(str(error.value)) <= 300
    assert "\n" not in str(error.value)


def test_a_batch_is_no_preset_and_16_bits_are_no_sound(voice):
    with pytest.raises(ValueError, match=r"^sound must be one sound without the axis B"):
        Preset.of(voice, voice.render_sounds([1, 2]))
    with pytest.raises(TypeError, match="must be float32 or float64"):
        Preset.of(voice, voice.sound(3).to(torch.bfloat16))
    with pytest.raises(ValueError, match=r"^sound must lie in \[0, 1\]"):
        Preset.of(voice, torch.full((78,), 1.5))
    with pytest.raises(OSError, match="No such file"):
        Preset.load("no/such.json")


def test_other_settings_of_the_machine_change_no_preset(voice):
    config = SynthConfig(**{**CONFIG.__dict__, "no_grad": False})
    sound = Voice(config).sound(7)
    assert torch.equal(Preset.of(Voice(config), sound).render(), voice.sound(7).audio)
