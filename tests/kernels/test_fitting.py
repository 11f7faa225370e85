"""A patch whose parts only have other ranges or curves is rendered by the kernels."""

import pytest
import torch

from synth_datamodule import SynthConfig, Voice, part
from synth_datamodule.measure.candidates import candidates
from synth_datamodule.modules import (
    ADSR,
    AudioMixer,
    ModulationMixer,
    MonophonicKeyboard,
    Noise,
    SineVCO,
)
from synth_datamodule.parameters import ParameterRange
from synth_datamodule.patching.recipe import SynthRecipe

SHORT = SynthConfig(sample_rate=8000, buffer_size_seconds=0.1, control_rate=200)
DURATION = MonophonicKeyboard.parameter_ranges[1]


class BassKeyboard(MonophonicKeyboard):
    """A keyboard of low notes."""

    parameter_ranges = (ParameterRange("midi_f0", 24.0, 48.0, unit="semitones"), DURATION)


class Bass(Voice):
    keyboard = part(BassKeyboard)


class Loud(Voice):
    mixer = part(AudioMixer, inputs=("vco_1", "vco_2", "noise"), curves=(2.0, 1.0, 0.5))
    mod_matrix = part(
        ModulationMixer,
        inputs=("adsr_1", "adsr_2", "lfo_1", "lfo_2"),
        outputs=("vco_1_pitch", "vco_1_amp", "vco_2_pitch", "vco_2_amp", "noise_amp"),
        curves=(1.0, 0.5, 2.0, 1.0),
    )


class OtherNoise(Voice):
    noise = part(Noise, seed=5)


def test_a_subclass_with_another_range_has_the_bits_of_ranges():
    bass = Bass(SHORT)
    narrowed = Voice(SHORT, ranges={"keyboard.midi_f0": (24, 48)})
    assert bass.backend == "fused"
    assert bass.parameter_table == narrowed.parameter_table
    assert torch.equal(bass.render_sounds(range(9)).audio, narrowed.render_sounds(range(9)).audio)


def test_and_its_gradient_too():
    config = SynthConfig(sample_rate=8000, buffer_size_seconds=0.1, control_rate=200, no_grad=False)
    gradients = []
    for synth in (Bass(config), Voice(config, ranges={"keyboard.midi_f0": (24, 48)})):
        parameters = synth.draw([3, 4]).requires_grad_()
        synth.render(parameters).square().sum().backward()
        gradients.append(parameters.grad)
    assert gradients[0].abs().sum() > 0
    assert torch.equal(*gradients)


@pytest.mark.parametrize("kind", [Bass, Loud, OtherNoise])
def test_it_sounds_as_its_modules_define_it(kind):
    numbers = range(12)
    fused, reference = kind(SHORT, backend="fused"), kind(SHORT, backend="reference")
    heard, defined = fused.render_sounds(numbers), reference.render_sounds(numbers)
    assert torch.equal(heard.parameters, defined.parameters)
    assert (heard.audio - defined.audio).abs().max() < 1e-5
    plain = Voice(SHORT).render_sounds(numbers).audio
    assert (heard.audio - plain).abs().max() > 1e-3


def test_curves_of_mixers_are_those_of_a_nebula():
    curves = {
        one.name: {"curve": one.curve, "symmetric": one.symmetric}
        for one in Loud(SHORT).parameter_table.ranges
    }
    assert torch.equal(Loud(SHORT).sound(7).audio, Voice(SHORT, nebula=curves).sound(7).audio)


def test_a_range_of_one_value_is_rendered_too():
    class Fixed(MonophonicKeyboard):
        parameter_ranges = (ParameterRange("midi_f0", 60.0, 60.0), DURATION)

    class One(Voice):
        keyboard = part(Fixed)

    pinned = Voice(SHORT, pinned={"keyboard.midi_f0": 60})
    assert One(SHORT).backend == "fused"
    assert torch.equal(One(SHORT).sound(7).audio, pinned.sound(7).audio)


class Heard(SineVCO):
    def forward(self, values, midi_f0, mod_signal):
        return 0.5 * super().forward(values, midi_f0, mod_signal)


class Mixed:
    def check(self, values):
        return len(values["tuning"])


class Beside(Mixed, SineVCO):
    """A class between that changes a method."""


