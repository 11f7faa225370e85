"""Free and pinned parameters: which columns are a task, and which are held at one value."""

import pickle

import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.parameters.table import ParameterRange, ParameterTable
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.synths import OneOscillator

PINNED = {"keyboard.midi_f0": 60.0, "lfo_1.mod_depth": -7.3, "adsr_1.attack": 0.1}
VOICE = Voice(SynthConfig()).parameter_table
HELD = ParameterTable(VOICE.ranges, PINNED)


def numbers(*shape, **options):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0), **options)


def test_free_parameters_are_all_that_are_not_pinned_in_column_order():
    assert HELD.free == tuple(name for name in VOICE.names if name not in PINNED)
    assert [HELD.names[column] for column in HELD.free_columns] == list(HELD.free)
    assert VOICE.free == VOICE.names
    assert VOICE.free_columns == list(range(78))


@pytest.mark.parametrize("shape", [(78,), (4, 78), (2, 3, 78)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_free_numbers_are_taken_and_put_back_where_they_were(shape, dtype):
    u = HELD.pin(numbers(*shape).to(dtype))
    free = HELD.take_free(u)
    assert free.dtype == dtype
    assert free.shape == (*shape[:-1], 75)
    assert torch.equal(free, u[..., HELD.free_columns])
    assert torch.equal(HELD.put_free(free), u)


def test_with_nothing_pinned_free_is_all():
    u = numbers(3, 78)
    assert torch.equal(VOICE.take_free(u), u)
    assert torch.equal(VOICE.put_free(u), u)
    assert VOICE.free_table == VOICE


def test_with_all_pinned_free_is_nothing():
    table = ParameterTable([ParameterRange("a.b", 0.0, 2.0)], {"a.b": 0.5})
    assert table.free == ()
    assert table.take_free(torch.zeros(2, 1)).shape == (2, 0)
    assert table.put_free(torch.zeros(2, 0)).tolist() == [[0.25], [0.25]]


def test_the_table_of_the_free_ones_means_the_same_by_them():
    u = HELD.pin(numbers(5, 78))
    free = HELD.free_table
    assert free.names == HELD.free
    assert free.pinned == {}
    assert torch.equal(
        free.to_physical(HELD.take_free(u)), HELD.to_physical(u)[:, HELD.free_columns]
    )


def test_gradients_reach_the_free_parameters_and_no_others():
    free = numbers(2, 75, dtype=torch.float64).requires_grad_()
    HELD.put_free(free).sum().backward()
    assert torch.equal(free.grad, torch.ones(2, 75))
    u = numbers(2, 78).requires_grad_()
    HELD.take_free(u).sum().backward()
    assert u.grad.sum(0).tolist() == [2.0 * (name in HELD.free) for name in HELD.names]


def test_free_numbers_go_through_torch_func_and_compile():
    free = numbers(3, 75)
    expected = HELD.put_free(free)
    assert torch.equal(torch.func.vmap(HELD.put_free)(free), expected)
    assert torch.equal(torch.func.vmap(HELD.take_free)(expected), free)
    jacobian = torch.func.jacrev(HELD.put_free)(free[0])
    assert torch.equal(jacobian[HELD.free_columns], torch.eye(75))
    compiled = torch.compile(HELD.put_free, fullgraph=True, backend="eager")
    assert torch.equal(compiled(free), expected)


def test_a_table_whose_free_part_was_used_is_pickled_without_tensors():
    table = ParameterTable(VOICE.ranges, PINNED)
    table.free_table.put_free(numbers(1, 75))
    assert b"torch" not in pickle.dumps(table)
    assert pickle.loads(pickle.dumps(table)).free_table == table.free_table


def test_names_are_grouped_by_module_in_column_order():
    groups = VOICE.modules
    assert list(groups)[:3] == ["keyboard", "adsr_1", "adsr_2"]
    assert groups["keyboard"] == ("keyboard.midi_f0", "keyboard.duration")
    assert tuple(name for names in groups.values() for name in names) == VOICE.names
    assert ParameterTable([ParameterRange("level", 0.0, 1.0)]).modules == {"": ("level",)}


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("curve", [0.2, 1.0, 1.5])
@pytest.mark.parametrize("value", [-3.25, 0.0, 0.1])
def test_a_range_of_one_value_is_a_pinned_value(value, curve, symmetric):
    fixed = ParameterRange("a.b", value, value, curve, symmetric)
    table = ParameterTable([fixed, ParameterRange("a.c", 0.0, 1.0)])
    assert table.pinned == {"a.b": value}
    assert table.free == ("a.c",)
    u = torch.tensor([[0.0, 0.2], [0.5, 0.2], [2**-24, 0.2], [1.0, 0.2]], requires_grad=True)
    values = table.to_physical(u)
    assert values[:, 0].tolist() == [value] * 4
    values.sum().backward()
    assert u.grad[:, 0].tolist() == [0, 0, 0, 0]
    assert table.pin(u.detach())[:, 0].tolist() == [0, 0, 0, 0]
    back = values.detach().requires_grad_()
    normalized = table.to_normalized(back)
    assert normalized[:, 0].tolist() == [0, 0, 0, 0]
    normalized.sum().backward()
    assert back.grad[:, 0].tolist() == [0, 0, 0, 0]


def test_another_value_than_the_ranges_one_is_refused():
    fixed = ParameterRange("a.b", 5.0, 5.0)
    with pytest.raises(ValueError, match=r"^a\.b must lie in \[5, 5\], got 5\.5$"):
        ParameterTable([fixed], {"a.b": 5.5})
    with pytest.raises(ValueError, match=r"^a\.b must lie in \[5, 5\], got 6\.0$"):
        ParameterTable([fixed]).to_normalized(torch.tensor([6.0]))
    assert ParameterTable([fixed], {"a.b": 5}) == ParameterTable([fixed])


class OneNote(OneOscillator):
    """One oscillator, its note fixed by its range."""

    def _ranges(self):
        return tuple(
            ParameterRange(one.name, 60.0, 60.0) if one.name == "keyboard.midi_f0" else one
            for one in super()._ranges()
        )


def test_a_synth_of_a_fixed_range_sounds_as_with_the_value_pinned():
    config = SynthConfig(2, 8000, 0.1, 100)
    pinned = OneOscillator(config, pinned={"keyboard.midi_f0": 60.0})
    fixed = OneNote(config)
    one, other = pinned.render_sounds([3, 9]), fixed.render_sounds([3, 9])
    assert torch.equal(one.audio, other.audio)
    column = fixed.parameter_table.column("keyboard.midi_f0")
    assert other.parameters[:, column].tolist() == [0, 0]
    # What the synth's own ranges say is no setting of a recipe.
    assert dict(SynthRecipe.of(fixed).pinned) == {}
    assert dict(SynthRecipe.of(pinned).pinned) == {"keyboard.midi_f0": 60.0}


@pytest.mark.parametrize("nebula", ["default", "drum"])
@pytest.mark.parametrize("backend", ["fused", "reference"])
def test_a_voice_of_fixed_ranges_has_the_bits_and_the_gradient_of_pinned_values(backend, nebula):
    config = SynthConfig(2, 8000, 0.05, 100, no_grad=False)
    values = {"keyboard.midi_f0": 60.0, "lfo_1.mod_depth": -3.0, "adsr_1.attack": 0.0}
    values |= {"vco_1.mod_depth": 0.0, "mixer.noise": 0.5}
    rows = torch.tensor([3, 9])
    made = {
        "pinned": Voice(config, nebula, backend, pinned=values),
        "fixed": Voice(config, nebula, backend, ranges={k: (v, v) for k, v in values.items()}),
    }
    found = {}
    for kind, voice in made.items():
        u = voice.draw(rows).requires_grad_()
        audio = voice.render(u, rows)
        audio.square().sum().backward()
        found[kind] = audio.detach(), u.grad
    assert torch.equal(found["fixed"][0], found["pinned"][0])
    assert torch.equal(found["fixed"][1], found["pinned"][1])
    columns = [made["fixed"].parameter_table.column(name) for name in values]
    assert not found["fixed"][1][:, columns].any()
    assert found["fixed"][1].any()
