"""How a patch declares its parts, and reads their parameters."""

import pytest
import torch

from synth_datamodule import AbstractSynth, SynthConfig
from synth_datamodule.modules import (
    ADSR,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    CrossfadeKnob,
    MonophonicKeyboard,
    SineVCO,
    SquareSawVCO,
)
from synth_datamodule.patching.patch import Part, PatchValues, part

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)


class Whistle(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    vco = part(SineVCO)
    mixer = part(AudioMixer, inputs=("vco",))

    def output(self, p, noise_rows):
        midi_f0, _ = self.keyboard(p.keyboard)
        return self.mixer(p.mixer, self.vco(p.vco, midi_f0))


class Reed(Whistle):
    """The same patch with another oscillator in the old one's place, and a part more."""

    vco = part(SquareSawVCO)
    knob = part(CrossfadeKnob)

    def output(self, p, noise_rows):
        return self.knob(p.knob)[:, None] * super().output(p, noise_rows)


class ShapedWhistle(Whistle):
    """More parts, and its own output."""

    adsr = part(ADSR)
    upsample = part(ControlRateUpsample)
    vca = part(VCA)

    def output(self, p, noise_rows):
        midi_f0, duration = self.keyboard(p.keyboard)
        level = self.upsample(self.adsr(p.adsr, duration))
        return self.mixer(p.mixer, self.vca(self.vco(p.vco, midi_f0), level))


def modules_of(synth_class):
    return {name: type(module) for name, module in synth_class(CONFIG).named_children()}


def test_a_part_is_the_module_of_its_name_made_with_the_synths_config():
    whistle = Whistle(CONFIG)
    assert type(whistle.vco) is SineVCO
    assert whistle.vco is dict(whistle.named_children())["vco"]
    assert {module.synthconfig for module in whistle.children()} == {CONFIG}
    assert whistle.mixer.inputs == ("vco",)


def test_two_synths_of_one_class_share_no_part():
    longer = SynthConfig(sample_rate=16000, buffer_size_seconds=0.5, control_rate=400)
    one, other = Whistle(CONFIG), Whistle(longer)
    assert one.vco is not other.vco
    assert (one.vco.buffer_size, other.vco.buffer_size) == (4000, 8000)


def test_on_the_class_a_part_is_its_declaration():
    assert isinstance(Whistle.vco, Part)
    assert type(Whistle.vco.make(CONFIG)) is SineVCO


def test_a_subclass_inherits_parts_overrides_some_in_place_and_adds_others():
    assert modules_of(Whistle) == {
        "keyboard": MonophonicKeyboard,
        "vco": SineVCO,
        "mixer": AudioMixer,
    }
    assert modules_of(Reed) == {
        "keyboard": MonophonicKeyboard,
        "vco": SquareSawVCO,
        "mixer": AudioMixer,
        "knob": CrossfadeKnob,
    }
    assert list(modules_of(Reed)) == ["keyboard", "vco", "mixer", "knob"]
    assert list(modules_of(ShapedWhistle))[3:] == ["adsr", "upsample", "vca"]


def test_an_overridden_part_is_heard():
    whistle, reed = Whistle(CONFIG), Reed(CONFIG)
    shared = [name for name in reed.parameter_names if name in whistle.parameter_names]
    assert shared == list(whistle.parameter_names)
    assert set(reed.parameter_names) - set(shared) == {"vco.shape", "knob.ratio"}
    u = torch.full((1, len(reed.parameter_names)), 0.5)
    values = dict(zip(reed.parameter_names, reed.parameter_table.to_physical(u)[0], strict=True))
    vco = {
        name.removeprefix("vco."): value[None]
        for name, value in values.items()
        if name.startswith("vco.")
    }
    square = SquareSawVCO(CONFIG)(vco, values["keyboard.midi_f0"][None])
    assert torch.equal(reed.synthesize(u), 0.5 * (0.5 * square))


def test_parts_of_both_parents_are_made():
    class Bellows(AbstractSynth):
        knob = part(CrossfadeKnob)

        def output(self, p, noise_rows):
            return self.knob(p.knob)[:, None] * super().output(p, noise_rows)

    class Accordion(Bellows, Whistle):
        pass

    assert set(modules_of(Accordion)) == {"keyboard", "vco", "mixer", "knob"}


def test_parts_of_a_mixin_are_made():
    class WithKnob:
        knob = part(CrossfadeKnob)

        def output(self, p, noise_rows):
            return self.knob(p.knob)[:, None] * super().output(p, noise_rows)

    class KnobbedWhistle(WithKnob, Whistle):
        pass

    assert set(modules_of(KnobbedWhistle)) == {"keyboard", "vco", "mixer", "knob"}


def test_a_part_cannot_be_used_before_it_is_made():
    class Hasty(Whistle):
        def __init__(self, synthconfig):
            self.rate = self.vco.sample_rate
            super().__init__(synthconfig)

    with pytest.raises(AttributeError, match=r"Hasty.* '?vco"):
        Hasty(CONFIG)


def test_values_are_read_by_part_and_parameter():
    names = ["keyboard.midi_f0", "vco_1.tuning", "keyboard.duration", "mod_matrix.lfo_1->noise.amp"]
    values = torch.tensor([[60.0, -1.5, 0.25, 0.5], [61.0, 1.5, 0.75, 1.0]])
    p = PatchValues(names, values)
    assert {name: value.tolist() for name, value in p.keyboard.items()} == {
        "midi_f0": [60.0, 61.0],
        "duration": [0.25, 0.75],
    }
    assert p.vco_1["tuning"].tolist() == [-1.5, 1.5]
    # Only the first dot ends a part's name.
    assert p.mod_matrix["lfo_1->noise.amp"].tolist() == [0.5, 1.0]


def test_an_unknown_part_is_an_error_that_names_the_known():
    p = PatchValues(["keyboard.midi_f0", "vco.tuning"], torch.zeros(1, 2))
    message = r"no part with parameters is named 'vca': \['keyboard', 'vco'\]"
    with pytest.raises(AttributeError, match=message):
        p.vca  # noqa: B018


def test_as_many_values_as_names():
    with pytest.raises(ValueError, match="zip"):
        PatchValues(["keyboard.midi_f0"], torch.zeros(1, 2))
