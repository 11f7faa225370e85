"""Every signal by name: what the parts give, with gradients, whatever renders."""

import copy
import pickle
import threading

import pytest
import torch
from torch import nn

from synth_datamodule import AbstractSynth, SynthConfig, SynthModule, Voice, synths
from synth_datamodule.modules import (
    ADSR,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    HardModeSelector,
    MonophonicKeyboard,
    SineVCO,
)
from synth_datamodule.patching.patch import PatchValues, part
from synth_datamodule.patching.signals import Signals

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.25, "control_rate": 200}
CONFIG = SynthConfig(**SHORT)
WITH_GRAD = SynthConfig(**SHORT, no_grad=False)
SYNTHS = [Voice, synths.OneOscillator, synths.FmVoice, synths.FilteredVoice]
ROWS = torch.tensor([1, 2, 3])


@pytest.fixture(scope="module")
def voice():
    return Voice(CONFIG)


@pytest.fixture(scope="module")
def drawn(voice):
    return voice.draw([1, 2, 3])


@pytest.fixture(scope="module")
def signals(voice, drawn):
    return voice.signals(drawn, ROWS)


def test_the_voices_signals_are_what_its_modules_give(voice, drawn, signals):
    p = PatchValues(voice.parameter_names, voice.parameter_table.to_physical(drawn))
    midi_f0, duration = p.keyboard["midi_f0"], p.keyboard["duration"]
    lfo_1 = voice.lfo_1(p.lfo_1, voice.lfo_1_rate_adsr(p.lfo_1_rate_adsr, duration))
    lfo_1_vca = lfo_1 * voice.lfo_1_amp_adsr(p.lfo_1_amp_adsr, duration)
    bend = voice.upsample(signals.mod_matrix.vco_1_pitch.double())
    expected = {
        "keyboard.midi_f0": midi_f0,
        "keyboard.duration": duration,
        "adsr_2": voice.adsr_2(p.adsr_2, duration),
        "lfo_1": lfo_1,
        "control_vca.lfo_1": lfo_1_vca,
        "upsample.vco_1_pitch": bend,
        "noise": voice.noise(ROWS),
        "vca.noise": signals.noise.double() * signals.upsample.noise_amp.double(),
        "vca.vco_2": signals.vco_2.double() * signals.upsample.vco_2_amp.double(),
        "audio": signals.mixer.double(),
    }
    for name, signal in expected.items():
        assert torch.allclose(signals[name].double(), signal, rtol=0, atol=1e-5), name


@pytest.mark.parametrize("kind", SYNTHS)
def test_the_audio_is_what_is_rendered_and_each_signal_has_its_kind_of_shape(kind):
    synth = kind(CONFIG)
    drawn = synth.draw([1, 2, 3])
    signals = synth.signals(drawn, ROWS)
    rendered = synth.render(drawn, ROWS)
    assert torch.allclose(signals["audio"], rendered, rtol=0, atol=1e-5)
    shapes = {"audio": (3, 2000), "control": (3, 50), "value": (3,)}
    for cable in synth.cables:
        assert signals[cable.source].dtype == torch.float32
        # In these synths nothing changes its kind between two parts.
        assert signals[cable.source].shape == shapes[cable.kind], cable
    assert {cable.source for cable in synth.cables} == set(signals) - {"audio"}


@pytest.mark.parametrize("kind", SYNTHS)
@pytest.mark.parametrize("num_sounds", [1, 263, 600])
def test_a_sound_has_its_signals_in_any_batch(kind, num_sounds):
    synth = kind(CONFIG)  # 262 of its sounds are rendered at a time, and then one alone
    drawn = synth.draw(range(num_sounds))
    few, many = synth.signals(drawn[:1]), synth.signals(drawn, names=list(synth.signals(drawn[:1])))
    assert list(few) == list(many)
    assert all(torch.equal(few[name][0], many[name][0]) for name in few)
    assert torch.equal(many["audio"][-1:], synth.signals(drawn[-1:])["audio"])


def test_backends_have_the_same_signals(drawn, signals):
    assert same(signals, Voice(WITH_GRAD).signals(drawn, ROWS))
    assert same(signals, Voice(CONFIG, backend="program").signals(drawn, ROWS))
    modules = Voice(CONFIG, backend="reference").signals(drawn, ROWS)
    assert list(modules) == list(signals)
    for name, one in modules.items():
        torch.testing.assert_close(signals[name], one, rtol=1e-6, atol=1e-6)


def same(signals, others):
    return list(signals) == list(others) and all(
        torch.equal(one, others[name]) for name, one in signals.items()
    )


