"""Random patches of all shipped modules, each as the source of a class, and what they are held to.

In a patch of one oscillator after another, each bent by the one before, a change of 1e-15 in a
parameter may move a sound by 1e-2. So a program is as near to the float64 modules as the table of
its contract says where at most one oscillator lies between a signal and a pitch, and elsewhere at
most 100 times as far as a rounding moves the modules themselves: such a change, or their phases
added up in longer numbers. Float64's own sum of a phase is off by 1e-9, at a pitch that rests
always to one side, and no parameter shows that.
"""

from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

import numpy as np
import torch

from synth_datamodule import AbstractSynth, modules, part

MOST_PARTS = 30
CLOSE = 1e-5
_LOUDEST = 4.0
_CHANGE = 1e-15


@dataclass(frozen=True)
class Signal:
    """A signal of a patch.

    Args:
        name: Expression that gives it.
        peak: Bound that its magnitude stays below.
        oscillators: Oscillators that lie one behind another in it.
    """

    name: str
    peak: float = 1.0
    oscillators: int = 0


@dataclass
class RandomPatch:
    """A patch that grows part by part; ``source`` is its class.

    Args:
        random: Source of all choices.
        num_parts: Number of parts at which it stops growing, with its mixer at the end.
    """

    random: Random
    num_parts: int
    oscillators: int = 0  # that lie one behind another before a pitch
    _parts: list[str] = field(default_factory=list)
    _lines: list[str] = field(default_factory=list)
    _unheard: list[tuple[str, Signal]] = field(default_factory=list)

    def __post_init__(self):
        self._pitches = [Signal("midi_f0", 127)]
        self._durations = [Signal("duration", 4)]
        self._shares: list[Signal] = []
        self._controls: list[Signal] = []
        self._audio: list[Signal] = []
        self._part("MonophonicKeyboard", name="keyboard")
        self._lines.append("midi_f0, duration = self.keyboard(p.keyboard)")
        # Two sources, so that all the rest has something to take.
        self._envelope()
        self._oscillator()
        growths = [
            *(self._envelope, self._lfo, self._oscillator, self._fm, self._noise, self._upsampled),
            *(self._amplified, self._control_amplified, self._matrix, self._mixed, self._filtered),
            *(self._crossfade, self._choice, self._audio_sum, self._control_sum, self._value_sum),
            *(self._audio_shaped, self._control_shaped),
        ]
        while len(self._parts) < self.num_parts - 1:
            self.random.choice(growths)()
        self._end()

    @property
    def source(self):
        """The class, as Python."""
        parts = "\n".join(f"    {line}" for line in self._parts)
        lines = "\n".join(f"        {line}" for line in self._lines)
        return (
            f"class Grown(AbstractSynth):\n{parts}\n\n    def output(self, p, noise_rows):\n{lines}"
        )

    def _part(self, kind, arguments="", name=None):
        name = name or f"part_{len(self._parts)}"
        self._parts.append(f"{name} = part({kind}{arguments and ', ' + arguments})")
        return name

    def _signal(self, expression, peak, oscillators):
        name = f"x_{len(self._lines)}"
        self._lines.append(f"{name} = {expression}")
        return Signal(name, peak, oscillators)

    def _new(self, kind, signals, made, peak, oscillators):
        signal = self._signal(made, peak, oscillators)
        signals.append(signal)
        self._unheard.append((kind, signal))

    def _take(self, signals):
        """Choose a signal, a late one more often than not."""
        late = signals[-3:] if self.random.random() < 0.6 else signals
        taken = self.random.choice(late)
        self._heard(taken)
        return taken

    def _heard(self, taken):
        self._unheard = [one for one in self._unheard if one[1] != taken]

    def _pitch(self):
        return self._take(self._pitches).name

    def _bent(self, signal):
        """Take a signal into a pitch."""
        self.oscillators = max(self.oscillators, signal.oscillators)
        return signal

    def _envelope(self):
        name = self._part("ADSR")
        duration = self._take(self._durations).name
        self._new("control", self._controls, f"self.{name}(p.{name}, {duration})", 1.0, 0)

    def _lfo(self):
        name = self._part("LFO")
        if self.random.random() < 0.5:
            made, behind = f"self.{name}(p.{name})", 0
        else:
            mod = self._bent(self._take(self._controls))
            made, behind = f"self.{name}(p.{name}, {mod.name})", mod.oscillators
        self._new("control", self._controls, made, 1.0, 1 + behind)

    def _oscillator(self):
        name = self._part(self.random.choice(["SineVCO", "SquareSawVCO"]))
        made, behind = f"self.{name}(p.{name}, {self._pitch()}", 0
        ways = ["steady", "control", "audio"] if self._audio else ["steady", "control"]
        way = self.random.choice(ways)
        if way == "control":
            control = self._bent(self._take(self._controls))
            made, behind = f"{made}, {self._raised(control)}", control.oscillators
        if way == "audio":
            audio = self._bent(self._take(self._audio))
            made, behind = f"{made}, {audio.name}", audio.oscillators
        self._new("audio", self._audio, f"{made})", 1.13, 1 + behind)

    def _fm(self):
        name = self._part("FmVCO")
        mod = self._bent(self._take(self._audio))
        made = f"self.{name}(p.{name}, {self._pitch()}, {mod.name})"
        self._new("audio", self._audio, made, 1.0, 1 + mod.oscillators)

    def _noise(self):
        name = self._part("Noise")
        self._new("audio", self._audio, f"self.{name}(noise_rows)", 1.0, 0)

    def _raised(self, control):
        """A control signal at audio rate."""
        if "upsample" not in "".join(self._parts):
            self._part("ControlRateUpsample", name="upsample")
        return f"self.upsample({control.name})"

    def _upsampled(self):
        control = self._take(self._controls)
        made = self._raised(control)
        self._new("audio", self._audio, made, control.peak, control.oscillators)

    def _amplified(self):
        audio, other = self._take(self._audio), self._take(self._audio)
        if audio.peak * other.peak <= _LOUDEST:
            name = self._part("VCA")
            made = f"self.{name}({audio.name}, {other.name})"
            most = max(audio.oscillators, other.oscillators)
            self._new("audio", self._audio, made, audio.peak * other.peak, most)

    def _control_amplified(self):
        one, other = self._take(self._controls), self._take(self._controls)
        if one.peak * other.peak <= _LOUDEST:
            name = self._part("ControlRateVCA")
            made = f"self.{name}({one.name}, {other.name})"
            most = max(one.oscillators, other.oscillators)
            self._new("control", self._controls, made, one.peak * other.peak, most)

    def _matrix(self):
        taken = [self._take(self._controls) for _ in range(self.random.randint(1, 9))]
        if sum(one.peak for one in taken) > 2 * _LOUDEST:
            return
        outputs = tuple(f"out_{k}" for k in range(self.random.randint(1, 3)))
        inputs = tuple(f"in_{k}" for k in range(len(taken)))
        name = self._part("ModulationMixer", f"inputs={inputs}, outputs={outputs}")
        whole = f"y_{len(self._lines)}"
        names = ", ".join(one.name for one in taken)
        self._lines.append(f"{whole} = self.{name}(p.{name}, {names})")
        peak, most = sum(one.peak for one in taken), max(one.oscillators for one in taken)
        for k in range(len(outputs)):
            self._new("control", self._controls, f"{whole}[{k}]", peak, most)

    def _mixed(self):
        taken = [self._take(self._audio) for _ in range(self.random.randint(1, 9))]
        self._mixer(taken)

    def _mixer(self, taken):
        inputs = tuple(f"in_{k}" for k in range(len(taken)))
        name = self._part("AudioMixer", f"inputs={inputs}")
        names = ", ".join(one.name for one in taken)
        most = max(one.oscillators for one in taken)
        self._new("audio", self._audio, f"self.{name}(p.{name}, {names})", 1.0, most)

    def _filtered(self):
        audio = self._take(self._audio)
        mode = self.random.choice(["lowpass", "bandpass", "highpass"])
        name = self._part("StateVariableFilter", f"mode={mode!r}")
        made, most = f"self.{name}(p.{name}, {audio.name}", audio.oscillators
        if self.random.random() < 0.5:
            made += f", midi_f0={self._pitch()}"
        if self.random.random() < 0.5:
            mod = self._take(self._audio)
            made, most = f"{made}, mod={mod.name}", max(most, mod.oscillators)
        # Resonance lifts by 30 dB at most; scaled, or a chain of filters would overflow.
        self._new("audio", self._audio, f"{made}) * 0.25", audio.peak, most)

    def _crossfade(self):
        if len(self._audio) < 2:
            return
        name = self._part("CrossfadeKnob")
        ratio = self._signal(f"self.{name}(p.{name})", 1.0, 0)
        self._shares.append(ratio)
        a, b = self._take(self._audio), self._take(self._audio)
        made = f"(1 - {ratio.name})[:, None] * {a.name} + {ratio.name}[:, None] * {b.name}"
        peak, most = max(a.peak, b.peak), max(a.oscillators, b.oscillators)
        self._new("audio", self._audio, made, peak, most)

    def _choice(self):
        kind = self.random.choice(["SoftModeSelector", "HardModeSelector"])
        count = self.random.randint(1, 5)
        name = self._part(kind, f"num_modes={count}")
        whole = f"y_{len(self._lines)}"
        self._lines.append(f"{whole} = self.{name}(p.{name})")
        for k in range(count):
            self._new("value", self._shares, f"{whole}[:, {k}]", 1.0, 0)

    def _audio_sum(self):
        self._sum("audio", self._audio)

    def _control_sum(self):
        self._sum("control", self._controls)

    def _sum(self, kind, signals):
        a, b = self._take(signals), self._take(signals)
        most = max(a.oscillators, b.oscillators)
        number = round(self.random.uniform(-2, 2), 3)
        share = self._take(self._shares).name if self._shares else "midi_f0 * 0.01"
        ways = {
            f"{a.name} + {b.name}": (a.peak + b.peak, most),
            f"{a.name} - {b.name}": (a.peak + b.peak, most),
            f"{a.name} * {b.name}": (a.peak * b.peak, most),
            f"{number} * {a.name}": (2 * a.peak, a.oscillators),
            f"{a.name} / {abs(number) + 0.5}": (2 * a.peak, a.oscillators),
            f"{a.name} + {number}": (2 + a.peak, a.oscillators),
            f"{number} - {a.name}": (2 + a.peak, a.oscillators),
            f"-{a.name}": (a.peak, a.oscillators),
            f"{a.name} * ({share})[:, None]": (1.27 * a.peak, a.oscillators),
            f"{a.name} + ({share}).unsqueeze(-1)": (1.27 + a.peak, a.oscillators),
        }
        made = self.random.choice(list(ways))
        if ways[made][0] <= _LOUDEST:
            self._new(kind, signals, made, *ways[made])

    def _audio_shaped(self):
        self._shaped("audio", self._audio)

    def _control_shaped(self):
        self._shaped("control", self._controls)

    def _shaped(self, kind, signals):
        """Apply a function of torch's without a step in it."""
        a, b = self._take(signals), self._take(signals)
        most = max(a.oscillators, b.oscillators)
        ways = {
            f"torch.tanh(2 * {a.name})": (1.0, a.oscillators),
            f"torch.sin({a.name} * 3)": (1.0, a.oscillators),
            f"{a.name}.clamp(-0.5, 0.75)": (0.75, a.oscillators),
            f"{a.name}.abs()": (a.peak, a.oscillators),
            f"{a.name} ** 2": (a.peak**2, a.oscillators),
            f"torch.exp(-{a.name}.abs())": (1.0, a.oscillators),
            f"torch.sqrt(0.01 + {a.name}.square())": (a.peak + 0.1, a.oscillators),
            f"torch.maximum({a.name}, {b.name})": (max(a.peak, b.peak), most),
            f"{a.name} / (1.5 + {b.name} * {b.name})": (a.peak, most),
            f"torch.where({a.name} > 0, {a.name}, 0.5 * {a.name})": (a.peak, a.oscillators),
        }
        made = self.random.choice(list(ways))
        if ways[made][0] <= _LOUDEST:
            self._new(kind, signals, made, *ways[made])

    def _value_sum(self):
        number = round(self.random.uniform(-12, 12), 2)
        if self.random.random() < 0.5:
            self._pitches.append(self._signal(f"{self._pitch()} + {number}", 127, 0))
        elif self._shares:
            share = self._take(self._shares).name
            made = self.random.choice([f"{share} * {share}", f"1 - {share}", f"0.5 * {share}"])
            self._new("value", self._shares, made, 1.0, 0)

    def _end(self):
        """Mix what is not heard yet; return some of it beside the audio."""
        extras, audio = [], []
        for kind, signal in self._unheard:
            if kind == "audio" and self.random.random() < 0.9:
                audio.append(signal)
            else:
                extras.append(signal)
        if self.random.random() < 0.3:
            signals = [*self._audio, *self._controls, *self._pitches, *self._shares]
            extras.append(self.random.choice(signals))
        taken = audio or [self._take(self._audio)]
        self._mixer(taken)
        (_, mixed) = self._unheard[-1]
        handed = taken[-1] if self.random.random() < 0.1 else mixed
        if handed is not mixed:
            extras.append(mixed)
        names = ", ".join(f'"{one.name}": {one.name}' for one in dict.fromkeys(extras))
        self._lines.append(f"return {handed.name}" + (f", {{{names}}}" if names else ""))


