"""The words of formulas beside their 40 digits, and at the ends of either format."""

import mpmath
import numba
import numpy as np
import pytest

from synth_datamodule.kernels.exact import (
    arithmetic,
    columns,
    elementary,
    formulas,
    parts,
    slopes,
)

TYPES = {"single": np.float32, "double": np.float64}
WORDS = {
    "absolute": (abs, (-5, 5)),
    "floor": (mpmath.floor, (-100, 100)),
    "round": (mpmath.nint, (-100, 100)),
    "sqrt": (mpmath.sqrt, (0, 9)),
    "exp": (mpmath.exp, (-20, 3)),
    "exp2": (lambda x: mpmath.mpf(2) ** x, (-30, 3)),
    "log": (mpmath.log, (1e-6, 10)),
    "log2": (lambda x: mpmath.log(x, 2), (1e-6, 10)),
    "sin": (mpmath.sin, (-1000, 1000)),
    "cos": (mpmath.cos, (-1000, 1000)),
    "tanh": (mpmath.tanh, (-8, 8)),
    "atan": (mpmath.atan, (-20, 20)),
}
NOWHERE = {"sqrt", "log", "log2"}  # below 0
HALVES = np.arange(-8, 8.5, 0.5)


def compiled(word, precision, arity=1):
    kind = TYPES[precision].__name__
    signature = f"{kind}({', '.join([kind] * arity)})"
    function = numba.vectorize([signature])(getattr(elementary, f"{word}_{precision}").py_func)

    def quiet(*numbers):
        with np.errstate(all="ignore"):  # what is no number comes out, which is looked at
            return function(*numbers)

    return quiet


def worst(found, truth):
    """The largest error, absolute up to 1 and relative beyond."""
    pairs = zip(found, truth, strict=True)
    return max(float(abs(mpmath.mpf(float(y)) - t) / max(1, abs(t))) for y, t in pairs)


@pytest.mark.parametrize("precision", TYPES)
@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_as_near_as_the_page_says(word, precision):
    truth, (low, high) = WORDS[word]
    x = np.random.default_rng(0).uniform(low, high, 2000).astype(TYPES[precision])
    with mpmath.workdps(40):
        exact = [truth(mpmath.mpf(float(one))) for one in x]
        assert (
            worst(compiled(word, precision)(x), exact)
            < {"single": 3e-7, "double": 3e-15}[precision]
        )


@pytest.mark.parametrize("precision", TYPES)
def test_a_power_is_as_near_as_the_page_says(precision):
    random, kind = np.random.default_rng(0), TYPES[precision]
    base, exponent = (
        random.uniform(0, 3, 2000).astype(kind),
        random.uniform(-3, 3, 2000).astype(kind),
    )
    keep = base > 0.3
    with mpmath.workdps(40):
        pairs = zip(base[keep], exponent[keep], strict=True)
        truth = [mpmath.mpf(float(b)) ** mpmath.mpf(float(e)) for b, e in pairs]
        found = compiled("power", precision, 2)(base[keep], exponent[keep])
        assert worst(found, truth) < {"single": 3e-7, "double": 3e-15}[precision]


@pytest.mark.parametrize("precision", TYPES)
@pytest.mark.parametrize("word", WORDS)
def test_a_word_at_its_ends_is_numpys(word, precision):
    kind = TYPES[precision]
    x = np.array([0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, *HALVES], kind)
    if word in ("sin", "cos"):
        x = x[~np.isinf(x)]
    with np.errstate(all="ignore"):
        name = {"absolute": "abs", "round": "rint", "atan": "arctan"}.get(word, word)
        expected = getattr(np, name)(x)
    np.testing.assert_allclose(compiled(word, precision)(x), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("precision", TYPES)
def test_whole_numbers_beyond_the_trick_stay_as_they_are(precision):
    x = np.array([2.0**23, -(2.0**23), 2.0**52 + 1, 1e30, -1e30], TYPES[precision])
    for word in ("floor", "round"):
        assert np.array_equal(compiled(word, precision)(x), x)


def test_exponentials_end_where_their_format_does():
    single, double = np.float32, np.float64
    assert compiled("exp", "single")(single(88.8)) == np.inf
    assert compiled("exp", "single")(single(-88.0)) == 0
    assert np.isfinite(compiled("exp", "single")(single(88.72)))
    assert compiled("exp2", "single")(single(128)) == np.inf
    assert compiled("exp2", "single")(single(-126)) == single(2.0**-126)
    assert compiled("exp", "double")(double(709.79)) == np.inf
    np.testing.assert_allclose(compiled("exp", "double")(double(709.7)), np.exp(709.7), rtol=1e-14)
    assert compiled("exp2", "double")(double(1024)) == np.inf
    assert compiled("exp2", "double")(double(-1001)) == 0


@pytest.mark.parametrize("precision", TYPES)
def test_powers_at_0_and_1_are_exact(precision):
    power, kind = compiled("power", precision, 2), TYPES[precision]
    base = np.array([0, 0, 0, 1, 1, -1], kind)
    exponent = np.array([0, 2, -1, np.inf, 0.5, 0.5], kind)
    assert np.array_equal(
        power(base, exponent), np.array([1, 0, np.inf, 1, 1, np.nan], kind), equal_nan=True
    )


@pytest.mark.parametrize("precision", TYPES)
def test_angles_that_are_too_large_have_no_sine(precision):
    x = np.array([2.0**51, -(2.0**51), np.inf], TYPES[precision])
    assert np.isnan(compiled("sin", precision)(x)).all()
    assert np.isnan(compiled("cos", precision)(x)).all()


def test_a_name_is_one_thing_in_all_files_that_triton_compiles_as_one():
    found = {}
    for source in (arithmetic, formulas, parts, elementary, slopes, columns):
        for name, one in vars(source).items():
            if isinstance(one, np.generic) or getattr(one, "__module__", "") == source.__name__:
                other = found.setdefault(name, one)
                assert other is one or (isinstance(one, np.generic) and other == one), name
