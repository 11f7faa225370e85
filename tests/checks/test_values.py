"""Checks of plain values: what was given, and what is allowed."""

import math
from numbers import Integral

import numpy as np
import pytest
import torch

from synth_datamodule import checks

NAN = float("nan")


ALLOWED = [
    (checks.whole_number, ("n", 1, 1), 1),
    (checks.whole_number, ("n", np.uint8(7), 1, 7), 7),
    (checks.whole_number, ("n", -3, -3), -3),
    (checks.whole_number, ("n", 10**30, 1), 10**30),
    (checks.positive_number, ("x", 3), 3.0),
    (checks.positive_number, ("x", np.float32(0.5)), 0.5),
    (checks.real_number, ("x", -2), -2.0),
    (checks.real_number, ("x", np.int64(0)), 0.0),
    (checks.truth_value, ("t", False), False),
    (checks.one_of, ("w", "b", ("a", "b")), "b"),
]


@pytest.mark.parametrize(
    ("check", "arguments", "expected"),
    ALLOWED,
    ids=[f"{check.__name__}-{arguments[1]!r}" for check, arguments, _ in ALLOWED],
)
def test_what_is_allowed_comes_back_in_pythons_own_type(check, arguments, expected):
    result = check(*arguments)
    assert result == expected
    assert type(result) is type(expected)


class Long:
    def __repr__(self):
        return "a" * 90 + "b" * 60 + "c" * 40


SHOWN = [
    ("x" * 98, "'" + "x" * 98 + "'"),
    ("x" * 66 + "y" * 4 + "z" * 29, "'" + "x" * 66 + "..." + "z" * 29 + "'"),
    ("x" * 200 + "z" * 200, "'" + "x" * 66 + "..." + "z" * 29 + "'"),
    ("a" + " " * 249 + "b", "'a ... b'"),
    (Long(), "a" * 67 + "..." + "c" * 30),
    (10**120 + 7, "1" + "0" * 66 + "..." + "0" * 29 + "7"),
    (10**5000, "a whole number of 16610 bits"),
    ([*range(25)], f"[{', '.join(map(str, range(20)))}, ...]"),
    (np.zeros((2, 1)), "array([[0.], [0.]])"),
]


@pytest.mark.parametrize(("value", "text"), SHOWN, ids=[text[:20] for _, text in SHOWN])
def test_an_error_shows_a_value_in_one_line_without_the_middle_of_what_is_long(value, text):
    assert checks.shown(value) == text
    assert len(text) <= 100


NO_WHOLE_NUMBERS = [
    (0, ValueError, r"^size must be a whole number >= 1 and <= 9, got 0$"),
    (10, ValueError, r"^size must be a whole number >= 1 and <= 9, got 10$"),
    (True, TypeError, r"^size must be a whole number >= 1 and <= 9, got True \(bool\)$"),
    (np.True_, TypeError, r"^size must be a whole number >= 1 and <= 9, got .*True"),
    (2.0, TypeError, r"^size must be a whole number >= 1 and <= 9, got 2\.0 \(float\)$"),
    ("2", TypeError, r"^size must be a whole number >= 1 and <= 9, got '2' \(str\)$"),
    (None, TypeError, r"^size must be a whole number >= 1 and <= 9, got None \(NoneType\)$"),
    (torch.tensor(2), TypeError, r"^size .* got tensor\(2\) \(Tensor\)$"),
    (np.array([1, 2]), TypeError, r"^size must be a whole number .* \(ndarray\)$"),
]


@pytest.mark.parametrize(
    ("value", "error", "message"),
    NO_WHOLE_NUMBERS,
    ids=[repr(case[0]) for case in NO_WHOLE_NUMBERS],
)
def test_anything_but_a_whole_number_in_bounds_is_an_error(value, error, message):
    with pytest.raises(error, match=message):
        checks.whole_number("size", value, 1, 9)


