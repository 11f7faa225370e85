"""FmVCO: an oscillator bent in frequency, at audio rate, by another."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import MOST_SAMPLES
from synth_datamodule.modules.base import Values
from synth_datamodule.modules.phase import midi_to_hz, oscillator_cycles
from synth_datamodule.modules.vco import VCO
from synth_datamodule.numerics.clamping import clamp
from synth_datamodule.program import Builder, Signal
from synth_datamodule.program.builder import AUDIO
from synth_datamodule.program.words import fixed_phase, fm_phase


def fm_frequency(pitch: Tensor, mod_depth: Tensor, mod: Tensor, sample_rate: int) -> Tensor:
    """Return ``clamp(f0 + mod_depth f0 mod, 0, sample_rate / 2)`` with f0 the pitch's frequency.

    Its gradient is 0 beyond the clamp, and at its two ends that of the frequency inside.

    Args:
        pitch: Pitch in semitones, not clamped. Shape ``[B]``.
        mod_depth: Modulation index: peak deviation over f0. Shape ``[B]``.
        mod: Modulating audio. Shape ``[B, N]``.
        sample_rate: Audio rate in hertz.

    Returns:
        Frequency in hertz. Shape ``[B, N]``.

    Raises:
        TypeError: If a signal is not a float tensor, or ``sample_rate`` not an integer.
        ValueError: If a shape differs, ``sample_rate`` is below 1, or (on the CPU) a pitch is no
            number.

    Example:
        >>> mod = torch.tensor([[-1.0, 0.0, 0.5]])
        >>> fm_frequency(torch.tensor([69.0]), torch.tensor([1.0]), mod, sample_rate=44100)
        tensor([[  0., 440., 660.]])
    """
    num_sounds = checks.per_sound(pitch=pitch, mod_depth=mod_depth)
    checks.float_tensor("mod", mod, "[B, N]", (num_sounds, None))
    checks.whole_number("sample_rate", sample_rate, 1, MOST_SAMPLES)
    checks.within("pitch", pitch)
    carrier = midi_to_hz(pitch)[:, None]
    return clamp(carrier + mod_depth[:, None] * carrier * mod, 0, sample_rate / 2)


class FmVCO(VCO):
    """Frequency modulation (Chowning, 1973): ``mod_depth`` is the modulation index.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> config = SynthConfig(sample_rate=8, control_rate=4, buffer_size_seconds=1.0)
        >>> values = {p.name: torch.tensor([0.0]) for p in FmVCO.parameter_ranges}
        >>> FmVCO(config)(values, torch.tensor([60.0]), torch.zeros(1, 8)).shape
        torch.Size([1, 8])
    """

    def forward(self, values: Values, midi_f0: Tensor | float, mod: Tensor) -> Tensor:
        """Return audio in [-1, 1], ``[B, N]``.

        Args:
            values: This module's parameters; ``defaults`` for those left out.
            midi_f0: Note in semitones. Shape ``[B]``, or a number.
            mod: The modulating audio. Shape ``[B, N]``.
        """
        values, midi_f0 = self.sounded(values, midi_f0, mod)
        num_sounds = self.check(values)
        checks.float_tensor("midi_f0", midi_f0, "[B]", (num_sounds,))
        self.check_audio(num_sounds, mod=mod)
        pitch = midi_f0 + values["tuning"]
        frequency = fm_frequency(pitch, values["mod_depth"], mod, self.sample_rate)
        cycles = oscillator_cycles(frequency, values["initial_phase"], self.sample_rate)
        return torch.cos(2 * math.pi * cycles)

    def exact(
        self,
        build: Builder,
        values: Mapping[str, Signal],
        midi_f0: Signal | float,
        mod: Signal,
    ) -> Signal:
        """Return the wave as a program has it."""
        start = fixed_phase(build, values["initial_phase"], quarter=True)
        pitch = build.signal(midi_f0) + values["tuning"]
        phase = fm_phase(build, pitch, values["mod_depth"], mod, start)
        return build.node("sine", AUDIO, [phase])
