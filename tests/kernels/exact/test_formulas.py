"""The Voice's formulas one number at a time: levels, phases, waves, and what is silent."""

import math

import mpmath
import numba
import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synth_datamodule.kernels.exact import arithmetic, formulas
from synth_datamodule.kernels.exact.formulas import LFO_UNIT
from synth_datamodule.modules import num_partials

law = settings(max_examples=200, deadline=None, derandomize=True, database=None)

ONE_CYCLE = 2**51  # of an LFO
SHAPES = ("sin", "tri", "saw", "rsaw", "sqr")


def compiled(name, signature):
    return numba.vectorize([signature])(getattr(formulas, name).py_func)


slope = compiled("slope", "float64(float64)")
rise = compiled("rise", "float64(float64, float64, float64, float64, float64)")
fall = compiled("fall", "float64(float64, float64, float64, float64, float64)")
held = compiled("held", "float64(float64, float64)")
share_of = compiled("share_of", "float64(float64, float64)")
fixed_phase = compiled("fixed_phase", "int64(float64, float64)")
lfo_step = compiled("lfo_step", "int64(float64, float64, float64, float64)")
lfo_shape = compiled("lfo_shape", "float64(int64, float64, float64, float64, float64, float64)")
gain = compiled("gain", "float32(float64, float64)")
steepness = compiled("steepness", "float32(float64)")
octave = compiled("octave", "float64(float64, float64, float64, float64, float64)")
mixed = compiled("mixed", "float32(float32, float32, float32, float32, float32, float32)")


@numba.vectorize(["int64(float64, float64, float64)"])
def step_of_note(pitch, sample_rate, bits):
    offset = formulas.octave_offset(sample_rate, bits)
    return formulas.phase_step(formulas.octaves(pitch, offset))


@numba.vectorize(["float32(int64, float32, float32, float32)"])
def square_saw_of_phase(half, steep, shape, level):
    h, sign_bit = arithmetic.fold(half), arithmetic.flip(half)
    return formulas.square_saw_wave(h, sign_bit, steep, shape, level)


def uniform(low, high, size=2000, seed=0):
    return np.random.default_rng(seed).uniform(low, high, size)


# Ramps


@law
@given(st.floats(0, 1e6, exclude_min=True), st.floats(0.1, 6))
@example(5e-324, 1.0)
@example(1.0, 0.1)
def test_a_ramp_rises_to_exactly_one_and_its_inverse_falls_to_exactly_zero(length, alpha):
    frames = np.array([0, length / 2, length, 2 * length, 1e9])
    with np.errstate(over="ignore"):  # the slope of a ramp of a denormal length is infinite
        rising = rise(frames, 0.0, slope(length), alpha, 1e-6)
        falling = fall(frames, 0.0, slope(length), alpha, 1e-6)
    assert (np.diff(rising) >= 0).all()
    assert (np.diff(falling) <= 0).all()
    assert rising[2:].tolist() == [1.0] * 3
    assert falling[2:].tolist() == [0.0] * 3


@pytest.mark.parametrize("length", [0.0, -0.0, -1.0])
def test_a_ramp_of_no_length_is_not_there(length):
    frames = np.arange(5.0)
    assert slope(length) == 0
    assert rise(frames, 2.0, slope(length), 3.0, 1e-6).tolist() == [1.0] * 5
    assert fall(frames, 2.0, slope(length), 3.0, 1e-6).tolist() == [1.0] * 5


@law
@given(st.floats(0, 1))
@example(0.1)
@example(2**-54)
def test_a_decay_begins_at_exactly_one_and_ends_at_exactly_the_sustain_level(sustain):
    # A decay of no length changes no level, to the bit.
    assert held(1.0, sustain) == 1.0
    assert held(0.0, sustain) == sustain


# LFO


@law
@given(st.lists(st.floats(0, 1), min_size=2, max_size=5), st.integers(-60, 0))
def test_shares_depend_on_how_weights_compare_and_not_on_their_scale(weights, octaves):
    weights = np.round(np.array(weights), 9)  # none so small that it becomes a denormal
    shares = share_of(weights, weights.max())
    scaled = np.ldexp(weights, octaves)
    assert np.array_equal(share_of(scaled, scaled.max()), shares)
    assert shares.max() == 1.0  # also where all are 0


def test_twice_the_weight_is_two_to_the_e():
    expected = 2**2.718281828
    assert share_of(1.0, 1.0) / share_of(0.5, 1.0) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("radians", "cycles"),
    [(0.0, 0.0), (math.pi, 0.5), (-math.pi, -0.5), (math.pi / 2, 0.25), (-math.pi / 4, -0.125)],
)
def test_a_turn_of_pi_is_half_a_cycle_to_the_unit(radians, cycles):
    for bits in (37, 51):
        assert fixed_phase(radians, 2.0**bits) == cycles * 2**bits


