"""CrossfadeKnob: one number that blends two things."""

from torch import Tensor

from synth_datamodule.modules.base import SynthModule, Values
from synth_datamodule.parameters.table import ParameterRange


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
        self.check(values)
        return values["ratio"]
