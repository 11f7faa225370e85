"""Each module's sound is our module's, in float32, whatever its parameters were set to."""

import copy

import pytest
import torch

from synth_datamodule import modules, torchsynth
from synth_datamodule.corpus import noise_table
from synth_datamodule.torchsynth import ModuleParameter, ModuleParameterRange, SynthConfig
from synth_datamodule.torchsynth.module import __all__ as MODULES

CONFIG = SynthConfig(3, 8000, 0.25, 200)
PLAIN = CONFIG.plain()
N, C = PLAIN.buffer_size, PLAIN.control_buffer_size
NOTES = torch.tensor([40.0, 60.5, 95.0])
HELD = torch.tensor([0.01, 0.1, 0.3])
MATRIX = dict(inputs=("0", "1"), outputs=("0", "1", "2"))  # noqa: C408


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng():
        torch.manual_seed(3)
        yield


def signals(number, size):
    return [2 * torch.rand(3, size) - 1 for _ in range(number)]


CASES = {
    "ADSR": (torchsynth.ADSR(CONFIG), modules.ADSR(PLAIN), lambda: [HELD]),
    "LFO": (torchsynth.LFO(CONFIG), modules.LFO(PLAIN), lambda: []),
    "LFO, bent": (torchsynth.LFO(CONFIG), modules.LFO(PLAIN), lambda: signals(1, C)),
    "SineVCO": (torchsynth.SineVCO(CONFIG), modules.SineVCO(PLAIN), lambda: [NOTES]),
    "SineVCO, bent": (
        torchsynth.SineVCO(CONFIG), modules.SineVCO(PLAIN), lambda: [NOTES, *signals(1, N)]
    ),
    "SquareSawVCO": (torchsynth.SquareSawVCO(CONFIG), modules.SquareSawVCO(PLAIN), lambda: [NOTES]),
    "SquareSawVCO, bent": (
        torchsynth.SquareSawVCO(CONFIG),
        modules.SquareSawVCO(PLAIN),
        lambda: [NOTES, *signals(1, N)],
    ),
    "FmVCO": (torchsynth.FmVCO(CONFIG), modules.FmVCO(PLAIN), lambda: [NOTES, *signals(1, N)]),
    "VCA": (torchsynth.VCA(CONFIG), modules.VCA(PLAIN), lambda: signals(2, N)),
    "ControlRateVCA": (
        torchsynth.ControlRateVCA(CONFIG), modules.ControlRateVCA(PLAIN), lambda: signals(2, C)
    ),
    "ControlRateUpsample": (
        torchsynth.ControlRateUpsample(CONFIG),
        modules.ControlRateUpsample(PLAIN),
        lambda: signals(1, C),
    ),
    "AudioMixer": (
        torchsynth.AudioMixer(CONFIG, 2, curves=[1.0, 0.025]),
        modules.AudioMixer(PLAIN, ("level0", "level1"), (1.0, 0.025)),
        lambda: signals(2, N),
    ),
    "ModulationMixer": (
        torchsynth.ModulationMixer(CONFIG, 2, 3), modules.ModulationMixer(PLAIN, **MATRIX),
        lambda: signals(2, C),
    ),
    "MonophonicKeyboard": (
        torchsynth.MonophonicKeyboard(CONFIG), modules.MonophonicKeyboard(PLAIN), lambda: []
    ),
    "SoftModeSelector": (
        torchsynth.SoftModeSelector(CONFIG, 3), modules.SoftModeSelector(PLAIN, 3), lambda: []
    ),
    "HardModeSelector": (
        torchsynth.HardModeSelector(CONFIG, 3), modules.HardModeSelector(PLAIN, 3), lambda: []
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_sound_is_our_modules(name):
    module, ours, inputs = CASES[name]
    for one in module.torchparameters:
        module.set_parameter_0to1(one, torch.rand(3))
    given = inputs()
    values = {one: module.exact(one) for one in module.torchparameters}
    wide = [signal.double() for signal in given]
    expected = ours(values, *wide) if values else ours(*wide)
    found = module(*given)
    if "Selector" in name:  # modes come first here
        expected = expected.T
    if not isinstance(found, tuple):
        found, expected = (found,), (expected,)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == (torch.int64 if name.startswith("Hard") else torch.float32)
        torch.testing.assert_close(
            one.as_subclass(torch.Tensor), other.to(one.dtype), atol=1e-7, rtol=1e-7
        )


@pytest.mark.parametrize("name", CASES)
def test_ranges_and_curves_are_our_modules(name):
    module, ours, _ = CASES[name]
    fields = ("name", "minimum", "maximum", "curve", "symmetric")
    found = [tuple(getattr(one, field) for field in fields) for one in module.parameter_ranges]
    assert found == [
        tuple(getattr(one, field) for field in fields) for one in ours.parameter_ranges
    ]


def test_every_module_is_tried():
    untried = {"SynthModule", "ControlRateModule", "VCO", "Noise", "CrossfadeKnob"}
    assert {name.partition(",")[0] for name in CASES} == set(MODULES) - untried


def test_noise_is_the_row_of_each_sounds_number():
    noise = torchsynth.Noise(CONFIG, seed=7)
    table = noise_table(N, seed=7)
    assert torch.equal(noise(), table[:3])
    noise.seed = 10
    assert torch.equal(noise(), table[[30, 31, 0]])
    big = torchsynth.Noise(SynthConfig(64, 8000, 0.25, 200), seed=7)
    assert torch.equal(big(), torch.cat((table, table)))


def test_noise_of_ones_own_takes_its_place():
    noise = torchsynth.Noise(CONFIG, seed=7)
    noise.noise = noise.noise[:1].expand(3, -1)
    assert torch.equal(noise(), noise_table(N, seed=7)[:1].expand(3, -1))
    with pytest.raises(ValueError, match=r"^noise must be a float tensor"):
        noise.noise = torch.zeros(3, 5)


def test_values_are_set_in_units_and_numbers_in_0_to_1():
    adsr = torchsynth.ADSR(CONFIG, attack=torch.tensor([0.5, 1.0, 2.0]))
    torch.testing.assert_close(adsr.p("attack"), torch.tensor([0.5, 1.0, 2.0]))
    adsr.set_parameter_0to1("attack", torch.tensor([0.0, 0.5, 1.0]))
    assert adsr.get_parameter_0to1("attack").tolist() == [0.0, 0.5, 1.0]
    assert adsr.p("attack").tolist() == [0.0, 0.5, 2.0]
    adsr.get_parameter("attack").frozen = True
    with pytest.raises(RuntimeError, match=r"Parameter is frozen"):
        adsr.set_parameter("attack", torch.zeros(3))
    assert str(adsr).startswith("ADSR(attack=[0.0, 0.5, 2.0], decay=[")


def test_instances_do_not_share_ranges_or_values():
    one, other = torchsynth.ADSR(CONFIG), torchsynth.ADSR(CONFIG)
    one.get_parameter("attack").parameter_range.maximum = 9.0
    assert other.get_parameter("attack").parameter_range.maximum == 2.0
    assert not torch.equal(one.p("decay"), other.p("decay"))
    assert torchsynth.ADSR.default_parameter_ranges[0].maximum == 2.0


def test_parameters_begin_as_torch_rand_draws_them():
    torch.manual_seed(5)
    drawn = torch.rand(3), torch.rand(3)
    torch.manual_seed(5)
    knobs = torchsynth.MonophonicKeyboard(CONFIG).torchparameters
    assert torch.equal(knobs["midi_f0"], drawn[0])
    assert torch.equal(knobs["duration"], drawn[1])


def test_a_wider_range_of_ones_own_is_heard():
    class Slow(torchsynth.ADSR):
        default_parameter_ranges = [  # noqa: RUF012
            ModuleParameterRange(0.0, 10.0, name="attack"),
            *torchsynth.ADSR.default_parameter_ranges[1:],
        ]

    alpha = torch.ones(3)
    slow = Slow(CONFIG, attack=torch.full((3,), 10.0), alpha=alpha)
    assert slow(torch.full((3,), 10.0)).max() < 0.03


def test_a_stage_of_an_oscillator_may_be_written_anew():
    class Flat(torchsynth.SineVCO):
        def make_control_as_frequency(self, midi_f0, mod_signal=None):
            return torch.full((3, N), 1000.0)

        def oscillator(self, argument, midi_f0):
            return torch.sin(argument)

    flat = Flat(CONFIG, initial_phase=torch.zeros(3))
    steps = torch.arange(1, N + 1, dtype=torch.float64) / 8
    expected = torch.sin(2 * torch.pi * steps).float().expand(3, -1)
    torch.testing.assert_close(
        flat(NOTES).detach().as_subclass(torch.Tensor), expected, atol=1e-6, rtol=0
    )


def test_an_exponent_sharpens_the_choice():
    weights = {f"mode{k}weight": torch.full((3,), level) for k, level in enumerate((0.5, 1.0))}
    for exponent, share in ((1.0, 2 / 3), (2.0, 0.8)):
        selector = torchsynth.SoftModeSelector(CONFIG, 2, exponent, **weights)
        torch.testing.assert_close(selector()[1], torch.full((3,), share))
    saw = {name: torch.full((3,), level) for name, level in (("saw", 1.0), ("sin", 0.5))}
    rest = dict.fromkeys(("tri", "rsaw", "sqr"), torch.zeros(3))
    lfo = torchsynth.LFO(CONFIG, exponent=60.0, **saw, **rest)
    only = torchsynth.LFO(CONFIG, **saw | {"sin": torch.zeros(3)}, **rest)
    for name in ("frequency", "initial_phase"):
        only.set_parameter_0to1(name, lfo.get_parameter_0to1(name))
    torch.testing.assert_close(lfo(), only())


def test_rates_are_those_of_the_kind():
    adsr, vca = torchsynth.ADSR(CONFIG), torchsynth.VCA(CONFIG)
    assert (adsr.control_rate, adsr.control_buffer_size) == (200, C)
    assert (vca.sample_rate, vca.buffer_size, vca.nyquist, vca.batch_size) == (8000, N, 4000, 3)
    assert (adsr.seconds_to_samples(0.5), vca.seconds_to_samples(0.5)) == (100, 4000)
    for name in ("sample_rate", "buffer_size"):
        with pytest.raises(NotImplementedError, match=rf"^ADSR has a control_.*not a {name}$"):
            getattr(adsr, name)
    assert torchsynth.CrossfadeKnob(CONFIG, ratio=torch.ones(3)).p("ratio").tolist() == [1, 1, 1]
    assert vca.eps == 1e-6


def test_a_shorter_signal_is_continued_and_a_longer_cut():
    class Short(torchsynth.SynthModule):
        def output(self):
            return torch.ones(3, 5)

    assert torch.equal(Short(CONFIG)()[0, :7], torch.tensor([1.0, 1, 1, 1, 1, 0, 0]))
    with pytest.raises(NotImplementedError, match=r"^SynthModule must write output"):
        torchsynth.SynthModule(CONFIG)()
    with pytest.raises(NotImplementedError, match=r"^VCO must write oscillator"):
        torchsynth.VCO(CONFIG)(NOTES)


def test_parameters_may_be_added_once():
    knob = torchsynth.CrossfadeKnob(CONFIG)
    more = ModuleParameter(None, "more", None, torch.ones(3))
    knob.add_parameters([more])
    assert knob.get_parameter("more") is more
    assert torch.equal(knob.exact("more"), torch.ones(3).double())
    for error in (ValueError, AssertionError):
        with pytest.raises(error, match=r"^a parameter's name must occur once, got 'more' again"):
            knob.add_parameters([more])


def test_a_name_that_is_gone_says_what_is_there():
    adsr = torchsynth.ADSR(CONFIG)
    with pytest.raises(AttributeError, match=r"'ramp': synth_datamodule.modules.adsr_envelope"):
        _ = adsr.ramp
    with pytest.raises(AttributeError, match=r"has no attribute 'nonsense'$"):
        _ = adsr.nonsense


def test_a_gradient_goes_through_modules():
    adsr = torchsynth.ADSR(CONFIG)
    adsr(HELD).sum().backward()
    assert adsr.get_parameter("sustain").grad.shape == (3,)
    assert copy.deepcopy(adsr).get_parameter("sustain").parameter_name == "sustain"
