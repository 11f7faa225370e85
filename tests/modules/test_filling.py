"""A module alone: numbers, some of its values, the rest at a stated default."""

import pytest
import torch

from synth_datamodule import AbstractSynth, SynthConfig, SynthModule, modules, part
from synth_datamodule.modules import (
    ADSR,
    LFO,
    AudioMixer,
    CrossfadeKnob,
    FmVCO,
    HardModeSelector,
    ModulationMixer,
    MonophonicKeyboard,
    SineVCO,
    SoftModeSelector,
    SquareSawVCO,
    StateVariableFilter,
)
from synth_datamodule.parameters.ranges import ParameterRange
from synth_datamodule.parameters.table import ParameterTable
from synth_datamodule.patching.cables import WiringError

CONFIG = SynthConfig(sample_rate=8000, buffer_size_seconds=0.1, control_rate=200)
AUDIO, CONTROL = torch.rand(2, 800), torch.rand(2, 20)
# Each module, and what it takes beside its values.
MODULES = [
    (ADSR(CONFIG), [0.05]),
    (LFO(CONFIG), [CONTROL]),
    (MonophonicKeyboard(CONFIG), []),
    (CrossfadeKnob(CONFIG), []),
    (SineVCO(CONFIG), [60.0, AUDIO]),
    (SquareSawVCO(CONFIG), [60.0, AUDIO]),
    (FmVCO(CONFIG), [60.0, AUDIO]),
    (SoftModeSelector(CONFIG, 3), []),
    (HardModeSelector(CONFIG, 3), []),
    (StateVariableFilter(CONFIG), [AUDIO, 60.0, AUDIO]),
    (AudioMixer(CONFIG, ("a", "b")), [AUDIO, AUDIO]),
    (ModulationMixer(CONFIG, ("a", "b"), ("c", "d")), [CONTROL, CONTROL]),
]
each_module = pytest.mark.parametrize(
    ("module", "beside"), MODULES, ids=[type(module).__name__ for module, _ in MODULES]
)


def flat(made):
    return torch.stack(made) if isinstance(made, tuple) else made


def test_every_module_with_parameters_is_here():
    of_classes = {
        kind.__name__
        for name in modules.__all__
        if isinstance(kind := getattr(modules, name), type) and issubclass(kind, SynthModule)
    }
    without = {"SynthModule", "VCA", "ControlRateVCA", "ControlRateUpsample", "Noise", "VCO"}
    assert {type(module).__name__ for module, _ in MODULES} == of_classes - without


@each_module
def test_what_is_left_out_is_at_its_default(module, beside):
    sizes = [len(one) for one in beside if isinstance(one, torch.Tensor)] or [1]
    dtype = torch.float32 if max(sizes) > 1 else torch.float64
    whole = {
        name: torch.full((max(sizes),), value, dtype=dtype)
        for name, value in module.defaults.items()
    }
    of_each = [
        one if isinstance(one, torch.Tensor) else torch.full((max(sizes),), one, dtype=dtype)
        for one in beside
    ]
    expected = flat(module(whole, *of_each))
    assert torch.equal(flat(module({}, *beside)), expected)
    some = dict(list(module.defaults.items())[:1])
    assert torch.equal(flat(module(some, *beside)), expected)
    assert len(expected) == max(sizes) or isinstance(module, MonophonicKeyboard | ModulationMixer)


@each_module
def test_a_default_is_stated_or_the_middle_of_its_curve(module, beside):
    half = torch.full((len(module.parameter_ranges),), 0.5)
    middle = ParameterTable(module.parameter_ranges).to_physical(half).tolist()
    for one, value in zip(module.parameter_ranges, middle, strict=True):
        assert module.defaults[one.name] == module.parameter_defaults.get(one.name, value)
        assert one.minimum <= module.defaults[one.name] <= one.maximum