@law
@given(st.floats(-math.pi, math.pi))
def test_an_initial_phase_is_got_to_its_own_precision(radians):
    with mpmath.workdps(50):
        exact = mpmath.mpf(radians) / (2 * mpmath.pi) * ONE_CYCLE
        # Half a unit, and two roundings of a float64.
        assert abs(int(fixed_phase(radians, 2.0**51)) - exact) <= 0.5 + 2.5e-16 * abs(exact)


@law
@given(st.floats(0, 20), st.floats(-10, 20), st.floats(0, 1), st.sampled_from([1, 100, 441]))
@example(20.0, 20.0, 1.0, 1)  # 40 cycles per frame: only their fraction counts
@example(0.5, 0.0, 0.0, 1)
def test_an_lfo_steps_by_its_frequency(frequency, depth, mod, rate):
    with mpmath.workdps(50):
        hertz = max(mpmath.mpf(frequency) + mpmath.mpf(depth) * mpmath.mpf(mod), 0)
        exact = hertz / rate * ONE_CYCLE
        step = int(lfo_step(frequency, depth, mod, 1 / rate))
        assert abs(step) <= ONE_CYCLE // 2
        difference = (step - exact) % ONE_CYCLE
        # Half a unit, and the rounding of cycles, of which there are up to 40.
        assert min(difference, ONE_CYCLE - difference) <= 0.5 + 4e-16 * exact


@law
@given(st.floats(0, 20), st.floats(-100, 0), st.floats(0, 1))
def test_an_lfo_below_zero_hertz_stands_still(frequency, depth, mod):
    if frequency + depth * mod < 0:
        assert lfo_step(frequency, depth, mod, 1 / 441) == 0


def alone(shape, phase):
    return lfo_shape(phase, *[float(name == shape) for name in SHAPES])


