"""FilteredVoice: the Voice's parameters and nine more."""

import math

import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.modules import normalize_if_clipping, state_variable_filter
from synth_datamodule.synths import FilteredVoice

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=1.0, control_rate=400)
STILL = {"filter.mod_depth": 0.0, "filter.tracking": 0.0}


def test_it_has_the_voices_parameters_in_the_voices_ranges():
    synth, voice = FilteredVoice(CONFIG), Voice(CONFIG)
    assert synth.parameter_names[:78] == voice.parameter_names
    assert synth.parameter_table.ranges[:78] == voice.parameter_table.ranges
    assert {name.split(".")[0] for name in synth.parameter_names[78:]} == {"filter_adsr", "filter"}


def test_with_a_still_cutoff_it_is_the_voice_filtered():
    pinned = {"filter.cutoff": 69.0, "filter.resonance": 0.5, **STILL}
    synth = FilteredVoice(CONFIG, pinned=pinned)
    parameters = synth.draw(torch.arange(4))
    rows = torch.arange(4)
    audio = Voice(CONFIG).synthesize(parameters[:, :78], rows)
    knobs = (torch.full((4, 1), value, dtype=torch.float64) for value in (69.0, 0.5))
    low, _, _ = state_variable_filter(audio, *knobs, sample_rate=16000)
    found = synth.synthesize(parameters, rows)
    torch.testing.assert_close(found, normalize_if_clipping(low), rtol=0, atol=1e-12)


def brightness(audio):
    """Mean frequency of a sound's power, in hertz."""
    power = torch.fft.rfft(audio.double()).abs().square()
    hertz = torch.linspace(0, CONFIG.sample_rate / 2, power.shape[-1])
    return (power * hertz).sum(-1) / power.sum(-1)


@pytest.mark.parametrize("name", ["cutoff", "tracking", "mod_depth"])
def test_what_opens_the_filter_makes_it_brighter(name):
    # A noise alone, above middle C, its envelope held.
    pinned = {
        "keyboard.midi_f0": 84.0,
        "keyboard.duration": 4.0,
        "filter_adsr.attack": 0.0,
        "filter_adsr.sustain": 1.0,
        "filter.cutoff": 60.0,
        "filter.resonance": 0.1,
        "mixer.vco_1": 0.0,
        "mixer.vco_2": 0.0,
        "mixer.noise": 1.0,
        **STILL,
    }
    more = {"cutoff": 96.0, "tracking": 1.0, "mod_depth": 36.0}[name]
    closed = FilteredVoice(CONFIG, pinned=pinned).render_sounds([3]).audio
    opened = FilteredVoice(CONFIG, pinned=pinned | {f"filter.{name}": more})
    assert brightness(opened.render_sounds([3]).audio) > 1.5 * brightness(closed)


def test_the_envelope_sweeps_the_cutoff():
    pinned = {
        "keyboard.duration": 4.0,
        "filter_adsr.attack": 0.8,
        "filter_adsr.alpha": 1.0,
        "filter_adsr.sustain": 1.0,
        "filter.cutoff": 48.0,
        "filter.mod_depth": 60.0,
        "filter.tracking": 0.0,
        "mixer.vco_1": 0.0,
        "mixer.vco_2": 0.0,
        "mixer.noise": 1.0,
    }
    audio = FilteredVoice(CONFIG, pinned=pinned).render_sounds([3, 8]).audio
    assert (brightness(audio.unflatten(1, (5, -1)))[:, :4].diff() > 0).all()


def test_it_is_rendered_by_its_program():
    synth = FilteredVoice(CONFIG)
    assert (synth.backend, synth.why_not_fused) == ("program", None)
    words = "backend must be one of 'auto', 'reference', 'program', got 'fused'"
    with pytest.raises(ValueError, match=words):
        FilteredVoice(CONFIG, backend="fused")


def test_in_the_voices_nebula_the_filter_keeps_its_own_curves():
    own = FilteredVoice(CONFIG).parameter_table
    drum = FilteredVoice(CONFIG, nebula="drum").parameter_table
    voice = Voice(CONFIG, nebula="drum").parameter_table
    for name in drum:
        assert drum[name].range == (voice if name in voice else own)[name].range


def test_full_resonance_is_kept_in_bounds():
    pinned = {"filter.resonance": 0.8, "filter.cutoff": 60.0, "keyboard.midi_f0": 60.0, **STILL}
    audio = FilteredVoice(CONFIG, pinned=pinned).render_sounds(range(16)).audio
    assert math.isclose(audio.abs().max(), 1.0)
