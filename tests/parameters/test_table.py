"""Ranges, curves and names: numbers in [0, 1] to values and back."""

import copy
import csv
import functools
import math
import pickle
import re

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synth_datamodule.config import SynthConfig
from synth_datamodule.parameters.table import ParameterRange, ParameterTable
from synth_datamodule.voice import Voice

law = settings(max_examples=100, deadline=None, derandomize=True, database=None)
shares = st.floats(0, 1)
both_nebulae = pytest.mark.parametrize("nebula", ["default", "drum"])


@functools.cache
def voice_table(nebula="default"):
    return Voice(SynthConfig(), nebula).parameter_table


@pytest.fixture(scope="module")
def rows_of_csv(request):
    with (request.config.getoption("--golden") / "voice_parameters.csv").open() as file:
        return list(csv.DictReader(file))


def bounds(table):
    minimum = torch.tensor([parameter.minimum for parameter in table.ranges], dtype=torch.float64)
    maximum = torch.tensor([parameter.maximum for parameter in table.ranges], dtype=torch.float64)
    return minimum, maximum


def small_table(**pinned):
    return ParameterTable(
        [
            ParameterRange("vco.tuning", -24.0, 24.0, unit="semitones"),
            ParameterRange("vco.depth", -96.0, 96.0, curve=0.2, symmetric=True),
            ParameterRange("adsr.attack", 0.0, 2.0, curve=0.5, unit="s"),
        ],
        {name.replace("__", "."): value for name, value in pinned.items()},
    )


@pytest.mark.parametrize(
    ("name", "nebula", "config"),
    [
        ("synth1b1", "default", SynthConfig()),
        ("drum", "drum", SynthConfig()),
        (
            "rate16k",
            "default",
            SynthConfig(sample_rate=16000, buffer_size_seconds=2.0, control_rate=400),
        ),
    ],
    ids=["synth1b1", "drum", "rate16k"],
)
def test_values_are_the_golden_ones(golden, name, nebula, config):
    data = golden(name)
    table = Voice(config, nebula).parameter_table
    u = torch.from_numpy(data["u24"].astype("float32")) * 2**-24
    expected = torch.from_numpy(data["values"])
    assert table.names == tuple(data["names_forward"])
    torch.testing.assert_close(table.to_physical(u), expected, rtol=1e-9, atol=0)
    minimum, maximum = bounds(table)
    assert ((table.to_physical(u) - expected).abs() <= 1e-15 * (maximum - minimum)).all()


def test_names_order_and_ranges_are_those_of_the_golden_table(rows_of_csv):
    def number(word):
        return {"pi": math.pi, "-pi": -math.pi}.get(word) or float(word)

    table = voice_table()
    assert table.names == tuple(f"{row['module']}.{row['parameter']}" for row in rows_of_csv)
    assert table.draw_order == [int(row["draw"]) for row in rows_of_csv]
    assert [table.column(name) for name in table.names] == list(range(78))
    given_bounds = [(parameter.minimum, parameter.maximum) for parameter in table.ranges]
    assert given_bounds == [(number(row["minimum"]), number(row["maximum"])) for row in rows_of_csv]


@both_nebulae
@law
@given(share=shares)
@example(share=0.5)
@example(share=0.5 + 1e-10)
@example(share=1e-300)
@example(share=1.0)
def test_a_value_comes_back_from_its_number(nebula, share):
    table = voice_table(nebula)
    minimum, maximum = bounds(table)
    values = (minimum + (maximum - minimum) * share).clamp(minimum, maximum)
    u = table.to_normalized(values)
    assert u.dtype == torch.float64
    assert ((u >= 0) & (u <= 1)).all()
    # A symmetric curve above 1 is flat around u = 1/2, where neighbours are 2**-53 apart.
    lost = torch.tensor(
        [2 ** (-53 / parameter.curve) if parameter.symmetric else 0 for parameter in table.ranges]
    )
    error = (table.to_physical(u) - values).abs() / (maximum - minimum)
    assert (error <= lost.clamp(min=1e-12)).all()


