"""SineVCO: the first oscillator of the Voice."""

from collections.abc import Mapping

import torch
from torch import Tensor

from synth_datamodule.modules.base import Values
from synth_datamodule.modules.vco import VCO
from synth_datamodule.program import Builder, Signal
from synth_datamodule.program.builder import AUDIO


class SineVCO(VCO):
    """Cosine of the phase.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> config = SynthConfig(sample_rate=4, control_rate=4, buffer_size_seconds=1.0)
        >>> values = {p.name: torch.tensor([0.0]) for p in SineVCO.parameter_ranges}
        >>> SineVCO(config)(values, torch.tensor([0.0])).shape
        torch.Size([1, 4])
    """

    def forward(self, values: Values, midi_f0: Tensor | float, mod: Tensor | None = None) -> Tensor:
        """Return audio in [-1, 1], ``[B, N]``.

        Args:
            values: This module's parameters; ``defaults`` for those left out.
            midi_f0: Note in semitones. Shape ``[B]``, or a number.
            mod: Signal that bends the pitch, ``mod_depth`` semitones per unit. Shape ``[B, N]``.
        """
        return torch.cos(self.radians(values, midi_f0, mod))

    def exact(
        self,
        build: Builder,
        values: Mapping[str, Signal],
        midi_f0: Signal | float,
        mod: Signal | None = None,
    ) -> Signal:
        """Return the wave as a program has it."""
        phase = self.exact_phase(build, values, midi_f0, mod, quarter=True)
        return build.node("sine", AUDIO, [phase])
