"""Parameters by name: a few are set in units, and the others stay as they are."""

import math

import numpy as np
import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.parameters.table import ParameterRange, ParameterTable

TABLE = Voice(SynthConfig()).parameter_table
NOTE, RATE, TUNING = "keyboard.midi_f0", "lfo_1.frequency", "vco_1.tuning"


def numbers(*shape, **options):
    return torch.rand(shape, generator=torch.Generator().manual_seed(0), **options)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("shape", [(), (4,), (2, 3)], ids=str)
def test_some_are_set_in_units_and_the_others_are_the_same_bits(shape, dtype):
    u = numbers(*shape, 78).to(dtype)
    before = u.clone()
    rates = 20 * numbers(*shape, dtype=torch.float64)
    found = TABLE.replace(u, {NOTE: 60.0, RATE: rates})
    assert torch.equal(u, before)
    assert found.dtype == dtype
    values = TABLE.to_normalized(TABLE.to_physical(u))
    values[..., TABLE.column(NOTE)] = 60 / 127
    expected = (rates / 20) ** 0.25
    torch.testing.assert_close(found[..., TABLE.column(NOTE)], values[..., 0].to(dtype))
    torch.testing.assert_close(found[..., TABLE.column(RATE)], expected.to(dtype))
    others = [column for column, name in enumerate(TABLE.names) if name not in (NOTE, RATE)]
    assert torch.equal(found[..., others], u[..., others])


def test_in_float64_the_values_are_those_asked_for():
    tunings = torch.linspace(-24, 24, 5, dtype=torch.float64)
    found = TABLE.replace(numbers(5, 78, dtype=torch.float64), {TUNING: tunings, NOTE: 60})
    values = TABLE.to_physical(found)
    torch.testing.assert_close(values[:, TABLE.column(TUNING)], tunings, rtol=0, atol=1e-13)
    torch.testing.assert_close(
        values[:, TABLE.column(NOTE)], torch.full((5,), 60.0).double(), rtol=0, atol=1e-13
    )


def test_each_value_is_as_the_table_converts_it():
    values = TABLE.to_physical(numbers(3, 78))
    by_name = {name: values[:, column] for column, name in enumerate(TABLE.names)}
    found = TABLE.replace(torch.zeros(3, 78, dtype=torch.float64), by_name)
    assert torch.equal(found, TABLE.to_normalized(values))


def test_a_tensor_of_one_number_holds_for_all():
    u = numbers(2, 78)
    one = TABLE.replace(u, {TUNING: torch.tensor(3.0)})
    assert torch.equal(one, TABLE.replace(u, {TUNING: 3.0}))
    assert torch.equal(one[0], TABLE.replace(u[0], {TUNING: torch.tensor(3.0)}))


def test_a_module_is_set_by_its_name():
    u = numbers(2, 78)
    found = TABLE.replace(u, {"vco_1": {"tuning": 3.0, "mod_depth": 0.0}, NOTE: 60.0})
    assert torch.equal(found, TABLE.replace(u, {TUNING: 3.0, "vco_1.mod_depth": 0.0, NOTE: 60.0}))


def test_nothing_to_replace_changes_nothing():
    u = numbers(2, 78)
    assert torch.equal(TABLE.replace(u, {}), u)


def test_a_bound_is_what_float32_makes_of_it():
    phase = torch.tensor([-math.pi, math.pi])  # whose float32 lies beyond pi
    found = TABLE.replace(torch.zeros(2, 78), {"vco_1.initial_phase": phase})
    assert found[:, TABLE.column("vco_1.initial_phase")].tolist() == [0, 1]


def test_numbers_a_rounding_outside_are_left_so_in_other_columns():
    u = numbers(2, 78)
    u[0, 5] = 1 + 2**-23
    assert TABLE.replace(u, {NOTE: 60.0})[0, 5] == 1 + 2**-23


def test_gradients_go_to_the_numbers_and_to_the_values():
    table = ParameterTable(
        [
            ParameterRange("a.plain", -1.0, 3.0),
            ParameterRange("a.bent", 0.0, 2.0, curve=0.5),
            ParameterRange("a.kept", 0.0, 1.0),
        ]
    )
    u = torch.tensor([[0.2, 0.3, 0.9], [0.6, 0.8, 0.4]], dtype=torch.float64, requires_grad=True)
    bent = torch.tensor([0.7, 1.9], dtype=torch.float64, requires_grad=True)
    plain = torch.tensor(2.5, dtype=torch.float64, requires_grad=True)

    def replaced(u, bent, plain):
        return table.replace(u, {"a.bent": bent, "a.plain": plain})

    assert torch.autograd.gradcheck(replaced, (u, bent, plain))
    replaced(u, bent, plain).sum().backward()
    assert u.grad.tolist() == [[0, 0, 1], [0, 0, 1]]


