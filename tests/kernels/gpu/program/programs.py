"""Programs that both machines must agree on, bit for bit: each kind of step, each rate."""

import torch

from synth_datamodule import SynthConfig, Voice, exact
from synth_datamodule.kernels.plan import Plan
from synth_datamodule.program import Builder
from synth_datamodule.program.builder import AUDIO, CONTROL
from synth_datamodule.program.lowering import program_of
from synth_datamodule.program.words import (
    bent_octave,
    bent_phase,
    fixed_phase,
    fm_phase,
    octaves,
    shares,
    steady_phase,
    weighted,
)
from synth_datamodule.synths import FilteredVoice, FmVoice, OneOscillator

SYNTHS = {synth.__name__: synth for synth in (OneOscillator, FmVoice, Voice, FilteredVoice)}
# Tiles of 64 samples, where they are interpreted: several, and a last one that is not full.
LENGTHS = {"OneOscillator": 0.05, "FmVoice": 0.03, "Voice": 0.03, "FilteredVoice": 0.0175}
SOUNDS = torch.tensor([9240, 10230, 2**32 - 1])
COLUMNS = {name: column for column, name in enumerate(OneOscillator().parameter_names)}
# What takes the interpreter long is shorter, and has fewer sounds.
SHORTER = {"doubles", "filters"}


class Patch:
    """A builder with some signals of each rate."""

    def __init__(self):
        self.build = build = Builder()
        self.pitch = self.parameter("keyboard.midi_f0") * 0.25 + 60.0
        self.shape = self.parameter("vco.shape")
        self.level = self.parameter("mixer.vco")
        self.radians = self.parameter("vco.initial_phase")
        self.depth = self.parameter("vco.mod_depth")
        numbers = [0.02, 0.003, 0.004, self.parameter("adsr.sustain"), 0.006, 1.7]
        self.adsr = self.envelope(*numbers)
        self.short = self.envelope(0.006, 0.002, self.shape * 0.001, 0.3, 0.004, 3.0)
        numbers = [400.0, self.depth, build.value("lfo_phase", self.radians)]
        parts = shares(
            build, [self.parameter("vco.shape"), *map(build.signal, (0.3, 0.2, 0.7, 0.5))]
        )
        self.lfo = build.node("lfo", CONTROL, [*map(build.signal, numbers), *parts, self.adsr])
        self.noise = build.node("noise", AUDIO, data=(13,))
        self.hiss = build.node("noise", AUDIO, data=(5,))
        self.line = build.upsample(self.adsr)
        self.sine = self.wave("sine")
        self.saw = self.wave("square_saw", self.lfo)

    def parameter(self, name):
        return self.build.parameter(COLUMNS[name])

    def envelope(self, *numbers):
        return self.build.node("envelope", CONTROL, [self.build.signal(one) for one in numbers])

    def wave(self, kind, mod=None):
        build = self.build
        bend = None if mod is None else build.upsample(mod)
        phase = bent_phase(build, self.pitch, self.depth, self.radians, bend)
        shaping = [build.signal(one) for one in (80.0, self.shape, 0.8)]
        return build.node(kind, AUDIO, [phase, *(shaping if kind == "square_saw" else [])])

    def heard(self, signal):
        """Return a signal's sine: as a pitch, which is computed in float64."""
        build, (low, high) = self.build, map(self.build.rate, ("lowest", "highest"))
        octave = bent_octave(
            build, octaves(build, self.pitch), build.constant(0.7), signal, low, high
        )
        return build.node("sine", AUDIO, [build.node("phase", "phase", [octave, self.start()])])

    def start(self):
        return fixed_phase(self.build, self.radians, quarter=True)

    def filtered(self, kind, mode, audio, bend=None):
        build, octave = self.build, octaves(self.build, self.pitch + 20.0, "cutoff")
        damping = build.value("exp2", 0.5 - self.level * 5.0)
        if kind == "filter":
            ends = build.constant(-12.0), build.constant(-1.1)
            octave = bent_octave(build, octave, build.constant(2.0), bend, *ends)
        return build.node(kind, AUDIO, [audio, octave, damping], (mode,))