def test_some_are_kept(voice, drawn, signals):
    kept = voice.signals(drawn, ROWS, names=["vca", "adsr_1", "mod_matrix.noise_amp", "audio"])
    assert list(kept) == [
        "adsr_1",
        "mod_matrix.noise_amp",
        "vca.vco_1",
        "vca.vco_2",
        "vca.noise",
        "audio",
    ]
    assert all(torch.equal(kept[name], signals[name]) for name in kept)


def test_items_and_attributes_are_one_and_nothing_can_be_set(signals):
    assert signals.mod_matrix.vco_1_pitch is signals["mod_matrix.vco_1_pitch"]
    assert isinstance(signals.vca, Signals)
    assert list(signals.vca) == ["vco_1", "vco_2", "noise"]
    assert len(signals) == 30
    assert {"vca", "adsr_1"} <= set(dir(signals))
    assert "nothing" not in signals
    assert signals.get("nothing") is None
    with pytest.raises(TypeError):
        signals["adsr_1"] = torch.zeros(1)
    with pytest.raises(AttributeError, match="signals cannot be changed"):
        signals.adsr_1 = torch.zeros(1)
    with pytest.raises(KeyError, match="no signal is named 'adsr1'; did you mean 'adsr_1'"):
        signals["adsr1"]
    with pytest.raises(AttributeError, match="no signal is named 'adsr1'; did you mean 'adsr_1'"):
        _ = signals.adsr1
    for again in (copy.deepcopy(signals), pickle.loads(pickle.dumps(signals))):
        assert torch.equal(again.vca.noise, signals.vca.noise)


@pytest.mark.parametrize("kind", SYNTHS)
def test_every_signal_has_a_gradient(kind):
    synth = kind(WITH_GRAD)
    parameters = synth.draw([3]).double().requires_grad_()
    signals = synth.signals(parameters)
    for name, signal in signals.items():
        if name in ("noise", "mod_ratio", "tine_ratio"):  # a table, and steps
            continue
        (gradient,) = torch.autograd.grad(signal.square().sum(), parameters, retain_graph=True)
        assert torch.isfinite(gradient).all()
        assert gradient.abs().max() > 0 or signal.abs().max() == 0, name


def test_a_gradient_is_the_slope():
    voice = Voice(WITH_GRAD)
    column = voice.parameter_table.column("lfo_1.frequency")

    def loss(u):
        changed = voice.draw([4]).double()
        changed[0, column] = u
        return voice.signals(changed, names=["lfo_1"]).lfo_1.double().square().mean()

    u = torch.tensor(0.31, dtype=torch.float64, requires_grad=True)
    loss(u).backward()
    slope = (loss(u.detach() + 1e-3) - loss(u.detach() - 1e-3)) / 2e-3
    assert u.grad == pytest.approx(slope.item(), rel=1e-2)


def test_torch_func_follows_them(drawn):
    voice = Voice(WITH_GRAD)
    plain = voice.signals(drawn)

    def one(u):
        return dict(voice.signals(u[None], names=["lfo_1", "vca"]))

    mapped = torch.func.vmap(one)(drawn)
    assert torch.allclose(mapped["vca.vco_1"][:, 0], plain.vca.vco_1, rtol=0, atol=1e-5)
    slopes = torch.func.grad(lambda u: voice.signals(u[None]).adsr_1.sum())(drawn[0])
    followed = drawn[:1].clone().requires_grad_()
    voice.signals(followed).adsr_1.sum().backward()
    assert torch.allclose(slopes, followed.grad[0])


# Odd patches.


class Kept(SynthModule):
    """Gives what has no entry for each sound, or one for all."""

    def forward(self, audio):
        return {"table": torch.zeros(32, 8), "level": audio.abs().max() * 0 + 1, "row": audio[:1]}


