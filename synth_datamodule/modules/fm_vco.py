"""FmVCO: an oscillator bent in frequency, at audio rate, by another."""

import math

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.modules.base import Values
from synth_datamodule.modules.phase import midi_to_hz, oscillator_cycles
from synth_datamodule.modules.vco import VCO
from synth_datamodule.numerics.clamping import clamp


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
        TypeError: If an argument is not a float tensor.
        ValueError: If a shape differs.

    Example:
        >>> mod = torch.tensor([[-1.0, 0.0, 0.5]])
        >>> fm_frequency(torch.tensor([69.0]), torch.tensor([1.0]), mod, sample_rate=44100)
        tensor([[  0., 440., 660.]])
    """
    num_sounds = checks.per_sound(pitch=pitch, mod_depth=mod_depth)
    checks.float_tensor("mod", mod, "[B, N]", (num_sounds, None))
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

    def forward(self, values: Values, midi_f0: Tensor, mod: Tensor) -> Tensor:
        """Return audio in [-1, 1], ``[B, N]``.

        Args:
            values: This module's parameters.
            midi_f0: Note in semitones. Shape ``[B]``.
            mod: The modulating audio. Shape ``[B, N]``.
        """
        num_sounds = self.check(values)
        checks.float_tensor("midi_f0", midi_f0, "[B]", (num_sounds,))
        self.check_audio(num_sounds, mod=mod)
        pitch = midi_f0 + values["tuning"]
        frequency = fm_frequency(pitch, values["mod_depth"], mod, self.sample_rate)
        cycles = oscillator_cycles(frequency, values["initial_phase"], self.sample_rate)
        return torch.cos(2 * math.pi * cycles)
