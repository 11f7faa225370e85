"""Parts of one's own: fused by their formulas, or followed through their forward."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from synth_datamodule import AbstractSynth, SynthConfig, SynthModule, part
from synth_datamodule.exact import formula, tanh
from synth_datamodule.modules import (
    ADSR,
    LFO,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    ControlRateVCA,
    FmVCO,
    MonophonicKeyboard,
    Noise,
    SquareSawVCO,
)
from synth_datamodule.parameters import ParameterRange

CONFIG = SynthConfig(batch_size=4, sample_rate=16000, buffer_size_seconds=0.5, control_rate=200)
DRIVE = (ParameterRange("drive", 1.0, 10.0),)


@formula
def soft_clip(x, drive):
    return tanh(x * drive)


def drive_of(values):
    return values["drive"][:, None]


def synth_of(forward, exact=None, children=None, name="Fuzz"):
    """Return a synth whose tone goes through a part with this forward."""

    def __init__(self, synthconfig):
        SynthModule.__init__(self, synthconfig)
        self.gain = 0.5
        for child, kind in (children or {}).items():
            self.add_module(child, kind(synthconfig))

    body = {"parameter_ranges": DRIVE, "forward": forward, "__init__": __init__}
    own = type("Own", (SynthModule,), body | ({"exact": exact} if exact else {}))

    class Fuzz(AbstractSynth):
        keyboard, adsr = part(MonophonicKeyboard), part(ADSR)
        vco, vca, upsample = part(SquareSawVCO), part(VCA), part(ControlRateUpsample)
        noise, clip = part(Noise), part(own)
        mixer = part(AudioMixer, inputs=("clip", "noise"))

        def output(self, p, noise_rows):
            midi_f0, duration = self.keyboard(p.keyboard)
            envelope = self.upsample(self.adsr(p.adsr, duration))
            tone = self.vca(self.vco(p.vco, midi_f0, envelope), envelope)
            noise = self.vca(self.noise(noise_rows, tone.dtype), envelope)
            return self.mixer(p.mixer, self.clip(p.clip, tone), noise)

    Fuzz.__name__ = name
    return Fuzz


def apart(kind, config=CONFIG, sounds=8):
    """Return how far a synth's program is from its modules, in float64."""
    program, modules = kind(config, backend="program"), kind(config, backend="reference")
    numbers = range(sounds)
    found, truth = program.render_sounds(numbers).audio, modules.render_sounds(numbers).audio
    return (found - truth).abs().max().item()


FOLLOWED = {
    "a formula": lambda self, v, a: soft_clip(a, drive_of(v)),
    "arithmetic": lambda self, v, a: a * drive_of(v) * self.gain + 0.1 - a / drive_of(v),
    "a number first": lambda self, v, a: 1.0 - (2.0 / (3.0 + a.abs())) + 0.5 * (-a),
    "checks": lambda self, v, a: (
        self.check(v), self.check_audio(len(a), audio=a), a * self.complete(v)["drive"][:, None],
    )[-1],
    "values left out": lambda self, v, a: a * self.complete({}, a)["drive"][:, None],
    "tanh": lambda self, v, a: torch.tanh(a * drive_of(v)),
    "clamp": lambda self, v, a: (a * drive_of(v)).clamp(-0.5, max=0.6),
    "clamp above": lambda self, v, a: torch.clamp(a * drive_of(v), None, 0.5),
    "clamp by values": lambda self, v, a: torch.clamp(a, min=-1 / drive_of(v), max=1 / drive_of(v)),
    "where": lambda self, v, a: torch.where((a > 0) & ~(a >= 0.5), a, 0.5 * a),
    "a gate": lambda self, v, a: a * (a.abs() > 0.1),
    "powers": lambda self, v, a: a - a**3 / 3 + a.square() + (1 + a.abs()) ** -2 + a.abs() ** 0.5,
    "powers by values": lambda self, v, a: a.abs().pow(1 / drive_of(v)) * a.sign(),
    "powers of 2": lambda self, v, a: a * 2.0 ** -drive_of(v),
    "sines": lambda self, v, a: torch.sin(a * 3) + torch.cos(a) - 1.0,
    "a fold": lambda self, v, a: (a * 2 - torch.round(a * 2)).abs() - torch.floor(a),
    "of values": lambda self, v, a: a * torch.log(drive_of(v)) + torch.exp(-v["drive"])[:, None],
    "functional": lambda self, v, a: F.relu(a) + torch.sigmoid(a) + F.softsign(a),
    "filled": lambda self, v, a: torch.minimum(a, torch.full_like(a, 0.3)),
    "lerp": lambda self, v, a: torch.lerp(a, -a, torch.full((len(a), 1), 0.25, dtype=a.dtype)),
    "atan": lambda self, v, a: torch.atan(a * drive_of(v)),
    "lengths": lambda self, v, a: a * (1000.0 / a.shape[-1]),
    "rates": lambda self, v, a: a * (1000.0 / self.sample_rate),
    "a decision by lengths": lambda self, v, a: a * (2.0 if self.buffer_size > 1000 else 1.0),
}  # fmt: skip


