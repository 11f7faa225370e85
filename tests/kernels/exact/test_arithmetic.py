"""exp2, log2, sine, tanh beside their 50 digits, and where they must be exact."""

import mpmath
import numba
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from synth_datamodule.kernels.exact import arithmetic
from synth_datamodule.kernels.exact.arithmetic import flip, flipped, fold, half_cycles

law = settings(max_examples=300, deadline=None, derandomize=True, database=None)
NUM_RANDOM = 3000


def compiled(name, signature):
    """One of the functions as a loop over arrays, for vector code as the kernels have it."""
    return numba.vectorize([signature])(getattr(arithmetic, name).py_func)


exp2 = compiled("exp2", "float64(float64)")
pitch_exp2 = compiled("pitch_exp2", "float64(float64)")
log2 = compiled("log2", "float64(float64)")
power = compiled("power", "float64(float64, float64)")
cosine64 = compiled("cosine64", "float64(float64)")
sine = compiled("sine", "float32(float32)")
cosine = compiled("cosine", "float32(float32)")
tanh = compiled("tanh_from_exponent", "float32(float32)")
to_fixed = compiled("to_fixed", "int64(float64)")
smaller = compiled("smaller", "float64(float64, float64)")
larger = compiled("larger", "float64(float64, float64)")


@numba.vectorize(["float32(int64, int64)"])
def sine_of_phase(phase, shift):
    half = half_cycles(phase, shift)
    return flipped(arithmetic.sine(fold(half)), flip(half))


@numba.vectorize(["float32(int64, int64)"])
def cosine_of_phase(phase, shift):
    half = half_cycles(phase, shift)
    return flipped(arithmetic.cosine(fold(half)), flip(half))


def errors(found, truth, numbers):
    """What is found minus the truth in 50 digits, and the truth."""
    with mpmath.workdps(50):
        exact = [truth(mpmath.mpf(float(number))) for number in numbers]
        differences = [mpmath.mpf(float(y)) - t for y, t in zip(found, exact, strict=True)]
        return np.array(differences, float), np.array(exact, float)


def absolute_error(found, truth, numbers):
    difference, _ = errors(found, truth, numbers)
    return np.abs(difference).max()


def relative_error(found, truth, numbers):
    difference, exact = errors(found, truth, numbers)
    return np.abs(difference / exact).max()


def uniform(low, high, seed=0, size=NUM_RANDOM):
    return np.random.default_rng(seed).uniform(low, high, size)


def spread(low, high, seed=0):
    """Numbers of either sign and every magnitude from ``2**low`` to ``2**high``."""
    return uniform(-1, 1, seed) * 2.0 ** uniform(low, high, seed + 1)


# 2**x


EXPONENTS = {
    "wide": uniform(-1000, 1000),
    "within an octave": uniform(-0.5, 0.5),
    "hardly any": spread(-60, 0),
    # Between two whole numbers the polynomial changes its ends.
    "half way": np.arange(-900, 900) + 0.5 + uniform(-1e-9, 1e-9, size=1800),
}
each_range = pytest.mark.parametrize("numbers", EXPONENTS.values(), ids=EXPONENTS)


def two_to_the(x):
    return mpmath.power(2, x)


@each_range
def test_exp2_is_good_to_two_thirds_of_a_last_bit(numbers):
    # Measured on 20 million numbers: 1.47e-16.
    assert relative_error(exp2(numbers), two_to_the, numbers) < 1.5e-16


@each_range
def test_the_exp2_of_pitches_is_good_to_2e_14(numbers):
    # Measured on 20 million numbers: 1.53e-14.
    assert relative_error(pitch_exp2(numbers), two_to_the, numbers) < 1.6e-14


@pytest.mark.parametrize("function", [exp2, pitch_exp2], ids=["exp2", "pitch_exp2"])
def test_two_to_a_whole_number_is_exact(function):
    whole = np.arange(-1000, 1024)
    assert np.array_equal(function(whole.astype(float)), np.ldexp(1.0, whole))
    assert function(0.0) == function(-0.0) == 1.0


