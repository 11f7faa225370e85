"""The words of exact arithmetic, each beside what IEEE 754 says of it."""

import hashlib
import os
import subprocess
import sys
from fractions import Fraction

import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numba import types
from numba.core.errors import TypingError

from synth_datamodule.kernels.exact import operations
from synth_datamodule.kernels.exact.operations import (
    bits32,
    bits64,
    float32,
    float64,
    from_bits32,
    from_bits64,
    int32,
    quotient32,
    where,
)

law = settings(max_examples=300, deadline=None, derandomize=True, database=None)


@numba.vectorize(["float32(float32, float32, float32)", "float64(float64, float64, float64)"])
def fma(a, b, c):
    return operations.fma(a, b, c)


divided = numba.vectorize(["float32(float32, float32)"])(quotient32.py_func)
to_bits64 = numba.vectorize(["int64(float64)"])(lambda x: bits64(x))
of_bits64 = numba.vectorize(["float64(int64)"])(lambda x: from_bits64(x))
to_bits32 = numba.vectorize(["int32(float32)"])(lambda x: bits32(x))
of_bits32 = numba.vectorize(["float32(int32)"])(lambda x: from_bits32(x))
low_bits = numba.vectorize(["int64(int64)"])(int32.py_func)
chosen = numba.vectorize(["float64(boolean, float64, float64)"])(where.py_func)
to_single = numba.vectorize(["float64(float64)"])(float32.py_func)
single_of_integer = numba.vectorize(["float64(int32)"])(float32.py_func)
double_of_integer = numba.vectorize(["float64(int64)"])(float64.py_func)


def nearest(exact, dtype):
    """The float nearest to a Fraction, ties to even; infinite where the largest is exceeded."""
    if exact == 0:
        return 0.0
    form = np.finfo(dtype)
    exponent = abs(exact.numerator).bit_length() - exact.denominator.bit_length()
    exponent -= abs(exact) < Fraction(2) ** exponent
    unit = Fraction(2) ** (max(exponent, int(form.minexp)) - form.nmant)
    rounded = round(exact / unit) * unit
    if abs(rounded) > Fraction(float(form.max)):
        return float("inf") if rounded > 0 else float("-inf")
    return float(rounded)


def rounded_once(a, b, c, dtype):
    a, b, c = (Fraction(float(number)) for number in (a, b, c))
    return nearest(a * b + c, dtype)


def in_vectors(function, *numbers):
    """Called on an array long enough for whole vector registers and a rest, which agree."""
    found = function(*(np.full(37, number) for number in numbers))
    assert np.array_equal(found, np.full(37, found[0]), equal_nan=True)
    return found[0]


EPS, EPS_32 = 2.0**-52, 2.0**-23

# Each is lost, or goes astray by a last bit, where the product is rounded before the sum.
ADVERSARIAL = {
    "what rounding the product drops": (1 + EPS, 1 - EPS, -1.0),
    "two last bits meet": (1 + EPS, 1 + EPS, -(1 + 2 * EPS)),
    "a tie broken upwards": (1 + EPS, 1 + EPS, 2.0**53),
    "a tie broken downwards": (1 + EPS, -(1 + EPS), 2.0**54),
    "a product too large": (2.0**600, 2.0**600, -np.inf),
    "a product below denormals": (2.0**-600, 2.0**-600, 2.0**-1074),
    "denormals": (1.5, 2.0**-1073, 2.0**-1074),
    "a product beyond the largest": (2.0**512, 2.0**512, -(2.0**1023)),
    "zeros": (0.0, 5.0, 0.0),
}
ADVERSARIAL_32 = {
    "what rounding the product drops": (1 + EPS_32, 1 - EPS_32, -1.0),
    "two last bits meet": (1 + EPS_32, 1 + EPS_32, -(1 + 2 * EPS_32)),
    "a tie broken upwards": (1 + EPS_32, 1 + EPS_32, 2.0**24),
    # In float64 the sum is 1 + 2**-11 + 2**-24, halfway between two float32.
    "a tie if rounded to float64": (1 + 2.0**-12, 1 + 2.0**-12, 2.0**-60),
    "a product below denormals": (2.0**-80, 2.0**-80, 2.0**-149),
    "denormals": (1.5, 2.0**-148, 2.0**-149),
    "a product beyond the largest": (2.0**64, 2.0**64, -(2.0**127)),
    "zeros": (0.0, 5.0, 0.0),
}


