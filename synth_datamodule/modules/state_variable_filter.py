"""StateVariableFilter: low-pass, band-pass or high-pass, the cutoff open to modulation."""

import math
from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import MOST_SAMPLES, SynthConfig
from synth_datamodule.modules.base import SynthModule, Values
from synth_datamodule.modules.phase import midi_to_hz
from synth_datamodule.modules.recurrence import linear_recurrence, previous_states
from synth_datamodule.numerics.clamping import clamp
from synth_datamodule.numerics.constants import A4_HZ, A4_MIDI
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.program import Builder, Signal
from synth_datamodule.program.builder import AUDIO
from synth_datamodule.program.words import TWELFTH, bent_octave, octaves

MODES = ("lowpass", "bandpass", "highpass")
MIDDLE_C = 60.0
HIGHEST_CUTOFF = 0.49
"""Of the sample rate."""
_HIGHEST_OCTAVE = -1.0291463456595165  # log2 of that
_LOWEST_OCTAVE = -900.0


def resonance_to_q(resonance: Tensor) -> Tensor:
    r"""Return a filter's Q, its gain at the cutoff: -6 to 30 dB, even steps in decibels.

    .. math:: Q = 2^{6 r - 1}

    From 1/2, where the poles meet, over the flattest pass band at r = 1/12 to 32; never infinite,
    so no filter sounds of itself.

    Args:
        resonance: r in [0, 1]. Any shape.

    Returns:
        In [1/2, 32]. Same shape.

    Raises:
        TypeError: If ``resonance`` is not a float tensor.

    Example:
        >>> resonance_to_q(torch.tensor([0.0, 0.5, 1.0]))
        tensor([ 0.5000,  4.0000, 32.0000])
    """
    checks.float_tensor("resonance", resonance, "[...]", None)
    return torch.exp((6 * resonance - 1) * math.log(2))


def state_variable_filter(
    audio: Tensor, cutoff: Tensor, resonance: Tensor, *, sample_rate: int
) -> tuple[Tensor, Tensor, Tensor]:
    r"""Filter audio by a second-order filter whose cutoff and resonance may change every sample.

    .. math::
        \dot v_1 = \omega \, (x - v_1 / Q - v_2), \quad \dot v_2 = \omega \, v_1

    Low-pass is v2, band-pass v1/Q, high-pass what is left, ``x - v1/Q - v2``. Integrated by the
    trapezoidal rule with ``g = tan(pi f / r)``, so that the response at the cutoff is the analog
    filter's: gains of Q, 1 and Q there. The integrators' states go from sample to sample by

    .. math::
        s[n] = \begin{pmatrix} 2 a_1 - 1 & -2 a_2 \\ 2 a_2 & 1 - 2 a_3 \end{pmatrix} s[n - 1]
        + 2 \begin{pmatrix} a_2 \\ a_3 \end{pmatrix} x[n], \quad
        a_1 = \frac{1}{1 + g (g + 1/Q)}, \quad a_2 = g a_1, \quad a_3 = g a_2

    and v is the mean of two neighbouring states. Without input, each step takes
    ``4 g v1**2 / Q >= 0`` off the states' energy, whatever g and Q were before: the filter is
    stable under any modulation.

    Zavalishin, "The Art of VA Filter Design", rev. 2.1.2, 2018, chapter 4; Simper, "Solving the
    Continuous SVF Equations Using Trapezoidal Integration and Equivalent Currents", 2013; for its
    stability also Wishnick, "Time-Varying Filters for Musical Applications", DAFx 2014.

    Args:
        audio: Audio x. Shape ``[B, N]``.
        cutoff: Pitch of f in semitones, counted as 0.49 of the sample rate above that, where its
            gradient is 0. Shape ``[B, N]``, or ``[B, 1]`` where it is constant.
        resonance: Resonance in [0, 1], see ``resonance_to_q``. Shape ``[B, N]`` or ``[B, 1]``.
        sample_rate: Audio rate r in hertz.

    Returns:
        Low-pass, band-pass, high-pass. Shape ``[B, N]`` each.

    Raises:
        TypeError: If a signal is not a float tensor, or ``sample_rate`` not an integer.
        ValueError: If a shape differs, or ``sample_rate`` is below 1.

    Example:
        >>> step, knob = torch.ones(1, 4), torch.zeros(1, 1)
        >>> low, band, high = state_variable_filter(step, knob + 69.0, knob, sample_rate=1760)
        >>> low
        tensor([[0.2500, 0.7500, 1.0000, 1.0000]])
    """
    checks.float_tensor("audio", audio, "[B, N]", (None, None))
    for name, knob in (("cutoff", cutoff), ("resonance", resonance)):
        constant = isinstance(knob, Tensor) and knob.shape[1:] == (1,)
        size = 1 if constant else audio.shape[1]
        checks.float_tensor(name, knob, "[B, N] or [B, 1]", (len(audio), size))
    checks.whole_number("sample_rate", sample_rate, 1, MOST_SAMPLES)
    # The pitch, not its frequency: exp of a pitch that is far too high has no finite gradient.
    highest = A4_MIDI + 12 * math.log2(HIGHEST_CUTOFF * sample_rate / A4_HZ)
    gain = torch.tan(math.pi / sample_rate * midi_to_hz(clamp(cutoff, high=highest)))
    damping = 1 / resonance_to_q(resonance)
    twice_a_1 = 2 / (1 + gain * (gain + damping))
    twice_a_2 = gain * twice_a_1
    twice_a_3 = gain * twice_a_2
    rows = (twice_a_1 - 1, -twice_a_2, twice_a_2, 1 - twice_a_3)
    transition = torch.stack(rows).reshape(2, 2, len(audio), -1)
    drive = torch.stack((twice_a_2 * audio, twice_a_3 * audio))
    states = linear_recurrence(transition.expand(2, 2, *audio.shape), drive)
    v_1, low = (states + previous_states(states)) / 2
    band = damping * v_1
    return low, band, audio - band - low