@both_nebulae
def test_0_is_the_minimum_and_1_the_maximum(nebula):
    table = voice_table(nebula)
    for u, bound in zip((0.0, 1.0), bounds(table), strict=True):
        assert torch.equal(table.to_physical(torch.full((78,), u)), bound)
        assert torch.equal(table.to_normalized(bound), torch.full((78,), u, dtype=torch.float64))


@law
@given(
    ends=st.lists(st.floats(-1000, 1000, width=32), min_size=2, max_size=2, unique=True),
    curve=st.floats(0.01, 10),
    symmetric=st.booleans(),
)
@example(ends=[-0.1, 0.7], curve=1.0, symmetric=False)
def test_0_and_1_are_exact_in_any_range(ends, curve, symmetric):
    table = ParameterTable([ParameterRange("vco.tuning", min(ends), max(ends), curve, symmetric)])
    values = table.to_physical(torch.tensor([[0.0], [1.0]]))
    assert values.flatten().tolist() == sorted(ends)


@both_nebulae
@law
@given(lower=shares, upper=shares)
def test_values_stay_in_range_and_rise_with_their_number(nebula, lower, upper):
    table = voice_table(nebula)
    minimum, maximum = bounds(table)
    numbers = torch.tensor(sorted([lower, upper]), dtype=torch.float64)
    low, high = table.to_physical(numbers[:, None].expand(2, 78))
    assert (minimum <= low).all()
    assert (high <= maximum).all()
    # The exponential and the logarithm are right to a last bit or two, not monotone in them.
    assert (low <= high + 4e-16 * (maximum - minimum)).all()


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        (ParameterRange("p", -24.0, 24.0), [-24, -12, 0, 12, 24]),
        (ParameterRange("p", 1.0, 5.0, curve=0.5), [1, 1.25, 2, 3.25, 5]),
        (ParameterRange("p", -8.0, 8.0, symmetric=True), [-8, -4, 0, 4, 8]),
        (ParameterRange("p", -8.0, 8.0, curve=0.5, symmetric=True), [-8, -2, 0, 2, 8]),
        (ParameterRange("p", 0.0, 16.0, curve=0.25, symmetric=True), [0, 7.5, 8, 8.5, 16]),
    ],
    ids=["plain", "plain-curved", "symmetric", "symmetric-curved", "off-centre"],
)
def test_curves_spread_quarters_as_worked_out_by_hand(parameter, values):
    table = ParameterTable([parameter])
    u = torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0], dtype=torch.float64)[:, None]
    expected = torch.tensor(values, dtype=torch.float64)[:, None]
    torch.testing.assert_close(table.to_physical(u), expected, rtol=0, atol=1e-14)
    torch.testing.assert_close(table.to_normalized(expected), u, rtol=0, atol=1e-15)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
def test_values_are_float64_and_those_of_the_very_numbers_given(dtype):
    table = voice_table()
    u = torch.rand(3, 78, generator=torch.Generator().manual_seed(0)).to(dtype)
    values = table.to_physical(u)
    assert values.dtype == torch.float64
    assert torch.equal(values, table.to_physical(u.to(torch.float64)))


@both_nebulae
def test_a_rows_values_do_not_depend_on_the_rows_beside_it(nebula):
    table = voice_table(nebula)
    u = torch.rand(2, 9, 78, generator=torch.Generator().manual_seed(0))
    values = table.to_physical(u)
    back = table.to_normalized(values)
    for i in range(2):
        for j in range(9):
            assert torch.equal(table.to_physical(u[i, j]), values[i, j])
            assert torch.equal(table.to_normalized(values[i, j]), back[i, j])


