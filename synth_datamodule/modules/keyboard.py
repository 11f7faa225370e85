"""The keyboard: which note, and for how long it is held."""

from collections.abc import Mapping
from types import MappingProxyType

from torch import Tensor

from synth_datamodule.modules.base import SynthModule, Values
from synth_datamodule.numerics.constants import MIDI_MAX
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.program import Builder, Signal


class MonophonicKeyboard(SynthModule):
    """One held note.

    Example:
        >>> import torch
        >>> from synth_datamodule import SynthConfig
        >>> keyboard = MonophonicKeyboard(SynthConfig())
        >>> keyboard({"midi_f0": torch.tensor([60.0]), "duration": torch.tensor([1.5])})
        (tensor([60.]), tensor([1.5000]))
    """

    parameter_ranges = (
        ParameterRange("midi_f0", 0.0, MIDI_MAX, unit="semitones"),
        ParameterRange("duration", 0.01, 4.0, curve=0.5, unit="s"),
    )

    parameter_defaults = MappingProxyType({"midi_f0": 60.0, "duration": 1.0})
    outputs = ("midi_f0", "duration")

    def forward(self, values: Values) -> tuple[Tensor, Tensor]:
        """Return pitch in semitones and note-on duration in seconds, each of shape ``[B]``."""
        values = self.complete(values)
        self.check(values)
        return values["midi_f0"], values["duration"]

    def exact(self, build: Builder, values: Mapping[str, Signal]) -> tuple[Signal, Signal]:
        """Return pitch and duration as a program has them."""
        return values["midi_f0"], values["duration"]
