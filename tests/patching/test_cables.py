"""Wrong cables, and what is said of them; odd ones, and that nothing is said."""

import numpy as np
import pytest
import torch

from synth_datamodule import AbstractSynth, SynthConfig, SynthModule
from synth_datamodule.modules import (
    ADSR,
    LFO,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    CrossfadeKnob,
    MonophonicKeyboard,
    Noise,
    SineVCO,
)
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.patching.cables import SignalError, WiringError
from synth_datamodule.patching.patch import part

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)


class Siren(AbstractSynth):
    """Wired rightly; each test changes one cable."""

    keyboard = part(MonophonicKeyboard)
    lfo = part(LFO)
    adsr = part(ADSR)
    upsample = part(ControlRateUpsample)
    vco = part(SineVCO)
    vca = part(VCA)
    mixer = part(AudioMixer, inputs=("tone",))

    def output(self, p, noise_rows):
        midi_f0, duration = self.keyboard(p.keyboard)
        lfo, adsr = self.lfo(p.lfo), self.adsr(p.adsr, duration)
        tone = self.vco(p.vco, midi_f0, self.bend(lfo, adsr))
        return self.end(p, self.mixer(p.mixer, self.shaped(tone, adsr)), adsr)

    def bend(self, lfo, adsr):
        return self.upsample(lfo)

    def shaped(self, tone, adsr):
        return self.vca(tone, self.upsample(adsr))

    def end(self, p, audio, adsr):
        return audio


def test_a_patch_wired_rightly_is_checked_and_taken():
    assert Siren(CONFIG).unchecked is None


def with_cable(**methods):
    return type("Siren", (Siren,), methods)


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        (
            {"bend": lambda self, lfo, adsr: lfo},
            "Siren: lfo -> vco.mod: vco takes audio there, lfo gives a control signal; put an "
            "upsample between",
        ),
        (
            {"bend": lambda self, lfo, adsr: 1 - (0.5 * lfo[:, :]).clamp(min=0.1)},
            "Siren: lfo -> vco.mod: vco takes audio there, lfo gives a control signal; put an "
            "upsample between",
        ),
        (
            {"bend": lambda self, lfo, adsr: lfo * adsr},
            "Siren: lfo and adsr -> vco.mod: vco takes audio there, and gets a control signal; put "
            "an upsample between",
        ),
        (
            {"bend": lambda self, lfo, adsr: self.upsample(self.upsample(lfo))},
            "Siren: upsample -> upsample.control: upsample takes a control signal there, upsample "
            "gives audio",
        ),
        (
            {"shaped": lambda self, tone, adsr: self.vca(audio=tone, control=adsr)},
            "Siren: adsr -> vca.control: vca takes audio there, adsr gives a control signal; put "
            "an upsample between",
        ),
        (
            {"shaped": lambda self, tone, adsr: adsr},
            "Siren: adsr -> mixer.tone: mixer takes audio there, adsr gives a control signal; put "
            "an upsample between",
        ),
        (
            {"end": lambda self, p, audio, adsr: adsr},
            "Siren: adsr -> output: output takes audio there, adsr gives a control signal; put an "
            "upsample between",
        ),
    ],
    ids=[
        "control-in-audio",
        "through-arithmetic",
        "two-sources",
        "audio-in-control",
        "by-keyword",
        "in-a-mixer",
        "as-output",
    ],
)
@pytest.mark.parametrize("control_rate", [400, 15999, 16000], ids=["slow", "almost", "same"])
def test_a_signal_of_the_wrong_rate_is_named_with_its_cable(methods, message, control_rate):
    config = SynthConfig(
        sample_rate=16000, buffer_size_seconds=0.25, control_rate=control_rate, reproducible=False
    )
    with pytest.raises(SignalError) as refused:
        with_cable(**methods)(config)
    assert str(refused.value) == message
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        (
            {"spare": part(LFO)},
            "Siren: part spare is never used; call it in output, or leave it out (an inherited one "
            "by spare = None)",
        ),
        (
            {"shaped": lambda self, tone, adsr: tone * self.upsample(adsr)},
            "Siren: part vca is never used; call it in output, or leave it out (an inherited one "
            "by vca = None)",
        ),
        (
            {"bend": lambda self, lfo, adsr: None},
            "Siren: lfo -> nowhere: nothing takes what lfo gives",
        ),
        (
            {"bend": lambda self, lfo, adsr: self.lfo({"frequency": lfo[:, 0]})},
            "Siren: lfo -> lfo: LFO has the parameters ['frequency', 'mod_depth', 'initial_phase', "
            "'sin', 'tri', 'saw', 'rsaw', 'sqr'], got ['frequency']; in a patch it is given all of "
            "them",
        ),
        (
            {"end": lambda self, p, audio, adsr: self.mixer(p.keyboard, audio)},
            "Siren: mixer got the values of keyboard; give it p.mixer, or a dict of its own",
        ),
        (
            {"end": lambda self, p, audio, adsr: self.mixer(audio)},
            "Siren: mixer -> mixer: AudioMixer takes its parameters by name, got Tensor",
        ),
        (
            {"end": lambda self, p, audio, adsr: self.mixer(p.mixer, audio, audio)},
            "Siren: mixer -> mixer: this mixer has the inputs ('tone',), got 2 signals",
        ),
        (
            {"end": lambda self, p, audio, adsr: self.mixer(p.mixr, audio)},
            "Siren: no part with parameters is named 'mixr': ['keyboard', 'lfo', 'adsr', 'vco', "
            "'mixer']",
        ),
        (
            {"shaped": lambda self, tone, adsr: self.vca(tone)},
            "Siren: vca(audio, control) is called wrongly: missing a required argument: 'control'",
        ),
        (
            {"shaped": lambda self, tone, adsr: self.vca(tone[:1], self.upsample(adsr))},
            "Siren: vco and upsample -> vca: control must be a float tensor [B, N] of sizes "
            "[1, 4000], got shape [2, 4000]",
        ),
        (
            {"end": lambda self, p, audio, adsr: audio[:1]},
            "Siren: mixer -> output: audio [B, N] of 2 sounds must have shape [2, 4000], got "
            "[1, 4000]",
        ),
        (
            {"end": lambda self, p, audio, adsr: audio[:, 1:]},
            "Siren: mixer -> output: audio [B, N] of 2 sounds must have shape [2, 4000], got "
            "[2, 3999]",
        ),
        (
            {"end": lambda self, p, audio, adsr: (audio, adsr)},
            "Siren: mixer and adsr -> output: audio [B, N] of 2 sounds must have shape [2, 4000], "
            "got tuple",
        ),
        (
            {"end": lambda self, p, audio, adsr: None},
            "Siren: output: audio [B, N] of 2 sounds must have shape [2, 4000], got NoneType",
        ),
    ],
    ids=[
        "never-used",
        "no-longer-used",
        "nowhere",
        "some-values",
        "other-values",
        "no-values",
        "too-many-inputs",
        "unknown-values",
        "missing-argument",
        "batch-size-in",
        "batch-size-out",
        "length-out",
        "two-outputs",
        "no-output",
    ],
)
def test_what_is_wired_wrongly_is_named_with_its_cable(methods, message):
    with pytest.raises(WiringError) as refused:
        with_cable(**methods)(CONFIG)
    assert str(refused.value) == message


