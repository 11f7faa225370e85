"""What a patch's program knows of torch: plain arithmetic on signals, and why it is none else."""

import numpy as np
import pytest
import torch
from random_patches import defined, distance, signals

from synth_datamodule import AbstractSynth, SynthConfig, part
from synth_datamodule.modules import (
    ADSR,
    LFO,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    CrossfadeKnob,
    FmVCO,
    HardModeSelector,
    ModulationMixer,
    MonophonicKeyboard,
    Noise,
    SineVCO,
    SoftModeSelector,
    SquareSawVCO,
    StateVariableFilter,
    SynthModule,
    normalize_if_clipping,
    upsample,
)
from synth_datamodule.parameters.table import ParameterRange

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)
ROWS = torch.arange(6)


class Signals:
    """The signals of a patch of one oscillator, as a case is given them."""

    def __init__(self, synth, p, noise_rows):
        self.synth, self.p, self.rows = synth, p, noise_rows
        self.midi_f0, duration = synth.keyboard(p.keyboard)
        self.envelope = synth.adsr(p.adsr, duration)
        self.level = synth.upsample(self.envelope)
        self.tone = synth.vca(synth.vco(p.vco, self.midi_f0, self.level), self.level)
        self.mix = synth.mixer(p.mixer, self.tone)


def patch(heard, **parts):
    """Return the class of a patch that returns what ``heard`` makes of its signals."""

    def output(self, p, noise_rows):
        return heard(Signals(self, p, noise_rows))

    body = {
        "keyboard": part(MonophonicKeyboard),
        "adsr": part(ADSR),
        "upsample": part(ControlRateUpsample),
        "vco": part(SineVCO),
        "vca": part(VCA),
        "mixer": part(AudioMixer, inputs=("tone",)),
        **parts,
    }
    return type(AbstractSynth)("Tried", (AbstractSynth,), {**body, "output": output})


def check_exact(synth, most=1e-6):
    """Hold a program to its modules, in shape and value."""
    assert synth.why_not_fused is None
    assert synth.backend == "program"
    parameters = synth.draw(range(len(ROWS)))
    found = signals(synth._audio(parameters, ROWS))
    truth = defined(synth, parameters, ROWS)
    assert distance(found, truth).max() <= most
    alone = signals(synth._audio(parameters[-1:], ROWS[-1:]))
    assert all(torch.equal(alone[name][0], one[-1]) for name, one in found.items())


