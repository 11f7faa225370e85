"""Checks of tensors: kind, shape and, where they can be read, values."""

import math
import re

import numpy as np
import pytest
import torch

from synth_datamodule import checks

NAN = float("nan")


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


def test_an_axis_of_one_fits():
    audio = torch.zeros(1, 4)
    assert checks.float_tensor("audio", audio, "[B, N]", (None, 4)) is audio


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
        (1.00001, r"1\.00001"),
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


def test_numbers_that_cannot_be_looked_at_pass():
    checks.normalized("u", torch.tensor([1.5], device="meta"), always=False)
    torch.func.vmap(lambda u: checks.normalized("u", u, always=True))(torch.tensor([1.5]))


@pytest.mark.gpu
def test_numbers_on_a_gpu_are_read_back_only_where_asked():
    numbers = torch.tensor([1.5]).cuda()
    checks.normalized("u", numbers, always=False)
    with pytest.raises(ValueError, match=r"u must lie in \[0, 1\], got 1\.5 at \[0\]"):
        checks.normalized("u", numbers, always=True)


@pytest.mark.parametrize(
    ("tensor", "error", "message"),
    [
        (torch.ones(2, 4).to_sparse(), TypeError, r"\[B, N\], dense \(strided\), got a sparse_coo"),
        (torch.ones(2, 4).to_mkldnn(), TypeError, r"dense \(strided\), got a _mkldnn one$"),
        (torch.ones(2, 4, device="meta"), ValueError, "got one on the meta device, which has no"),
        (torch.ones(2, 4).to(torch.float8_e5m2), TypeError, "got dtype torch.float8_e5m2$"),
    ],
    ids=["sparse", "mkldnn", "meta", "float8"],
)
def test_a_tensor_without_its_values_in_a_row_is_an_error(tensor, error, message):
    with pytest.raises(error, match=rf"^audio must be a float tensor .*{message}"):
        checks.float_tensor("audio", tensor, "[B, N]", (None, 4))


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_a_nested_tensor_is_an_error():
    nested = torch.nested.as_nested_tensor([torch.ones(4), torch.ones(3)], layout=torch.strided)
    with pytest.raises(TypeError, match=r"dense \(strided\), got a nested one$"):
        checks.float_tensor("audio", nested, "[B, N]", (None, 4))


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3)])
def test_any_shape_may_be_allowed(shape):
    audio = torch.zeros(shape)
    assert checks.float_tensor("audio", audio, "[...]", None) is audio


@pytest.mark.parametrize(
    ("tensor", "error", "message"),
    [
        (3, TypeError, r"^index must be int64, got 3 \(int\)$"),
        (np.array([3]), TypeError, r"^index must be int64, got array\(\[3\]\) \(ndarray\)$"),
        (torch.tensor([3.0]), TypeError, r"^index must be int64, got dtype torch.float32$"),
        (torch.tensor([3], dtype=torch.int32), TypeError, r"got dtype torch.int32$"),
        (torch.tensor([0, 3]).to_sparse(), TypeError, r"^index must be int64, dense \(strided\)"),
        (
            torch.tensor([3], device="meta"),
            ValueError,
            r"^index must be int64, got one on the meta",
        ),
    ],
)
def test_what_is_no_int64_is_an_error(tensor, error, message):
    with pytest.raises(error, match=message):
        checks.integer_tensor("index must be int64", tensor)


def test_an_int64_tensor_is_handed_on_itself():
    index = torch.tensor(3)
    assert checks.integer_tensor("index must be int64", index) is index


INF = math.inf


