import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.pretraining.labels import labels_of
from synth_datamodule.synths import FilteredVoice, FmVoice, OneOscillator

SMALL = SynthConfig(sample_rate=8000, buffer_size_seconds=1.0, control_rate=200)


def voice_of(**values):
    """Return labels of one steady note of the second oscillator, with some values changed."""
    voice = Voice(SMALL)
    table = voice.parameter_table
    steady = dict.fromkeys(table.names, 0.0) | {
        "keyboard.midi_f0": 60.0, "keyboard.duration": 0.5, "adsr_1.sustain": 1.0,
        "adsr_1.release": 0.01,
        "mod_matrix.adsr_1->vco_2_amp": 1.0, "mixer.vco_2": 1.0,
        **{f"{part}.alpha": 1.0 for part in ("adsr_1", "adsr_2")},
        **{f"lfo_{k}_{kind}_adsr.alpha": 1.0 for k in (1, 2) for kind in ("amp", "rate")},
    }  # fmt: skip
    row = torch.tensor([[(steady | values)[name] for name in table.names]])
    found = labels_of(voice, table.to_normalized(row))
    return {name: value.item() for name, value in found.items()}


def test_the_pitch_is_what_sounds_not_the_note():
    assert voice_of()["pitch"] == pytest.approx(60, abs=1e-3)
    moved = voice_of(**{"keyboard.midi_f0": 55.0, "vco_2.tuning": 5.0})
    assert moved["pitch"] == pytest.approx(60, abs=1e-3)
    assert voice_of(**{"vco_1.tuning": 12.0})["pitch"] == pytest.approx(60, abs=1e-3)
    assert voice_of(**{"vco_2.tuning": 12.0})["pitch"] == pytest.approx(72, abs=1e-3)


def test_a_longer_note_has_a_later_middle():
    short, long = voice_of(), voice_of(**{"keyboard.duration": 0.9})
    assert short["envelope"] == pytest.approx(0.25, abs=0.02)
    assert long["envelope"] == pytest.approx(0.45, abs=0.02)


def test_a_pitch_that_is_bent_is_modulated_and_one_that_is_not_is_not():
    assert voice_of()["modulation"] == pytest.approx(0, abs=1e-3)
    bent = {"adsr_2.attack": 0.5, "mod_matrix.adsr_2->vco_2_pitch": 1.0, "vco_2.mod_depth": 24.0}
    assert voice_of(**bent)["modulation"] > 1


@pytest.mark.parametrize("kind", [Voice, FilteredVoice, OneOscillator, FmVoice])
def test_each_synth_has_labels_that_tell_sounds_apart(kind):
    synth = kind(SMALL)
    found = labels_of(synth, synth.draw(range(16)))
    assert {"pitch", "envelope", "modulation"} <= set(found)
    assert all(label.shape == (16,) and label.std() > 0 for label in found.values())
