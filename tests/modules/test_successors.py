import importlib

import pytest

from synth_datamodule import SynthConfig, Voice, modules, parameters, torchsynth
from synth_datamodule.modules.successors import SUCCESSORS

CONFIG = SynthConfig(2, 8000, 0.05, 100)
VOICE = Voice(CONFIG)
STATEFUL = torchsynth.Voice(torchsynth.SynthConfig(2, 8000, 0.05, 100))


@pytest.mark.parametrize("name", SUCCESSORS)
@pytest.mark.parametrize("thing", [VOICE, VOICE.adsr_1], ids=["synth", "module"])
def test_an_attribute_of_torchsynth_names_what_does_it_now(thing, name):
    with pytest.raises(AttributeError) as raised:
        getattr(thing, name)
    said = str(raised.value)
    assert said.startswith(
        f"'{type(thing).__name__}' object has no attribute '{name}'; torchsynth's"
    )
    assert said.endswith("itself in the same class of synth_datamodule.torchsynth")
    assert len(said) <= 300


def test_another_attribute_is_just_not_there():
    for thing in (VOICE, VOICE.adsr_1):
        with pytest.raises(AttributeError, match=r"has no attribute 'nonsense'$"):
            _ = thing.nonsense
        assert not hasattr(thing, "set_parameters")


def test_what_is_named_is_there():
    words = " ".join(SUCCESSORS.values()).replace("(", " ").replace(",", " ").split()
    named = {word.partition(".")[0] for word in words}
    functions = {"adsr_envelope", "modulated_pitch", "oscillator_cycles", "num_partials"}
    functions |= {"lfo_shapes", "lfo_signal"}
    assert functions <= named
    assert functions <= set(modules.__all__)
    table = VOICE.parameter_table
    assert {"render", "draw", "upsample"} <= named & set(dir(VOICE))
    for line in SUCCESSORS.values():
        for attribute in line.split("parameter_table.")[1:]:
            assert hasattr(table, attribute.partition("(")[0].partition(",")[0].split()[0])
    assert hasattr(parameters.ParameterRange("x", 0.0, 1.0), "curve")
    assert callable(importlib.import_module("synth_datamodule.torchsynth").fix_length)


# Attributes that torchsynth has, but these classes need not.
GONE = {"trainer", "test_step", "on_post_move_to_device", "ramp", "make_lfo_shapes"}
GONE |= {"make_attack", "make_decay", "make_release"}


def test_the_same_class_of_torchsynth_has_it():
    things = [STATEFUL, *STATEFUL.synth_modules().values()]
    for name in SUCCESSORS.keys() - GONE:
        assert any(hasattr(thing, name) for thing in things), name
