"""What the oscillators share: a pitch, tuned and bent."""

import math

import pytest
import torch

from synth_datamodule import SynthConfig
from synth_datamodule.modules import VCO, midi_to_hz, modulated_pitch, oscillator_cycles

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)
NUM_SAMPLES = 4000


def vco_values(tuning=0.0, mod_depth=0.0, initial_phase=0.0):
    values = {"tuning": tuning, "mod_depth": mod_depth, "initial_phase": initial_phase}
    return {name: torch.tensor([value], dtype=torch.float64) for name, value in values.items()}


def note(midi):
    return torch.tensor([midi], dtype=torch.float64)


@pytest.mark.parametrize(
    ("midi_f0", "tuning", "mod_depth", "pitches"),
    [
        # of a modulation of -1, 0, 0.5, 1
        pytest.param(60.0, 0.0, 0.0, [60, 60, 60, 60], id="no-depth-no-bend"),
        pytest.param(60.0, 2.5, 12.0, [50.5, 62.5, 68.5, 74.5], id="an-octave-up-and-down"),
        pytest.param(60.0, -24.0, -12.0, [48, 36, 30, 24], id="a-negative-depth-bends-down"),
        pytest.param(120.0, 24.0, 30.0, [114, 127, 127, 127], id="no-higher-than-G9"),
        pytest.param(10.0, -24.0, 30.0, [0, 0, 1, 16], id="no-lower-than-C-1"),
    ],
)
def test_a_pitch_is_tuned_bent_and_then_clamped(midi_f0, tuning, mod_depth, pitches):
    mod = torch.tensor([[-1.0, 0.0, 0.5, 1.0]], dtype=torch.float64)
    values = [note(value) for value in (midi_f0, tuning, mod_depth)]
    assert modulated_pitch(*values, mod)[0].tolist() == pitches


@pytest.mark.parametrize("mod", [None, torch.zeros(1, NUM_SAMPLES)], ids=["no-mod", "silent-mod"])
def test_tuning_an_octave_up_is_playing_an_octave_up(mod):
    vco = VCO(CONFIG)
    tuned = vco.radians(vco_values(tuning=12.0), note(60.0), mod)
    played = vco.radians(vco_values(), note(72.0), mod)
    assert torch.equal(tuned, played)


def test_no_modulation_is_a_modulation_of_zero_within_the_midi_notes():
    values = vco_values(tuning=0.3, mod_depth=50.0, initial_phase=1.0)
    mod = torch.zeros(1, NUM_SAMPLES, dtype=torch.float64)
    vco = VCO(CONFIG)
    assert torch.equal(vco.radians(values, note(64.0), None), vco.radians(values, note(64.0), mod))


@pytest.mark.parametrize(("midi_f0", "tuning"), [(120.0, 24.0), (3.0, -24.0)], ids=["high", "low"])
def test_only_a_modulated_pitch_is_clamped(midi_f0, tuning):
    # As in torchsynth: golden/parts.npz has an unmodulated note 128.29.
    radians = VCO(CONFIG).radians(vco_values(tuning=tuning), note(midi_f0), None)
    hertz = midi_to_hz(note(midi_f0 + tuning))[:, None].expand(-1, NUM_SAMPLES)
    cycles = oscillator_cycles(hertz, torch.zeros(1, dtype=torch.float64), CONFIG.sample_rate)
    assert torch.equal(radians, 2 * math.pi * cycles)


def test_vibrato_sways_the_phase_but_keeps_the_average_pitch():
    # Two whole periods of +-10 cents; exp is nearly straight over so little.
    time = torch.arange(NUM_SAMPLES, dtype=torch.float64) / NUM_SAMPLES
    mod = torch.sin(2 * math.pi * 2 * time)[None]
    vco = VCO(CONFIG)
    plain = vco.radians(vco_values(), note(60.0), 0 * mod)
    swaying = vco.radians(vco_values(mod_depth=0.1), note(60.0), mod)
    difference = torch.remainder(swaying - plain + math.pi, 2 * math.pi) - math.pi
    # Half a period of 0.125 s at 261.6 Hz * (2**(0.1/12) - 1) * 2/pi on average: 0.38 rad.
    assert difference.abs().max().item() == pytest.approx(0.378, abs=0.01)
    assert difference[0, -1].abs() < 0.01


@pytest.mark.parametrize(
    ("midi_f0", "mod", "error", "message"),
    [
        (
            note(60.0),
            torch.zeros(1, 100),
            ValueError,
            r"mod must be a float tensor \[B, N\] of sizes \[1, 4000\], got shape \[1, 100\]",
        ),
        (
            note(60.0),
            torch.zeros(3, NUM_SAMPLES),
            ValueError,
            r"mod must be a float tensor \[B, N\] of sizes \[1, 4000\], got shape \[3, 4000\]",
        ),
        (
            note(60.0),
            torch.zeros(1, NUM_SAMPLES, dtype=torch.int32),
            TypeError,
            r"mod must be a float tensor \[B, N\], got dtype torch.int32",
        ),
        (
            torch.tensor([60.0, 61.0]),
            None,
            ValueError,
            r"midi_f0 must be a float tensor \[B\] of sizes \[1\], got shape \[2\]",
        ),
        (
            torch.tensor([60]),
            None,
            TypeError,
            r"midi_f0 must be a float tensor \[B\], got dtype torch.int64",
        ),
    ],
    ids=["control-signal", "mod-of-three", "integer-mod", "two-notes", "integer-note"],
)
def test_wrong_inputs_are_refused(midi_f0, mod, error, message):
    with pytest.raises(error, match=message):
        VCO(CONFIG).radians(vco_values(), midi_f0, mod)


def test_pitches_of_two_batch_sizes_are_refused():
    message = r"tuning must be a float tensor \[B\] of sizes \[1\], got shape \[2\]"
    with pytest.raises(ValueError, match=message):
        modulated_pitch(note(60.0), torch.zeros(2), note(0.0), torch.zeros(1, 4))