def test_what_the_defaults_are():
    assert ADSR(CONFIG).defaults == {
        "attack": 0.5,
        "decay": 0.5,
        "sustain": 0.5,
        "release": 1.25,
        "alpha": pytest.approx(3.05),
    }
    assert MonophonicKeyboard(CONFIG).defaults == {"midi_f0": 60.0, "duration": 1.0}
    assert SineVCO(CONFIG).defaults == {"tuning": 0.0, "mod_depth": 0.0, "initial_phase": 0.0}
    assert set(AudioMixer(CONFIG, ("a", "b")).defaults.values()) == {1.0}
    assert set(ModulationMixer(CONFIG, ("a",), ("b", "c")).defaults.values()) == {0.0}
    lfo = LFO(CONFIG).defaults
    assert (lfo["frequency"], lfo["sin"], lfo["sqr"], lfo["mod_depth"]) == (1.25, 1.0, 0.0, 0.0)
    assert SynthModule(CONFIG).defaults == {}


def test_a_number_holds_for_every_sound_and_keeps_its_gradient():
    attack, sustain = torch.tensor([0.01, 0.03]), torch.tensor(0.5, requires_grad=True)
    values = {"attack": attack, "sustain": sustain, "decay": 0.01, "release": 1, "alpha": 2.0}
    envelope = ADSR(CONFIG)(values, 0.05)
    alone = ADSR(CONFIG)({**values, "attack": attack[1:]}, torch.tensor(0.05))
    assert envelope.dtype == torch.float32
    assert torch.equal(envelope[1:], alone)
    envelope[0, -1].backward()
    assert sustain.grad > 0


def test_whole_values_are_taken_as_they_are():
    module = ADSR(CONFIG)
    values = {name: torch.tensor([value]) for name, value in module.defaults.items()}
    assert module.complete(values, 1.0) is values


def test_the_first_tensor_tells_how_many_and_of_which_precision():
    assert ADSR(CONFIG)({}, duration=0.05).shape == (1, 20)
    assert ADSR(CONFIG)({}, duration=0.05).dtype == torch.float64
    assert ADSR(CONFIG)({}, torch.full((3,), 0.05)).shape == (3, 20)
    assert ADSR(CONFIG)({}, torch.full((3,), 0.05)).dtype == torch.float32
    assert SineVCO(CONFIG)({}, 60, AUDIO).shape == (2, 800)
    knobs = SoftModeSelector(CONFIG, 2)({"mode0weight": torch.tensor([0.2, 0.4, 0.6])})
    assert knobs.shape == (3, 2)


def test_unknown_names_are_told_with_the_nearest():
    with pytest.raises(ValueError, match=r"got 'atack'; did you mean 'attack'\?$"):
        ADSR(CONFIG)({"atack": 0.5}, 1.0)


def test_a_value_beyond_the_range_says_how_to_go_further():
    with pytest.raises(
        ValueError,
        match=r"^decay of ADSR must lie in \[0, 2\], got 3.0 at \[0\]; a subclass with other "
        "parameter_ranges has others$",
    ):
        ADSR(CONFIG)({"decay": 3.0}, 1.0)

    class SlowADSR(ADSR):
        parameter_ranges = tuple(
            ParameterRange("decay", 0.0, 8.0, curve=0.5, unit="s") if one.name == "decay" else one
            for one in ADSR.parameter_ranges
        )

    slow = SlowADSR(CONFIG)
    assert slow.defaults["decay"] == 2.0
    assert slow({"decay": 3.0}, 1.0).shape == (1, 20)


def test_a_stated_default_that_a_subclass_leaves_out_of_its_range_counts_as_none():
    class HighKeys(MonophonicKeyboard):
        parameter_ranges = (
            ParameterRange("midi_f0", 72.0, 96.0),
            ParameterRange("duration", 0.5, 2.0),
        )

    assert HighKeys(CONFIG).defaults == {"midi_f0": 84.0, "duration": 1.0}


def test_a_part_of_a_patch_is_given_all_of_its_values():
    class Short(AbstractSynth):
        keyboard = part(MonophonicKeyboard)
        vco = part(SineVCO)

        def output(self, p, noise_rows):
            midi_f0, _ = self.keyboard(p.keyboard)
            return self.vco({"tuning": p.vco["tuning"]}, midi_f0)

    message = (
        r"Short: keyboard -> vco: SineVCO has .*, got \['tuning'\]; in a patch it is given all"
    )
    with pytest.raises(WiringError, match=message):
        Short(CONFIG)