MIXER = {"both": part(AudioMixer, inputs=("a", "b"))}
KNOWN = {
    "sum": lambda s: 0.25 * (s.mix + s.tone),
    "difference": lambda s: 0.25 * (s.mix - s.tone),
    "product of audio": lambda s: s.mix * s.tone,
    "product of an upsampled signal": lambda s: s.mix * (1 - s.level),
    "negation": lambda s: -s.mix,
    "plus sign": lambda s: +s.mix,
    "number on the left": lambda s: 0.5 - 0.5 * s.mix,
    "whole number": lambda s: s.mix * 1,
    "numpy's number": lambda s: s.mix * np.float32(0.5),
    "quotient by a number": lambda s: s.mix / 3,
    "quotient by a value": lambda s: s.mix / (1 + s.midi_f0)[:, None],
    "reciprocal of a value": lambda s: s.mix * (1 / (1 + s.midi_f0))[:, None],
    "functions of torch": lambda s: torch.mul(torch.sub(s.mix, s.tone), 0.25),
    "negative gain": lambda s: s.synth.mixer(s.p.mixer, s.tone * (s.level - 1)),
    "negative gain of a mixer": lambda s: s.synth.mixer(
        s.p.mixer, s.synth.vca(s.tone, s.synth.upsample(s.envelope - 1))
    ),
    "unsqueeze": lambda s: s.mix * s.midi_f0.unsqueeze(-1) * 0.005,
    "view": lambda s: s.mix * s.midi_f0.view(-1, 1) * 0.005,
    "reshape": lambda s: s.mix * s.midi_f0.reshape(-1, 1) * 0.005,
    "expand": lambda s: s.mix * s.midi_f0[:, None].expand(-1, s.mix.shape[1]) * 0.005,
    "expand_as": lambda s: s.mix * s.midi_f0[:, None].expand_as(s.mix) * 0.005,
    "whole slice": lambda s: s.mix[:, :],
    "another float type": lambda s: s.mix.to(torch.float32).double(),
    "detached": lambda s: s.mix.detach().clone().contiguous(),
    "constant of no axis": lambda s: s.mix * torch.tensor(0.5),
    "constant of one number": lambda s: s.mix * torch.full((1,), 0.5),
    "control and value": lambda s: (s.mix, {"bent": s.envelope * s.midi_f0[:, None] - 1}),
    "constant on a cable": lambda s: s.synth.vca(s.mix, torch.full_like(s.mix, 0.5)),
    "zeros on a cable": lambda s: s.synth.vca(s.mix, torch.zeros(s.mix.shape)),
    "value on a cable": lambda s: s.synth.vca(
        s.mix, 0.005 * s.midi_f0[:, None].expand(-1, s.mix.shape[1])
    ),
    "constant into upsample": lambda s: s.synth.vca(
        s.mix, s.synth.upsample(torch.ones_like(s.envelope) * 0.5)
    ),
    "constant beside the audio": lambda s: (s.mix, {"two": s.midi_f0.new_full((len(s.rows),), 2)}),
    "upsample, the function": lambda s: s.mix * upsample(s.envelope, s.mix.shape[1]),
    "normalisation, the function": lambda s: normalize_if_clipping(2 * s.mix),
    "number as a note": lambda s: 0.5 * s.mix + 0.5 * s.synth.vco(s.p.vco, 60.0),
    "keyword arguments": lambda s: (
        0.5 * s.mix + 0.5 * s.synth.vco(values=s.p.vco, mod=s.tone, midi_f0=60)
    ),
    "values of its own": lambda s: (
        0.5 * s.mix
        + 0.5
        * s.synth.vco({**s.p.vco, "tuning": s.p.vco["tuning"] * 0.5, "mod_depth": 3}, s.midi_f0)
    ),
    "length of a signal": lambda s: s.mix * (100 / s.mix.shape[1]),
    "control samples": lambda s: s.mix * (2 / s.envelope.shape[1]),
    "length of the synth": lambda s: s.mix * s.synth.synthconfig.buffer_size_seconds,
    "samples of the synth": lambda s: s.mix * (100 / s.synth.num_samples),
    "rate of the synth": lambda s: s.mix * (8000 / s.synth.synthconfig.sample_rate),
    "audio that is an extra": lambda s: (s.mix, {"same": s.mix}),
    "audio before its mixer": lambda s: (s.tone, {"mix": s.mix, "level": s.level}),
    "extra made of the audio": lambda s: (s.tone, {"half": 0.5 * s.tone, "mix": s.mix}),
    "control signal as audio": lambda s: (s.level, {"mix": s.mix, "level": s.level}),
    "extras of every rate": lambda s: (
        s.mix,
        {"a": s.midi_f0, "b": s.midi_f0, "c": s.envelope, "d": s.level, "e": s.tone, "f": s.tone},
    ),
    "extra spread by expand": lambda s: (s.mix, {"x": s.midi_f0[:, None].expand_as(s.mix)}),
}


@pytest.mark.parametrize("heard", KNOWN.values(), ids=KNOWN)
def test_arithmetic_on_signals_is_part_of_the_program(heard):
    check_exact(patch(heard)(CONFIG))


@pytest.mark.parametrize(
    "heard",
    [
        lambda s: s.synth.both(
            s.p.both,
            (1 - s.synth.knob(s.p.knob))[:, None] * s.mix,
            s.synth.knob(s.p.knob)[:, None] * s.tone,
        ),
        lambda s: (lambda ratio: (1 - ratio) * s.mix + ratio * s.tone)(
            s.synth.knob(s.p.knob).unsqueeze(1)
        ),
    ],
    ids=["into a mixer", "by hand"],
)
def test_a_crossfade_is_what_its_arithmetic_says(heard):
    parts = {"knob": part(CrossfadeKnob)}
    if "both" in heard.__code__.co_names:
        parts |= MIXER
    check_exact(patch(heard, **parts)(CONFIG))


@pytest.mark.parametrize("kind", [SoftModeSelector, HardModeSelector])
@pytest.mark.parametrize(
    "chosen",
    [
        lambda choice: [choice[:, k] for k in range(3)],
        lambda choice: [choice[..., k] for k in (0, 1, -1)],
        lambda choice: choice.unbind(1),
        lambda choice: choice.unbind(dim=-1),
    ],
    ids=["index", "ellipsis", "unbind", "unbind-last"],
)
def test_choices_are_taken_by_index_or_unbind(kind, chosen):
    def heard(s):
        first, second, third = chosen(s.synth.pick(s.p.pick))
        mixed = first[:, None] * s.mix + second[:, None] * s.tone
        return mixed, {"third": third.to(s.mix.dtype)}

    check_exact(patch(heard, pick=part(kind, num_modes=3))(CONFIG))


