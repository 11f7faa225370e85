"""The crossfade knob."""

import pytest
import torch

from synth_datamodule import SynthConfig
from synth_datamodule.modules import CrossfadeKnob
from synth_datamodule.parameters.table import ParameterTable

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.25, control_rate=400)


def test_the_knob_fades_two_signals_by_its_ratio():
    ratio = CrossfadeKnob(CONFIG)({"ratio": torch.tensor([0.0, 0.25, 1.0])})[:, None]
    blended = (1 - ratio) * torch.ones(3, 4) + ratio * -torch.ones(3, 4)
    assert blended[:, 0].tolist() == [1.0, 0.5, -1.0]


def test_the_knob_is_linear_from_zero_to_one():
    table = ParameterTable(CrossfadeKnob.parameter_ranges)
    turned = torch.tensor([[0.0], [0.3], [1.0]], dtype=torch.float64)
    assert torch.equal(table.to_physical(turned), turned)


def test_a_knob_by_another_name_is_refused():
    message = r"CrossfadeKnob has the parameters \['ratio'\], got 'mix'"
    with pytest.raises(ValueError, match=message):
        CrossfadeKnob(CONFIG)({"mix": torch.tensor([0.5])})