@law
@given(st.integers(-(2**47), 2**47), st.integers(-400, 400))
@example(2**41, 1)  # a half, which is folded to the even side
def test_two_octaves_more_are_exactly_four_times_as_much(fraction, twice):
    x = fraction * 2.0**-42  # in [-32, 32], so that whole numbers add to it exactly
    for function in (exp2, pitch_exp2):
        assert function(x + 2 * twice) == np.ldexp(function(x), 2 * twice)


def test_exp2_is_zero_below_minus_1000_and_no_denormal_before():
    above = exp2(np.array([-1000.0, np.nextafter(-1000.0, 0.0)]))
    assert (above >= np.finfo(float).tiny).all()
    below = np.array([np.nextafter(-1000.0, -2000.0), -1022.5, -1e4, -1e300, -np.inf])
    with np.errstate(invalid="ignore"):  # infinity minus infinity, which is not chosen
        assert exp2(below).tobytes() == bytes(8 * len(below))


def test_exp2_rises_with_its_argument():
    # Neighbours may be a last bit out of order; steps of 1e-14 never are. The ends of the
    # polynomial, where it goes over into the next octave's, are among them.
    halves = np.arange(-20, 20) + 0.5
    steps = np.arange(-50, 51)
    assert (np.diff(exp2(halves[:, None] + 1e-14 * steps)) > 0).all()
    assert (np.diff(pitch_exp2(halves[:, None] + 1e-12 * steps)) > 0).all()
    assert (np.diff(exp2(np.sort(EXPONENTS["wide"]))) > 0).all()


# log2 x


LOGARITHMS = {
    "wide": 2.0 ** uniform(-1000, 1000),
    "an octave about 1": uniform(0.7, 1.5),
    "just beside 1": 1 + spread(-52, -10),
    # Where mantissas go over from just below sqrt(2) to sqrt(1/2).
    "square roots of a power of two": 2.0 ** (np.arange(-500, 500) + 0.5)[:, None].repeat(3, 1)
    * (1 + 2.0**-51 * np.array([-1, 0, 1])),
}


@pytest.mark.parametrize("numbers", LOGARITHMS.values(), ids=LOGARITHMS)
def test_log2_is_good_to_4e_16_of_itself_even_beside_one(numbers):
    numbers = numbers[numbers != 1].ravel()
    # Measured on 60 million numbers: 3.9e-16, three last bits, between 1 and 1.05.
    assert relative_error(log2(numbers), lambda x: mpmath.log(x, 2), numbers) < 4e-16


def test_log2_of_a_power_of_two_is_exact():
    whole = np.arange(-1022, 1024)
    assert np.array_equal(log2(np.ldexp(1.0, whole)), whole)


def test_log2_of_one_is_positive_zero():
    assert log2(np.array([1.0])).tobytes() == bytes(8)


def test_log2_beside_one_has_the_sign_of_the_side():
    beside = np.nextafter(1.0, [0.0, 2.0])
    assert np.sign(log2(beside)).tolist() == [-1, 1]


@law
@given(st.floats(0.5, 2, exclude_min=True, exclude_max=True).filter(lambda x: x != 1))
def test_log2_rises_with_its_argument(x):
    below, above = np.nextafter(x, [0.0, 3.0])
    assert log2(below) <= log2(x) <= log2(above)


# base**exponent


@law
@given(st.floats(2**-24, 1), st.floats(0.01, 100))
@example(2**-24, 0.1)
@example(1 - 2**-53, 100)
def test_power_is_right_to_the_bits_of_its_logarithm(base, exponent):
    found = power(base, exponent)
    logarithm = abs(exponent * np.log2(base))
    assume(logarithm < 999)
    # exp2's own error; log2's, and half a last bit of the product, times ln 2.
    bound = 1.5e-16 + np.log(2) * logarithm * (4e-16 + 2**-53)
    error = relative_error([found], lambda base: mpmath.power(base, exponent), [base])
    assert error <= bound


@law
@given(st.floats(0.01, 100))
@example(2.718281828)
def test_one_and_zero_to_any_power_are_one_and_zero(exponent):
    assert power(np.array([0.0, -0.0, 1.0]), exponent).tobytes() == np.array([0.0, 0, 1]).tobytes()