def test_whole_numbers_of_a_hard_choice_are_computed_with():
    def heard(s):
        choice = s.synth.pick(s.p.pick)
        one, other = choice[:, 0] * choice[:, 0] + choice[:, 1], 1 - choice[:, 2]
        return s.mix * one[:, None], {"other": (other * 2 - choice[:, 1]) * s.midi_f0}

    check_exact(patch(heard, pick=part(HardModeSelector, num_modes=3))(CONFIG))


@pytest.mark.parametrize("mode", ["lowpass", "bandpass", "highpass"])
def test_a_filter_rests_or_moves_in_every_mode(mode):
    def heard(s):
        steady = s.synth.filter(s.p.filter, s.tone, s.midi_f0)
        moving = s.synth.filter(s.p.filter, s.tone, mod=s.tone)
        return s.synth.both(s.p.both, steady, moving), {"mix": s.mix, "steady": steady}

    check_exact(patch(heard, filter=part(StateVariableFilter, mode=mode), **MIXER)(CONFIG))


def test_a_part_that_is_called_twice_is_two_steps():
    def heard(s):
        second = s.synth.vco(s.p.vco, s.midi_f0 + 7, s.level)
        return s.synth.both(s.p.both, s.mix, second)

    synth = patch(heard, **MIXER)(CONFIG)
    check_exact(synth)
    assert sum(step.kind == "sine" for step in synth.program.steps) == 2


def test_two_noises_are_of_two_seeds_and_read_the_sounds_rows():
    def heard(s):
        return s.synth.both(s.p.both, s.synth.first(s.rows), s.synth.second(s.rows)) + 0 * s.mix

    synth = patch(heard, first=part(Noise), second=part(Noise), **MIXER)(CONFIG)
    check_exact(synth)
    parameters = synth.draw([0]).repeat(2, 1)
    one, other = synth.render(parameters, torch.tensor([3, 4]))
    assert not torch.equal(one, other)
    assert torch.equal(one, synth.render(parameters[:1], torch.tensor([3]))[0])


def test_two_noises_of_one_seed_are_one_noise():
    def heard(s):
        return s.synth.first(s.rows) - s.synth.second(s.rows), {"mix": s.mix}

    synth = patch(heard, first=part(Noise, seed=5), second=part(Noise, seed=5))(CONFIG)
    check_exact(synth)
    assert not synth.render_sounds([1]).audio["audio"].any()


class Wide(SineVCO):
    parameter_ranges = (
        ParameterRange("tuning", -60.0, 60.0),
        ParameterRange("mod_depth", -200.0, 200.0),
        ParameterRange("initial_phase", -30.0, 30.0),
    )


class WideSquare(SquareSawVCO):
    parameter_ranges = (*Wide.parameter_ranges, ParameterRange("shape", 0.0, 1.0))


class WideFm(FmVCO):
    parameter_ranges = Wide.parameter_ranges


class WideLfo(LFO):
    parameter_ranges = (
        ParameterRange("frequency", 0.0, 2000.0),
        ParameterRange("mod_depth", -1000.0, 1000.0),
        ParameterRange("initial_phase", -30.0, 30.0),
        *LFO.parameter_ranges[3:],
    )


@pytest.mark.parametrize("kind", [Wide, WideSquare, WideFm, WideLfo])
def test_a_subclass_with_wider_ranges_is_as_exact(kind):
    def heard(s):
        if kind is WideLfo:
            return s.mix, {"x": s.synth.wide(s.p.wide), "y": s.synth.wide(s.p.wide, s.envelope)}
        return s.mix, {"x": s.synth.wide(s.p.wide, s.midi_f0, s.tone)}

    check_exact(patch(heard, wide=part(kind))(CONFIG))


@pytest.mark.parametrize("number", range(1, 10))
def test_a_matrix_has_any_number_of_inputs(number):
    def heard(s):
        taken = [s.envelope * (0.5 + k) for k in range(number)]
        one, other = s.synth.matrix(s.p.matrix, *taken)
        return s.mix, {"one": one, "other": other}

    inputs = tuple(f"in_{k}" for k in range(number))
    check_exact(
        patch(heard, matrix=part(ModulationMixer, inputs=inputs, outputs=("a", "b")))(CONFIG)
    )


