"""The filter as a program: its response against theory, its ends for a minute."""

import itertools
import math

import numpy as np
import pytest
import torch
from parts_alone import FILTER_MODES, filtered
from scipy import signal

from synth_datamodule.modules import state_variable_filter

RATE = 44100
WAYS = ["resting", "moving"]


def midi(hertz):
    return 69 + 12 * math.log2(hertz / 440)


@pytest.mark.parametrize(
    ("hertz", "resonance", "way"),
    [*itertools.product([30.0, 440.0, 5000.0, 20000.0], [0.0, 0.5, 1.0], WAYS)],
)
def test_its_response_is_the_analog_filters_with_frequencies_warped(hertz, resonance, way):
    impulse = torch.zeros(1, 2**17, dtype=torch.float64)
    impulse[0, 0] = 1
    q = 64**resonance / 2
    numerators = {"lowpass": [1.0], "bandpass": [1 / q, 0.0], "highpass": [1.0, 0.0, 0.0]}
    angles = np.pi * np.arange(2**16 + 1)[1:-1] / 2**16
    warped = np.tan(angles / 2) / math.tan(math.pi * hertz / RATE)
    for mode, response in zip(
        FILTER_MODES, filtered(impulse, midi(hertz), resonance, RATE, way == "moving"), strict=True
    ):
        _, expected = signal.freqs(numerators[mode], [1.0, 1 / q, 1.0], warped)
        found = np.fft.rfft(response.double().numpy())[1:-1]
        # Its samples are float32. The lowest has not rung out after 3 s.
        most = 1e-3 if (hertz, resonance) == (30.0, 1.0) else 1e-6
        assert np.abs(found - expected).max() < most * np.abs(expected).max()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("cutoff", [-127.0, 0.0, 60.0, 127.0])
def test_it_is_the_modules_filter_for_noise(cutoff, way):
    generator = torch.Generator().manual_seed(3)
    audio = torch.rand(1, 20000, generator=generator, dtype=torch.float64) * 2 - 1
    knobs = (torch.full((1, 1), number, dtype=torch.float64) for number in (cutoff, 0.9))
    expected = torch.cat(state_variable_filter(audio, *knobs, sample_rate=RATE))
    found = filtered(audio, cutoff, 0.9, RATE, way == "moving")
    assert (found - expected).abs().max() <= 2e-7 * max(1, expected.abs().max())


@pytest.mark.parametrize("cutoff", [-127.0, 127.0])
@pytest.mark.parametrize(("way", "depth"), [("resting", 0.0), ("moving", 0.0), ("moving", 120.0)])
def test_at_either_end_of_its_cutoff_it_stays_finite_for_a_minute(cutoff, way, depth):
    generator = torch.Generator().manual_seed(4)
    size = (1, 60 * RATE)
    noise = torch.rand(size, generator=generator, dtype=torch.float32).double() * 2 - 1
    mod = torch.rand(size, generator=generator, dtype=torch.float32).double() * 2 - 1
    found = filtered(noise, cutoff, 1.0, RATE, way == "moving", mod, depth)
    assert found.isfinite().all()
    # Without input its states lose energy: it gives no more than Q = 32 times what went in.
    assert found.square().sum(1).max() <= 32**2 * noise.square().sum()


@pytest.mark.parametrize("way", WAYS)
def test_it_rings_at_its_cutoff_and_dies_away(way):
    impulse = torch.zeros(1, 60 * RATE, dtype=torch.float64)
    impulse[0, 0] = 1
    low, band, _ = filtered(impulse, midi(440.0), 1.0, RATE, way == "moving")
    cycles = torch.fft.rfft(low[: 10 * RATE]).abs().argmax() / 10
    assert abs(float(cycles) - 440.0) < 1
    for response in (low, band):
        assert response[RATE:].abs().max() < 1e-6 * response.abs().max()
        assert response[-RATE:].abs().max() < 1e-30