@pytest.mark.parametrize("case", FOLLOWED)
def test_a_forward_of_plain_torch_is_followed(case):
    assert apart(synth_of(FOLLOWED[case])) < 1e-5


def test_parts_in_a_part_are_followed_by_their_formulas():
    def forward(self, v, a):
        return self.tanh(self.vca(a, a) * drive_of(v))

    children = {"vca": VCA, "tanh": lambda config: nn.Tanh()}
    kind = synth_of(forward, children=children)
    assert apart(kind) < 1e-5
    assert "multiply(vca, vca)" in str(kind(CONFIG).program)


@pytest.mark.parametrize(
    ("forward", "words"),
    [
        (lambda self, v, a: torch.cumsum(a, -1), "calls torch's cumsum"),
        (lambda self, v, a: torch.roll(a, 1, -1), "calls torch's roll"),
        (lambda self, v, a: a - a.mean(-1, keepdim=True), "calls torch's mean"),
        (lambda self, v, a: torch.max(a, dim=-1).values[:, None] * a, "calls torch's max"),
        (lambda self, v, a: a if a.abs().max() > 1 else -a, "reads what a tensor holds"),
        (lambda self, v, a: a * float(v["drive"].sum()), "holds, by __float__"),
        (lambda self, v, a: a if bool((a > 9).any()) else a + 1, "holds, by __bool__"),
        (lambda self, v, a: a * v["drive"].tolist()[0], "reads what a tensor holds, by tolist"),
        (lambda self, v, a: F.pad(a[:, 1:], (0, 1)), "takes a part of a signal"),
        (lambda self, v, a: (a + 0).mul_(2.0), "changes a tensor in place, by mul_"),
        (lambda self, v, a: a.half().to(a.dtype), "calls torch's half"),
        (lambda self, v, a: a.to(torch.int64).to(a.dtype), "rounds to torch.int64, by to"),
        (lambda self, v, a: a * torch.arange(a.shape[1]), "makes a tensor, by torch's arange"),
        (
            lambda self, v, a: a * (v["drive"] * v["drive"][:, None]).T[:1].T,
            "gives a signal the shape [2, 2]",
        ),
        (lambda self, v, a: torch.div(a, 0.1, rounding_mode="floor"), "calls torch's div"),
        (lambda self, v, a: torch.round(a, decimals=1), "calls torch's round"),
    ],
)
def test_what_cannot_be_followed_names_the_part_and_the_function(forward, words):
    synth = synth_of(forward)(CONFIG)
    assert synth.backend == "reference"
    assert synth.why_not_fused.startswith("clip is of class Own, which has no exact()")
    assert words in synth.why_not_fused


def exact(self, build, values, audio):
    return build.formula(soft_clip, audio, values["drive"])


def test_a_part_with_a_formula_is_fused_with_the_rest():
    def forward(self, v, a):
        return 2.0 * torch.special.expit(2.0 * drive_of(v) * a) - 1.0

    kind = synth_of(forward, exact)
    synth = kind(CONFIG)
    assert synth.backend == "program"
    assert synth.why_not_fused is None
    assert "clip = soft_clip(vca, clip.drive)" in str(synth.program)
    assert synth.program.ends[0] is not None, "silence goes through it"
    assert apart(kind) < 1e-5
    assert synth.program.digest == synth_of(FOLLOWED["a formula"])(CONFIG).program.digest


def test_a_sound_is_the_same_in_any_batch():
    synth = synth_of(FOLLOWED["a formula"])(CONFIG)
    together = synth.render_sounds(range(9)).audio
    for number in range(9):
        assert torch.equal(synth.render_sounds([number]).audio[0], together[number])


def test_its_gradient_is_that_of_its_forward():
    config = SynthConfig(4, 16000, 0.1, 200, no_grad=False)
    program = synth_of(FOLLOWED["a formula"])(config)
    modules = synth_of(FOLLOWED["a formula"])(config, backend="reference")
    u = torch.full((2, program.num_parameters), 0.4, dtype=torch.float64)
    gradients = []
    for synth in (program, modules):
        given = u.clone().requires_grad_()
        synth.render(given).square().sum().backward()
        gradients.append(given.grad)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-3, atol=1e-3)
    assert gradients[0][:, program.parameter_names.index("clip.drive")].abs().min() > 0