@pytest.mark.parametrize("cycle", [0, 1, -1, -1000], ids=lambda cycle: f"cycle {cycle}")
@pytest.mark.parametrize(
    ("shape", "levels"),
    [
        # At 0, 1/8, ... 7/8 of a cycle; on its steps the square is half way.
        ("tri", [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25]),
        ("saw", [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875]),
        ("rsaw", [1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]),
        ("sqr", [0, 0, 0.5, 1, 1, 1, 0.5, 0]),
    ],
)
def test_a_shape_goes_through_exactly_these_levels(shape, levels, cycle):
    eighths = (np.arange(8) + 8 * cycle) * (ONE_CYCLE // 8)
    assert alone(shape, eighths).tolist() == levels


def test_the_sinusoid_is_good_to_1_2e_15():
    # Measured on 60,000 phases: 1.12e-15, half of what cosine64 is off.
    phases = (uniform(-1000, 1000) * ONE_CYCLE).astype(np.int64)
    cycles = (phases % ONE_CYCLE) * LFO_UNIT
    with mpmath.workdps(50):
        exact = [(1 - mpmath.cospi(2 * mpmath.mpf(float(cycle)))) / 2 for cycle in cycles]
        found = [mpmath.mpf(float(level)) for level in alone("sin", phases)]
        assert max(abs(a - b) for a, b in zip(found, exact, strict=True)) < 1.2e-15


def test_a_square_steps_within_one_unit_of_phase():
    steps = np.array([ONE_CYCLE // 4, 3 * (ONE_CYCLE // 4)])
    assert alone("sqr", steps - 1).tolist() == [0.0, 1.0]
    assert alone("sqr", steps).tolist() == [0.5, 0.5]
    assert alone("sqr", steps + 1).tolist() == [1.0, 0.0]


@law
@given(st.integers(-(2**63), 2**63 - 1))
@example(-1)
@example(2**51 - 1)
def test_a_saw_is_below_one_and_its_reverse_adds_to_one(phase):
    saw, reverse = alone("saw", phase), alone("rsaw", phase)
    assert 0 <= saw < 1
    assert saw == phase % ONE_CYCLE / ONE_CYCLE
    assert saw + reverse == 1


@law
@given(st.integers(-(2**63), 2**63 - 1))
def test_shapes_lie_between_zero_and_one(phase):
    # The sinusoid's ends are good to 1.1e-15, its polynomial's error halved.
    assert -1.2e-15 < alone("sin", phase) < 1 + 1.2e-15
    for shape in SHAPES[1:]:
        assert 0 <= alone(shape, phase) <= 1


# Gains


SILENCE = 2.0**-60


@pytest.mark.parametrize(
    ("product", "heard"),
    [
        (SILENCE, SILENCE),
        (np.nextafter(SILENCE, 0), 0.0),
        (1e-300, 0.0),
        (5e-324, 0.0),
        (0.0, 0.0),
        (0.5, 0.5),
    ],
)
def test_gains_below_2_to_the_minus_60_are_silence(product, heard):
    for level, amplitude in ((1.0, product), (product, 1.0), (0.5, 2 * product)):
        assert gain(level, amplitude).tobytes() == np.float32(heard).tobytes()


@law
@given(st.floats(0, 1), st.floats(0, 4))
def test_a_gain_is_the_product_rounded_once_or_silence(level, amplitude):
    product = level * amplitude
    assert gain(level, amplitude) == (np.float32(product) if product >= SILENCE else 0)


@law
@given(st.lists(st.sampled_from([0.0, -0.0]), min_size=6, max_size=6))
def test_silence_is_positive_zero_whatever_the_signs(numbers):
    assert mixed(*np.float32(numbers)).tobytes() == bytes(4)


@pytest.mark.parametrize("wave", [1.0, -1.0, 0.3, -1e-30])
def test_signals_at_gain_zero_mix_to_positive_zero(wave):
    wave, zero = np.float32(wave), np.float32(0)
    assert mixed(wave, zero, wave, zero, wave, zero).tobytes() == bytes(4)


# Pitch and phase


NOTES = np.concatenate([uniform(0, 127, 500), np.arange(128.0)])


@pytest.mark.parametrize(
    ("sample_rate", "bits"), [(44100, 51), (16000, 51), (192000, 51), (8000, 50), (1, 37)]
)
def test_a_notes_phase_grows_by_its_frequency(sample_rate, bits):
    steps = step_of_note(NOTES, float(sample_rate), float(bits))
    assert steps.max() < 2**51
    with mpmath.workdps(50):
        for pitch, step in zip(NOTES.tolist(), steps.tolist(), strict=True):
            hertz = 440 * mpmath.power(2, (mpmath.mpf(pitch) - 69) / 12)
            exact = hertz / sample_rate * 2**bits
            # Half a unit, and pitch_exp2's 1.53e-14 of octaves up to 51, rounded twice. Measured
            # on 80,000 notes: 1.9e-14.
            assert abs(step - exact) <= 0.5 + 2.1e-14 * exact


@law
@given(st.floats(0, 1), st.floats(-50, 50), st.floats(-50, 50))
def test_a_pitch_between_two_frames_is_kept_within_its_bounds(share, left, right):
    found = octave(share, left, right - left, -10.0, 10.0)
    between = min(max(left + share * (right - left), -10), 10)
    # A last bit of the 100 that they may be apart.
    assert found == pytest.approx(between, abs=2e-14)
    assert -10 <= found <= 10


# Square and saw


def test_edges_are_as_steep_as_the_reference_makes_them():
    # All of its range: midi_f0 0 ... 127, tuning -24 ... 24, 96 semitones of depth.
    pitch = np.linspace(-24, 247, 5000)
    partials = num_partials(torch.from_numpy(pitch)).numpy()
    expected = math.pi / 2 * partials * 2 / math.log(2)
    # Half a float32's last bit, 5.96e-8 of itself.
    np.testing.assert_allclose(steepness(pitch), expected, rtol=6e-8, atol=0)


@pytest.mark.parametrize("shape", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("pitch", [-24.0, 30.0, 69.0, 127.0])
def test_a_square_saw_wave_is_its_definition_however_steep(pitch, shape):
    generator = np.random.default_rng(0)
    # In units of 2**-33 cycles: anywhere, and at every distance from both edges, which at the
    # lowest pitch are 46,000 units wide.
    anywhere = generator.integers(0, 2**33, 4000)
    beside = (2.0 ** uniform(0, 31)).astype(np.int64) * generator.choice([-1, 1], 2000)
    half = np.concatenate([anywhere, beside, 2**32 + beside])
    level = np.float32(1 - shape / 2)
    found = square_saw_of_phase(half, steepness(pitch), np.float32(shape), level)

    # The sine of the phase, from the nearest edge, where float64 keeps it.
    sign = np.where((half + 2**31) >> 32 & 1, -1, 1)
    radians = 2 * math.pi * np.ldexp(((half + 2**31) % 2**32 - 2**31).astype(float), -33)
    sine, cosine = sign * np.sin(radians), sign * np.cos(radians)
    partials = num_partials(torch.tensor([pitch], dtype=torch.float64)).item()
    square = np.tanh(math.pi / 2 * partials * sine)
    exact = (1 - shape / 2) * square * (1 + shape * cosine)
    # Measured on 28 million phases: 2.7e-7.
    assert np.abs(found - exact).max() < 3e-7
