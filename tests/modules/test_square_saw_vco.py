"""The virtual analog oscillator, from square to saw."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import SynthConfig
from synth_datamodule.modules import SquareSawVCO, num_partials, square_saw

# 44,000 Hz so that A4 has exactly 100 samples a cycle, and 440 cycles in a second.
CONFIG = SynthConfig(sample_rate=44000, buffer_size_seconds=1.0, control_rate=440)
NUM_SAMPLES, NUM_CYCLES = 44000, 440

# Phases of 2765 rad in float64, times the steepest edge of these notes, some 20 per radian.
TOLERANCE = 1e-8

laws = settings(derandomize=True, deadline=None, max_examples=40)


def tensor(value):
    return torch.tensor([value], dtype=torch.float64)


def wave(midi_f0=69.0, mod=None, **changes):
    values = {"tuning": 0.0, "mod_depth": 0.0, "initial_phase": 0.0, "shape": 0.0} | changes
    values = {name: tensor(value) for name, value in values.items()}
    return SquareSawVCO(CONFIG)(values, tensor(midi_f0), mod)[0]


def harmonics(audio):
    """Amplitudes of the harmonics of A4, the first of them number 1."""
    spectrum = torch.fft.rfft(audio).abs() * 2 / len(audio)
    return spectrum[NUM_CYCLES::NUM_CYCLES]


@pytest.mark.parametrize(
    ("shape", "levels"),
    [
        # At 60, 90, 120, 240, 270 and 300 degrees, far from the edges at 0 and 180.
        pytest.param(0.0, [1, 1, 1, -1, -1, -1], id="square"),
        pytest.param(0.5, [0.9375, 0.75, 0.5625, -0.5625, -0.75, -0.9375], id="in-between"),
        pytest.param(1.0, [0.75, 0.5, 0.25, -0.25, -0.5, -0.75], id="saw"),
    ],
)
def test_a_wave_goes_through_these_levels(shape, levels):
    radians = torch.deg2rad(tensor([60.0, 90.0, 120.0, 240.0, 270.0, 300.0]))
    found = square_saw(radians, tensor(1e4), tensor(shape))
    assert found[0].tolist() == pytest.approx(levels, abs=TOLERANCE)


def test_the_higher_the_note_the_softer_its_edges():
    # 12000 / (f log10 f) for the notes A0, A4 and A7.
    expected = [12000 / (hertz * math.log10(hertz)) for hertz in (27.5, 440.0, 3520.0)]
    found = num_partials(tensor([21.0, 69.0, 105.0])[0]).tolist()
    assert found == pytest.approx(expected, rel=1e-13)
    assert found == sorted(found, reverse=True)


def test_a_square_has_only_odd_harmonics():
    amplitudes = harmonics(wave(shape=0.0))
    assert amplitudes[1::2].max() < TOLERANCE
    assert amplitudes[0].item() == pytest.approx(4 / math.pi, abs=0.01)
    assert (amplitudes[0:10:2].diff() < 0).all()


def test_a_saw_has_every_harmonic():
    amplitudes = harmonics(wave(shape=1.0))
    assert amplitudes[:6].min() > 0.05
    assert (amplitudes[:6].diff() < 0).all()


def test_the_shape_knob_fades_the_even_harmonics_in():
    seconds = [harmonics(wave(shape=shape))[1].item() for shape in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert seconds == sorted(seconds)
    assert seconds[0] < TOLERANCE < 0.2 < seconds[-1]


@pytest.mark.parametrize("shape", [0.0, 0.3, 1.0])
def test_a_wave_has_no_offset(shape):
    assert wave(shape=shape).mean().item() == pytest.approx(0.0, abs=TOLERANCE)


@laws
@given(st.floats(-10, 10), st.floats(0.1, 2e4), st.floats(0, 1))
def test_no_wave_is_louder_than_nine_eighths(radians, partials, shape):
    # (1 - k/2) (1 + k) is highest at k = 1/2.
    level = square_saw(tensor([radians]), tensor(partials), tensor(shape)).item()
    assert abs(level) <= 1.125 + 1e-12


@laws
@given(st.floats(-10, 10), st.floats(0.1, 2e4), st.floats(0, 1))
def test_a_wave_backwards_is_the_wave_upside_down(radians, partials, shape):
    there, back = (
        square_saw(tensor([angle]), tensor(partials), tensor(shape))
        for angle in (radians, -radians)
    )
    assert torch.equal(there, -back)


def test_a_deep_bend_up_softens_the_edges_of_the_unbent_note_too():
    # P follows the highest pitch that the modulation could reach, not the one it does.
    silent = torch.zeros(1, NUM_SAMPLES, dtype=torch.float64)
    plain = wave(mod=silent, mod_depth=0.0)
    assert torch.equal(wave(mod=silent, mod_depth=-48.0), plain)
    octave_softer = wave(mod=silent, mod_depth=12.0)
    radians = torch.arange(1, NUM_SAMPLES + 1, dtype=torch.float64)[None] * (2 * math.pi / 100)
    expected = square_saw(radians, num_partials(tensor(81.0)), tensor(0.0))[0]
    torch.testing.assert_close(octave_softer, expected, rtol=0, atol=TOLERANCE)
    assert octave_softer.square().mean() < plain.square().mean()


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"partials": torch.ones(2)},
            ValueError,
            r"shape must be a float tensor \[B\] of sizes \[2\], got shape \[1\]",
        ),
        (
            {"radians": torch.zeros(3, 8)},
            ValueError,
            r"radians must be a float tensor \[B, N\] of sizes \[1, any\], got shape \[3, 8\]",
        ),
        (
            {"shape": torch.tensor([1])},
            TypeError,
            r"shape must be a float tensor \[B\], got dtype torch.int64",
        ),
    ],
    ids=["two-partials", "three-phases", "integer-shape"],
)
def test_wrong_inputs_are_refused_by_name(changes, error, message):
    inputs = {"radians": torch.zeros(1, 8), "partials": torch.ones(1), "shape": torch.ones(1)}
    with pytest.raises(error, match=message):
        square_saw(**(inputs | changes))


def test_an_oscillator_without_a_shape_has_the_default_one():
    values = {name: tensor(0.0) for name in ("tuning", "mod_depth", "initial_phase")}
    vco = SquareSawVCO(CONFIG)
    given = vco({**values, "shape": tensor(vco.defaults["shape"])}, tensor(69.0))
    assert torch.equal(vco(values, tensor(69.0)), given)