def test_the_error_is_raised_where_the_cable_stands():
    class Wrong(Siren):
        def shaped(self, tone, adsr):
            return self.vca(tone, adsr)

    with pytest.raises(SignalError) as refused:
        Wrong(CONFIG)
    assert "return self.vca(tone, adsr)" in [
        str(entry.statement).strip() for entry in refused.traceback
    ]


def test_two_oscillators_of_one_kind_are_not_mixed_up():
    class Twins(Siren):
        other = part(SineVCO)

        def output(self, p, noise_rows):
            midi_f0, _ = self.keyboard(p.keyboard)
            return self.vco(p.other, midi_f0) * self.other(p.vco, midi_f0)

    with pytest.raises(WiringError, match=r"^Twins: vco got the values of other; give it p\.vco"):
        Twins(CONFIG)


# Odd, and right.


class Drive(SynthModule):
    """A user's module: no checks, numpy inside, a choice made by the values."""

    parameter_ranges = (ParameterRange("gain", 1.0, 4.0),)

    def forward(self, values, audio):
        driven = values["gain"][:, None] * audio
        if bool(driven.abs().max() > 1):
            driven = driven / driven.abs().max()
        return torch.from_numpy(np.tanh(driven.numpy()))


class Flip(torch.autograd.Function):
    @staticmethod
    def forward(ctx, audio):
        return -audio

    @staticmethod
    def backward(ctx, gradient):
        return -gradient


class Driven(Siren):
    drive = part(Drive)

    def end(self, p, audio, adsr):
        return self.drive(p.drive, audio)


