"""Listed values: which entry a draw picks, and how near its label comes."""

import copy
import pickle

import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.parameters import ParameterRange, ParameterTable
from synth_datamodule.parameters.grid import Grid, labels_of

NOTE = ParameterRange("keyboard.midi_f0", 48.0, 72.0)
TABLE = ParameterTable([NOTE, ParameterRange("vco.tuning", -24.0, 24.0)])
SHORT = SynthConfig(sample_rate=8000, buffer_size_seconds=0.05)


def drawn(*integers):
    """Return draws as torch makes them, of 24-bit integers, in the column of the note."""
    notes = torch.tensor(integers, dtype=torch.float64) / 2**24
    return torch.stack((notes, torch.full_like(notes, 0.3)), 1).float()


@pytest.mark.parametrize("k", [1, 2, 3, 7, 88, 65536])
def test_entry_floor_u_k_is_picked_at_every_edge(k):
    values = [48 + 24 * place / k for place in range(k)]
    grid = Grid({"keyboard.midi_f0": values}, TABLE)
    labels = labels_of(ParameterTable([NOTE]), values)
    edges = {-(-place * 2**24 // k) for place in range(0, k, max(k // 50, 1))}
    for integer in sorted((edges | {edge - 1 for edge in edges} | {2**24 - 1}) - {-1}):
        found = grid(drawn(integer))[0, 0].item()
        assert found == labels[integer * k // 2**24]


def test_each_entry_comes_equally_often_and_twice_as_often_where_listed_twice():
    every = drawn(*range(0, 2**24, 2**10))
    labels = Grid({"keyboard.midi_f0": [48, 60, 60, 72]}, TABLE)(every)[:, 0]
    assert [(labels == place).sum().item() for place in (0, 0.5, 1)] == [4096, 8192, 4096]


def test_1_which_a_sampler_may_give_picks_the_last_entry():
    grid = Grid({"keyboard.midi_f0": [48, 60], "vco.tuning": [-24, 24, 0]}, TABLE)
    assert grid(torch.ones(2, 2)).tolist() == [[0.5, 0.5]] * 2


def test_other_parameters_stay_as_they_are_drawn():
    given = drawn(5, 2**23)
    before = given.clone()
    found = Grid({"keyboard.midi_f0": [60]}, TABLE)(given)
    assert torch.equal(found[:, 1], given[:, 1])
    assert found[:, 0].tolist() == [0.5, 0.5]
    assert torch.equal(given, before)


def test_several_parameters_have_lists_of_their_own():
    grid = Grid({"vco.tuning": [-24, 0, 24], "keyboard.midi_f0": [72, 48]}, TABLE)
    assert grid(drawn(0, 2**23)).tolist() == [[1.0, 0.0], [0.0, 0.0]]
    assert grid.columns == (0, 1)


def test_without_lists_parameters_are_handed_back():
    given = drawn(5)
    assert Grid({}, TABLE)(given) is given
    assert Grid({}, TABLE).keep(given, given + 0.5).tolist() == (given + 0.5).tolist()


def test_listed_parameters_are_kept_where_others_move():
    grid = Grid({"keyboard.midi_f0": [60]}, TABLE)
    assert grid.keep(drawn(5), drawn(7) + 0.5)[0].tolist() == [drawn(5)[0, 0], drawn(7)[0, 1] + 0.5]


@pytest.mark.parametrize("nebula", ["default", "drum"])
def test_a_note_is_met_within_1e_minus_5_semitones(nebula):
    table = Voice(SHORT, nebula=nebula).parameter_table
    one = ParameterTable([table.ranges[table.column("keyboard.midi_f0")]])
    notes = [127 * place / 9999 for place in range(10000)] + [float(note) for note in range(128)]
    labels = torch.tensor(labels_of(one, notes), dtype=torch.float32)
    away = one.to_physical(labels[:, None])[:, 0] - torch.tensor(notes, dtype=torch.float64)
    assert away.abs().max() < 8e-6


@pytest.mark.parametrize("nebula", ["default", "drum"])
def test_a_value_is_met_as_nearly_as_float32_and_its_curve_allow(nebula):
    for one in Voice(SHORT, nebula=nebula).parameter_table.ranges:
        width = one.maximum - one.minimum
        values = [one.minimum + width * place / 999 for place in range(1000)]
        table = ParameterTable([one])
        labels = torch.tensor(labels_of(table, values), dtype=torch.float32)
        away = table.to_physical(labels[:, None])[:, 0] - torch.tensor(values, dtype=torch.float64)
        steep = 2 ** (-23 / one.curve) / 4 if one.symmetric and one.curve > 1 else 0
        assert away.abs().max() <= width * max(2**-25 / min(one.curve, 1), steep) * 1.01, one


def test_no_float32_beside_a_label_is_nearer():
    one = ParameterTable([ParameterRange("a", 0.0, 1.0, curve=0.025)])
    values = [0.1, 0.5, 0.9]
    labels = torch.tensor(labels_of(one, values), dtype=torch.float32)[:, None]
    wanted = torch.tensor(values, dtype=torch.float64)[:, None]
    away = (one.to_physical(labels) - wanted).abs()
    for end in (0.0, 1.0):
        beside = torch.nextafter(labels, torch.tensor(end))
        assert ((one.to_physical(beside) - wanted).abs() >= away).all()


@pytest.mark.parametrize(
    ("values", "pinned", "message"),
    [
        ({"keyboard.midi": [60]}, {}, "no parameter is named 'keyboard.midi'; did you mean"),
        ({"keyboard.midi_f0": [60, 73]}, {}, r"must lie in \[48, 72\], got 73"),
        ({"keyboard.midi_f0": [47.9, 60]}, {}, r"must lie in \[48, 72\], got 47.9"),
        (
            {"keyboard.midi_f0": [60]},
            {"keyboard.midi_f0": 60},
            "values must list no pinned parameter, got 'keyboard.midi_f0', pinned at 60",
        ),
    ],
)
def test_what_cannot_be_listed_is_said(values, pinned, message):
    with pytest.raises(ValueError, match=message):
        Grid(values, ParameterTable(TABLE.ranges, pinned))


def test_a_grid_is_pickled_and_copied_without_what_lies_on_devices():
    grid = Grid({"keyboard.midi_f0": [48, 60]}, TABLE)
    expected = grid(drawn(1, 2**23)).tolist()
    for again in (pickle.loads(pickle.dumps(grid)), copy.deepcopy(grid)):
        assert again._on_device == {}
        assert again(drawn(1, 2**23)).tolist() == expected


def test_labels_are_the_same_in_inference_mode_and_under_torch_func():
    grid, found = Grid({"keyboard.midi_f0": [48, 60]}, TABLE), []
    with torch.inference_mode():
        first = grid(drawn(2**23)).tolist()
    torch.func.grad(lambda x: found.append(grid(drawn(2**23))) or x)(torch.ones(()))
    assert found[0].tolist() == first
    assert not grid._on_device[torch.device("cpu")].labels.is_inference()
