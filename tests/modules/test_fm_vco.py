"""Frequency modulation."""

import math

import pytest
import torch

from synth_datamodule import SynthConfig
from synth_datamodule.modules import FmVCO, SineVCO, fm_frequency

# 44,000 Hz and a tenth of a second: A4 is bin 44 of the spectrum, the modulator's 70 Hz bin 7.
CONFIG = SynthConfig(sample_rate=44000, buffer_size_seconds=0.1, control_rate=440)
NUM_SAMPLES = 4400
CARRIER_BIN, MODULATOR_BIN, MODULATOR_HZ = 44, 7, 70.0


def fm(mod, midi_f0=69.0, **changes):
    values = {"tuning": 0.0, "mod_depth": 0.0, "initial_phase": 0.0} | changes
    values = {name: torch.tensor([value], dtype=torch.float64) for name, value in values.items()}
    return FmVCO(CONFIG)(values, torch.tensor([midi_f0], dtype=torch.float64), mod)[0]


def modulator():
    time = torch.arange(NUM_SAMPLES, dtype=torch.float64) / CONFIG.sample_rate
    return torch.cos(2 * math.pi * MODULATOR_HZ * time)[None]


@pytest.mark.parametrize(
    ("mod_depth", "frequencies"),
    [
        # A4 modulated by -2, -0.5, 0, 0.5, 2, 60, heard up to half of 44,000 Hz.
        (0.0, [440, 440, 440, 440, 440, 440]),
        (1.0, [0, 220, 440, 660, 1320, 22000]),
        (-0.5, [880, 550, 440, 330, 0, 0]),
    ],
    ids=["no-depth", "up", "down"],
)
def test_the_frequency_moves_by_a_share_of_itself(mod_depth, frequencies):
    mod = torch.tensor([[-2.0, -0.5, 0.0, 0.5, 2.0, 60.0]], dtype=torch.float64)
    pitch = torch.tensor([69.0], dtype=torch.float64)
    depth = torch.tensor([mod_depth], dtype=torch.float64)
    assert fm_frequency(pitch, depth, mod, sample_rate=44000)[0].tolist() == frequencies


def test_sidebands_are_bessel_functions_of_the_index():
    # Peak deviation over the modulator's frequency is 2; J_0(2) to J_5(2) by Abramowitz and Stegun,
    # table 9.1 and on. What is left, J_6(2) and the sum's step of 1e-2 rad, is below 1e-4.
    bessel = [0.22389, 0.57672, 0.35283, 0.12894, 0.03400, 0.00704]
    audio = fm(modulator(), mod_depth=2 * MODULATOR_HZ / 440.0)
    amplitudes = torch.fft.rfft(audio).abs() * 2 / NUM_SAMPLES
    for order, height in enumerate(bessel):
        for side in (-order, order):
            found = amplitudes[CARRIER_BIN + side * MODULATOR_BIN].item()
            assert found == pytest.approx(height, abs=1e-4)


@pytest.mark.parametrize("midi_f0", [30.0, 69.0, 110.5])
def test_without_depth_it_is_a_sine(midi_f0):
    sine = SineVCO(CONFIG)
    values = {name: torch.zeros(1, dtype=torch.float64) for name in ("tuning", "mod_depth")}
    values["initial_phase"] = torch.ones(1, dtype=torch.float64)
    plain = sine(values, torch.tensor([midi_f0], dtype=torch.float64))[0]
    assert torch.equal(fm(modulator(), midi_f0=midi_f0, initial_phase=1.0), plain)


def test_a_carrier_that_the_modulation_stops_is_constant():
    audio = fm(torch.full((1, NUM_SAMPLES), -1.0), mod_depth=1.0, initial_phase=1.0)
    assert audio.tolist() == pytest.approx([math.cos(1.0)] * NUM_SAMPLES, abs=1e-12)


@pytest.mark.parametrize(
    ("mod", "error", "message"),
    [
        (
            torch.zeros(1, 44),
            ValueError,
            r"mod must be a float tensor \[B, N\] of sizes \[1, 4400\], got shape \[1, 44\]",
        ),
        (
            torch.zeros(2, NUM_SAMPLES),
            ValueError,
            r"mod must be a float tensor \[B, N\] of sizes \[1, 4400\], got shape \[2, 4400\]",
        ),
        (
            torch.zeros(1, NUM_SAMPLES, dtype=torch.int16),
            TypeError,
            r"mod must be a float tensor \[B, N\], got dtype torch.int16",
        ),
        (None, TypeError, r"mod must be a float tensor \[B, N\], got NoneType"),
    ],
    ids=["control-signal", "another-batch-size", "integers", "nothing"],
)
def test_a_wrong_modulation_is_refused(mod, error, message):
    with pytest.raises(error, match=message):
        fm(mod)