def test_powers_too_small_to_hear_are_zero():
    assert power(np.array([1e-300, 2.0**-24, 0.5]), np.array([6, 42, 1001.0])).tolist() == [0] * 3


@law
@given(st.floats(0, 1), st.floats(0.01, 100))
def test_a_share_to_a_power_is_a_share(base, exponent):
    assert 0 <= power(base, exponent) <= 1


# sin(pi h), cos(pi h)


HALVES = np.concatenate([uniform(-0.5, 0.5), np.linspace(-0.5, 0.5, 1025)])
SINGLES = np.unique(HALVES.astype(np.float32))


def test_the_sine_is_good_to_2e_7_of_itself():
    # Relative: the square-saw wave multiplies it by up to 30,000 beside its zero. Measured on all
    # float32 there are: 1.71e-7.
    small = np.float32(2.0) ** np.arange(-126, -1, dtype=np.float32)
    numbers = np.concatenate([SINGLES[SINGLES != 0], small, -small])
    assert relative_error(sine(numbers), mpmath.sinpi, numbers) < 1.75e-7


def test_the_cosine_is_good_to_1e_7():
    # Measured on all float32 there are: 1.07e-7.
    assert absolute_error(cosine(SINGLES), mpmath.cospi, SINGLES) < 1.1e-7


def test_the_cosine_in_float64_is_good_to_2e_15():
    # Measured on 20 million numbers: 2.21e-15.
    assert absolute_error(cosine64(HALVES), mpmath.cospi, HALVES) < 2.3e-15


def test_sine_is_odd_and_cosine_even_to_the_bit():
    assert np.array_equal(sine(-SINGLES), -sine(SINGLES))
    assert np.array_equal(cosine(-SINGLES), cosine(SINGLES))
    assert np.array_equal(cosine64(-HALVES), cosine64(HALVES))


def test_at_zero_the_sine_is_zero_and_the_cosine_one():
    zeros = np.array([0.0, -0.0], np.float32)
    assert sine(zeros).tobytes() == zeros.tobytes()
    assert cosine(zeros).tolist() == [1.0, 1.0]


def test_a_quarter_cycle_from_zero_the_sine_is_one_and_the_cosine_zero_to_the_last_bit():
    ends = np.array([-0.5, 0.5], np.float32)
    assert np.abs(sine(ends)).tolist() == [1.0, 1.0]
    assert np.abs(cosine(ends)).max() <= 1.1e-7
    assert np.abs(cosine64(ends)).max() <= 2.3e-15


# tanh


RATIOS = np.concatenate([uniform(-45, 45), uniform(-4, 4), spread(-140, 2)]).astype(np.float32)


def test_tanh_is_good_to_1_2e_7():
    # Measured on all float32 there are: 1.185e-7, at 1.59.
    numbers = np.concatenate([RATIOS, np.float32([1.59209, -1.59209])])

    def truth(x):
        return mpmath.tanh(x * mpmath.log(2) / 2)

    assert absolute_error(tanh(numbers), truth, numbers) < 1.2e-7


def test_tanh_is_odd_to_the_bit():
    assert tanh(-RATIOS).tobytes() == (-tanh(RATIOS)).tobytes()


def test_tanh_of_zero_is_zero_of_the_same_sign():
    zeros = np.array([0.0, -0.0], np.float32)
    assert tanh(zeros).tobytes() == zeros.tobytes()


def test_tanh_is_exactly_one_from_25_on_and_never_more():
    far = np.float32([25, 26, 40, 41, 1e6, 3e38, np.inf])
    assert tanh(far).tolist() == [1.0] * len(far)
    assert tanh(-far).tolist() == [-1.0] * len(far)
    assert np.abs(tanh(RATIOS)).max() <= 1.0


def test_tanh_rises_with_its_argument():
    # Neighbours may be a last bit, 6e-8, out of order.
    assert np.diff(tanh(np.sort(RATIOS))).min() >= -(2.0**-24)
    assert (np.diff(tanh(np.linspace(-8, 8, 1001, dtype=np.float32))) > 0).all()


# Whole numbers and phases