def numbers():
    """Each kind of number, handed out, and one of those that are parameters."""
    p = Patch()
    build, a, b = p.build, p.pitch, p.depth
    found = {kind: build.value(kind, a, b) for kind in ("larger", "smaller", "share", "divide")}
    found |= {"add": a + b, "subtract": a - b, "multiply": a * b, "level": p.level}
    found |= {"equal": build.value("equal", a, a), "unequal": build.value("equal", a, b)}
    found |= {"exp2": build.value("exp2", b), "octaves": octaves(build, a)}
    found |= {"gain": build.node("gain", "value", (p.level, p.shape))}
    found |= {"steepness": build.value("steepness", a), "start": p.start()}
    found |= {"lfo_phase": build.value("lfo_phase", p.radians)}
    found |= {"turn": build.value("turn", b, build.rate("bits"))}
    for name, at in {"chosen": a * 0.05, "first": b, "last": a * 100.0}.items():
        found[name] = build.value("choose", at, data=(0.1, -2.0, 3.5, 1e9, 7.0))
    found |= {name: build.rate(name) for name in ("quarter", "nyquist", "frames", "cutoff")}
    return program_of(build, build.filled(p.level, AUDIO), found)


def controls():
    """Each kind of control signal, handed out as it is and beneath the audio."""
    p = Patch()
    build, a, b = p.build, p.adsr, p.lfo
    flat = build.filled(p.level, CONTROL)
    found = {"adsr": a, "lfo": b, "short": p.short, "flat": flat}
    found |= {"add": a + b, "subtract": a - b, "multiply": a * b}
    found |= {"scale": a * p.level, "shift": a + p.level, "negative": -b}
    found |= {"affine": build.node("affine", CONTROL, [b, p.level, p.shape])}
    found |= {"gain": build.node("gain", CONTROL, [p.level, b])}
    signals, weights = (
        [a, b, p.short, flat, a * b],
        [p.level, p.shape, p.level * 2.0, p.depth, p.pitch],
    )
    for n in range(1, 6):
        found[f"weighted {n}"] = weighted(build, weights[:n], signals[:n])
    deep = build.node(
        "lfo", CONTROL, [*map(p.build.signal, (3.0, 5.0, 0.0)), *([p.level] * 5), flat]
    )
    lines = [build.upsample(one) for one in (deep, found["weighted 5"])]
    return program_of(build, lines[0] + lines[1] * p.noise, found)


def singles():
    """Each kind of audio in float32, handed out."""
    p = Patch()
    build, a, b = p.build, p.sine, p.saw
    found = {"sine": a, "saw": b, "noise": p.noise, "hiss": p.hiss, "line": p.line}
    found |= {"add": a + b, "subtract": a - b, "multiply": a * b, "ring": a * p.line}
    found |= {"scale": a * p.level, "shift": a + p.level, "fill": build.filled(p.level, AUDIO)}
    found |= {"sum with a line": b + p.line, "difference of lines": p.line - build.upsample(p.lfo)}
    levels = [p.level, p.shape, build.constant(0.5), p.level * 0.3, build.constant(-1.0)]
    signals = [a * build.upsample(p.short), b, p.noise, p.line, p.hiss * p.line]
    for n in range(1, 6):
        found[f"mix {n}"] = build.mixed(levels[:n], signals[:n])
    carrier = fm_phase(build, p.pitch, build.constant(0.6), a, build.constant(0.0))
    found["fm"] = build.node("sine", AUDIO, [carrier])
    turning = steady_phase(build, build.constant(0.0123), p.start())
    found["steady"] = build.node("sine", AUDIO, [turning])
    return program_of(build, build.node("normalize", AUDIO, [found["mix 5"] * 3.0]), found)