def patched(source):
    """Return the class that a source is."""
    names = {**vars(modules), "AbstractSynth": AbstractSynth, "part": part, "torch": torch}
    exec(source, names)  # its own source
    return names["Grown"]


def signals(audio):
    """Return what a patch made, by name."""
    return audio if isinstance(audio, dict) else {"audio": audio}


def defined(synth, parameters, rows):
    """Return what the float64 modules of a synth make, by name."""
    return signals(synth._modular(parameters, rows, torch.float64))


def distance(found, truth):
    """Return how far each sound is off: the most of all its signals, of their peaks above 1."""
    farthest = torch.zeros(len(truth["audio"]), dtype=torch.float64)
    assert found.keys() == truth.keys()
    for name, one in truth.items():
        assert found[name].shape == one.shape, name
        off = _most(found[name].to(torch.float64) - one) / _most(one).clamp(min=1)
        farthest = torch.maximum(farthest, off.nan_to_num(nan=torch.inf))
    return farthest


def added_up_longer(frequency, initial_phase, rate):
    """Return an oscillator's phase in cycles, added up in this machine's longest floats."""
    turn = 8 * np.arctan(np.longdouble(1))
    start = initial_phase.numpy().astype(np.longdouble) / turn
    cycles = (frequency.numpy().astype(np.longdouble) / rate).cumsum(-1) + start[:, None]
    return torch.from_numpy((cycles - np.floor(cycles)).astype(np.float64))


