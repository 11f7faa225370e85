"""SineVCO: the first oscillator of the Voice."""

import torch
from torch import Tensor

from synth_datamodule.modules.base import Values
from synth_datamodule.modules.vco import VCO


class SineVCO(VCO):
    """Cosine of the phase.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> config = SynthConfig(sample_rate=4, control_rate=4, buffer_size_seconds=1.0)
        >>> values = {p.name: torch.tensor([0.0]) for p in SineVCO.parameter_ranges}
        >>> SineVCO(config)(values, torch.tensor([0.0])).shape
        torch.Size([1, 4])
    """

    def forward(self, values: Values, midi_f0: Tensor, mod: Tensor | None = None) -> Tensor:
        """Return audio in [-1, 1], ``[B, N]``.

        Args:
            values: This module's parameters.
            midi_f0: Note in semitones. Shape ``[B]``.
            mod: Signal that bends the pitch, ``mod_depth`` semitones per unit. Shape ``[B, N]``.
        """
        return torch.cos(self.radians(values, midi_f0, mod))
