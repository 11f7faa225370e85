"""Pitch to frequency, frequency to phase."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule.modules import midi_to_hz, oscillator_cycles

RATE = 44100
HIGHEST_NOTE = 12543.853951415975  # Hz, MIDI 127

# exp of at most 5 is good to an ulp of its result and 5 of its argument.
RELATIVE_TOLERANCE = 1e-14

# Distances measured on the circle, in cycles, between two ways of adding up to 4000 float64 steps.
CYCLES_TOLERANCE = 1e-10

laws = settings(derandomize=True, deadline=None, max_examples=25)
pitches = st.floats(-24, 151)
frequencies = st.floats(0, 22050)
phases = st.floats(-math.pi, math.pi)


def around_the_circle(difference):
    """The distance in cycles to the nearest whole cycle."""
    return (difference - difference.round()).abs().max().item()


def test_the_a_above_middle_c_is_440_hertz():
    assert midi_to_hz(torch.tensor([69.0], dtype=torch.float64)).item() == 440.0


@laws
@given(pitches)
def test_an_octave_up_is_twice_the_frequency(pitch):
    low, high = midi_to_hz(torch.tensor([pitch, pitch + 12], dtype=torch.float64)).tolist()
    assert high == pytest.approx(2 * low, rel=RELATIVE_TOLERANCE)


@laws
@given(pitches)
def test_twelve_equal_semitones_make_an_octave(pitch):
    notes = midi_to_hz(pitch + torch.arange(13, dtype=torch.float64))
    ratios = (notes[1:] / notes[:-1]).tolist()
    assert ratios == pytest.approx([2 ** (1 / 12)] * 12, rel=RELATIVE_TOLERANCE)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])
@pytest.mark.parametrize(
    ("seconds", "bound_rad"),
    [
        # Measured: 7e-7 rad at the worst of its 176,400 samples, and 5e-5 after a minute, where
        # float64 phases near 5e6 rad are 1e-9 apart and two million of them are added up. The
        # frequency's own dtype makes no difference: a float32 frequency of 12,544 Hz, taken for
        # what it is, once rounded its steps by 0.3 rad in a minute. float32 cycles end at 4e-7 rad.
        pytest.param(4, 1.5e-6, id="4-seconds"),
        pytest.param(60, 1e-4, id="a-minute"),
    ],
)
@pytest.mark.parametrize("note", [HIGHEST_NOTE, 2637.0204553029594, 27.5], ids=["G9", "E7", "A0"])
def test_a_long_note_ends_on_its_exact_phase(seconds, bound_rad, note, dtype):
    num_samples = seconds * RATE
    frequency = torch.full((1, num_samples), note, dtype=dtype)
    cycles = oscillator_cycles(frequency, torch.zeros(1, dtype=dtype), RATE)[0]
    assert cycles.dtype == dtype
    step = Fraction(frequency[0, 0].item()) / RATE
    last = range(num_samples - 20_000, num_samples)
    exact = [(sample + 1) * step.numerator % step.denominator / step.denominator for sample in last]
    error = around_the_circle(cycles[-20_000:].double() - torch.tensor(exact, dtype=torch.float64))
    assert 2 * math.pi * error < bound_rad


@laws
@given(st.lists(frequencies, min_size=1, max_size=50), phases)
def test_phase_is_wrapped_into_one_cycle(steps, initial):
    cycles = oscillator_cycles(
        torch.tensor([steps], dtype=torch.float64), torch.tensor([initial]), RATE
    )
    assert cycles.min() >= 0
    assert cycles.max() <= 1


@pytest.mark.parametrize(
    ("initial", "cycle"),
    [(0.0, 0.0), (math.pi / 2, 0.25), (math.pi, 0.5), (-math.pi, 0.5), (-math.pi / 2, 0.75)],
    ids=["0", "pi/2", "pi", "-pi", "-pi/2"],
)
def test_a_still_oscillator_stays_at_its_initial_phase(initial, cycle):
    still = torch.zeros(1, 5, dtype=torch.float64)
    cycles = oscillator_cycles(still, torch.tensor([initial], dtype=torch.float64), RATE)
    assert cycles[0].tolist() == [cycle] * 5


def test_the_first_sample_is_already_one_step_along():
    hertz = torch.tensor([[1.0, 2.0, 1.0]], dtype=torch.float64)
    cycles = oscillator_cycles(hertz, torch.zeros(1, dtype=torch.float64), rate=8)
    assert cycles[0].tolist() == [0.125, 0.375, 0.5]


@laws
@given(
    steps=st.lists(frequencies, min_size=2, max_size=60),
    cut=st.integers(1, 59),
    initial=phases,
)
def test_a_note_goes_on_from_where_it_was(steps, cut, initial):
    cut = min(cut, len(steps) - 1)
    frequency = torch.tensor([steps], dtype=torch.float64)
    start = torch.tensor([initial], dtype=torch.float64)
    whole = oscillator_cycles(frequency, start, RATE)
    reached = 2 * math.pi * whole[:, cut - 1]
    rest = oscillator_cycles(frequency[:, cut:], reached, RATE)
    assert around_the_circle(rest - whole[:, cut:]) < CYCLES_TOLERANCE


@pytest.mark.parametrize("hertz", [110.0, 439.5, 8372.0])
def test_as_many_cycles_pass_in_a_second_as_the_frequency_says(hertz):
    frequency = torch.full((1, RATE), hertz, dtype=torch.float64)
    cycles = oscillator_cycles(frequency, torch.zeros(1, dtype=torch.float64), RATE)[0].numpy()
    wraps = int(np.count_nonzero(np.diff(cycles) < 0))
    # The last wrap may fall on the very last sample, or just miss it.
    assert wraps in {math.floor(hertz), math.ceil(hertz) - 1}


def test_each_sound_of_a_batch_has_its_own_phase():
    generator = torch.Generator().manual_seed(0)
    frequency = 5000 * torch.rand(7, 4001, generator=generator, dtype=torch.float64)
    initial = torch.linspace(-3, 3, 7, dtype=torch.float64)
    together = oscillator_cycles(frequency, initial, RATE)
    for sound in range(7):
        alone = oscillator_cycles(frequency[sound, None], initial[sound, None], RATE)
        assert torch.equal(alone[0], together[sound])