@pytest.mark.parametrize(
    ("numbers", "dtype"),
    [pytest.param(case, np.float64, id=f"f64-{name}") for name, case in ADVERSARIAL.items()]
    + [pytest.param(case, np.float32, id=f"f32-{name}") for name, case in ADVERSARIAL_32.items()],
)
def test_fma_rounds_a_product_and_a_sum_once(numbers, dtype):
    numbers = [dtype(number) for number in numbers]
    found = in_vectors(fma, *numbers)
    assert found.dtype == dtype
    if np.isinf(numbers[2]):
        assert found == numbers[2]
    else:
        assert float(found) == rounded_once(*numbers, dtype)


doubles = st.floats(-1e100, 1e100)
singles = st.floats(-(2.0**60), 2.0**60, width=32)


@law
@given(doubles, doubles, doubles)
@example(0.1, 10.0, -1.0)
@example(1 / 3, 3.0, -1.0)
def test_fma_of_any_float64_is_rounded_once(a, b, c):
    assert float(fma(a, b, c)) == rounded_once(a, b, c, np.float64)
    # Nothing but the one rounding error is left of a product minus itself.
    assert float(fma(a, b, -(a * b))) == rounded_once(a, b, -(a * b), np.float64)


@law
@given(singles, singles, singles)
def test_fma_of_any_float32_is_rounded_once(a, b, c):
    a, b, c = (np.float32(number) for number in (a, b, c))
    assert float(fma(a, b, c)) == rounded_once(a, b, c, np.float32)
    assert float(fma(a, b, -(a * b))) == rounded_once(a, b, -(a * b), np.float32)


@law
@given(singles, singles.filter(lambda x: abs(x) >= 2.0**-60))
@example(1.0, 3.0)
@example(2.0**-100, 3 * 2.0**40)
def test_a_quotient_is_the_nearest_float32(a, b):
    found = divided(np.float32(a), np.float32(b))
    assert found.dtype == np.float32
    assert float(found) == nearest(Fraction(a) / Fraction(b), np.float32)


def test_dividing_by_zero_raises_nothing():
    # A check before the division would keep LLVM from vector registers.
    with np.errstate(all="ignore"):
        assert divided(np.float32(1), np.float32(0)) == np.inf
        assert np.isnan(divided(np.float32(0), np.float32(0)))


def many_fmas():
    """The hash of 20,000 results, half of them in float32, close to where products cancel."""
    generator = np.random.default_rng(0)
    digest = hashlib.sha256()
    for dtype in (np.float64, np.float32):
        a, b, rest = generator.uniform(-1, 1, (3, 10_000)).astype(dtype)
        digest.update(fma(a, b, dtype(1e-9) * rest - a * b).tobytes())
    return digest.hexdigest()


def test_a_processor_without_fma_has_the_same_bits():
    script = f"import runpy; print(runpy.run_path({__file__!r})['many_fmas']())"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == (many_fmas(), "")


EDGES = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan]


@law
@given(st.integers(-(2**63), 2**63 - 1))
@example(-1)  # a NaN with every bit set
@example(-(2**63))  # -0.0
@example(1)  # the smallest denormal
def test_64_bits_survive_being_a_number(pattern):
    found = of_bits64(np.array([pattern]))
    assert found.tobytes() == np.array([pattern]).tobytes()
    assert to_bits64(found).tolist() == [pattern]