class HighKeyboard(MonophonicKeyboard):
    parameter_ranges = (ParameterRange("midi_f0", 0.0, 140.0), DURATION)


class LowKeyboard(MonophonicKeyboard):
    parameter_ranges = (ParameterRange("midi_f0", -1.0, 127.0), DURATION)


class Turned(MonophonicKeyboard):
    parameter_ranges = MonophonicKeyboard.parameter_ranges[::-1]


class Extended(ADSR):
    parameter_ranges = (*ADSR.parameter_ranges, ParameterRange("hold", 0.0, 1.0))


def patch(**parts):
    return type("Patch", (Voice,), {name: part(kind) for name, kind in parts.items()})


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"vco_1": Heard}, "vco_1 is of class Heard, which changes more than the ranges"),
        ({"vco_1": Beside}, "vco_1 is of class Beside, which changes more than the ranges"),
        ({"keyboard": HighKeyboard}, r"keyboard.midi_f0 ranges over \[0, 140\], beyond \[0, 127\]"),
        ({"keyboard": LowKeyboard}, r"keyboard.midi_f0 ranges over \[-1, 127\], beyond \[0, 127\]"),
        ({"keyboard": Turned}, "keyboard has other parameters than the Voice's"),
        ({"adsr_1": Extended}, "adsr_1 has other parameters than the Voice's"),
        ({"adsr_1": SineVCO}, "adsr_1 is of class SineVCO, not ADSR"),
    ],
    ids=lambda given: next(iter(given.values())).__name__ if isinstance(given, dict) else "",
)
def test_what_the_kernels_do_not_compute_is_left_to_the_modules(parts, why):
    kind = patch(**parts)
    with pytest.raises(ValueError, match=f"^backend must be 'auto', .* for Patch: .* and {why}"):
        kind(SHORT, backend="fused")
    if parts != {"adsr_1": SineVCO}:  # whose cables do not fit
        synth = kind(SHORT)
        # A part that only has other ranges has a formula all the same.
        assert synth.backend == ("reference" if synth.why_not_fused else "program")
        assert synth.backends == ("reference", "program")
        assert kind(SHORT, backend="reference").backend == "reference"


def test_a_part_that_is_made_otherwise_is_left_to_the_modules():
    def tampered(config):
        vco = SineVCO(config)
        vco.detune = 3
        return vco

    def slower(config):
        return ADSR(SynthConfig(sample_rate=8000, buffer_size_seconds=0.1, control_rate=400))

    for parts in ({"vco_1": tampered}, {"adsr_2": slower}):
        with pytest.raises(ValueError, match=f"{next(iter(parts))} is made otherwise than"):
            patch(**parts)(SHORT, backend="fused")


def test_its_candidates_are_what_it_can_be_rendered_by():
    assert [*candidates(("auto", "reference"), SynthRecipe(Bass))] == ["fused", "reference"]
    assert [*candidates(("auto",), SynthRecipe(patch(keyboard=HighKeyboard)))] == ["program"]
    with pytest.raises(ValueError, match="backends of Patch must be among program, reference"):
        candidates(("fused",), SynthRecipe(patch(vco_1=Heard)))


def test_the_class_itself_stays_as_it_was():
    patch(vco_1=Heard)(SHORT)
    assert Voice.backends == ("reference", "program", "fused")
    assert Voice(SHORT).backend == "fused"


class Detuned(SineVCO):
    def forward(self, values, *signals):
        return -super().forward(values, *signals)


def test_a_part_that_is_replaced_later_is_never_ignored():
    fused, defined = Voice(SHORT), Voice(SHORT, backend="reference")
    before = fused.render_sounds([3]).audio
    fused.vco_1 = SineVCO(SHORT)
    assert torch.equal(fused.render_sounds([3]).audio, before)
    fused.vco_1 = Detuned(SHORT)
    defined.vco_1 = Detuned(SHORT)
    with pytest.raises(ValueError, match=r"vco_1 was replaced.*Detuned.*backend='reference'"):
        fused.render_sounds([3])
    assert not torch.allclose(defined.render_sounds([3]).audio, before, atol=1e-3)
    patched = Voice(SHORT)
    patched.vco_1.forward = patched.vco_2.forward
    with pytest.raises(ValueError, match=r"vco_1 has a forward of its own"):
        patched.render_sounds([3])