class StateVariableFilter(SynthModule):
    """Resonant filter of 12 dB per octave (band-pass: 6 to either side).

    Args:
        synthconfig: Rates, lengths and switches of the synth.
        mode: ``"lowpass"``, ``"bandpass"`` or ``"highpass"``. Pass bands, and the peak of the
            band-pass, have a gain of 1; resonance lifts the others at their cutoff, see
            ``resonance_to_q``.

    Raises:
        TypeError: If ``mode`` is not a string.
        ValueError: If it is another word.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> config = SynthConfig(sample_rate=44100, buffer_size_seconds=0.01)
        >>> values = {"cutoff": 69.0, "resonance": 0.5, "tracking": 0.0, "mod_depth": 0.0}
        >>> values = {name: torch.tensor([value]) for name, value in values.items()}
        >>> StateVariableFilter(config, mode="highpass")(values, torch.ones(1, 441)).shape
        torch.Size([1, 441])
    """

    parameter_ranges = (
        ParameterRange("cutoff", 16.0, 136.0, unit="semitones"),
        ParameterRange("resonance", 0.0, 1.0),
        ParameterRange("tracking", 0.0, 1.0),
        ParameterRange("mod_depth", -96.0, 96.0, curve=0.5, symmetric=True, unit="semitones"),
    )

    parameter_defaults = MappingProxyType({"resonance": 0.0, "tracking": 0.0, "mod_depth": 0.0})

    def __init__(self, synthconfig: SynthConfig, mode: str = "lowpass") -> None:
        super().__init__(synthconfig)
        self.mode = checks.one_of("mode", mode, MODES)

    def forward(
        self,
        values: Values,
        audio: Tensor,
        midi_f0: Tensor | float | None = None,
        mod: Tensor | None = None,
    ) -> Tensor:
        """Return the filtered audio, ``[B, N]``.

        Args:
            values: This module's parameters; ``defaults`` for those left out.
            audio: Audio to filter. Shape ``[B, N]``.
            midi_f0: Note in semitones; the cutoff follows its distance from middle C by the share
                ``tracking``. Shape ``[B]``, or a number.
            mod: Audio-rate signal that moves the cutoff, ``mod_depth`` semitones per unit. Shape
                ``[B, N]``.
        """
        values = self.complete(values, audio, midi_f0, mod)
        num_sounds = self.check(values)
        self.check_audio(num_sounds, audio=audio)
        cutoff = values["cutoff"]
        if midi_f0 is not None:
            midi_f0 = self.per_sound("midi_f0", midi_f0, values)
            checks.float_tensor("midi_f0", midi_f0, "[B]", (num_sounds,))
            checks.within("midi_f0", midi_f0)
            cutoff = cutoff + values["tracking"] * (midi_f0 - MIDDLE_C)
        cutoff = cutoff[:, None]
        if mod is not None:
            self.check_audio(num_sounds, mod=mod)
            cutoff = cutoff + values["mod_depth"][:, None] * mod
        low, band, high = state_variable_filter(
            audio, cutoff, values["resonance"][:, None], sample_rate=self.sample_rate
        )
        return {"lowpass": low, "bandpass": band, "highpass": high}[self.mode]

    def exact(
        self,
        build: Builder,
        values: Mapping[str, Signal],
        audio: Signal,
        midi_f0: Signal | float | None = None,
        mod: Signal | None = None,
    ) -> Signal:
        """Return the filtered audio as a program has it."""
        cutoff = values["cutoff"]
        if midi_f0 is not None:
            cutoff = cutoff + values["tracking"] * (build.signal(midi_f0) - MIDDLE_C)
        centre = octaves(build, cutoff, "cutoff")
        damping = build.value("exp2", 1.0 - values["resonance"] * 6.0)
        highest = build.constant(_HIGHEST_OCTAVE)
        build.expect(audio, AUDIO)
        if mod is None:
            octave = build.value("smaller", centre, highest)
            return build.node("steady_filter", AUDIO, [audio, octave, damping], (self.mode,))
        depth = values["mod_depth"] * TWELFTH
        octave = bent_octave(build, centre, depth, mod, build.constant(_LOWEST_OCTAVE), highest)
        return build.node("filter", AUDIO, [audio, octave, damping], (self.mode,))