def test_it_goes_through_torch_func_and_compile():
    u, rates = numbers(3, 78), 20 * numbers(3)
    expected = TABLE.replace(u, {RATE: rates, NOTE: 60.0})

    def replaced(u, rates):
        return TABLE.replace(u, {RATE: rates, NOTE: 60.0})

    assert torch.equal(torch.func.vmap(replaced)(u, rates), expected)
    assert torch.equal(torch.compile(replaced, fullgraph=True, backend="eager")(u, rates), expected)
    slopes = torch.func.grad(lambda rates: replaced(u, rates).sum())(rates)
    assert slopes.isfinite().all()
    # There is no value to look at: what is out of range is told by NaN.
    found = torch.func.vmap(replaced)(u, torch.tensor([1.0, 21.0, -1.0]))[:, TABLE.column(RATE)]
    assert found.isnan().tolist() == [False, True, True]


def test_arrays_give_arrays():
    u = numbers(3, 78)
    rates = np.array([0.5, 1.0, 2.0])
    found = TABLE.replace(u.numpy(), {NOTE: 60.0, RATE: rates})
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.float32
    expected = TABLE.replace(u, {NOTE: 60.0, RATE: torch.from_numpy(rates)})
    assert np.array_equal(found, expected.numpy())
    # An array beside a tensor is a value like any other.
    assert torch.equal(TABLE.replace(u, {NOTE: 60.0, RATE: rates}), expected)
    with pytest.raises(TypeError, match=rf"^{RATE} must be a number or an array beside arrays$"):
        TABLE.replace(u.numpy(), {RATE: torch.ones(3)})


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"vco_1.tunning": 0.0}, ValueError, r"no parameter .* did you mean 'vco_1\.tuning'"),
        ({"vco_1": {"tunning": 0.0}}, ValueError, r"no parameter .* did you mean 'vco_1\.tuning'"),
        ({("keyboard", "midi_f0"): 60.0}, TypeError, "a parameter is named by a string, got"),
        ({NOTE: 128.0}, ValueError, r"keyboard\.midi_f0 must lie in \[0, 127\] semitones, got 128"),
        ({NOTE: torch.tensor([3.0, 128.0])}, ValueError, r"must lie in \[0, 127\] .*got 128"),
        ({NOTE: torch.ones(3)}, ValueError, r"of shape \[2\], got shape \[3\]"),
        ({NOTE: torch.ones(2, 1)}, ValueError, r"of shape \[2\], got shape \[2, 1\]"),
        ({NOTE: torch.ones(2).long()}, TypeError, "must be a float tensor .*int64"),
        ({NOTE: [60.0, 61.0]}, TypeError, "must be a finite number, got .* \\(list\\)"),
        ({NOTE: math.nan}, ValueError, "must be a finite number, got nan"),
        ({TUNING: 0.0, "vco_1": {"tuning": 1.0}}, ValueError, r"once, twice: \{'vco_1\.tuning'\}"),
    ],
    ids=[
        "misspelt", "misspelt-in-module", "tuple", "above", "one-above", "too-many", "too-deep",
        "ints", "list", "nan", "twice",
    ],
)  # fmt: skip
def test_what_cannot_be_set_is_an_error_that_names_it(values, error, message):
    with pytest.raises(error, match=message):
        TABLE.replace(numbers(2, 78), values)


def test_what_is_pinned_cannot_be_replaced():
    pinned = ParameterTable(TABLE.ranges, {NOTE: 60.0})
    with pytest.raises(
        ValueError, match=rf"^{NOTE} must be free to be replaced, it is pinned at 60"
    ):
        pinned.replace(numbers(2, 78), {NOTE: 61.0})


def test_a_replaced_note_is_heard_as_pinned():
    config = SynthConfig(2, 8000, 0.05, 100)
    voice, pinned = Voice(config), Voice(config, pinned={NOTE: 60.0})
    u = voice.draw([3, 4]).double()
    replaced = voice.parameter_table.replace(u, {NOTE: 60.0})
    assert torch.equal(voice.render(replaced), pinned.render(u))
