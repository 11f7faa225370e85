"""Calls of torchsynth's names."""

# ruff: noqa: C408

from functools import partial

import torch
from bad.common import AUDIO, CONTROL, LONG, ONE
from bad.values import (
    INF,
    NAN,
    SOUNDS,
    Bad,
    floats,
    instance,
    positive,
    real,
    truth,
    values,
    whole,
)

from synth_datamodule import torchsynth

CONFIG = torchsynth.SynthConfig(2, 8000, 0.05, 100)
VOICE = torchsynth.Voice(CONFIG)
FIELD = ("adsr_1", "attack", "curve")
MOST = 2**31 - 1


def table():
    rates = dict(batch_size=whole, sample_rate=whole, control_rate=whole)
    settings = {name: kind(name, 1, MOST) for name, kind in rates.items()}
    settings |= {name: positive(name) for name in ("buffer_size_seconds", "eps")}
    settings |= {name: truth(name) for name in ("reproducible", "no_grad")}
    yield "SynthConfig", torchsynth.SynthConfig, {}, settings

    bounds = dict(minimum=real("minimum of parameter"), maximum=real("maximum of parameter"))
    bounds["maximum"].append(
        Bad("below", -1.0, ValueError, "^minimum of parameter must be at most")
    )
    curve = positive("curve of parameter")
    symmetric = truth("symmetric of parameter")
    one = torchsynth.ModuleParameterRange(0.0, 2.0, 0.5)
    yield (
        "ModuleParameterRange",
        torchsynth.ModuleParameterRange,
        dict(minimum=0.0, maximum=2.0),
        bounds | dict(curve=curve, symmetric=symmetric),
    )
    for name, argument, low in (("from_0to1", "normalized", 0), ("to_0to1", "value", 0)):
        wrong = [*floats(argument, ONE, (0,))]
        wrong = [b for b in wrong if b.label not in ("scalar", "added", "empty_0", "empty_1")]
        wrong += [
            b._replace(words="must (lie|be)") for b in values("", ONE, "", NAN, INF, low - 1, 2.1)
        ]
        yield f"ModuleParameterRange.{name}", getattr(one, name), {argument: ONE}, {argument: wrong}
    yield (
        "ModuleParameter",
        torchsynth.ModuleParameter,
        dict(parameter_range=one),
        dict(
            value=[b for b in floats("value", ONE, (0,)) if b.label in ("list", "array", "long")],
            data=[b for b in instance("data") if b.label not in ("none", "tensor")],
        ),
    )

    settings = dict(synthconfig=instance("synthconfig"))
    modes = dict(n_modes=whole("num_modes", 1, 227))
    inputs = dict(n_input=whole("n_input", 1, 227))
    curves = dict(curves=[Bad("one", [0.5], ValueError, "^curves must be 2 numbers")])
    names = [Bad("one", ["a"], ValueError, "^there must be 2"), Bad("word", "ab", TypeError, "^")]
    more = {
        "Noise": (dict(seed=13), dict(seed=whole("seed", 0, SOUNDS - 1, optional=True))),
        "LFO": ({}, dict(exponent=positive("exponent"))),
        "AudioMixer": (dict(n_input=2), inputs | curves | dict(names=names)),
        "ModulationMixer": (
            dict(n_input=2, n_output=2),
            inputs | curves | dict(input_names=names, n_output=whole("n_output", 1, 227)),
        ),
        "SoftModeSelector": (dict(n_modes=2), modes | dict(exponent=positive("exponent"))),
        "HardModeSelector": (dict(n_modes=2), modes),
    }
    for name in (
        "SynthModule", "ADSR", "LFO", "VCA", "ControlRateVCA", "ControlRateUpsample", "Noise",
        "CrossfadeKnob", "MonophonicKeyboard", "SineVCO", "FmVCO", "SquareSawVCO", "AudioMixer",
        "ModulationMixer", "SoftModeSelector", "HardModeSelector",
    ):  # fmt: skip
        good, wrong = more.get(name, ({}, {}))
        yield name, getattr(torchsynth, name), dict(synthconfig=CONFIG) | good, settings | wrong
    module = partial(torchsynth.ADSR, CONFIG)
    yield "ADSR()", module, {}, dict(attack=_per_sound("attack"), decay=_per_sound("decay"))
    adsr = module()
    knob = [*_names("^ADSR has the parameters")]
    for name in ("set_parameter", "set_parameter_0to1"):
        given = dict(parameter_id="attack", value=ONE)
        wrong = dict(parameter_id=knob, value=_per_sound("attack"))
        yield f"ADSR.{name}", getattr(adsr, name), given, wrong
    for name in ("get_parameter", "get_parameter_0to1", "p", "exact"):
        wrong = dict(parameter_id=knob)
        yield f"ADSR.{name}", getattr(adsr, name), {}, wrong
    note = dict(midi_f0=_shaped("midi_f0", ONE))
    mod = dict(mod_signal=[b for b in _shaped("mod_signal", AUDIO) if b.label != "none"])
    vca = {name: _shaped(name, AUDIO) for name in ("audio_in", "control_in")}
    for kind, good, wrong in (
        ("ADSR", {}, dict(note_on_duration=_shaped("note_on_duration", ONE))),
        ("SineVCO", dict(midi_f0=ONE), note | mod),
        ("SquareSawVCO", dict(midi_f0=ONE), note | mod),
        ("FmVCO", dict(midi_f0=ONE, mod_signal=AUDIO), note | mod),
        ("VCA", dict(audio_in=AUDIO, control_in=AUDIO), vca),
        ("ControlRateUpsample", {}, dict(signal=_shaped("signal", CONTROL))),
    ):  # fmt: skip
        made = getattr(torchsynth, kind)(CONFIG)
        yield f"{kind}.output", made.output, good, wrong

    nebulae = [
        *[b for b in instance("nebula") if b.label not in ("word", "none")],
        Bad("nonsense", "nonsense", ValueError, "^nebula must be 'default', 'drum'"),
        Bad("long_word", LONG, ValueError, "^nebula must be"),
    ]
    synth = dict(synthconfig=[b for b in instance("synthconfig") if b.label != "none"])
    yield "AbstractSynth", torchsynth.AbstractSynth, {}, synth
    yield "Voice", torchsynth.Voice, dict(synthconfig=CONFIG), synth | dict(nebula=nebulae)
    yield "Voice.load_hyperparameters", VOICE.load_hyperparameters, {}, dict(nebula=nebulae)
    batch = list(whole("batch_idx", 0, SOUNDS // 2 - 1, optional=True))
    yield "Voice.forward", VOICE.forward, {}, dict(batch_idx=batch)
    yield (
        "Voice.randomize",
        VOICE.randomize,
        {},
        dict(
            seed=[
                *whole("seed", 0, SOUNDS // 2 - 1, optional=True),
                Bad("none", None, ValueError, "^seed must be a number where"),
            ]
        ),
    )
    attack = ("adsr_1", "attack")
    params = [
        *[b for b in instance("params", "must map") if b.label not in ("dict",)],
        Bad("no_tuple", {"adsr_1.attack": ONE}, TypeError, "^a parameter is named"),
        Bad("no_module", {("nonsense", "attack"): ONE}, ValueError, "^the modules are"),
        Bad("no_name", {("adsr_1", "nonsense"): ONE}, ValueError, "^ADSR has the parameters"),
        Bad("above", {attack: 3 * ONE}, ValueError, r"^attack must lie in \[0, 2\], got 3"),
        Bad("half", {attack: 0.5}, TypeError, "^attack must be a float tensor"),
    ]
    yield "Voice.set_parameters", VOICE.set_parameters, {}, dict(params=params)
    frozen = [
        Bad("word", ["adsr_1"], TypeError, "^a parameter is named"),
        Bad("no_module", [("nonsense", "attack")], ValueError, "^the modules are"),
    ]
    yield "Voice.freeze_parameters", VOICE.freeze_parameters, {}, dict(params=frozen)
    yield (
        "Voice.get_parameters",
        VOICE.get_parameters,
        {},
        dict(include_frozen=truth("include_frozen")),
    )
    field = [
        Bad("two", FIELD[:2], TypeError, "^a hyperparameter is named"),
        Bad("word", 3, TypeError, "^a hyperparameter is named"),
        Bad("no_field", (*attack, "nonsense"), ValueError, "^field must be one of"),
        Bad("no_module", ("nonsense", "attack", "curve"), ValueError, "^the modules are"),
    ]
    yield (
        "Voice.set_hyperparameter",
        VOICE.set_hyperparameter,
        dict(value=1),
        dict(hyperparameter=field),
    )
    modules = [
        Bad("no_class", [("a", 3)], TypeError, "^'a' must be a SynthModule"),
        Bad("other", [("a", torch.nn.Linear)], TypeError, "^'a' must be a SynthModule"),
    ]
    yield "Voice.add_synth_modules", VOICE.add_synth_modules, {}, dict(modules=modules)

    signal = floats("signal", AUDIO, (0, 1))
    length = [b for b in whole("length", 1, MOST) if b.label != "tensor"]
    yield "fix_length", torchsynth.fix_length, dict(signal=AUDIO, length=3), dict(length=length)
    yield "fix_length of", partial(torchsynth.fix_length, length=3), {}, dict(signal=signal)
    yield "normalize", torchsynth.normalize, {}, dict(signal=signal)
    audio = floats("audio", AUDIO, (0, 1))
    yield "normalize_if_clipping", torchsynth.normalize_if_clipping, {}, dict(audio=audio)
    midi = [b for b in instance("midi") if b.label != "tensor"]
    yield "midi_to_hz", torchsynth.midi_to_hz, {}, dict(midi=midi)


def _names(words):
    return [
        Bad("nonsense", "nonsense", ValueError, words),
        Bad("long", LONG, ValueError, words),
        Bad("number", 3, ValueError, words),
    ]


def _shaped(name, good):
    return [b for b in floats(name, good) if b.label != "meta"]


def _per_sound(name):
    return [
        *_shaped(name, ONE),
        *[b._replace(words=f"^{name} must (lie|be)") for b in values("", ONE, "", NAN, INF, -1, 3)],
    ]
