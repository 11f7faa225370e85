"""FmVoice: an electric piano, now and then a bell, by frequency modulation."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import SynthConfig
from synth_datamodule.modules import (
    ADSR,
    VCA,
    AudioMixer,
    ControlRateUpsample,
    FmVCO,
    MonophonicKeyboard,
    SynthModule,
    Values,
    fm_frequency,
    midi_to_hz,
    oscillator_cycles,
)
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.patching.patch import PatchValues, part
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.program import Builder, Signal
from synth_datamodule.program.builder import AUDIO
from synth_datamodule.program.words import fm_phase, octaves, steady_phase


class PianoKeyboard(MonophonicKeyboard):
    """Five octaves from E1, 41 to 1319 Hz; the highest side bands stay below 20 kHz.

    Example:
        >>> PianoKeyboard.parameter_ranges[0].maximum
        88.0
    """

    parameter_ranges = (
        ParameterRange("midi_f0", 28.0, 88.0, unit="semitones"),
        ParameterRange("duration", 0.1, 4.0, curve=0.5, unit="s"),
    )


class StruckADSR(ADSR):
    """The envelope of what is struck: there at once, decaying while it is held, soon damped.

    Example:
        >>> [(parameter.name, parameter.maximum) for parameter in StruckADSR.parameter_ranges]
        [('attack', 0.02), ('decay', 4.0), ('sustain', 1.0), ('release', 1.0), ('alpha', 6.0)]
    """

    parameter_ranges = (
        ParameterRange("attack", 0.001, 0.02, curve=0.5, unit="s"),
        ParameterRange("decay", 0.1, 4.0, curve=0.5, unit="s"),
        ParameterRange("sustain", 0.0, 1.0, curve=0.25),
        ParameterRange("release", 0.05, 1.0, curve=0.5, unit="s"),
        ParameterRange("alpha", 1.0, 6.0),
    )


class Ratio(SynthModule):
    """A frequency ratio, one of a few, as an interval.

    Args:
        synthconfig: Rates, lengths and switches of the synth.
        ratios: Frequency ratios to choose from, positive.

    Raises:
        TypeError: If a ratio is not a number.
        ValueError: If there is none, or one is not positive.

    Example:
        >>> octaves = Ratio(SynthConfig(), ratios=(1, 2, 4))
        >>> octaves({"choice": torch.tensor([0.5, 1.0, 3.0])})
        tensor([ 0., 12., 24.])
    """

    def __init__(self, synthconfig: SynthConfig, ratios: Sequence[float]) -> None:
        super().__init__(synthconfig)
        if isinstance(ratios, (str, bytes)) or not isinstance(ratios, Sequence):
            raise TypeError(f"ratios must be one or more numbers, got {checks.shown(ratios)}")
        if not ratios:
            raise ValueError(f"ratios must be one or more numbers, got {checks.shown(ratios)}")
        ratios = [checks.positive_number("ratio", ratio) for ratio in ratios]
        self.semitones = tuple(12 * math.log2(ratio) for ratio in ratios)
        self.parameter_ranges = (ParameterRange("choice", 0.0, float(len(ratios))),)

    def forward(self, values: Values) -> Tensor:
        """Return semitones above the note, ``[B]``: steps, so their gradient is 0."""
        values = self.complete(values)
        self.check(values)
        choice = values["choice"]
        semitones = torch.tensor(self.semitones, dtype=choice.dtype, device=choice.device)
        return semitones[choice.long().clamp(0, len(self.semitones) - 1)]

    def exact(self, build: Builder, values: Mapping[str, Signal]) -> Signal:
        """Return the interval as a program has it."""
        return build.value("choose", values["choice"], data=self.semitones)


class Modulator(SynthModule):
    """A cosine without parameters.

    Example:
        >>> config = SynthConfig(sample_rate=1760, control_rate=10, buffer_size_seconds=0.2)
        >>> Modulator(config)(torch.tensor([69.0]))[0, :4]
        tensor([ 0.7071, -0.7071, -0.7071,  0.7071])
    """

    def forward(self, midi_f0: Tensor) -> Tensor:
        """Return audio in [-1, 1], ``[B, N]``, for a pitch in semitones ``[B]``."""
        frequency = midi_to_hz(midi_f0)
        # Half a sample early: the sum of these samples is then a sine in phase with the carrier's.
        start = -math.pi * frequency / self.sample_rate
        steady = frequency[:, None].expand(-1, self.buffer_size)
        return torch.cos(2 * math.pi * oscillator_cycles(steady, start, self.sample_rate))

    def exact(self, build: Builder, midi_f0: Signal | float) -> Signal:
        """Return the wave as a program has it."""
        cycles = build.value("exp2", octaves(build, build.signal(midi_f0), "cutoff"))
        start = build.value("turn", cycles * -0.5, build.rate("bits")) + build.rate("quarter")
        return build.node("sine", AUDIO, [steady_phase(build, cycles, start)])


class Operator(FmVCO):
    r"""FmVCO as a sine from phase 0, its only parameter the depth.

    Modulated by a cosine of frequency f_m it is

    .. math::
        \sin(2 \pi f_c t + I \sin 2 \pi f_m t) = \sum_k J_k(I) \sin 2 \pi (f_c + k f_m) t, \quad
        I = \mathrm{mod\_depth} \, f_c / f_m

    In these phases a side band that falls on 0 Hz is silent, and up to a depth of 1 no frequency is
    negative, so that FmVCO never clamps it. Chowning, "The Synthesis of Complex Audio Spectra by
    Means of Frequency Modulation", JAES 21(7), 1973.

    Example:
        >>> Operator.parameter_ranges[0].name
        'mod_depth'
    """

    parameter_ranges = (ParameterRange("mod_depth", 0.0, 1.0, curve=0.5),)

    def forward(self, values: Values, midi_f0: Tensor | float, mod: Tensor) -> Tensor:
        """Return audio in [-1, 1], ``[B, N]``.

        Args:
            values: This module's parameters; ``defaults`` for those left out.
            midi_f0: Pitch in semitones. Shape ``[B]``, or a number.
            mod: The modulating audio. Shape ``[B, N]``.
        """
        values, midi_f0 = self.sounded(values, midi_f0, mod)
        self.check_audio(self.check(values), mod=mod)
        frequency = fm_frequency(midi_f0, values["mod_depth"], mod, self.sample_rate)
        cycles = oscillator_cycles(frequency, torch.zeros_like(midi_f0), self.sample_rate)
        return torch.sin(2 * math.pi * cycles)

    def exact(
        self,
        build: Builder,
        values: Mapping[str, Signal],
        midi_f0: Signal | float,
        mod: Signal,
    ) -> Signal:
        """Return the wave as a program has it."""
        pitch, start = build.signal(midi_f0), build.constant(0.0)
        phase = fm_phase(build, pitch, values["mod_depth"], mod, start)
        return build.node("sine", AUDIO, [phase])


class FmVoice(AbstractSynth):
    """A body at the note and a tine above it, both modulated by one sine.

    ::

        modulator ── mod_adsr ─┬─> body ── body_adsr ─┬─> mixer ─> audio
        (pitch + mod_ratio)    │   (pitch)            │
                               └─> tine ── tine_adsr ─┘
                                   (pitch + tine_ratio)

    The tine's whole ratios sharpen the note; those with a half make a bell of it.

    Example:
        >>> synth = FmVoice(SynthConfig(batch_size=2, buffer_size_seconds=1.0))
        >>> synth(0)[0].shape, len(synth.parameter_names)
        (torch.Size([2, 44100]), 23)
    """

    keyboard = part(PianoKeyboard)
    mod_ratio = part(Ratio, ratios=(1, 2, 3))
    tine_ratio = part(Ratio, ratios=(1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7))
    mod_adsr = part(StruckADSR)
    body_adsr = part(StruckADSR)
    tine_adsr = part(StruckADSR)
    upsample = part(ControlRateUpsample)
    modulator = part(Modulator)
    body = part(Operator)
    tine = part(Operator)
    vca = part(VCA)
    mixer = part(AudioMixer, inputs=("body", "tine"))

    def output(self, p: PatchValues, noise_rows: Tensor) -> Tensor:
        """Return audio in [-1, 1], ``[B, N]``."""
        midi_f0, duration = self.keyboard(p.keyboard)
        mod_level = self.upsample(self.mod_adsr(p.mod_adsr, duration))
        body_level = self.upsample(self.body_adsr(p.body_adsr, duration))
        tine_level = self.upsample(self.tine_adsr(p.tine_adsr, duration))

        mod = self.vca(self.modulator(midi_f0 + self.mod_ratio(p.mod_ratio)), mod_level)
        body = self.body(p.body, midi_f0, mod)
        tine = self.tine(p.tine, midi_f0 + self.tine_ratio(p.tine_ratio), mod)

        audio: Tensor = self.mixer(p.mixer, self.vca(body, body_level), self.vca(tine, tine_level))
        return audio