def test_a_mixer_has_30_inputs():
    def heard(s):
        taken = [s.tone, s.level, s.tone * s.level, -s.tone, s.tone - s.mix] * 6
        return s.synth.wide(s.p.wide, *taken)

    inputs = tuple(f"in_{k}" for k in range(30))
    check_exact(patch(heard, wide=part(AudioMixer, inputs=inputs))(CONFIG))


class Halved(SynthModule):
    """A module with a formula, which takes a sample's share of the rate from its config."""

    def forward(self, audio):
        return audio * (self.buffer_size / 8000)

    def exact(self, build, audio):
        return audio * (self.buffer_size / 8000)


class Pair(SynthModule):
    """A module of two, one inside the other."""

    parameter_ranges = Wide.parameter_ranges

    def __init__(self, synthconfig):
        super().__init__(synthconfig)
        self.inner = Wide(synthconfig)
        self.noise = Noise(synthconfig, seed=77)

    def forward(self, values, midi_f0, rows):
        return self.inner(values, midi_f0), self.noise(rows)

    def exact(self, build, values, midi_f0, rows):
        return self.inner.exact(build, values, midi_f0), self.noise.exact(build, rows)


def test_a_formula_of_ones_own_knows_the_length_it_is_rendered_in():
    check_exact(patch(lambda s: s.synth.halved(s.mix), halved=part(Halved))(CONFIG))


def test_modules_within_modules_are_traced_by_the_outer_formula():
    def heard(s):
        wave, noise = s.synth.pair(s.p.pair, s.midi_f0, s.rows)
        return s.synth.both(s.p.both, wave, noise) * 0.5 + s.mix * 0.5

    check_exact(patch(heard, pair=part(Pair), **MIXER)(CONFIG))


def grad_off(s):
    with torch.no_grad():
        return s.mix * 0.5


def in_inference_mode(s):
    with torch.inference_mode():
        return s.mix * 0.5


def under_autocast(s):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return s.mix * 0.5


@pytest.mark.parametrize("heard", [grad_off, in_inference_mode, under_autocast])
def test_switches_of_torch_inside_a_patch_change_nothing(heard):
    check_exact(patch(heard)(CONFIG))


def imul(s):
    s.mix *= 0.5
    return s.mix


def assigned(s):
    s.mix[:, 0] = 0
    return s.mix


def through_data(s):
    s.mix.data.mul_(0.5)
    return s.mix


def constant_changed(s):
    half = torch.zeros(1, dtype=torch.float64)
    half[0] = 0.5
    return s.mix * half


