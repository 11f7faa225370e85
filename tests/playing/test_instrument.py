"""What is played is the very sound, and what is saved gives it back."""

import io
import json

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given as each
from hypothesis import settings
from hypothesis import strategies as st

from synth_datamodule import Preset, SynthConfig, Voice, synths
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.playing.instrument import KINDS, MOST_SAMPLES, Instrument, Playable
from synth_datamodule.playing.nebula import STEEPEST, nebula_around

RATES = {"sample_rate": 8000, "buffer_size_seconds": 0.5, "control_rate": 200}


def sound_of(instrument, number):
    drawn = instrument.draw(number)
    return Playable(torch.tensor(drawn["parameters"]), drawn["noise_row"])


def changed(instrument, name, number):
    sound = sound_of(instrument, 312)
    parameters = sound.parameters.clone()
    parameters[instrument.synth.parameter_table.column(name)] = number
    return Playable(parameters, sound.noise_row)


@pytest.mark.parametrize("number", [0, 31, 312, 2**32 - 1])
def test_a_sound_by_number_has_the_bits_of_the_corpus(instrument, number):
    told, content = instrument.sound(sound_of(instrument, number))
    own = instrument.synth.sound(number).audio
    assert content == own.numpy().astype("<f4").tobytes()
    assert told["peak"] == float(own.abs().max())


def test_values_are_the_tables(instrument):
    sound = sound_of(instrument, 7)
    told, _ = instrument.sound(sound)
    assert told["values"] == instrument.synth.parameter_table.to_physical(sound.parameters).tolist()


def test_a_sound_may_be_called_by_its_name(instrument):
    assert instrument.draw("synth1B1-2-56") == instrument.draw(312)
    assert instrument.draw(312)["split"] == "train"


def test_what_is_heard_ends_where_silence_begins(instrument):
    sound = changed(instrument, "keyboard.duration", 0.0)
    told, content = instrument.sound(sound)
    audio = np.frombuffer(content, "<f4")
    assert np.abs(audio[told["samples_heard"] :]).max(initial=0) <= 1e-4
    assert np.abs(audio[told["samples_heard"] - 1]) > 1e-4


def test_a_wav_holds_every_bit(instrument):
    sound = changed(instrument, "vco_1.tuning", 0.25)
    content = instrument.saved("wav", sound, 312, "")
    samples, rate = soundfile.read(io.BytesIO(content), dtype="float32")
    assert rate == 8000
    assert torch.equal(torch.from_numpy(samples), instrument.render(sound))


def test_a_preset_is_loaded_with_the_same_bits_and_says_what_it_began_as(instrument):
    sound = changed(instrument, "vco_1.tuning", 0.123456789)
    text = instrument.saved("preset", sound, 312, "low").decode()
    found = instrument.loaded(text)
    assert found["parameters"] == sound.parameters.tolist()
    assert (found["number"], found["name"], found["noise_row"]) == (312, "low", 24)
    assert found["remark"] == ""


def test_the_package_reads_a_saved_preset(instrument, tmp_path):
    sound = changed(instrument, "vco_1.tuning", 0.75)
    path = tmp_path / "low.json"
    path.write_bytes(instrument.saved("preset", sound, None, ""))
    assert torch.equal(Preset.load(path).render(), instrument.render(sound))


def test_a_preset_of_other_rates_and_curves_keeps_its_values(instrument):
    other = SynthRecipe(sample_rate=16000, nebula="drum").make()
    preset = Preset.of(other, other.sound(5))
    found = instrument.loaded(json.dumps(preset.document()))
    assert found["values"] == pytest.approx(list(preset.values.values()), abs=1e-5)
    assert "16000 Hz" in found["remark"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("{}", "no preset"),
        ('{"sound": -1}', "sound"),
        ('{"sound": 1, "nebula": "/etc/passwd"}', "opens none"),
        ('{"sound": 1, "synth": "os.system"}', "synth must be"),
        ('{"sound": 1, "synth": "synth_datamodule.synths.FmVoice"}', "synth must be"),
        ('{"sound": 1, "synth_arguments": {"path": "/etc/passwd"}}', "synth_arguments must be"),
        ('{"sound": 1, "parameters": {"keyboard.midi_f0": NaN}}', "finite"),
        ('{"sound": 1, "parameters": {"keyboard.midi_f0": 1e999}}', "finite"),
        ('{"sound": 1, "parameters": {"no.such": 1}}', "no.such"),
        ('{"sound": 1, "noise_row": 32}', "noise_row"),
    ],
)
def test_what_is_no_preset_of_this_synth_is_refused(instrument, text, says):
    with pytest.raises((TypeError, ValueError), match=says):
        instrument.loaded(text)