def test_formulas_of_control_signals_and_of_numbers_are_float64():
    class Own(SynthModule):
        parameter_ranges = DRIVE

        def forward(self, values, control):
            return soft_clip(control, soft_clip(values["drive"], 0.1)[:, None])

    class Wobble(AbstractSynth):
        keyboard, lfo, own, vca = (
            part(MonophonicKeyboard),
            part(LFO),
            part(Own),
            part(ControlRateVCA),
        )
        vco, upsample, mixer = (
            part(SquareSawVCO),
            part(ControlRateUpsample),
            part(AudioMixer, inputs=("vco",)),
        )

        def output(self, p, noise_rows):
            midi_f0, _ = self.keyboard(p.keyboard)
            lfo = self.own(p.own, self.lfo(p.lfo))
            bend = self.upsample(self.vca(lfo, lfo))
            return self.mixer(p.mixer, self.vco(p.vco, midi_f0, bend))

    assert apart(Wobble) < 1e-5
    rates = [step.rate for step in Wobble(CONFIG).program.steps if step.kind == "own"]
    assert rates == ["value", "control"]


def test_a_formula_that_bends_a_pitch_is_float64():
    class Own(SynthModule):
        parameter_ranges = DRIVE

        def forward(self, values, audio):
            return soft_clip(audio, drive_of(values))

    class Bent(AbstractSynth):
        keyboard, adsr, upsample = part(MonophonicKeyboard), part(ADSR), part(ControlRateUpsample)
        modulator, own = part(SquareSawVCO), part(Own)
        vco, mixer = part(FmVCO), part(AudioMixer, inputs=("vco", "own"))

        def output(self, p, noise_rows):
            midi_f0, duration = self.keyboard(p.keyboard)
            envelope = self.upsample(self.adsr(p.adsr, duration))
            bend = self.own(p.own, self.modulator(p.modulator, midi_f0, envelope))
            return self.mixer(p.mixer, self.vco(p.vco, midi_f0, bend), bend)

    assert apart(Bent) < 1e-5
    rates = {step.kind: step.rate for step in Bent(CONFIG).program.steps}
    assert rates["own"] == "double"


@pytest.mark.parametrize("backend", ["auto", "program"])
def test_a_formula_that_is_another_than_the_forward_is_refused(backend):
    def forward(self, v, a):
        return torch.tanh(1.001 * drive_of(v) * a)

    kind = synth_of(forward, exact)
    with pytest.raises(
        ValueError, match=r"^Fuzz: clip.exact\(\) and forward\(\) give other signals"
    ):
        kind(CONFIG, backend=backend)
    assert kind(CONFIG, backend="reference").backend == "reference"


def test_a_formula_of_numbers_that_are_none_is_refused():
    wrong = formula(lambda x, drive: tanh(x * drive) / (x - x))

    def nowhere(self, build, values, audio):
        return build.formula(wrong, audio, values["drive"])

    with pytest.raises(ValueError, match="inf apart in sound"):
        synth_of(FOLLOWED["tanh"], nowhere)(CONFIG)


def test_a_formula_takes_audio_or_control_signals_not_both():
    both = formula(lambda x, y: x * y)

    class Own(SynthModule):
        def forward(self, audio, control):
            return audio * control.mean()

        def exact(self, build, audio, control):
            return build.formula(both, audio, control)

    class Fuzz(AbstractSynth):
        keyboard, adsr, vco = part(MonophonicKeyboard), part(ADSR), part(SquareSawVCO)
        upsample, own, mixer = (
            part(ControlRateUpsample),
            part(Own),
            part(AudioMixer, inputs=("own",)),
        )

        def output(self, p, noise_rows):
            midi_f0, duration = self.keyboard(p.keyboard)
            control = self.adsr(p.adsr, duration)
            tone = self.vco(p.vco, midi_f0, self.upsample(control))
            return self.mixer(p.mixer, self.own(tone, control))

    assert Fuzz(CONFIG).why_not_fused == (
        "own: <lambda> is given signals of rates audio and control"
    )


def test_arithmetic_in_output_is_followed_and_a_decision_is_not():
    class Bright(AbstractSynth):
        keyboard, vco, adsr = part(MonophonicKeyboard), part(SquareSawVCO), part(ADSR)
        upsample = part(ControlRateUpsample)

        def output(self, p, noise_rows):
            midi_f0, duration = self.keyboard(p.keyboard)
            envelope = self.upsample(self.adsr(p.adsr, duration))
            tone = self.vco(p.vco, midi_f0, envelope)
            return torch.where(tone > 0.5, 0.5 + 0.25 * torch.tanh(tone - 0.5), tone) * envelope

    class Decided(Bright):
        def output(self, p, noise_rows):
            made = super().output(p, noise_rows)
            return made if made.abs().max() < 3 else made / 3

    assert apart(Bright) < 1e-5
    assert Decided(CONFIG).why_not_fused == "output() reads what a tensor holds, by __bool__"
