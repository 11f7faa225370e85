import copy
import json
import pickle

import pytest
import torch

import synth_datamodule
from synth_datamodule import torchsynth
from synth_datamodule.corpus import draw_parameters, is_train
from synth_datamodule.torchsynth import AbstractSynth, ModuleParameter, SynthConfig, Voice
from synth_datamodule.torchsynth.module import ADSR, VCA, MonophonicKeyboard, Noise, SquareSawVCO

SHORT = (8000, 0.1, 100)
NOTE = {("keyboard", "midi_f0"): torch.tensor([60.0, 64.0, 67.0])}


def small(size=3, nebula="default", **switches):
    return Voice(SynthConfig(size, *SHORT, **switches), nebula)


def plain(size=3, **arguments):
    return synth_datamodule.Voice(synth_datamodule.SynthConfig(size, *SHORT), **arguments)


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng():
        torch.manual_seed(3)
        yield


class Simple(AbstractSynth):
    def __init__(self, synthconfig=None):
        super().__init__(synthconfig)
        self.add_synth_modules(
            [("keyboard", MonophonicKeyboard), ("adsr", ADSR), ("vco", SquareSawVCO), ("vca", VCA)]
        )
        self.add_synth_modules([("upsample", torchsynth.ControlRateUpsample)])

    def output(self):
        midi_f0, duration = self.keyboard()
        return self.vca(self.vco(midi_f0), self.upsample(self.adsr(duration)))


class OurSimple(synth_datamodule.AbstractSynth):
    keyboard = synth_datamodule.part(synth_datamodule.modules.MonophonicKeyboard)
    adsr = synth_datamodule.part(synth_datamodule.modules.ADSR)
    vco = synth_datamodule.part(synth_datamodule.modules.SquareSawVCO)
    vca = synth_datamodule.part(synth_datamodule.modules.VCA)
    upsample = synth_datamodule.part(synth_datamodule.modules.ControlRateUpsample)

    def output(self, p, noise_rows):
        midi_f0, duration = self.keyboard(p.keyboard)
        return self.vca(self.vco(p.vco, midi_f0), self.upsample(self.adsr(p.adsr, duration)))


