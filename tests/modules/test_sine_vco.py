"""The sine oscillator."""

import math

import pytest
import torch

from synth_datamodule import SynthConfig
from synth_datamodule.modules import SineVCO

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)
NUM_SAMPLES = 4000

# Float64 phases of some 1e3 rad, added up in 4000 steps.
TOLERANCE = 1e-9


def sine(midi_f0, mod=None, config=CONFIG, **changes):
    values = {"tuning": 0.0, "mod_depth": 0.0, "initial_phase": 0.0} | changes
    values = {name: torch.tensor([value], dtype=torch.float64) for name, value in values.items()}
    return SineVCO(config)(values, torch.tensor([midi_f0], dtype=torch.float64), mod)[0]


def zero_crossings(audio):
    return int((audio.sign().diff() != 0).sum())


def test_a440_at_eight_samples_per_cycle_goes_through_these_samples():
    config = SynthConfig(sample_rate=3520, buffer_size_seconds=0.005, control_rate=400)
    half = math.sqrt(0.5)
    eighths = [half, 0, -half, -1, -half, 0, half, 1, half, 0]
    assert sine(69.0, config=config)[:10].tolist() == pytest.approx(eighths, abs=TOLERANCE)


@pytest.mark.parametrize(
    ("midi_f0", "hertz"),
    [(33.0, 55.0), (69.0, 440.0), (60.0, 261.6256), (105.0, 3520.0)],
    ids=["A1", "A4", "C4", "A7"],
)
def test_a_note_crosses_zero_twice_a_cycle(midi_f0, hertz):
    expected = 2 * hertz * CONFIG.buffer_size_seconds
    assert abs(zero_crossings(sine(midi_f0)) - expected) <= 1


@pytest.mark.parametrize("midi_f0", [40.0, 57.5, 81.0])
def test_an_octave_up_doubles_the_zero_crossings(midi_f0):
    low, high = zero_crossings(sine(midi_f0)), zero_crossings(sine(midi_f0 + 12))
    assert abs(high - 2 * low) <= 1


def test_bending_by_an_octave_sounds_an_octave_higher():
    mod = torch.ones(1, NUM_SAMPLES, dtype=torch.float64)
    assert torch.equal(sine(57.0, mod, mod_depth=12.0), sine(69.0, 0 * mod))


def test_a_bend_up_to_the_top_crosses_zero_more_and_more_often():
    rise = torch.linspace(0, 1, NUM_SAMPLES, dtype=torch.float64)[None]
    crossings = [zero_crossings(part) for part in sine(40.0, rise, mod_depth=48.0).split(1000)]
    assert crossings == sorted(crossings)
    # Four octaves up, an octave in each quarter.
    assert crossings[3] > 6 * crossings[0]


@pytest.mark.parametrize(
    ("initial_phase", "level"),
    [(0.0, 1.0), (math.pi / 2, 0.0), (math.pi, -1.0), (-math.pi / 2, 0.0)],
    ids=["0", "pi/2", "pi", "-pi/2"],
)
def test_a_note_too_low_to_hear_stays_near_its_initial_phase(initial_phase, level):
    # MIDI 0 is 8 Hz: 3e-3 rad in the first sample.
    start = sine(0.0, initial_phase=initial_phase)[0].item()
    assert start == pytest.approx(level, abs=2 * math.pi * 8.1758 / 16000 + TOLERANCE)


def test_half_a_turn_of_initial_phase_turns_the_wave_upside_down():
    upright = sine(61.0, initial_phase=-math.pi / 2)
    turned = sine(61.0, initial_phase=math.pi / 2)
    torch.testing.assert_close(turned, -upright, rtol=0, atol=TOLERANCE)


def test_a_long_low_note_is_as_loud_as_a_sine():
    # 110 Hz for 2 s: 220 whole cycles.
    config = SynthConfig(sample_rate=16000, buffer_size_seconds=2.0, control_rate=400)
    audio = sine(45.0, config=config)
    assert audio.abs().max().item() <= 1.0
    assert audio.square().mean().item() == pytest.approx(0.5, abs=TOLERANCE)
    assert audio.mean().item() == pytest.approx(0.0, abs=TOLERANCE)


def test_a_control_signal_cannot_bend_the_pitch():
    message = r"mod must be a float tensor \[B, N\] of sizes \[1, 4000\], got shape \[1, 100\]"
    with pytest.raises(ValueError, match=message):
        sine(60.0, torch.zeros(1, 100, dtype=torch.float64))