def test_gradients_follow_the_curve_and_are_finite_at_its_ends():
    u = torch.tensor([[0.2, 0.3, 0.9], [0.6, 0.8, 0.4]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(small_table().to_physical, u)
    ends = torch.tensor([0.0, 0.5, 1.0])[:, None].repeat(1, 78).requires_grad_()
    voice_table("drum").to_physical(ends).sum().backward()
    assert ends.grad.isfinite().all()


# Slope over the range at u = 0, at u = 1 and (symmetric) in the middle, by curve: 1 / curve at the
# upper end; at the foot 0 below 1, 1 at it, and above it infinite, taken at the smallest draw.
SMALLEST = 2.0**-24


@pytest.mark.parametrize(
    ("curve", "foot"),
    [(0.2, 0), (0.5, 0), (1.0, 1), (1.5, SMALLEST ** (-1 / 3) / 1.5), (2.0, SMALLEST**-0.5 / 2)],
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])
@pytest.mark.parametrize(("minimum", "maximum"), [(0.0, 2.0), (-0.1, 0.7), (-96.0, 96.0)])
def test_slopes_at_the_ends_and_in_the_middle_are_those_of_the_curve(
    minimum, maximum, dtype, curve, foot
):
    plain = ParameterRange("plain", minimum, maximum, curve)
    symmetric = ParameterRange("symmetric", minimum, maximum, curve, symmetric=True)
    u = torch.tensor([0.0, 0.5, 1.0], dtype=dtype)[:, None].repeat(1, 2).requires_grad_()
    ParameterTable([plain, symmetric]).to_physical(u).sum().backward()
    slopes = u.grad / (maximum - minimum)
    middle = 0.5 ** (1 / curve - 1) / curve
    expected = [[foot, 1 / curve], [middle, foot], [1 / curve, 1 / curve]]
    torch.testing.assert_close(slopes, torch.tensor(expected, dtype=dtype), rtol=1e-6, atol=0)


@law
@given(curve=st.floats(0.01, 100), share=st.floats(0, 1, width=32), symmetric=st.booleans())
@example(curve=100.0, share=2.0**-149, symmetric=False)
@example(curve=100.0, share=0.5, symmetric=True)
def test_slopes_fit_into_float32_everywhere(curve, share, symmetric):
    table = ParameterTable([ParameterRange("p", -96.0, 96.0, curve, symmetric)])
    u = torch.tensor([share], requires_grad=True)
    table.to_physical(u).backward()
    assert 0 <= u.grad.item() <= 192 / curve * max(1, SMALLEST ** (1 / curve - 1)) * (1 + 1e-6)


def test_the_way_back_has_the_inverse_slopes_at_the_ends():
    table = ParameterTable([ParameterRange("p", -1.0, 3.0, 2.0), ParameterRange("q", -1.0, 3.0)])
    values = torch.tensor([[-1.0, -1.0], [3.0, 3.0]], dtype=torch.float64, requires_grad=True)
    table.to_normalized(values).sum().backward()
    assert values.grad.tolist() == [[0, 1 / 4], [2 / 4, 1 / 4]]


def test_a_pinned_parameter_has_no_gradient():
    u = torch.tensor([0.5, 0.5, 0.0], requires_grad=True)
    small_table(vco__tuning=3.0, adsr__attack=1.0).to_physical(u).sum().backward()
    assert u.grad.tolist() == [0, 0, 0]  # the middle of a symmetric curve of 0.2 is flat


def test_a_table_first_used_in_inference_mode_serves_gradients_later():
    table = small_table()
    with torch.inference_mode():
        table.to_physical(torch.zeros(3))
    u = torch.full((3,), 0.75, requires_grad=True)
    table.to_physical(u).sum().backward()
    assert u.grad.tolist() == pytest.approx([48, 192 * 5 * 0.5**4, 2 * 2 * 0.75])


def test_pinned_values_hold_exactly_and_their_numbers_mean_them():
    pinned = {"keyboard.midi_f0": 60, "lfo_1.mod_depth": -7.3, "adsr_1.attack": 0.1}
    free = voice_table()
    table = ParameterTable(free.ranges, pinned)
    columns = [free.column(name) for name in pinned]
    others = [column for column in range(78) if column not in columns]
    u = torch.rand(5, 78, generator=torch.Generator().manual_seed(0))
    before = u.clone()

    values = table.to_physical(u)
    assert values[:, columns].tolist() == [list(pinned.values())] * 5
    assert torch.equal(values[:, others], free.to_physical(u)[:, others])

    numbers = table.pin(u)
    assert torch.equal(u, before)
    assert numbers.dtype == torch.float32
    assert torch.equal(numbers[:, others], u[:, others])
    exact = free.to_normalized(values)[:, columns]
    assert torch.equal(numbers[:, columns], exact.float())
    assert torch.equal(table.pin(u.double())[:, columns], exact)
    assert torch.equal(table.to_physical(numbers), values)


def test_without_pinned_values_pin_changes_nothing():
    u = torch.rand(2, 78)
    assert torch.equal(voice_table().pin(u), u)


@both_nebulae
def test_values_by_name_are_the_row_and_back(nebula):
    table = voice_table(nebula)
    row = table.to_physical(torch.rand(78, generator=torch.Generator().manual_seed(0)))
    by_name = table.to_dict(row)
    assert list(by_name) == list(table.names)
    assert [by_name[name] for name in table.names] == row.tolist()
    shuffled = {name: by_name[name] for name in sorted(by_name)}
    assert torch.equal(table.from_dict(shuffled), row)
    assert table.from_dict(shuffled).dtype == torch.float64


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"vco.tunning": 0.0},
            ValueError,
            r"no parameter is named 'vco\.tunning'; did you mean 'vco\.tuning'\?",
        ),
        ({"kazoo": 0.0}, ValueError, r"no parameter is named 'kazoo'; there are 3"),
        ({"vco.tuning": 24.5}, ValueError, r"vco\.tuning .* \[-24, 24\] semitones, got 24\.5"),
        ({"adsr.attack": -0.1}, ValueError, r"adsr\.attack .* \[0, 2\] s, got -0\.1"),
        ({"vco.depth": math.nan}, ValueError, r"vco\.depth must be a finite number, got nan"),
        ({"vco.depth": "3"}, TypeError, r"vco\.depth must be a finite number, got '3' \(str\)"),
        ({"vco.depth": True}, TypeError, r"vco\.depth must be a finite number, got True \(bool\)"),
    ],
    ids=["misspelt", "unknown", "too-high", "too-low", "nan", "word", "bool"],
)
def test_a_wrong_value_by_name_is_an_error_that_names_it(change, error, message):
    values = {"vco.tuning": 0.0, "vco.depth": 0.0, "adsr.attack": 1.0}
    with pytest.raises(error, match=message):
        small_table().from_dict({**values, **change})
    with pytest.raises(error, match=message):
        ParameterTable(small_table().ranges, pinned=change)


