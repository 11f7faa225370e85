"""One parameter by itself: the table's own conversion of its column, for any shape."""

import copy
import pickle

import numpy as np
import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.parameters.table import ParameterTable

TABLES = {name: Voice(SynthConfig(), name).parameter_table for name in ("default", "drum")}
TABLE = TABLES["default"]


@pytest.mark.parametrize("nebula", TABLES)
def test_every_parameter_alone_has_the_bits_of_its_column(nebula):
    table = TABLES[nebula]
    u = torch.rand(37, 78, generator=torch.Generator().manual_seed(0))
    u[:3] = torch.tensor([0.0, 0.5, 1.0])[:, None]
    values = table.to_physical(u)
    back = table.to_normalized(values)
    for column, name in enumerate(table.names):
        one = table[name]
        assert (one.name, one.column, one.range) == (name, column, table.ranges[column])
        assert torch.equal(one.to_physical(u[:, column]), values[:, column])
        assert torch.equal(one.to_normalized(values[:, column]), back[:, column])
        assert one.to_physical(u[4, column].item()) == values[4, column].item()
        assert one.to_normalized(values[4, column].item()) == back[4, column].item()


@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4), (2, 0)], ids=str)
def test_any_shape_and_kind_comes_back_as_it_was_given(shape):
    one = TABLE["lfo_1.frequency"]
    u = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    values = one.to_physical(u)
    assert values.shape == shape
    assert values.dtype == torch.float64
    array = one.to_physical(u.numpy())
    assert isinstance(array, np.ndarray)
    assert array.dtype == np.float64
    assert np.array_equal(array, values.numpy())
    assert np.array_equal(one.to_normalized(array), one.to_normalized(values).numpy())


def test_a_float_gives_a_float():
    one = TABLE["vco_1.tuning"]
    assert one.to_physical(0.75) == 12.0
    assert type(one.to_physical(1)) is float
    assert one.to_normalized(np.float32(12)) == 0.75
    assert one.to_physical(1 + 1e-7) == 24.0  # as in a table, a rounding outside counts as the end


def test_a_pinned_parameter_is_its_value_whatever_is_given():
    pinned = ParameterTable(TABLE.ranges, {"vco_1.tuning": 3.0})["vco_1.tuning"]
    assert pinned.pinned == 3.0
    assert TABLE["vco_1.tuning"].pinned is None
    assert pinned.to_physical(torch.tensor([0.0, 0.9])).tolist() == [3.0, 3.0]


def test_gradients_go_through_it_and_torch_func_and_compile_do():
    one = TABLE["lfo_1.frequency"]
    u = torch.tensor([0.2, 0.7], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(one.to_physical, u)
    values = one.to_physical(u.detach()).requires_grad_()
    assert torch.autograd.gradcheck(one.to_normalized, values)
    plain = u.detach()
    assert torch.equal(torch.func.vmap(one.to_physical)(plain), one.to_physical(plain))

    def converted(u):
        return TABLE["lfo_1.frequency"].to_physical(u)

    compiled = torch.compile(converted, fullgraph=True, backend="eager")
    assert torch.equal(compiled(plain), converted(plain))


@pytest.mark.parametrize("clone", [lambda one: pickle.loads(pickle.dumps(one)), copy.deepcopy])
def test_it_can_be_pickled_and_copied(clone):
    one = TABLE["vco_1.tuning"]
    assert clone(one).to_physical(0.75) == 12.0


def test_its_repr_says_what_it_is():
    assert repr(TABLE["lfo_1.sin"]) == "Parameter('lfo_1.sin', column 15, [0, 1])"
    pinned = ParameterTable(TABLE.ranges, {"vco_1.tuning": 3.0})["vco_1.tuning"]
    assert repr(pinned) == (
        "Parameter('vco_1.tuning', column 68, [-24, 24] semitones, pinned at 3)"
    )


@pytest.mark.parametrize(
    ("call", "given", "error", "message"),
    [
        ("to_physical", 1.5, ValueError, r"^vco_1\.tuning must lie in \[0, 1\], got 1\.5$"),
        ("to_physical", torch.tensor([0, 1.5]), ValueError, r"vco_1\.tuning .*got 1\.5 at \[1\]"),
        ("to_physical", "x", TypeError, r"vco_1\.tuning must be a finite number, got 'x'"),
        ("to_physical", torch.tensor([1]), TypeError, r"vco_1\.tuning must be a float tensor"),
        ("to_physical", np.array([1]), TypeError, r"vco_1\.tuning must be a float array, .*int64"),
        ("to_normalized", 25, ValueError, r"must lie in \[-24, 24\] semitones, got 25$"),
        ("to_normalized", torch.tensor([[0, 25.0]]), ValueError, r"\[-24, 24\] .*got 25\.0$"),
        ("to_normalized", np.array([0, np.nan]), ValueError, r"\[-24, 24\] .*got nan$"),
        ("to_normalized", [0.5], TypeError, r"vco_1\.tuning must be a finite number, got \[0\.5\]"),
    ],
)
def test_what_is_out_of_range_is_an_error_that_names_it(call, given, error, message):
    with pytest.raises(error, match=message):
        getattr(TABLE["vco_1.tuning"], call)(given)


def test_an_unknown_name_tells_the_nearest():
    with pytest.raises(ValueError, match=r"did you mean 'vco_1\.tuning'"):
        TABLE["vco_1.tunning"]
    with pytest.raises(TypeError, match="a parameter is named by a string, got 3"):
        TABLE[3]


def test_a_table_is_iterated_and_searched_by_name():
    assert tuple(TABLE) == TABLE.names
    assert "vco_1.tuning" in TABLE
    assert "vco_1" not in TABLE