class Odd(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    choice = part(HardModeSelector, num_modes=3)
    adsr = part(ADSR)
    upsample = part(ControlRateUpsample)
    vco = part(SineVCO)
    kept = part(Kept)
    vca = part(VCA)
    mixer = part(AudioMixer, inputs=("vco",))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.bias = nn.Linear(1, 1).double()
        self.tones = [self.vco]

    def output(self, p, noise_rows):
        modules = dict(self.named_children())
        midi_f0, duration = modules["keyboard"](p.keyboard)
        choice = self.choice(p.choice).to(midi_f0.dtype)
        level = self.upsample.forward(self.adsr.forward(p.adsr, duration))
        tone = self.tones[0](p.vco, midi_f0) * self.kept(level)["level"]
        tone = self.bias(tone[..., None])[..., 0] * choice.sum(1, keepdim=True)
        return nn.Module.__call__(self.mixer, p.mixer, self._modules["vca"](tone, level))


@pytest.fixture(scope="module")
def odd():
    return Odd(WITH_GRAD)


def test_parts_are_heard_however_they_are_called(odd):
    drawn = odd.draw([1, 2, 3])
    signals = odd.signals(drawn)
    assert {"keyboard.midi_f0", "adsr", "upsample", "vco", "vca", "mixer", "audio"} <= set(signals)
    assert torch.equal(signals["audio"], odd.render(drawn))
    assert signals.choice.dtype == torch.int64
    assert vars(odd.adsr).keys().isdisjoint({"forward", "_call_impl"})


def test_what_has_no_sounds_is_no_signal_and_what_holds_for_all_is_one_of_each(odd):
    for numbers in ([1], [1, 2, 3]):
        kept = odd.signals(odd.draw(numbers)).kept
        assert list(kept) == ["level", "row"]
        assert len(kept.level) == len(kept.row) == len(numbers)


def test_weights_of_a_patch_get_their_gradient(odd):
    odd.signals(odd.draw([1]))["audio"].sum().backward()
    assert odd.bias.weight.grad.abs() > 0


def test_a_signal_is_what_its_part_gave_whatever_becomes_of_it():
    class Changed(AbstractSynth):
        keyboard = part(MonophonicKeyboard)
        vco = part(SineVCO)
        mixer = part(AudioMixer, inputs=("vco",))

        def output(self, p, noise_rows):
            midi_f0, _ = self.keyboard(p.keyboard)
            return self.mixer(p.mixer, self.vco(p.vco, midi_f0)).mul_(0.5)

    synth = Changed(CONFIG)
    for num_sounds in (2, 263):
        drawn = synth.draw(range(num_sounds))
        signals = synth.signals(drawn)
        assert torch.equal(signals["audio"], synth.render(drawn))
        assert torch.equal(signals["audio"], 0.5 * signals.mixer)
        with torch.inference_mode():
            assert torch.equal(synth.signals(drawn)["audio"], signals["audio"])


# Hooks.


@pytest.mark.parametrize("backend", ["reference", "fused"])
def test_hooks_see_the_parts_once_and_what_they_change_goes_on(backend, drawn):
    voice, heard = Voice(CONFIG, backend=backend), []
    many = voice.draw(range(300))  # 262 are rendered at a time
    plain = voice.signals(drawn)
    for name, module in voice.named_children():
        module.register_forward_hook(
            lambda module, given, made, name=name: heard.append((name, module, made))
        )
    signals = voice.signals(many)
    names = [name for name, _, _ in heard]
    assert names.count("adsr_1") == 1
    assert names.count("upsample") == 5
    assert all(module is getattr(voice, name) for name, module, _ in heard)
    made = {name: made for name, _, made in heard}
    assert torch.equal(made["mixer"].float(), signals["audio"])
    voice.lfo_1.register_forward_hook(lambda module, given, made: 0 * made)
    quiet = voice.signals(drawn)
    assert not quiet.lfo_1.any()
    assert not quiet.control_vca.lfo_1.any()
    assert torch.equal(quiet.adsr_1, plain.adsr_1)
    voice.vco_1.register_forward_pre_hook(
        lambda module, given: (given[0], given[1] + 12, *given[2:])
    )
    assert not torch.equal(voice.signals(drawn).vco_1, quiet.vco_1)


def test_no_hook_is_called_for_the_cables():
    voice, heard = Voice(CONFIG), []
    voice.adsr_1.register_forward_hook(lambda *given: heard.append(given))
    assert voice.cables
    assert heard == []


def test_other_threads_render_meanwhile_and_are_not_taken_down(drawn):
    voice = Voice(CONFIG, backend="reference")
    alone = voice.signals(drawn)
    found = []

    def look():
        for _ in range(10):
            found.append(voice.signals(drawn))
            found.append({"audio": voice.render(drawn)})

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 60
    for signals in found:
        assert all(torch.equal(signals[name], alone[name]) for name in signals)


def test_an_error_in_a_patch_leaves_its_parts_as_they_were(drawn):
    voice = Voice(CONFIG)
    handle = voice.vco_2.register_forward_pre_hook(lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        voice.signals(drawn)
    handle.remove()
    assert all("forward" not in vars(module) for module in voice.modules())
    assert torch.equal(voice.signals(drawn)["audio"], Voice(CONFIG).signals(drawn)["audio"])
