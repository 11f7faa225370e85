"""Torchsynth's three orders of columns, and the way between them and the table's."""

import numpy as np
import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.corpus.draws import draw_parameters
from synth_datamodule.parameters.orders import ORDERS, names_in_order
from synth_datamodule.parameters.table import ParameterRange, ParameterTable
from synth_datamodule.torchsynth import Voice as TorchsynthsVoice

VOICE = Voice(SynthConfig(2, 8000, 0.05, 100))
TABLE = VOICE.parameter_table
U = torch.rand(3, 78, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", [(78,), (3, 78), (1, 3, 78)], ids=str)
def test_columns_go_there_and_come_back(order, shape):
    u = U[:1].reshape(78) if shape == (78,) else U.reshape(shape)
    moved = TABLE.to_torchsynth(u, order)
    names = names_in_order(TABLE, order)
    assert sorted(names) == sorted(TABLE.names)
    for column, name in enumerate(names):
        assert torch.equal(moved[..., column], u[..., TABLE.column(name)])
    assert torch.equal(TABLE.from_torchsynth(moved, order), u)
    assert np.array_equal(TABLE.from_torchsynth(moved.numpy(), order), u.numpy())


def test_the_declared_order_is_the_labels():
    assert torch.equal(TABLE.to_torchsynth(U, "declared"), U)


def test_the_draws_order_is_that_of_the_draws():
    numbers = torch.tensor([5, 77])
    draws = draw_parameters(numbers, 78)
    assert torch.equal(TABLE.from_torchsynth(draws, "draw"), VOICE.draw(numbers))


def test_modules_are_sorted_by_name_and_their_parameters_as_declared():
    # Written from torchsynth 1.0.2's own get_parameters().
    modules = [
        *("adsr_1", "adsr_2", "keyboard", "lfo_1", "lfo_1_amp_adsr", "lfo_1_rate_adsr"),
        *("lfo_2", "lfo_2_amp_adsr", "lfo_2_rate_adsr", "mixer", "mod_matrix", "vco_1", "vco_2"),
    ]
    names = names_in_order(TABLE, "get_parameters")
    assert list(dict.fromkeys(name.split(".")[0] for name in names)) == modules
    assert names[:3] == ("adsr_1.attack", "adsr_1.decay", "adsr_1.sustain")
    assert names[10:12] == ("keyboard.midi_f0", "keyboard.duration")
    assert names[-4:] == (
        *("vco_2.tuning", "vco_2.mod_depth", "vco_2.initial_phase", "vco_2.shape"),
    )


def test_the_port_of_torchsynths_voice_has_the_same_order():
    theirs = TorchsynthsVoice().get_parameters(include_frozen=True)
    names = tuple(".".join(key) for key in theirs)
    assert names == names_in_order(TABLE, "get_parameters")


def test_without_the_frozen_ones_the_free_table_moves_them():
    table = ParameterTable(TABLE.ranges, {"keyboard.midi_f0": 60.0})
    theirs = [
        name for name in names_in_order(TABLE, "get_parameters") if name != "keyboard.midi_f0"
    ]
    stored = U[:, [TABLE.column(name) for name in theirs]]
    moved = table.put_free(table.free_table.from_torchsynth(stored))
    assert torch.equal(moved, table.pin(U))


def test_any_numbers_are_moved_and_gradients_with_them():
    values = torch.full((2, 78), torch.nan)
    assert TABLE.from_torchsynth(values).isnan().all()
    u = U.clone().requires_grad_()
    (TABLE.to_torchsynth(u) * torch.arange(78)).sum().backward()
    assert torch.equal(TABLE.to_torchsynth(u.grad)[0], torch.arange(78.0))


def test_an_unknown_order_is_an_error():
    table = ParameterTable([ParameterRange("a.b", 0.0, 1.0)])
    with pytest.raises(ValueError, match="order must be one of 'declared', 'get_parameters'"):
        table.from_torchsynth(torch.zeros(1, 1), "sorted")