def test_missing_values_are_named():
    with pytest.raises(ValueError, match=r"missing for 2 parameters: .*vco\.depth.*adsr\.attack"):
        small_table().from_dict({"vco.tuning": 0.0})


@pytest.mark.parametrize(
    ("u", "error", "message"),
    [
        (
            torch.tensor([[0, 0.5, 1.5]]),
            ValueError,
            r"parameters .* \[0, 1\], got 1\.5 at \[0, 2\]",
        ),
        (torch.tensor([0, -0.25, 1]), ValueError, r"parameters .* \[0, 1\], got -0\.25 at \[1\]"),
        (torch.tensor([0, 0, math.nan]), ValueError, r"parameters .* \[0, 1\], got nan at \[2\]"),
        (torch.zeros(2, 4), ValueError, r"parameters .* \[\.\., P\] .*3\], got shape \[2, 4\]"),
        (torch.zeros(3, 0), ValueError, r"parameters .* \[\.\., P\] .*3\], got shape \[3, 0\]"),
        (torch.tensor(0.5), ValueError, r"parameters .* \[\.\., P\] .*3\], got shape \[\]"),
        (torch.zeros(3, dtype=torch.int64), TypeError, r"parameters .* got dtype torch\.int64"),
        ([0.0, 0.5, 1.0], TypeError, r"parameters must be a float tensor .*, got list"),
    ],
    ids=["above", "below", "nan", "too-many", "none", "no-axis", "int", "list"],
)
def test_numbers_that_are_none_of_the_table_are_an_error(u, error, message):
    with pytest.raises(error, match=message):
        small_table().to_physical(u)


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ([[0, 0, 0], [0, 0, 2.5]], ValueError, r"adsr\.attack .* \[0, 2\] s, got 2\.5"),
        ([-25, 0, 0], ValueError, r"vco\.tuning .* \[-24, 24\] semitones, got -25\.0"),
        ([0, math.nan, 0], ValueError, r"vco\.depth must lie in \[-96, 96\], got nan"),
        ([0, math.inf, 0], ValueError, r"vco\.depth must lie in \[-96, 96\], got inf"),
        ([[0, 0]], ValueError, r"values .* \[\.\., P\] .*3\], got shape \[1, 2\]"),
    ],
    ids=["above", "below", "nan", "infinite", "too-few"],
)
def test_values_out_of_range_are_an_error_that_names_the_parameter(values, error, message):
    with pytest.raises(error, match=message):
        small_table().to_normalized(torch.tensor(values, dtype=torch.float64))