@pytest.mark.parametrize("check", [checks.real_number, checks.positive_number])
@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (NAN, ValueError, r"^gain must be a finite number, got nan$"),
        (math.inf, ValueError, r"^gain must be a finite number, got inf$"),
        (10**400, ValueError, r"^gain must be a finite number, got 10{66}\.{3}0{30}$"),
        (True, TypeError, r"^gain must be a finite number, got True \(bool\)$"),
        ("1", TypeError, r"^gain must be a finite number, got '1' \(str\)$"),
        (None, TypeError, r"^gain must be a finite number, got None \(NoneType\)$"),
        (1j, TypeError, r"^gain must be a finite number, got 1j \(complex\)$"),
        (torch.tensor(1.0), TypeError, r"^gain must .*, got tensor\(1\.\) \(Tensor\)$"),
        (np.array([1.0, 2.0]), TypeError, r"^gain must be a finite number, got .* \(ndarray\)$"),
    ],
    ids=["nan", "inf", "huge-int", "bool", "word", "None", "complex", "tensor", "array"],
)
def test_anything_but_a_finite_number_is_an_error(check, value, error, message):
    with pytest.raises(error, match=message):
        check("gain", value)


@pytest.mark.parametrize("value", [0, -1.5])
def test_a_positive_number_is_above_zero(value):
    with pytest.raises(ValueError, match=rf"^gain must be a finite number > 0, got {value}$"):
        checks.positive_number("gain", value)


@pytest.mark.parametrize("value", [1, 0, "yes", None, np.True_], ids=repr)
def test_only_a_bool_is_a_truth_value(value):
    with pytest.raises(TypeError, match=r"^shuffle must be True or False, got .*\(\w+\)$"):
        checks.truth_value("shuffle", value)


NO_WORDS = [
    ("c", ValueError, r"^backend must be one of 'a', 'b', got 'c'$"),
    ("A", ValueError, r"^backend must be one of 'a', 'b', got 'A'$"),
    (None, TypeError, r"^backend must be one of 'a', 'b', got None \(NoneType\)$"),
]


@pytest.mark.parametrize(
    ("value", "error", "message"), NO_WORDS, ids=[repr(case[0]) for case in NO_WORDS]
)
def test_another_word_is_an_error_that_lists_the_words(value, error, message):
    with pytest.raises(error, match=message):
        checks.one_of("backend", value, ("a", "b"))


def test_names_come_back_as_a_tuple():
    assert checks.names("inputs", ["vco_1", "noise"]) == ("vco_1", "noise")
    assert checks.names("inputs", iter(["vco_1"])) == ("vco_1",)


@pytest.mark.parametrize(
    ("value", "error", "got"),
    [
        ("vco_1", TypeError, r"'vco_1' \(str\)"),
        (3, TypeError, r"3 \(int\)"),
        (["vco_1", 3], TypeError, r"\('vco_1', 3\)"),
        ([], ValueError, r"\(\)"),
        (["vco_1", "noise", "vco_1"], ValueError, r"\('vco_1', 'noise', 'vco_1'\)"),
    ],
)
def test_names_are_different_words(value, error, got):
    with pytest.raises(error, match=rf"^inputs must be one or more different names, got {got}$"):
        checks.names("inputs", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(4), 4),
        (np.float32(0.5), 0.5),
        (True, True),
        (None, None),
        ("word", "word"),
        ({"size": np.int64(4)}, {"size": 4}),
        ((np.int64(4), [np.float64(0.5)]), (4, [0.5])),
    ],
    ids=repr,
)
def test_numpys_numbers_become_pythons(value, expected):
    def kinds(found):
        parts = found.values() if isinstance(found, dict) else found
        inner = [kinds(part) for part in parts] if isinstance(found, (dict, list, tuple)) else []
        return type(found), inner

    found = checks.plain(value)
    assert found == expected
    assert kinds(found) == kinds(expected)


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (3, str, r"^name must be a str, got 3 \(int\)$"),
        ("x", Integral, r"^name must be an Integral, got 'x' \(str\)$"),
    ],
)
def test_a_value_of_another_class_is_an_error(value, kind, message):
    with pytest.raises(TypeError, match=message):
        checks.instance("name", value, kind)


def test_a_value_of_the_class_is_handed_on_itself():
    value = "x" * 3
    assert checks.instance("name", value, str) is value


@pytest.mark.parametrize("value", [torch.tensor(3), b"ab"], ids=["a tensor", "bytes"])
def test_what_iterates_and_holds_no_names_is_an_error(value):
    with pytest.raises(TypeError, match=r"^inputs must be one or more different names, got "):
        checks.names("inputs", value)


def test_a_value_that_cannot_show_itself_is_named_by_its_class():
    class Odd:
        def __repr__(self):
            raise RuntimeError("no words for it")

    assert checks.shown(Odd()).startswith("<Odd instance at ")