@pytest.mark.parametrize("nebula", ["default", "drum"])
@pytest.mark.parametrize("size", [3, 32])
def test_a_batch_is_our_voices_bit_for_bit(size, nebula):
    voice, ours = small(size, nebula), plain(size, nebula=nebula)
    for batch_idx in (0, 7, 2**32 // size - 1):
        for found, expected in zip(voice(batch_idx), ours(batch_idx), strict=True):
            assert torch.equal(found, expected)


def test_the_columns_are_our_parameter_names():
    assert tuple(".".join(name) for name in small().columns()) == plain().parameter_names


def test_labels_are_those_of_the_sounds():
    voice = Voice(SynthConfig(1024, *SHORT))
    for batch_idx, train in ((0, True), (8, True), (9, False), (10, True)):
        assert voice._batch_idx_to_is_train(batch_idx).unique().tolist() == [train]
    numbers = torch.arange(3 * 3071, 3 * 3072)
    assert torch.equal(small()._batch_idx_to_is_train(3071), is_train(numbers))
    assert small()()[2] is None


def test_without_a_batch_the_parameters_as_they_are_are_heard():
    voice = small()
    voice.set_parameters(NOTE)
    audio, parameters, _ = voice()
    assert torch.equal(plain().render(parameters, torch.arange(3)), audio)
    assert torch.equal(voice.output(), audio)
    voice.randomize(7)
    assert torch.equal(voice()[0], plain()(7)[0])


def test_randomize_draws_the_numbers_of_the_sounds_in_the_order_of_the_names():
    voice = small()
    voice.randomize(5)
    drawn = draw_parameters([15, 16, 17], 78)
    ordered = sorted(voice.columns().items())
    assert torch.equal(torch.stack([one.data for _, one in ordered], 1), drawn)
    assert torch.equal(voice()[1], plain().draw([15, 16, 17]))


def test_randomize_without_a_seed_is_of_torchs_state_where_that_is_allowed():
    voice = small(reproducible=False)
    before = voice()[1]
    voice.randomize()
    assert not torch.equal(voice()[1], before)
    for error in (ValueError, AssertionError):
        with pytest.raises(error, match=r"^seed must be a number where synthconfig.reproducible"):
            small().randomize()


def test_randomize_refuses_what_is_no_module_parameter_before_it_changes_anything():
    voice = small(reproducible=False)
    voice.register_parameter("foreign", torch.nn.Parameter(torch.tensor(0.0)))
    before = voice.keyboard.p("midi_f0").clone()
    for seed in (None, 1):
        with pytest.raises(ValueError, match=r"^Param .* is not a ModuleParameter$"):
            voice.randomize(seed)
    assert torch.equal(voice.keyboard.p("midi_f0"), before)


def test_what_is_frozen_stays_and_the_rest_is_drawn_as_if_nothing_were():
    voice = small(reproducible=False)
    voice.set_parameters(NOTE, freeze=True)
    voice.freeze_parameters([("adsr_1", "attack")])
    attack = voice.adsr_1.p("attack").clone()
    _, parameters, _ = voice(2)
    torch.testing.assert_close(voice.keyboard.p("midi_f0"), *NOTE.values())
    assert torch.equal(voice.adsr_1.p("attack"), attack)
    drawn, names = plain().draw([6, 7, 8]), plain().parameter_names
    frozen = [names.index("keyboard.midi_f0"), names.index("adsr_1.attack")]
    same = (parameters == drawn).all(0)
    assert (~same).nonzero()[:, 0].tolist() == sorted(frozen)
    voice.randomize()
    torch.testing.assert_close(voice.keyboard.p("midi_f0"), *NOTE.values())
    with pytest.raises(RuntimeError, match=r"Parameter is frozen"):
        voice.set_parameters(NOTE)
    voice.unfreeze_all_parameters()
    assert torch.equal(voice(2)[1], drawn)


def test_parameters_come_sorted_by_module_and_without_frozen_ones():
    voice = small()
    voice.freeze_parameters([("keyboard", "midi_f0")])
    free = list(voice.get_parameters())
    every = list(voice.get_parameters(include_frozen=True))
    assert len(every) == 78
    assert [module for module, _ in every] == sorted(module for module, _ in every)
    assert every[:2] == [("adsr_1", "attack"), ("adsr_1", "decay")]
    assert set(every) - set(free) == {("keyboard", "midi_f0")}
    assert all(isinstance(one, ModuleParameter) for one in voice.get_parameters().values())


def test_nothing_is_set_where_a_name_is_wrong():
    voice = small()
    before = voice.keyboard.p("midi_f0").clone()
    with pytest.raises(ValueError, match=r"^the modules are"):
        voice.set_parameters({**NOTE, ("nonsense", "x"): torch.zeros(3)})
    assert torch.equal(voice.keyboard.p("midi_f0"), before)


def test_nothing_is_set_where_one_value_is_wrong_or_frozen():
    voice = small()
    voice.freeze_parameters([("vco_2", "shape")])
    before, curves = voice.state_dict(), voice.hyperparameters
    before = {name: numbers.clone() for name, numbers in before.items()}
    note = {("keyboard", "midi_f0"): torch.full((3,), 60.0)}
    for other in (("keyboard", "duration"), ("vco_2", "shape")):
        with pytest.raises((ValueError, RuntimeError)):
            voice.set_parameters({**note, other: torch.tensor([0.5, 0.5, 9.0])}, freeze=True)
    with pytest.raises(ValueError, match=r"must not be frozen"):
        voice.load_hyperparameters("drum")
    assert all(torch.equal(numbers, before[name]) for name, numbers in voice.state_dict().items())
    assert voice.hyperparameters == curves
    assert not voice.keyboard.get_parameter("midi_f0").frozen


def test_curves_are_set_saved_and_loaded(tmp_path):
    voice = small()
    default = voice.hyperparameters
    voice.set_hyperparameter(("lfo_1", "frequency", "curve"), 2.0)
    voice.set_hyperparameter(("keyboard", "duration", "symmetric"), True)
    voice.save_hyperparameters(tmp_path / "mine.json")
    changed = voice.hyperparameters
    assert {name for name in default if default[name] != changed[name]} == {
        ("lfo_1", "frequency", "curve"),
        ("keyboard", "duration", "symmetric"),
    }
    entries = json.loads((tmp_path / "mine.json").read_text())
    assert len(entries) == 156
    assert {"name": ["lfo_1", "frequency", "curve"], "value": 2.0} in entries
    audio = voice(1)[0]
    voice.load_hyperparameters("default")
    assert voice.hyperparameters == default
    voice.load_hyperparameters(str(tmp_path / "mine.json"))
    assert voice.hyperparameters == changed
    assert torch.equal(voice(1)[0], audio)
    assert not torch.equal(small()(1)[0], audio)
    assert torch.equal(small(nebula=tmp_path / "mine.json")(1)[0], audio)


def test_a_file_of_curves_is_never_written_over(tmp_path):
    file = tmp_path / "mine.json"
    file.write_text("mine")
    with pytest.raises(OSError, match=r"mine.json"):
        small().save_hyperparameters(file)
    assert file.read_text() == "mine"


@pytest.mark.parametrize(
    "entry", [3, {"name": ["adsr_1", "attack"], "value": 1}, {"name": "attack", "value": 1}]
)
def test_a_file_of_another_form_is_an_error(tmp_path, entry):
    file = tmp_path / "mine.json"
    file.write_text(json.dumps([entry]))
    with pytest.raises(ValueError, match=r"mine.json'? must hold entries"):
        small().load_hyperparameters(file)


def test_a_frozen_parameter_keeps_its_curve():
    voice = small()
    voice.freeze_parameters([("lfo_1", "frequency")])
    assert ("lfo_1", "frequency", "curve") not in voice.hyperparameters
    with pytest.raises(AssertionError, match=r"^lfo_1.frequency must not be frozen"):
        voice.set_hyperparameter(("lfo_1", "frequency", "curve"), 2.0)


def test_a_narrower_range_is_heard_at_the_renderers_speed():
    voice = small()
    for field, value in (("minimum", 48.0), ("maximum", 72.0)):
        voice.set_hyperparameter(("keyboard", "midi_f0", field), value)
    audio, parameters, _ = voice(1)
    u = plain().draw([3, 4, 5])
    assert torch.equal(parameters, u)
    table = plain().parameter_table
    values = table.to_physical(u)
    values[:, 0] = 48 + 24 * u[:, 0].double()
    assert torch.equal(audio, plain().render(table.to_normalized(values), torch.tensor([3, 4, 5])))


def test_a_curve_that_is_none_is_told_at_the_next_render():
    voice = small()
    voice.set_hyperparameter(("lfo_1", "frequency", "curve"), 0.0)
    with pytest.raises(ValueError, match=r"^nebula: curve of lfo_1.frequency must be"):
        voice(0)


def test_hooks_on_modules_are_called_and_the_sound_stays():
    voice, heard = small(), []
    audio = voice(1)[0]
    hook = voice.vco_1.register_forward_hook(lambda module, given, found: heard.append(found))
    found = voice.output()
    assert [signal.shape for signal in heard] == [(3, 800)]
    # A module's state is a float32 in units: here the audio is 1.8e-4 from that of the draws.
    torch.testing.assert_close(found.detach(), audio, atol=1e-3, rtol=0)
    hook.remove()
    assert torch.equal(voice.output(), audio)


@pytest.mark.parametrize(
    ("module", "method"),
    [
        ("vco_1", "forward"),
        ("vco_1", "oscillator"),
        ("vco_2", "make_control_as_frequency"),
        ("lfo_1", "make_control"),
        ("adsr_1", "output"),
        ("mixer", "forward"),
    ],
)
def test_a_method_of_a_modules_own_is_heard(module, method):
    voice = small()
    audio, called = voice(1)[0], []
    own = getattr(voice, module)
    before = getattr(own, method)
    setattr(own, method, lambda *given: called.append(method) or before(*given))
    torch.testing.assert_close(voice.output().detach(), audio, atol=1e-3, rtol=0)
    assert method in called
    delattr(own, method)
    assert torch.equal(voice.output(), audio)


def test_hooks_on_gradients_are_called():
    voice, called = small(), []
    voice(1)
    voice.vco_1.register_full_backward_hook(lambda *_: called.append("after"))
    voice.vco_2.register_full_backward_pre_hook(lambda *_: called.append("before"))
    voice.output().square().sum().backward()
    assert sorted(called) == ["after", "before"]


def moved(old, new):
    for name, parameter in old.torchparameters.items():
        new.torchparameters[name].data = parameter.data.clone()
    return new


def test_a_module_of_another_config_is_heard():
    voice = small()
    audio = voice(1)[0]
    voice.adsr_1 = moved(voice.adsr_1, ADSR(SynthConfig(3, *SHORT, eps=0.5)))
    assert (voice.output() - audio).abs().max() > 1e-3
    voice.adsr_1 = moved(voice.adsr_1, ADSR(SynthConfig(3, *SHORT)))
    assert torch.equal(voice.output(), audio)
    voice.adsr_1 = ADSR(SynthConfig(5, *SHORT))
    with pytest.raises(ValueError, match=r"^adsr_1.attack must have a value for each of 3 sounds"):
        voice()


def test_a_mixers_levels_are_those_of_its_inputs_whatever_their_names():
    voice = small()
    voice(1)
    levels = [parameter.data for parameter in voice.mixer.torchparameters.values()]
    expected = voice.output().detach()
    for names in (("noise", "vco_2", "vco_1"), ("a", "b", "c")):
        curves = [1.0, 1.0, 0.025]
        voice.mixer = torchsynth.AudioMixer(voice.synthconfig, 3, curves, names)
        for parameter, level in zip(voice.mixer.torchparameters.values(), levels, strict=True):
            parameter.data = level
        torch.testing.assert_close(voice.output().detach(), expected, atol=1e-3, rtol=0)


def test_a_module_in_anothers_place_is_heard():
    voice = small()
    audio = voice(1)[0]
    voice.add_synth_modules([("noise", Noise, {"seed": 99})])
    voice.set_parameters({("mixer", "noise"): torch.ones(3)})
    loud = voice.output()
    voice.add_synth_modules([("noise", Noise, {"seed": 13})])
    voice.randomize(1)
    assert torch.equal(voice.output(), audio)
    assert not torch.equal(loud, audio)


def test_gradients_reach_the_parameters_as_torch_records_them():
    voice = small()
    voice(1)
    voice.output().square().sum().backward()
    found = torch.stack([one.grad for one in voice.columns().values()], 1)
    ours = synth_datamodule.Voice(synth_datamodule.SynthConfig(3, *SHORT, no_grad=False))
    u = ours.draw([3, 4, 5]).requires_grad_()
    ours.render(u, torch.tensor([3, 4, 5])).square().sum().backward()
    torch.testing.assert_close(found, u.grad)
    assert not voice(1)[0].requires_grad
    assert small(no_grad=False)(1)[0].requires_grad


def test_parameters_may_be_put_in_by_functional_call():
    class Output(torch.nn.Module):
        def __init__(self, voice):
            super().__init__()
            self.voice = voice

        def forward(self):
            return self.voice.output()

    voice = small()
    voice(1)
    wanted = torch.full((3,), 0.25, requires_grad=True)
    given = wanted.clone().as_subclass(ModuleParameter)
    kept = voice.keyboard.get_parameter("midi_f0")
    given.parameter_range, given.parameter_name, given.frozen = (
        kept.parameter_range,
        "midi_f0",
        False,
    )
    name = "voice.keyboard.torchparameters.midi_f0"
    audio = torch.func.functional_call(Output(voice), {name: given})
    audio.square().sum().backward()
    assert wanted.grad.abs().sum() > 0
    u = plain().draw([3, 4, 5])
    u[:, 0] = 0.25
    assert torch.equal(audio.detach(), plain().render(u, torch.tensor([3, 4, 5])))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda voice: pickle.loads(pickle.dumps(voice))])