@pytest.mark.parametrize(
    ("values", "bounds", "message"),
    [
        ([0.5, -0.25], (0,), "d must be finite and at least 0, got -0.25 at [1]"),
        ([0.5, INF], (0,), "d must be finite and at least 0, got inf at [1]"),
        ([NAN, 0.5], (0,), "d must be finite and at least 0, got nan at [0]"),
        ([NAN], (), "d must be finite, got nan at [0]"),
        ([0.0, -INF], (), "d must be finite, got -inf at [1]"),
        ([0.25, 2.5, 3.0], (0.5, 2), "d must lie in [0.5, 2], got 0.25 at [0]"),
        ([0.5, 2.5], (0.5, 2), "d must lie in [0.5, 2], got 2.5 at [1]"),
        ([2.0, 2.5], (0.5, 2), "d must lie in [0.5, 2], got 2.5 at [1]"),
        ([0.5, 2.5], (-INF, 2), "d must lie in [-inf, 2], got 2.5 at [1]"),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_a_value_out_of_bounds_is_named_with_its_place(values, bounds, message, dtype):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        checks.within("d", torch.tensor(values, dtype=dtype), *bounds)


def test_a_value_is_shown_as_its_dtype_writes_it():
    for dtype, shown in ((torch.float32, "0.1"), (torch.float64, "0.1")):
        with pytest.raises(ValueError, match=rf"got {shown} at \[0\]$"):
            checks.within("d", torch.tensor([0.1], dtype=dtype), 0.5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16], ids=str)
def test_a_bound_counts_as_the_dtype_rounds_it(dtype):
    checks.within("phase", torch.tensor([0.1, math.pi], dtype=dtype), 0.1, math.pi)
    beyond = torch.tensor([0.1, math.pi * 1.001], dtype=dtype)
    with pytest.raises(ValueError, match=r"phase must lie in \[0.1, 3.14159\], got 3.14"):
        checks.within("phase", beyond, 0.1, math.pi)


def test_no_values_and_the_largest_there_are_lie_within():
    checks.within("none", torch.empty(0), 3, 3)
    checks.within("x", torch.tensor([torch.finfo(torch.float64).max], dtype=torch.float64))


def test_a_rule_is_said_in_its_own_words():
    with pytest.raises(ValueError, match=r"^u must lie in the box, got 2\.0 at \[\]$"):
        checks.within("u", torch.tensor(2.0), 0, 1, rule="in the box")


def test_values_that_nobody_asks_for_are_not_read():
    meta = torch.ones(2, device="meta")
    checks.within("u", meta, 5, 6)
    assert checks.normalized("u", meta, always=False) is meta
    torch.func.vmap(lambda u: checks.within("u", u, 5, 6, always=True) or u)(torch.ones(2))


def test_numbers_in_0_to_1_come_back_themselves_and_a_rounding_beyond_as_the_end():
    inside = torch.tensor([0.0, 0.25, 1.0])
    assert checks.normalized("u", inside, always=False) is inside
    beyond = torch.tensor([-1e-6, 0.25, 1 + 1e-6], dtype=torch.float64, requires_grad=True)
    found = checks.normalized("u", beyond, always=False)
    assert found.tolist() == [0.0, 0.25, 1.0]
    (slope,) = torch.autograd.grad(found.sum(), beyond)
    assert slope.tolist() == [1.0, 1.0, 1.0]
    for value in (-1.01e-6, 1 + 1.01e-6):
        with pytest.raises(ValueError, match=r"^u must lie in \[0, 1\], got "):
            checks.normalized("u", torch.tensor([value], dtype=torch.float64), always=False)


def test_where_numbers_are_not_read_a_sound_with_one_outside_is_nan_alone():
    u = torch.tensor([[0.5, 1.1], [0.5, 1 + 9e-7], [-9e-7, 0.5], [NAN, 0.5], [-0.1, 0.5]])
    found = checks.normalized_unread(u)
    assert found.isnan().all(1).tolist() == [True, False, False, True, True]
    assert found[1:3].tolist() == [[0.5, 1.0], [0.0, 0.5]]
    assert checks.normalized_unread(u[None]).isnan().all(2)[0].tolist() == [1, 0, 0, 1, 1]
    exact = torch.tensor([[-1e-6, 1 + 1e-6]], dtype=torch.float64)
    assert checks.normalized_unread(exact).tolist() == [[0.0, 1.0]]
