"""CrossfadeKnob: one number that blends two things."""

from collections.abc import Mapping

from torch import Tensor

from synth_datamodule.modules.base import SynthModule, Values
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.program import Builder, Signal


class CrossfadeKnob(SynthModule):
    """A knob in [0, 1]; what it blends is the patch's affair.

    Example:
        >>> import torch
        >>> from synth_datamodule import SynthConfig
        >>> CrossfadeKnob(SynthConfig())({"ratio": torch.tensor([0.25])})
        tensor([0.2500])
    """

    parameter_ranges = (ParameterRange("ratio", 0.0, 1.0),)

    def forward(self, values: Values) -> Tensor:
        """Return the ratio in [0, 1], ``[B]``."""
        values = self.complete(values)
        self.check(values)
        return values["ratio"]

    def exact(self, build: Builder, values: Mapping[str, Signal]) -> Signal:
        """Return the ratio as a program has it."""
        return values["ratio"]
