import torch

from synth_datamodule import SynthConfig
from synth_datamodule.modules import SquareSawVCO
from synth_datamodule.patching.state import state
from synth_datamodule.synths import OneOscillator

CONFIG = SynthConfig(sample_rate=8000, buffer_size_seconds=0.1, control_rate=400)


def changed(change):
    synth = OneOscillator(CONFIG)
    synth.knobs, synth.gain, synth.offset = [1.0, 2.0], 0.5, torch.zeros(1)
    before = state(synth)
    assert state(synth) == before
    change(synth)
    return state(synth) != before


def test_what_rendering_and_training_do_is_no_change():
    assert not changed(lambda synth: synth.render_sounds([1]))
    assert not changed(lambda synth: synth.eval())
    assert not changed(lambda synth: synth.free())


def test_an_equal_value_is_no_change():
    assert not changed(lambda synth: setattr(synth, "gain", float("0.5")))
    assert not changed(lambda synth: setattr(synth, "knobs", [1.0, 2.0]))


def test_another_value_is_a_change():
    assert changed(lambda synth: setattr(synth, "gain", 0.25))
    assert changed(lambda synth: synth.knobs.append(3.0))
    assert changed(lambda synth: synth.knobs.__setitem__(0, 3.0))
    assert changed(lambda synth: setattr(synth, "more", 1))
    assert changed(lambda synth: delattr(synth, "gain"))


def test_another_part_or_a_part_that_is_set_is_a_change():
    assert changed(lambda synth: setattr(synth, "vco", SquareSawVCO(CONFIG)))
    assert changed(lambda synth: setattr(synth.vco, "forward", print))
    assert changed(lambda synth: setattr(synth.vco, "depth", 2))