def doubles():
    """Each kind of audio in float64: what bends a pitch."""
    p = Patch()
    build, a, b = p.build, p.sine, p.saw
    found = {"sine": a, "saw": b, "noise": p.noise, "line": p.line}
    phase = fm_phase(build, p.pitch, p.depth, a, p.start())
    found |= {"fm": build.node("sine", AUDIO, [phase])}
    found |= {"add": a + b, "subtract": a - b, "multiply": a * b, "ring": a * p.line}
    found |= {"scale": a * p.level, "shift": a + p.level, "fill": build.filled(p.level, AUDIO)}
    levels = [p.level, p.shape, build.constant(0.5), p.level * 0.3]
    signals = [a * build.upsample(p.short), b, p.noise, p.line]
    for n in range(1, 5):
        found[f"mix {n}"] = build.mixed(levels[:n], signals[:n])
    carrier = fm_phase(build, p.pitch, build.constant(0.6), a, build.constant(0.0))
    found["fm"] = build.node("sine", AUDIO, [carrier])
    found["normalized noise"] = build.node("normalize", AUDIO, [p.noise])
    found["normalized"] = build.node("normalize", AUDIO, [found["mix 4"] * 2.5])
    carrier = fm_phase(build, p.pitch, build.constant(0.6), a, build.constant(0.0))
    found["fm"] = build.node("sine", AUDIO, [carrier])
    turning = steady_phase(build, build.constant(0.0123), p.start())
    found["steady"] = build.node("sine", AUDIO, [turning])
    found["bent twice"] = p.heard(b)
    pitches = {f"{name} as a pitch": p.heard(one) for name, one in found.items()}
    return program_of(build, pitches["normalized as a pitch"], {**pitches, "wide": found["mix 4"]})


def filters():
    """Each output of the filter, at rest and moving, in float32 and in float64."""
    p = Patch()
    found = {}
    for mode in ("lowpass", "bandpass", "highpass"):
        found[f"{mode} at rest"] = p.filtered("steady_filter", mode, p.noise)
        found[mode] = p.filtered("filter", mode, p.sine, p.line)
        found[f"{mode} at rest as a pitch"] = p.heard(p.filtered("steady_filter", mode, p.saw))
        found[f"{mode} as a pitch"] = p.heard(p.filtered("filter", mode, p.noise, p.line))
    found["of a line, bent by audio"] = p.filtered("filter", "lowpass", p.line, p.saw)
    quiet = p.build.mixed([p.level, p.level], [p.sine * p.build.upsample(p.short), p.noise * 0.0])
    found["after silence"] = p.filtered("steady_filter", "highpass", quiet)
    return program_of(p.build, p.noise, found)


def stages():
    """Peaks of peaks, signals that end before the sound does, and a phase that is taken again."""
    p = Patch()
    build, gate = p.build, p.build.upsample(p.short)
    quiet = build.mixed([p.level], [p.sine * gate])
    loud = build.node("normalize", AUDIO, [quiet * 5.0])
    other = build.mixed([p.shape, build.constant(2.0)], [p.saw * gate, loud * gate])
    louder = build.node("normalize", AUDIO, [other])
    turning = steady_phase(build, build.constant(0.0123), p.start())
    bent = bent_phase(build, p.pitch, p.depth, p.radians, p.line)
    shaping = [build.signal(one) for one in (30.0, p.shape, 0.8)]
    first = [build.node("square_saw", AUDIO, [one, *shaping]) for one in (turning, bent)]
    again = [build.node("sine", AUDIO, [one]) for one in (turning, bent)]
    peaked = build.node("normalize", AUDIO, [first[0] + first[1]])
    last = louder + peaked * again[0] * 0.5 + again[1] * loud
    found = {"quiet": quiet, "loud": loud, "louder": louder, "other": other, "peaked": peaked}
    found |= {"bent": p.heard(louder), "quiet again": quiet * 0.5, "gate": p.short}
    found |= {"same": last, "nothing": build.filled(build.constant(0.0), AUDIO)}
    return program_of(build, last, found)


