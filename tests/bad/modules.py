"""Calls of modules."""

# ruff: noqa: C408

from functools import partial

import torch
from bad.common import (
    AUDIO,
    CONFIG,
    CONTROL,
    MOST,
    ONE,
    ROWS,
    C,
    N,
    of_module,
)
from bad.values import (
    INF,
    NAN,
    Bad,
    above,
    floats,
    instance,
    int_tensor,
    real,
    values,
    whole,
    word,
)

from synth_datamodule import (
    SynthModule,
    modules,
)


def table():
    mod = floats("mod", AUDIO)
    note = [
        *floats("midi_f0", ONE, any_size=(0,)),
        *[b._replace(words="must be finite") for b in values("", ONE, "", NAN, INF)],
    ]
    note = [b for b in note if b.label != "empty_0"]
    mod_rate = floats("mod", CONTROL)
    # A number holds for every sound.
    sung = [b for b in note if b.label not in ("number", "scalar")]
    sung += [Bad("nan_alone", NAN, ValueError, "^midi_f0 must be a finite number")]
    for kind, more in (
        (modules.SineVCO, {}),
        (modules.SquareSawVCO, {}),
        (modules.FmVCO, dict(mod=AUDIO)),
    ):
        optional = [b for b in mod if b.label != "none" or more]
        yield of_module(
            kind(CONFIG), dict(midi_f0=sung, mod=optional), midi_f0=ONE, **more or dict(mod=AUDIO)
        )
    yield of_module(
        modules.ADSR(CONFIG),
        dict(
            duration=[
                *[
                    b
                    for b in floats("duration", ONE, (0,))
                    if b.label not in ("empty_0", "number", "scalar")
                ],
                Bad("below", -1, ValueError, "^duration must be finite and at least 0"),
                *values("duration", ONE, "be finite and at least 0", NAN, INF, -1.0),
            ]
        ),
        duration=ONE,
    )
    yield of_module(
        modules.LFO(CONFIG), dict(mod=[b for b in mod_rate if b.label != "none"]), mod=CONTROL
    )
    yield of_module(modules.MonophonicKeyboard(CONFIG), {})
    yield of_module(modules.CrossfadeKnob(CONFIG), {})
    yield of_module(modules.SoftModeSelector(CONFIG, 3), {})
    yield of_module(modules.HardModeSelector(CONFIG, 3), {})
    yield of_module(
        modules.StateVariableFilter(CONFIG),
        dict(
            audio=floats("audio", AUDIO, (0,))[:12],
            midi_f0=[b for b in sung if b.label != "none"],
            mod=[b for b in mod if b.label != "none"],
        ),
        audio=AUDIO,
        midi_f0=ONE,
        mod=AUDIO,
    )
    for kind in (modules.VCA, modules.ControlRateVCA):
        first, good = ("audio", AUDIO) if kind is modules.VCA else ("signal", CONTROL)
        yield of_module(
            kind(CONFIG),
            {first: floats(first, good, (0,)), "control": floats("control", good)},
            **{first: good, "control": good},
        )
    yield of_module(
        modules.ControlRateUpsample(CONFIG),
        dict(control=floats("control", CONTROL, (0,))),
        control=CONTROL,
    )
    yield of_module(
        modules.Noise(CONFIG),
        dict(
            rows=int_tensor("^noise rows must be int64", ROWS, 32, -1),
            dtype=[
                Bad(f"dtype_{kind!r:.20}", kind, TypeError, "^dtype must be a floating point dtype")
                for kind in (torch.int64, torch.bool, torch.complex64, None, "float32", float, 3)
            ],
        ),
        rows=ROWS,
    )
    config = instance("synthconfig")
    for kind in (
        SynthModule,
        modules.ADSR,
        modules.LFO,
        modules.SineVCO,
        modules.SquareSawVCO,
        modules.FmVCO,
        modules.VCA,
        modules.ControlRateVCA,
        modules.ControlRateUpsample,
        modules.CrossfadeKnob,
        modules.MonophonicKeyboard,
        modules.VCO,
    ):
        yield kind.__name__, kind, {}, dict(synthconfig=config)
    yield (
        "Noise",
        modules.Noise,
        dict(synthconfig=CONFIG),
        dict(synthconfig=config, seed=whole("seed", 0, 2**32 - 1, optional=True)),
    )
    for kind in (modules.SoftModeSelector, modules.HardModeSelector):
        yield (
            kind.__name__,
            kind,
            dict(synthconfig=CONFIG, num_modes=2),
            dict(synthconfig=config, num_modes=whole("num_modes", 1, 227)),
        )
    yield (
        "StateVariableFilter",
        modules.StateVariableFilter,
        dict(synthconfig=CONFIG),
        dict(synthconfig=config, mode=word("mode")),
    )

    def inputs(name):
        none = [b for b in instance(name) if b.label not in ("set", "dict", "generator")]
        return [b._replace(words=f"^{name} must be one or more different names") for b in none] + [
            Bad("empty", [], ValueError, f"^{name} must be"),
            Bad("twice", ["a", "a"], ValueError, f"^{name} must be"),
        ]

    curves = [
        Bad("word", "ab", TypeError, "^curves must be 2 numbers"),
        Bad("number", 3, TypeError, "^curves must be 2 numbers"),
        Bad("one", [1.0], ValueError, "^curves must be 2 numbers"),
        Bad("zero", [1.0, 0], ValueError, "^curve of b.* must be"),
        Bad("nan", [1.0, NAN], ValueError, "^curve of b.* must be"),
        Bad("words", [1.0, "1"], TypeError, "^curve of b.* must be"),
    ]
    yield (
        "AudioMixer",
        modules.AudioMixer,
        dict(synthconfig=CONFIG, inputs=["a", "b"]),
        dict(synthconfig=config, inputs=inputs("inputs"), curves=curves),
    )
    matrix = dict(synthconfig=CONFIG, inputs=["a", "b"], outputs=["c"])
    yield (
        "ModulationMixer",
        modules.ModulationMixer,
        matrix,
        dict(synthconfig=config, inputs=inputs("inputs"), outputs=inputs("outputs"), curves=curves),
    )
    for name, mixer, good in (
        ("AudioMixer", modules.AudioMixer(CONFIG, ["a"]), AUDIO),
        ("ModulationMixer", modules.ModulationMixer(CONFIG, ["a"], ["b"]), CONTROL),
    ):
        levels = {one.name: ONE for one in mixer.parameter_ranges}
        yield f"{name}.forward", partial(mixer.forward, levels), {}, dict(signal=floats("a", good))

    envelope = dict.fromkeys(("duration", "attack", "decay", "sustain", "release", "alpha"), ONE)
    yield (
        "adsr_envelope",
        modules.adsr_envelope,
        envelope | dict(num_frames=C, control_rate=100),
        dict(
            **{
                name: [b for b in floats(name, ONE, (0,)) if b.label != "empty_0"]
                + values(name, ONE, "", NAN, INF, -1.0)
                for name in envelope
            },
            num_frames=whole("num_frames", 1, MOST),
            control_rate=whole("control_rate", 1, MOST),
            eps=real("eps") + above("eps", "lie in", -1e-9, 1.0, 1e300),
        ),
    )
    yield (
        "normalize_if_clipping",
        modules.normalize_if_clipping,
        {},
        dict(audio=floats("audio", AUDIO, (0, 1))),
    )
    yield (
        "fm_frequency",
        modules.fm_frequency,
        dict(pitch=ONE, mod_depth=ONE, mod=AUDIO, sample_rate=8000),
        dict(
            pitch=[b for b in floats("pitch", ONE, (0,)) if b.label != "empty_0"]
            + values("pitch", ONE, "be finite", NAN, INF),
            mod_depth=floats("mod_depth", ONE),
            mod=floats("mod", AUDIO, (1,)),
            sample_rate=whole("sample_rate", 1, MOST),
        ),
    )
    yield "lfo_shapes", modules.lfo_shapes, {}, dict(cycles=floats("cycles", CONTROL, (0, 1)))
    yield (
        "lfo_signal",
        modules.lfo_signal,
        dict(frequency=CONTROL, initial_phase=ONE, weights=torch.ones(2, 5), rate=100),
        dict(
            frequency=floats("frequency", CONTROL, (0, 1)),
            initial_phase=floats("initial_phase", ONE),
            weights=floats("weights", torch.ones(2, 5)),
            rate=whole("rate", 1, MOST),
        ),
    )
    yield (
        "oscillator_cycles",
        modules.oscillator_cycles,
        dict(frequency=AUDIO, initial_phase=ONE, rate=100),
        dict(
            frequency=floats("frequency", AUDIO, (0, 1)),
            initial_phase=floats("initial_phase", ONE),
            rate=whole("rate", 1, MOST),
        ),
    )
    any_shape = ("scalar", "added", "empty_0")
    yield (
        "midi_to_hz",
        modules.midi_to_hz,
        {},
        dict(
            midi=[
                b._replace(words="^midi must be")
                for b in floats("midi", ONE, (0,))
                if b.label not in (*any_shape, "long")
            ]
        ),
    )
    yield (
        "resonance_to_q",
        modules.resonance_to_q,
        {},
        dict(resonance=[b for b in floats("resonance", ONE, (0,)) if b.label not in any_shape]),
    )
    yield (
        "num_partials",
        modules.num_partials,
        {},
        dict(pitch=[b for b in floats("pitch", ONE, (0,)) if b.label not in any_shape]),
    )
    yield (
        "modulated_pitch",
        modules.modulated_pitch,
        dict(midi_f0=ONE, tuning=ONE, mod_depth=ONE, mod=AUDIO),
        dict(
            midi_f0=note,
            tuning=floats("tuning", ONE),
            mod_depth=floats("mod_depth", ONE),
            mod=floats("mod", AUDIO, (1,)),
        ),
    )
    yield (
        "square_saw",
        modules.square_saw,
        dict(radians=AUDIO, partials=ONE, shape=ONE),
        dict(
            radians=floats("radians", AUDIO, (1,)),
            partials=[b for b in floats("partials", ONE, (0,)) if b.label != "empty_0"],
            shape=floats("shape", ONE),
        ),
    )
    yield (
        "upsample",
        modules.upsample,
        dict(control=CONTROL, num_samples=N),
        dict(
            control=[
                *floats("control", CONTROL, (0, 1)),
                Bad("one_frame", CONTROL[:, :1], ValueError, "control samples must be .* >= 2"),
            ],
            num_samples=whole("num_samples", 2, MOST),
        ),
    )
    yield (
        "linear_recurrence",
        modules.linear_recurrence,
        dict(transition=torch.zeros(2, 2, 2, 4), drive=torch.zeros(2, 2, 4)),
        dict(
            transition=floats("transition", torch.zeros(2, 2, 2, 4)),
            drive=floats("drive", torch.zeros(2, 2, 4), (1, 2)),
        ),
    )
    yield (
        "state_variable_filter",
        modules.state_variable_filter,
        dict(audio=AUDIO, cutoff=AUDIO, resonance=AUDIO, sample_rate=8000),
        dict(
            audio=floats("audio", AUDIO, (0, 1)),
            cutoff=floats("cutoff", AUDIO),
            resonance=floats("resonance", AUDIO),
            sample_rate=whole("sample_rate", 1, MOST),
        ),
    )