UNKNOWN = {
    "sum over time": (lambda s: 0.001 * s.mix.cumsum(1), "output() calls torch's cumsum"),
    "mean over sounds": (lambda s: 0.005 * s.mix * s.midi_f0.mean(), "output() calls torch's mean"),
    "sum with alpha": (
        lambda s: torch.add(0.3 * s.mix, s.tone, alpha=0.5),
        "output() calls torch's add",
    ),
    "rounded quotient": (
        lambda s: torch.div(0.1 * s.mix, 0.5, rounding_mode="floor"),
        "output() calls torch's div",
    ),
    "in place": (lambda s: s.mix.mul_(0.5), "output() changes a tensor in place, by mul_"),
    "in place by an operator": (imul, "output() changes a tensor in place, by mul_"),
    "assigned": (assigned, "output() changes a tensor in place, by __setitem__"),
    "through data": (through_data, "output() changes a tensor in place, by mul_"),
    "constant changed": (constant_changed, "output() changes a tensor in place, by __setitem__"),
    "into out": (
        lambda s: torch.mul(s.mix, 0.5, out=torch.empty_like(s.mix)),
        "output() changes a tensor in place, by mul",
    ),
    "item": (
        lambda s: 0.001 * s.mix * s.midi_f0.sum().item(),
        "output() reads what a tensor holds, by item",
    ),
    "float": (
        lambda s: 0.001 * s.mix * float(s.midi_f0.sum()),
        "output() reads what a tensor holds, by __float__",
    ),
    "tolist": (
        lambda s: 0.005 * s.mix * s.midi_f0.tolist()[0],
        "output() reads what a tensor holds, by",
    ),
    "numpy": (
        lambda s: 0.005 * s.mix * torch.from_numpy(s.midi_f0.numpy())[:, None],
        "output() reads what a tensor holds, by numpy",
    ),
    "if": (
        lambda s: s.mix if s.midi_f0.sum() > 0 else s.tone,
        "output() reads what a tensor holds, by __bool__",
    ),
    "if on an own tensor": (
        lambda s: s.mix if s.synth._anchor.new_ones(1) > 0 else s.tone,
        "output() reads what a tensor holds, by __bool__",
    ),
    "reversed": (lambda s: s.mix.flip(1), "output() calls torch's flip"),
    "reversed by an index": (
        lambda s: s.mix[:, torch.arange(s.mix.shape[1] - 1, -1, -1)],
        "output() takes a part of a signal",
    ),
    "sounds exchanged": (
        lambda s: 0.005 * s.mix * s.midi_f0[torch.arange(len(s.midi_f0) - 1, -1, -1)][:, None],
        "output() takes a part of a signal",
    ),
    "later": (lambda s: s.mix.roll(5, 1), "output() calls torch's roll"),
    "part of a signal": (
        lambda s: (s.mix, {"x": s.mix[:, :9]}),
        "output() takes a part of a signal",
    ),
    "rounded to whole numbers": (
        lambda s: s.mix * s.midi_f0.to(torch.int64)[:, None] * 0.005,
        "output() rounds to torch.int64, by to",
    ),
    "rounded to 16 bits": (
        lambda s: s.mix.to(torch.float16).double(),
        "output() rounds to torch.float16, by to",
    ),
    "table of products": (
        lambda s: (s.mix, {"x": s.midi_f0[:, None] * s.midi_f0}),
        "output() gives a signal the shape [2, 2], by mul",
    ),
    "number of sounds": (
        lambda s: s.mix / len(s.midi_f0),
        "output() is another patch for another number of sounds, or each time",
    ),
    "noise of torch's": (
        lambda s: s.mix * torch.linspace(0, 1, s.mix.shape[1]),
        "output() makes a tensor, by torch's linspace",
    ),
    "tensor of the synth": (
        lambda s: s.mix * s.synth.gain,
        "output() takes a tensor that no part gave",
    ),
    "product with a tensor of the synth": (
        lambda s: s.mix * (s.synth.gain * 2),
        "output() makes a tensor, by torch's mul",
    ),
    "extra with an axis more": (
        lambda s: (s.mix, {"x": s.midi_f0[:, None]}),
        "what it returns as x has an axis of size 1",
    ),
    "rows of noise": (
        lambda s: (s.mix, {"x": s.rows}),
        "what it returns as x is no signal of one row a sound",
    ),
}


@pytest.mark.parametrize(("heard", "why"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_a_program_does_not_know_is_told_in_a_sentence(heard, why):
    class WithGain(patch(heard)):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.gain = torch.tensor(0.5)

    synth = WithGain(CONFIG)
    assert synth.backend == "reference"
    assert why in synth.why_not_fused
    with pytest.raises(ValueError, match="WithGain has no program: "):
        synth.program  # noqa: B018
    with pytest.raises(ValueError, match="backend must be 'auto' or 'reference' for WithGain"):
        WithGain(CONFIG, backend="program")
    parameters = synth.draw(range(2))
    assert torch.equal(
        synth.render(parameters, ROWS[:2]), synth.synthesize(parameters, ROWS[:2]).float()
    )


class Louder(SineVCO):
    def forward(self, values, midi_f0, mod=None):
        return 0.5 * super().forward(values, midi_f0, mod)


class LouderKnown(Louder):
    def exact(self, build, values, midi_f0, mod=None):
        return SineVCO.exact(self, build, values, midi_f0, mod) * 0.5


class WrongShape(SynthModule):
    def forward(self, audio):
        return audio

    def exact(self, build, audio):
        return build.parameter(0)


class OtherArguments(SynthModule):
    def forward(self, audio, level=0.5):
        return audio * level

    def exact(self, build, audio):
        return audio * 0.5


def test_a_subclass_with_its_own_forward_and_formula_is_known():
    def heard(s):
        return s.mix * 0.5 + s.synth.own(s.p.own, s.midi_f0) * 0.5

    why = patch(heard, own=part(Louder))(CONFIG).why_not_fused
    assert why.startswith(
        "own is of class Louder, which changes forward beneath its formula; give it an exact() too"
    )
    check_exact(patch(heard, own=part(LouderKnown))(CONFIG))


def test_a_formula_gives_the_shape_of_its_forward():
    def heard(s):
        return s.synth.own(s.mix)

    why = patch(heard, own=part(WrongShape))(CONFIG).why_not_fused
    assert why == "own gives the shape [2, 251], and its formula value"


def test_a_formula_takes_what_its_forward_takes():
    def heard(s):
        return s.synth.own(s.mix, level=0.25)

    why = patch(heard, own=part(OtherArguments))(CONFIG).why_not_fused
    assert why.startswith("own is called otherwise than its formula: ")