def test_a_nebula_has_a_sounds_values_as_its_medians(instrument):
    sound = sound_of(instrument, 312)
    entries = json.loads(instrument.saved("nebula", sound, 312, ""))
    around = Voice(SynthConfig(**RATES), nebula=entries)
    middle = torch.full((78,), 0.5, dtype=torch.float64)
    medians = around.parameter_table.to_physical(middle)
    values = instrument.synth.parameter_table.to_physical(sound.parameters)
    for one, median, value in zip(around.parameter_table.ranges, medians, values, strict=True):
        share = float((value - one.minimum) / (one.maximum - one.minimum))
        if 2e-5 < share < 0.957:
            assert float(median) == pytest.approx(float(value), abs=1e-4 * one.maximum), one.name


@each(st.lists(st.floats(0, 1, width=32), min_size=78, max_size=78))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_any_sound_has_a_nebula_that_a_synth_takes(numbers):
    table = Voice(SynthConfig(**RATES)).parameter_table
    entries = nebula_around(table, torch.tensor(numbers, dtype=torch.float32))
    assert all(1 / STEEPEST <= entry["curve"] <= STEEPEST for entry in entries.values())
    Voice(SynthConfig(**RATES), nebula=entries)


@pytest.mark.parametrize(
    "kind", [Voice, synths.OneOscillator, synths.FmVoice, synths.FilteredVoice]
)
def test_any_patch_is_played(kind):
    instrument = Instrument(kind(SynthConfig(**RATES)))
    told = instrument.described()
    names = [one["name"] for module in told["modules"] for one in module["parameters"]]
    assert names == list(instrument.synth.parameter_names)
    sound = sound_of(instrument, 3)
    nodes = {*instrument.synth.diagram().parts, "output"}
    assert instrument.meters(sound).keys() <= nodes
    assert "output" in instrument.meters(sound)
    for one in KINDS:
        assert instrument.saved(one, sound, 3, "")


def test_pinned_parameters_are_told_and_stay():
    instrument = Instrument(Voice(SynthConfig(**RATES), pinned={"keyboard.midi_f0": 60.0}))
    told = instrument.described()
    assert told["modules"][0]["parameters"][0]["pinned"] is True
    assert told["keys"] is None  # no key could play
    moved = instrument.playable(torch.zeros(78), 0)
    assert float(instrument.synth.parameter_table.to_physical(moved.parameters)[0]) == 60.0


def test_a_key_plays_its_note(instrument):
    keys = instrument.described()["keys"]
    assert keys["parameter"] == "keyboard.midi_f0"
    sound = changed(instrument, keys["parameter"], keys["numbers"][69])
    assert instrument.sound(sound)[0]["values"][0] == pytest.approx(69, abs=1e-5)
    narrow = Instrument(Voice(SynthConfig(**RATES), ranges={"keyboard.midi_f0": (48, 72)}))
    numbers = narrow.described()["keys"]["numbers"]
    assert [note for note in range(128) if numbers[note] is not None] == list(range(48, 73))


def test_a_value_is_typed_in_its_unit(instrument):
    assert instrument.number_of("keyboard.midi_f0", 63.5) == {"number": 0.5}
    with pytest.raises(ValueError, match=r"must lie in \[0, 127\]"):
        instrument.number_of("keyboard.midi_f0", 128)
    with pytest.raises(ValueError, match="no parameter"):
        instrument.number_of("../../etc/passwd", 1)


def test_sounds_of_ones_own_are_played_by_their_rows():
    rows = Voice(SynthConfig(**RATES)).draw(range(5)).numpy()
    instrument = Instrument(SynthRecipe(**RATES, parameters=rows).make())
    assert instrument.num_sounds == 5
    assert instrument.draw(4)["parameters"] == rows[4].tolist()
    with pytest.raises(ValueError, match="<= 4"):
        instrument.draw(5)


def test_sounds_that_are_too_long_are_refused():
    config = SynthConfig(buffer_size_seconds=(MOST_SAMPLES + 1) / 44100)
    with pytest.raises(ValueError, match="seconds must give at most"):
        Instrument(Voice(config))