@law
@given(st.floats(-(2.0**51), 2.0**51, exclude_min=True, exclude_max=True))
@example(0.5)
@example(1.5)
@example(-0.5)
@example(-2.5)
@example(2.0**51 - 0.5)
@example(-(2.0**51) + 0.5)
@example(0.49999999999999994)
@example(-0.0)
def test_to_fixed_is_the_nearest_whole_number_ties_to_even(x):
    assert to_fixed(x) == round(x)


@law
@given(st.integers(-(2**50), 2**50 - 1))
def test_to_fixed_of_a_half_is_even(below):
    assert to_fixed(below + 0.5) == below + below % 2


@pytest.mark.parametrize("bits", [51, 44, 37])
def test_a_wave_is_got_from_any_phase_to_2e_7(bits):
    generator = np.random.default_rng(bits)
    phases = generator.integers(-(2**63), 2**63, NUM_RANDOM)
    # Quarters and eighths of a cycle, and the units beside them.
    beside = np.arange(-16, 17)[:, None] * 2 ** (bits - 3) + np.array([-1, 0, 1])
    phases = np.concatenate([phases, beside.ravel()])

    # Cycles with no more bits than a float64 has.
    cycles = np.ldexp(((phases + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)).astype(float), -bits)
    found = sine_of_phase(phases, bits - 33)
    # Measured on 60,000 phases: 1.61e-7 and 1.45e-7.
    assert absolute_error(found, lambda cycle: mpmath.sinpi(2 * cycle), cycles) < 2e-7
    found = cosine_of_phase(phases, bits - 33)
    assert absolute_error(found, lambda cycle: mpmath.cospi(2 * cycle), cycles) < 2e-7


def test_near_a_zero_crossing_a_wave_keeps_its_relative_precision():
    # Distances down to 2**-33 of a cycle from a whole half cycle, in any cycle.
    generator = np.random.default_rng(0)
    distance = (2.0 ** uniform(0, 31)).astype(np.int64) * generator.choice([-1, 1], NUM_RANDOM)
    crossing = generator.integers(-(2**28), 2**28, NUM_RANDOM)
    found = sine_of_phase((crossing * 2**32 + distance) << 2, 2)
    sign = 1 - 2 * (crossing % 2)
    cycles = np.ldexp(distance.astype(float), -33)
    truth = sign * np.array([float(mpmath.sinpi(2 * cycle)) for cycle in cycles])
    # Measured on 100,000 distances: 1.67e-7.
    assert np.abs(found / truth - 1).max() < 2e-7


def test_a_phase_wraps_without_a_seam():
    # A phase is the low 64 bits of a sum: both ends of int64 are one place of the wave.
    ends = np.array([2**63 - 1, -(2**63)])
    assert np.abs(sine_of_phase(ends, 18)).max() < 1e-9
    assert cosine_of_phase(ends, 18).tolist() == [1.0, 1.0]


def test_a_quarter_cycle_ahead_the_sine_is_the_cosine():
    phases = np.random.default_rng(0).integers(-(2**62), 2**62, NUM_RANDOM)
    ahead = sine_of_phase(phases + 2**49, 18)
    np.testing.assert_allclose(ahead, cosine_of_phase(phases, 18), rtol=0, atol=4e-7)


def test_half_a_cycle_ahead_a_wave_is_upside_down_to_the_bit():
    phases = np.random.default_rng(0).integers(-(2**62), 2**62, NUM_RANDOM)
    assert np.array_equal(sine_of_phase(phases + 2**50, 18), -sine_of_phase(phases, 18))
    assert np.array_equal(cosine_of_phase(phases + 2**50, 18), -cosine_of_phase(phases, 18))


# Comparisons


@pytest.mark.parametrize("a", [0.0, -0.0, 1.0, -1.0, np.inf, np.nan])
@pytest.mark.parametrize("b", [0.0, -0.0, 1.0, -1.0, np.inf])
def test_of_two_that_are_not_apart_the_second_is_taken(a, b):
    # A processor's own minimum may return either of two zeros. A vector's length, and a rest.
    left, right = np.full(37, a), np.full(37, b)
    with np.errstate(invalid="ignore"):
        assert smaller(left, right).tobytes() == np.full(37, a if a < b else b).tobytes()
        assert larger(left, right).tobytes() == np.full(37, a if a > b else b).tobytes()