@contextmanager
def longer_sums():
    """Let the modules' oscillators add up their phases in longer numbers."""
    rooms = [modules.vco, modules.fm_vco]
    before = rooms[0].oscillator_cycles
    for room in rooms:
        room.oscillator_cycles = added_up_longer
    try:
        yield
    finally:
        for room in rooms:
            room.oscillator_cycles = before


def rounded(synth, parameters, rows, truth):
    """Return how far each sound moves where the modules add up their phases in longer numbers."""
    with longer_sums():
        return distance(defined(synth, parameters, rows), truth)


def chaos(synth, parameters, rows, truth, enough):
    """Return how far a change of 1e-15 in a parameter moves each sound of the float64 modules.

    Args:
        synth: The synth.
        parameters: Parameters of the sounds.
        rows: Their rows of noise.
        truth: Audio that the modules make of them.
        enough: Distance of each sound at which no other parameter needs to be tried.
    """
    farthest = torch.zeros(len(parameters), dtype=torch.float64)
    for column in range(parameters.shape[1]):
        for change in (_CHANGE, -_CHANGE):
            if bool((farthest >= enough).all()):
                return farthest
            changed = parameters.to(torch.float64).clone()
            changed[:, column] = (changed[:, column] + change).clamp(0, 1)
            moved = distance(defined(synth, changed, rows), truth)
            farthest = torch.maximum(farthest, moved)
    return farthest


def _most(signal):
    return signal.abs().reshape(len(signal), -1).amax(1).to(torch.float64)
