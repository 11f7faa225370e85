"""SynthAX's parameters: its names, shapes and ranges, there and back."""

import json

import numpy as np
import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.parameters import from_synthax, to_synthax
from synth_datamodule.parameters.table import ParameterRange, ParameterTable
from synth_datamodule.synths import OneOscillator

VOICE = Voice(SynthConfig())
TABLE = VOICE.parameter_table
U = VOICE.draw(torch.arange(4))


def column(name):
    return TABLE.column(name)


def test_names_and_shapes_are_those_of_flax():
    found = to_synthax(U, TABLE)
    assert list(found) == ["params"]
    shapes = {
        f"{module}.{name}": array.shape
        for module, arrays in found["params"].items()
        for name, array in arrays.items()
    }
    assert len(shapes) == 57  # 55 of one number each, a matrix and a row
    assert shapes.pop("modules_mod_matrix.mod") == (4, 5, 4)
    assert shapes.pop("modules_mixer.level") == (4, 3)
    assert set(shapes.values()) == {(4,)}
    assert "modules_lfo_1_rate_adsr.alpha" in shapes


def test_numbers_are_the_same_bits_where_ranges_and_curves_are():
    found = to_synthax(U, TABLE)["params"]
    attack = found["modules_adsr_1"]["attack"]
    assert attack.dtype == np.float32
    assert np.array_equal(attack, U[:, column("adsr_1.attack")].numpy())
    mod = found["modules_mod_matrix"]["mod"]
    # A row for an output, a column for an input: it multiplies the signals from the left.
    assert np.array_equal(mod[:, 1, 2], U[:, column("mod_matrix.lfo_1->vco_1_amp")].numpy())
    level = found["modules_mixer"]["level"]
    assert np.array_equal(level[:, 2], U[:, column("mixer.noise")].numpy())
    assert torch.equal(from_synthax(to_synthax(U, TABLE), TABLE), U)


def test_a_file_of_theirs_is_read_as_lists_with_params_around_or_not():
    params = to_synthax(U, TABLE)["params"]
    lists = {m: {n: a.tolist() for n, a in arrays.items()} for m, arrays in params.items()}
    text = json.dumps({"params": lists, "config": {}, "prng_key": 0})
    assert torch.equal(from_synthax(json.loads(text), TABLE), U)
    assert torch.equal(from_synthax(lists, TABLE), U)


def test_other_curves_and_ranges_get_the_same_values():
    drum = Voice(SynthConfig(), "drum").parameter_table
    found = from_synthax(to_synthax(U, TABLE), drum)
    values = drum.to_physical(found)
    torch.testing.assert_close(values, TABLE.to_physical(U), rtol=0, atol=2e-3)
    back = from_synthax(to_synthax(found, drum), TABLE)
    torch.testing.assert_close(back, U, rtol=0, atol=1e-5)
    same = [k for k in range(78) if drum.ranges[k] == TABLE.ranges[k]]
    assert 0 < len(same) < 78
    assert torch.equal(found[:, same], U[:, same])


def test_a_value_outside_a_narrower_range_is_an_error_that_names_it():
    narrow = Voice(SynthConfig(), ranges={"keyboard.midi_f0": (48, 72)}).parameter_table
    u = U.clone()
    u[:, 0] = 0.9
    with pytest.raises(
        ValueError, match=r"^keyboard\.midi_f0 must lie in \[48, 72\] semitones, got"
    ):
        from_synthax(to_synthax(u, TABLE), narrow)


def test_pinned_values_are_what_synthax_gets():
    pinned = ParameterTable(TABLE.ranges, {"keyboard.midi_f0": 60.0})
    found = to_synthax(U, pinned)["params"]["modules_keyboard"]["midi_f0"]
    assert np.array_equal(found, np.full(4, 60 / 127, np.float32))


def changed(module, name, value):
    params = to_synthax(U, TABLE)["params"]
    params.setdefault(module, {})[name] = value
    return params


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        (3, TypeError, "^params must map modules to parameters, got 3$"),
        ({"params": [1]}, TypeError, "^params must map modules to parameters"),
        (
            changed("modules_adsr_3", "attack", np.ones(4)),
            ValueError,
            r"^params must be those of SynthAX's Voice, they hold modules_adsr_3\.attack$",
        ),
        (
            {k: v for k, v in changed("modules_vco_1", "x", 0).items() if k != "modules_vco_1"},
            ValueError,
            r"^params must be those of SynthAX's Voice, they lack modules_vco_1\.initial_phase$",
        ),
        (
            changed("modules_mod_matrix", "mod", np.ones((4, 7, 6))),  # its VoiceExpanded's
            ValueError,
            r"^modules_mod_matrix\.mod must be of shape \[4, 5, 4\], got \[4, 7, 6\]$",
        ),
        (
            changed("modules_adsr_1", "attack", np.ones(3)),
            ValueError,
            r"^modules_adsr_1\.attack must be of shape \[4\], got \[3\]$",
        ),
        (
            changed("modules_adsr_1", "attack", ["x"] * 4),
            TypeError,
            r"^modules_adsr_1\.attack must be an array of numbers",
        ),
        (
            changed("modules_adsr_1", "attack", np.full(4, 1.5)),
            ValueError,
            r"^params must lie in \[0, 1\], got 1\.5",
        ),
    ],
    ids=["number", "list", "expanded", "lacks", "matrix", "size", "words", "above"],
)
def test_what_is_not_their_voice_is_an_error_that_names_it(params, error, message):
    with pytest.raises(error, match=message):
        from_synthax(params, TABLE)


def test_a_synth_of_other_parameters_is_an_error_that_names_one():
    other = OneOscillator(SynthConfig()).parameter_table
    with pytest.raises(
        ValueError, match=r"^table must have SynthAX's parameters, it lacks adsr_1\."
    ):
        to_synthax(U, other)
    more = ParameterTable([*TABLE.ranges, ParameterRange("filter.cutoff", 0.0, 1.0)])
    with pytest.raises(ValueError, match=r"parameters alone, got filter\.cutoff too$"):
        to_synthax(U, more)
    with pytest.raises(ValueError, match=r"parameters must be \[B, P\] in shape, got \[78\]"):
        to_synthax(U[0], TABLE)
