"""Powers and shares whose bits do not depend on the batch."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule.numerics.powers import power, power_shares

law = settings(max_examples=100, deadline=None, derandomize=True, database=None)
dtypes = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["f64", "f32"])


def uniform(*shape, dtype=torch.float64):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0), dtype=dtype)


@law
@given(base=st.floats(1e-3, 1e3), exponent=st.floats(0.01, 100))
def test_power_is_right_to_the_bits_of_its_logarithm(base, exponent):
    result = power(torch.tensor(base, dtype=torch.float64), exponent).item()
    # Rounding ln(base) and the product by half a last bit each moves the exponential by as much.
    error = (3 * abs(exponent * math.log(base)) + 3) * 2**-53
    assert result == pytest.approx(base**exponent, rel=error, abs=0)


@dtypes
@pytest.mark.parametrize("exponent", [0.01, 1.0, 2.718281828, 100.0])
def test_zero_and_one_stay_exact(dtype, exponent):
    base = torch.tensor([0.0, 1.0], dtype=dtype)
    assert torch.equal(power(base, exponent), base)
    assert torch.equal(power(base, torch.full((2,), exponent, dtype=dtype)), base)


def test_power_broadcasts_its_exponent():
    result = power(torch.tensor([[2.0], [3.0]]), torch.tensor([1.0, 2.0, 3.0]))
    torch.testing.assert_close(result, torch.tensor([[2.0, 4.0, 8.0], [3.0, 9.0, 27.0]]))


def test_gradients_are_true_above_zero_and_zero_at_it():
    base = uniform(2, 3).requires_grad_()
    exponent = (uniform(3) + 0.5).requires_grad_()
    assert torch.autograd.gradcheck(power, (base, exponent))

    zero = torch.zeros(4, requires_grad=True)
    bent = torch.tensor([0.5, 1.0, 1.5, 2.0], requires_grad=True)
    power(zero, bent).sum().backward()
    # That of 0.5 is infinite in truth.
    assert zero.grad.tolist() == [0, 1, 0, 0]
    assert bent.grad.tolist() == [0, 0, 0, 0]


def test_a_number_raised_to_a_plain_1_has_a_slope_of_1_at_0():
    zero = torch.zeros(1, requires_grad=True)
    power(zero, 1.0).backward()
    assert zero.grad.item() == 1


@pytest.mark.parametrize("exponent", [0.1, 0.5, 1.0, 2.0, 100.0])
@pytest.mark.parametrize("base", [5e-324, 1e-310, 1e-200, 1e-20])
def test_the_slope_beside_0_is_finite_and_true(base, exponent):
    given = torch.tensor(base, dtype=torch.float64, requires_grad=True)
    power(given, exponent).backward()
    expected = exponent * math.exp((exponent - 1) * math.log(base))
    # The square of 1e-200 is 0 already, and has no slope.
    assert given.grad.item() == pytest.approx(expected, rel=1e-12, abs=1e-150)


@dtypes
def test_a_powers_bits_do_not_depend_on_where_it_stands(dtype):
    base = uniform(150, dtype=dtype)
    whole = power(base, 2.718281828)
    for start in range(40):
        for stop in range(start + 1, start + 40):
            assert torch.equal(power(base[start:stop], 2.718281828), whole[start:stop])


@dtypes
@pytest.mark.parametrize("num_weights", [1, 2, 5, 20])
def test_shares_do_not_depend_on_the_batch_or_its_layout(dtype, num_weights):
    weights = uniform(33, num_weights, dtype=dtype)
    shares = power_shares(weights, 2.718281828)
    by_columns = weights.t().contiguous().t()
    assert torch.equal(power_shares(by_columns, 2.718281828), shares)
    for row in range(33):
        assert torch.equal(power_shares(weights[row : row + 1], 2.718281828)[0], shares[row])


@pytest.mark.parametrize(
    ("weights", "exponent", "shares"),
    [
        ([1, 3], 1.0, [1 / 4, 3 / 4]),
        ([1, 3], 2.0, [1 / 10, 9 / 10]),
        ([0, 0.5, 0.5], 2.0, [0, 1 / 2, 1 / 2]),
        ([0, 0, 0.25], 2.718281828, [0, 0, 1]),
        ([0.7, 0.7, 0.7, 0.7], 2.718281828, [1 / 4] * 4),
        ([0, 0, 0, 0, 0], 2.718281828, [1 / 5] * 5),
        ([0.3], 2.0, [1]),
    ],
    ids=["linear", "square", "one-silent", "one-alone", "equal", "all-silent", "single"],
)
def test_shares_are_as_worked_out_by_hand(weights, exponent, shares):
    result = power_shares(torch.tensor([weights], dtype=torch.float64), exponent)
    torch.testing.assert_close(
        result, torch.tensor([shares], dtype=torch.float64), rtol=1e-15, atol=0
    )


@pytest.mark.parametrize(
    ("scale", "dtype"),
    [
        (1e-3, torch.float64),
        (1e-200, torch.float64),
        (2.0**-24, torch.float32),
        (1e-20, torch.float32),
    ],
    ids=["1e-3-f64", "1e-200-f64", "2**-24-f32", "1e-20-f32"],
)
def test_shares_do_not_depend_on_the_scale_of_the_weights(scale, dtype):
    weights = torch.tensor([[1.0, 3.0, 0.0]], dtype=dtype)
    shares = power_shares(weights * scale, 2.718281828)
    torch.testing.assert_close(shares, power_shares(weights, 2.718281828))


@law
@given(weights=st.lists(st.floats(2**-24, 1) | st.just(0.0), min_size=1, max_size=6))
def test_shares_sum_to_one_and_rank_as_their_weights(weights):
    shares = power_shares(torch.tensor([weights], dtype=torch.float64), 2.718281828)[0]
    assert ((shares >= 0) & (shares <= 1)).all()
    assert shares.sum().item() == pytest.approx(1, abs=len(weights) * 2**-52)
    by_weight = torch.tensor(weights, dtype=torch.float64).argsort()
    assert (shares[by_weight].diff() >= 0).all()


def test_gradients_of_shares_are_true_and_finite_where_all_are_silent():
    weights = (uniform(2, 4) + 0.1).requires_grad_()
    assert torch.autograd.gradcheck(lambda weights: power_shares(weights, 2.718281828), weights)
    silent = torch.zeros(1, 4, requires_grad=True)
    power_shares(silent, 2.718281828)[0, 0].backward()
    assert silent.grad.tolist() == [[0.0] * 4]


@pytest.mark.parametrize("exponent", [1.0, 2.718281828])
@pytest.mark.parametrize("scale", [1.0, 1e-3, 2.0**-24, 2.0**-30, 1e-40])
def test_shares_slopes_grow_as_their_weights_shrink_down_to_the_smallest_draw(scale, exponent):
    def slopes(scale):
        weights = (torch.tensor([[1.0, 0.5, 0.0]]) * scale).requires_grad_()
        power_shares(weights, exponent)[0, 1].backward()
        return weights.grad * max(scale, 2.0**-24)

    assert (slopes(1.0)[0, :2] != 0).all()
    torch.testing.assert_close(slopes(scale), slopes(1.0), rtol=1e-4, atol=0)