def test_only_float_tensors_hold_values():
    with pytest.raises(TypeError, match=r"values must be a float tensor .*, got dtype torch\.int"):
        small_table().to_normalized(torch.zeros(3, dtype=torch.int32))
    with pytest.raises(ValueError, match=r"values .* of sizes \[any, 3\], got shape \[1, 2\]"):
        small_table().to_dict(torch.zeros(1, 2))


def test_tables_are_equal_by_value():
    table = small_table(vco__tuning=12, adsr__attack=0.5)
    same = small_table(adsr__attack=0.5, vco__tuning=12.0)
    assert table == same
    assert hash(table) == hash(same)
    others = [
        small_table(),
        small_table(vco__tuning=12),
        small_table(vco__tuning=12, adsr__attack=0.6),
        ParameterTable(table.ranges[::-1], table.pinned),
        voice_table(),
        table.ranges,
    ]
    assert all(table != other for other in others)
    assert voice_table("default") != voice_table("drum")


@pytest.mark.parametrize(
    "clone",
    [lambda table: pickle.loads(pickle.dumps(table)), copy.deepcopy],
    ids=["pickle", "copy"],
)
def test_a_table_in_use_can_be_pickled_and_copied(clone):
    table = small_table(vco__tuning=12)
    u = torch.tensor([0.1, 0.2, 0.3])
    values = table.to_physical(u)
    assert b"torch" not in pickle.dumps(table)  # no tensor of a device that may be missing there
    cloned = clone(table)
    assert cloned == table
    assert torch.equal(cloned.to_physical(u), values)


def test_a_tables_repr_says_how_many_and_what_is_pinned():
    assert repr(voice_table()) == "ParameterTable(78 parameters)"
    pinned = small_table(vco__tuning=12)
    assert repr(pinned) == "ParameterTable(3 parameters, pinned={'vco.tuning': 12.0})"


def test_a_name_occurs_once():
    twice = ParameterRange("vco.tuning", 0.0, 1.0)
    with pytest.raises(ValueError, match=re.escape("occur twice: ['vco.tuning']")):
        ParameterTable([twice, twice])


NO_RANGES = [
    ({"name": ""}, TypeError, r"a parameter's name must be a word, got ''"),
    ({"name": 3}, TypeError, r"a parameter's name must be a word, got 3"),
    (
        {"minimum": 2.5},
        ValueError,
        r"minimum of p must be at most its maximum \(2\.0\), got 2\.5",
    ),
    ({"minimum": math.nan}, ValueError, r"minimum of p must be a finite number, got nan"),
    ({"maximum": math.inf}, ValueError, r"maximum of p must be a finite number, got inf"),
    ({"maximum": "2"}, TypeError, r"maximum of p must be a finite number, got '2' \(str\)"),
    ({"curve": 0.0}, ValueError, r"curve of p must be a finite number > 0, got 0\.0"),
    ({"curve": math.nan}, ValueError, r"curve of p must be a finite number, got nan"),
    ({"curve": True}, TypeError, r"curve of p must be a finite number, got True \(bool\)"),
    ({"symmetric": 1}, TypeError, r"symmetric of p must be True or False, got 1 \(int\)"),
]


@pytest.mark.parametrize(
    ("given", "error", "message"), NO_RANGES, ids=[repr(case[0]) for case in NO_RANGES]
)
def test_a_range_that_is_none_is_an_error_that_names_it(given, error, message):
    with pytest.raises(error, match=message):
        ParameterRange(**{"name": "p", "minimum": 0.0, "maximum": 2.0, **given})
