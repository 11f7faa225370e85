"""Argument checks: what was given, and what is allowed."""

import math

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
        (10**400, ValueError, r"^gain must be a finite number, got 10{400}$"),
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


def test_a_float_tensor_that_fits_is_handed_on_itself():
    audio = torch.zeros(2, 4, dtype=torch.bfloat16)
    assert checks.float_tensor("audio", audio, "[B, N]", (None, 4)) is audio


@pytest.mark.parametrize(
    ("tensor", "error", "message"),
    [
        ([[0.0]], TypeError, r"^audio must be a float tensor \[B, N\], got list$"),
        (np.zeros((2, 4)), TypeError, r"^audio must be a float tensor \[B, N\], got ndarray$"),
        (torch.zeros(2, 4, dtype=torch.int16), TypeError, r"\[B, N\], got dtype torch\.int16$"),
        (torch.zeros(2, 4, dtype=torch.complex64), TypeError, r"got dtype torch\.complex64$"),
        (torch.zeros(2, 3), ValueError, r"\[B, N\] of sizes \[any, 4\], got shape \[2, 3\]$"),
        (torch.zeros(0, 4), ValueError, r"\[B, N\] of sizes \[any, 4\], got shape \[0, 4\]$"),
        (torch.zeros(4), ValueError, r"\[B, N\] of sizes \[any, 4\], got shape \[4\]$"),
        (torch.zeros(2, 4, 1), ValueError, r"sizes \[any, 4\], got shape \[2, 4, 1\]$"),
    ],
    ids=["list", "array", "int", "complex", "length", "empty", "axis-missing", "axis-too-many"],
)
def test_a_tensor_of_another_kind_or_shape_is_an_error(tensor, error, message):
    with pytest.raises(error, match=message):
        checks.float_tensor("audio", tensor, "[B, N]", (None, 4))


def test_values_per_sound_give_their_batch_size():
    assert checks.per_sound(attack=torch.zeros(3), decay=torch.ones(3).double()) == 3


@pytest.mark.parametrize(
    ("decay", "error", "message"),
    [
        (torch.zeros(2), ValueError, r"^decay .* \[B\] of sizes \[3\], got shape \[2\]$"),
        (torch.zeros(3, 1), ValueError, r"^decay .* \[B\] of sizes \[3\], got shape \[3, 1\]$"),
        (
            torch.arange(3),
            TypeError,
            r"^decay must be a float tensor \[B\], got dtype torch.int64$",
        ),
        (0.5, TypeError, r"^decay must be a float tensor \[B\], got float$"),
    ],
    ids=["other-batch", "2-D", "int", "number"],
)
def test_values_per_sound_share_one_batch_size(decay, error, message):
    with pytest.raises(error, match=message):
        checks.per_sound(attack=torch.zeros(3), decay=decay)


@pytest.mark.parametrize("always", [False, True])
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1.5, r"1\.5"),
        (-0.25, r"-0\.25"),
        (NAN, "nan"),
        (math.inf, "inf"),
        (1.0000001, r"1\.000000"),
    ],
    ids=["above", "below", "nan", "inf", "just-above"],
)
def test_a_number_outside_0_to_1_is_shown_with_its_place(value, shown, always):
    numbers = torch.tensor([[0.0, 1.0], [value, value]])
    with pytest.raises(ValueError, match=rf"^u must lie in \[0, 1\], got {shown}.* at \[1, 0\]$"):
        checks.normalized("u", numbers, always=always)


@pytest.mark.parametrize("always", [False, True])
def test_numbers_in_0_to_1_pass(always):
    checks.normalized("u", torch.tensor([0.0, -0.0, 0.5, 1.0]), always=always)


@pytest.mark.gpu
def test_numbers_on_a_gpu_are_read_back_only_where_asked():
    numbers = torch.tensor([1.5]).cuda()
    checks.normalized("u", numbers, always=False)
    with pytest.raises(ValueError, match=r"u must lie in \[0, 1\], got 1\.5 at \[0\]"):
        checks.normalized("u", numbers, always=True)


@pytest.mark.parametrize("value", ["cpu", torch.device("cpu")], ids=repr)
def test_a_device_to_compute_on_comes_back_as_one(value):
    assert checks.compute_device("device", value) == torch.device("cpu")


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("meta", ValueError, r"^device must be 'cpu' or a CUDA device, got 'meta'$"),
        ("cuda:2", ValueError, r"^device must be there, got 'cuda:2' and 2 CUDA devices$"),
        (torch.device("cuda", 3), ValueError, r"^device must be there, got 'cuda:3' and 2 CUDA"),
        (2, ValueError, r"^device must be there, got '2' and 2 CUDA devices$"),
        ("gpu", ValueError, r"^device must be a device, such as 'cpu' or 'cuda:0', got 'gpu'$"),
        (None, TypeError, r"^device must be a device, .*, got None \(NoneType\)$"),
    ],
    ids=repr,
)
def test_a_device_that_is_not_there_is_an_error(monkeypatch, value, error, message):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(error, match=message):
        checks.compute_device("device", value)


@pytest.mark.parametrize("value", ["cuda", "cuda:0", "cuda:1"])
def test_a_cuda_device_that_is_there_comes_back(monkeypatch, value):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert checks.compute_device("device", value) == torch.device(value)