@law
@given(st.integers(-(2**31), 2**31 - 1))
@example(-1)
@example(-(2**31))
@example(1)
def test_32_bits_survive_being_a_number(pattern):
    found = of_bits32(np.array([pattern], np.int32))
    assert found.tobytes() == np.array([pattern], np.int32).tobytes()
    assert to_bits32(found).tolist() == [pattern]


def test_numbers_have_the_bits_that_ieee_754_gives_them():
    assert to_bits64(np.array([1.0, -2.0])).tolist() == [0x3FF << 52, (0x400 << 52) - 2**63]
    assert to_bits32(np.float32([1.0, -2.0])).tolist() == [0x7F << 23, (0x80 << 23) - 2**31]
    assert to_bits64(np.array(EDGES)).tolist() == np.array(EDGES).view(np.int64).tolist()
    single = np.array(EDGES, np.float32)
    assert to_bits32(single).tolist() == single.view(np.int32).tolist()


ONE, ONE_32 = np.float64(1), np.float32(1)
INTEGER, INTEGER_32 = np.int64(1), np.int32(1)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("fma", (INTEGER, INTEGER, INTEGER)),
        ("fma", (np.complex64(1),) * 3),
        ("fma", (ONE, ONE, ONE_32)),
        ("fma", (ONE_32, ONE_32, ONE)),
        ("fma", (ONE, INTEGER, ONE)),
        ("bits64", (ONE_32,)),
        ("bits64", (INTEGER,)),
        ("bits32", (ONE,)),
        ("bits32", (INTEGER_32,)),
        ("from_bits64", (INTEGER_32,)),
        ("from_bits64", (ONE,)),
        ("from_bits32", (INTEGER,)),
        ("from_bits32", (np.uint32(1),)),
    ],
)
def test_a_word_of_other_types_is_refused(name, numbers):
    word = getattr(operations, name)

    @numba.njit
    def said(numbers):
        return word(*numbers)

    with pytest.raises(TypingError):
        said(numbers)


@law
@given(st.integers(-(2**63), 2**63 - 1))
@example(2**31)
@example(-(2**31) - 1)
@example(2**32 - 1)
def test_int32_keeps_the_low_32_bits(number):
    found = int(low_bits(np.array([number]))[0])
    assert -(2**31) <= found < 2**31
    assert (found - number) % 2**32 == 0


@law
@given(st.booleans(), st.floats(), st.floats())
@example(True, -0.0, 0.0)
@example(False, np.nan, -0.0)
def test_where_chooses_and_changes_nothing(condition, a, b):
    found = in_vectors(chosen, condition, a, b)
    kept = np.float64(a if condition else b)
    assert found.tobytes() == kept.tobytes()


@law
@given(st.floats(-(2.0**60), 2.0**60))
@example(1 + 2.0**-24)  # a tie, to even
@example(1 + 3 * 2.0**-24)
def test_float32_is_the_nearest_to_a_float64(x):
    assert to_single(x) == nearest(Fraction(x), np.float32)


@law
@given(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**63), 2**63 - 1))
@example(2**24 + 1, 2**53 + 1)
@example(2**31 - 1, 2**63 - 1)
def test_floats_of_integers_are_the_nearest(small, large):
    assert float(single_of_integer(np.int32(small))) == nearest(Fraction(small), np.float32)
    assert float(double_of_integer(large)) == float(large)


@pytest.mark.parametrize(
    ("name", "given", "returned"),
    [
        ("int32", (types.int64,), types.int32),
        ("int32", (types.int32,), types.int32),
        ("float32", (types.float64,), types.float32),
        ("float32", (types.int32,), types.float32),
        ("float64", (types.float32,), types.float64),
        ("float64", (types.int64,), types.float64),
        ("quotient32", (types.float32, types.float32), types.float32),
        ("where", (types.boolean, types.float32, types.float32), types.float32),
    ],
    ids=str,
)
def test_a_word_returns_the_type_that_it_names(name, given, returned):
    # A wider one would hide until a store rounds it, and be rounded twice.
    word = getattr(operations, name)
    word.compile(given)
    assert word.overloads[given].signature.return_type == returned