class Listed(Siren):
    """Calls its parts by other ways than their names."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.tones = [self.vco]

    def output(self, p, noise_rows):
        modules = dict(self.named_children())
        midi_f0, duration = modules["keyboard"](p.keyboard)
        bend = self.upsample(self.lfo.forward(p.lfo))
        tone = self.tones[0](p.vco, midi_f0, bend)
        shaped = self._modules["vca"](tone, self.upsample(self.adsr(p.adsr, duration)))
        return torch.nn.Module.__call__(self.mixer, p.mixer, shaped)


class Knobs(Siren):
    """Reads values whose module it does not call, and calls what is no forward."""

    knob = part(CrossfadeKnob)
    noise = part(Noise)

    def end(self, p, audio, adsr):
        table = self.noise.table(audio.device)
        return audio * p.knob["ratio"][:, None] + 0 * table[0]


class Shared(Siren):
    """Two oscillators on one set of values, by a copy."""

    other = part(SineVCO)

    def shaped(self, tone, adsr):
        p = self.p
        other = self.other(dict(p.vco), p.keyboard["midi_f0"])
        return self.vca(tone + other, self.upsample(adsr))

    def output(self, p, noise_rows):
        self.p = p
        return super().output(p, noise_rows)


class InPlace(Siren):
    def bend(self, lfo, adsr):
        bend = torch.zeros(len(lfo), self.synthconfig.buffer_size, dtype=lfo.dtype)
        bend[:] = self.upsample(lfo)
        return bend.mul_(2)

    def end(self, p, audio, adsr):
        return Flip.apply(audio)


class Sized(Siren):
    """Keeps a signal of the synth's length from its construction."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fade = torch.linspace(1, 0, self.synthconfig.buffer_size)
        self.slow = torch.linspace(1, 0, self.synthconfig.control_buffer_size)

    def bend(self, lfo, adsr):
        return self.upsample(lfo * self.slow)

    def end(self, p, audio, adsr):
        return self.vca(audio, self.fade.expand_as(audio))


class Hardcoded(Siren):
    """Works with this one length."""

    def end(self, p, audio, adsr):
        return audio * torch.hann_window(4000) + self.vca(audio, torch.ones(len(audio), 4000))


class Late(Siren):
    """Sets what output reads after the parts are made."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.gain = 0.5

    def end(self, p, audio, adsr):
        return self.gain * audio


class Inherits(Siren):
    """Takes inherited parts out."""

    lfo = None
    upsample = None

    def output(self, p, noise_rows):
        midi_f0, duration = self.keyboard(p.keyboard)
        level = self.adsr(p.adsr, duration).mean(1, keepdim=True)
        tone = self.vco(p.vco, midi_f0)
        return self.mixer(p.mixer, self.vca(tone, level.expand_as(tone)))


class Tapped(Siren):
    """Keeps signals to look at, and what rendering made."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.seen = {}
        self.last = None

    def end(self, p, audio, adsr):
        self.seen["adsr"] = self.last = adsr
        return audio


@pytest.mark.parametrize(
    "synth",
    [Driven, Listed, Knobs, Shared, InPlace, Sized, Hardcoded, Late, Inherits, Tapped],
    ids=lambda synth: synth.__name__,
)
def test_an_odd_patch_is_checked_and_taken(synth):
    made = synth(CONFIG)
    assert made.unchecked is None
    assert made.render_sounds([1]).audio.shape == (1, 4000)


def test_what_the_trial_rendered_is_not_kept():
    synth = Tapped(CONFIG)
    assert (synth.seen, synth.last) == ({}, None)
    synth.render_sounds([1])
    assert synth.seen["adsr"].shape == synth.last.shape == (1, 100)


class Raw(Siren):
    """Multiplies by hand, without upsampling: right where both rates are one."""

    vca = None

    def shaped(self, tone, adsr):
        return tone * adsr


def test_signals_of_one_rate_may_be_mixed_by_hand():
    one_rate = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=16000)
    assert Raw(one_rate).unchecked is None
    assert Raw(one_rate).render_sounds([1]).audio.shape == (1, 4000)


def test_what_torch_itself_refuses_is_left_to_rendering():
    synth = Raw(CONFIG)
    assert synth.unchecked.startswith("RuntimeError: The size of tensor a (4000) must match")
    with pytest.raises(RuntimeError, match="The size of tensor a"):
        synth.render_sounds([1])


def test_a_patch_that_is_not_ready_yet_is_left_to_rendering():
    class Unset(Siren):
        def end(self, p, audio, adsr):
            return self.gain * audio

    synth = Unset(CONFIG)
    assert synth.unchecked == "AttributeError: 'Unset' object has no attribute 'gain'"
    synth.gain = 0.5
    assert torch.equal(synth.render_sounds([1]).audio, 0.5 * Siren(CONFIG).render_sounds([1]).audio)
