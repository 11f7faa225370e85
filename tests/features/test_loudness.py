import math

import torch

from synth_datamodule.features import levels


def test_levels_of_a_full_scale_sine(tone):
    sine = torch.stack([tone(100, 16000), 0.5 * tone(100, 16000)])
    peak, rms, _ = levels(sine)
    torch.testing.assert_close(peak, torch.tensor([1.0, 0.5]), atol=1e-5, rtol=0)
    torch.testing.assert_close(rms, torch.tensor([1.0, 0.5]) / math.sqrt(2), atol=1e-5, rtol=0)
    assert levels(torch.tensor([[0.2, -1.0], [0.2, 0.9]])).clipped.tolist() == [True, False]