def test_a_copy_has_the_sound_and_a_state_of_its_own(copied):
    voice = small()
    audio = voice(1)[0]
    other = copied(voice)
    voice.randomize(2)
    assert torch.equal(other.output(), audio)
    fresh = small()
    fresh.load_state_dict(other.state_dict())
    assert torch.equal(fresh()[1], other()[1])


def test_a_voice_made_in_inference_mode_learns_later():
    with torch.inference_mode():
        voice = small()
        voice(1)
        voice.set_parameters(NOTE)
    voice.output().sum().backward()
    assert voice.keyboard.get_parameter("midi_f0").grad is not None


def test_a_synth_of_ones_own_has_our_parameters_labels_and_sound():
    synth = Simple(SynthConfig(3, *SHORT))
    ours = OurSimple(synth_datamodule.SynthConfig(3, *SHORT))
    audio, parameters, train = synth(4)
    expected = ours(4)
    assert tuple(".".join(name) for name in synth.columns()) == ours.parameter_names
    assert torch.equal(parameters, expected[1])
    assert torch.equal(train, expected[2])
    torch.testing.assert_close(audio.as_subclass(torch.Tensor), expected[0], atol=1e-4, rtol=0)


def test_a_synth_says_its_sizes_and_rates():
    synth = small()
    assert (synth.batch_size, synth.sample_rate, synth.buffer_size) == (3, 8000, 800)
    assert synth.buffer_size_seconds == 0.1
    assert synth.device.type == "cpu"
    assert AbstractSynth().synthconfig.plain() == synth_datamodule.SynthConfig()
    empty = AbstractSynth(SynthConfig(3, *SHORT))
    with pytest.raises(NotImplementedError, match=r"^AbstractSynth must write output"):
        empty(0)


def test_what_belongs_to_lightning_names_the_data_module():
    with pytest.raises(AttributeError, match=r"'test_step': a synth is no LightningModule here; S"):
        _ = small().test_step