def endings():
    """Stages that end before the sound does, and what is kept of them."""
    p = Patch()
    build, gate = p.build, p.build.upsample(p.short)
    loud = build.node("normalize", AUDIO, [build.mixed([p.level * 5.0], [p.sine * gate])])
    twice = build.mixed([p.shape, build.constant(2.0)], [p.saw * gate * p.line, loud * p.line])
    bent = p.heard(loud) * build.upsample(p.short * p.adsr)
    louder = build.node("normalize", AUDIO, [twice])
    found = {"loud": loud, "twice": twice, "bent": bent, "gate": gate, "scaled": gate * p.level}
    return program_of(build, louder * p.level, found)


def own():
    """Formulas of one's own at each rate, in all their words.

    The interpreter joins no comparison of numbers alone with one of a signal.
    """
    p = Patch()
    build, words = p.build, list(FORMULAS.values())
    found = {}
    for number, formula in enumerate(words):
        found[f"{number} of audio"] = build.formula(formula, p.noise, p.line)
        found[f"{number} of control"] = build.formula(formula, p.lfo, p.shape)
        found[f"{number} of numbers"] = build.formula(formula, p.depth, 0.3)
    found["as a pitch"] = p.heard(build.formula(words[0], p.sine, p.level))
    return program_of(build, found["0 of audio"], found)


FORMULAS = {
    "roots": exact.formula(
        lambda x, y: exact.sqrt(abs(x)) + exact.power(abs(y), 0.7) / (y * y + 1.3)
    ),
    "logs": exact.formula(lambda x, y: exact.log(x * x + 0.1) - exact.log2(abs(y) + 0.01)),
    "powers": exact.formula(lambda x, y: exact.exp(x - y) * exact.exp2(exact.clamp(y, -0.3, 0.4))),
    "angles": exact.formula(lambda x, y: exact.sin(9.1 * x) * exact.cos(y) + exact.atan(3.0 * x)),
    "steps": exact.formula(
        lambda x, y: exact.floor(8.0 * x) / 8.0 + exact.round(y) * exact.tanh(x)
    ),
    "choices": exact.formula(
        lambda x, y: exact.where(
            (x > -0.2) & (x < y), exact.fma(x, y, 0.1), exact.minimum(x, exact.maximum(y, -x))
        )
    ),
}
_ALL = (numbers, controls, singles, doubles, filters, stages, endings, own)
BUILT = {one.__name__: one for one in _ALL}


def case(name):
    """Return a program, its plan, parameters and rows of noise."""
    sounds = SOUNDS[:2] if name in SHORTER else SOUNDS
    if name in SYNTHS:
        config = SynthConfig(sample_rate=8000, buffer_size_seconds=LENGTHS[name], control_rate=400)
        synth, program = SYNTHS[name](config), None
    else:
        seconds = 0.00875 if name in SHORTER else 0.0175
        config = SynthConfig(sample_rate=8000, buffer_size_seconds=seconds, control_rate=800)
        synth, program = OneOscillator(config), BUILT[name]()
    plan = Plan(synth.synthconfig, synth.parameter_table)
    return program or synth.program, plan, synth.draw(sounds), sounds % 32


def wrong(parameters, rows):
    """Return what four sounds are given that is out of range, and one what is right."""
    parameters, rows = parameters[[0, 0, 0, 0, 1]], rows[[0, 0, 0, 0, 1]]
    parameters[0, 7], parameters[1, 11], parameters[2, 0], rows[3] = -0.1, 1.5, torch.nan, 32
    return parameters, rows


def noise(plan, device="cpu"):
    """Return noise tables by seed."""
    from synth_datamodule.corpus.draws import noise_table

    return {seed: noise_table(plan.num_samples, seed).to(device) for seed in (13, 5)}
