import pytest
import torch

from synth_datamodule.torchsynth.util import fix_length, normalize


@pytest.mark.parametrize(("length", "expected"), [(2, [1, 2]), (3, [1, 2, 3]), (4, [1, 2, 3, 0])])
def test_a_signal_is_cut_or_continued_by_zeros(length, expected):
    signal = torch.tensor([[1.0, 2.0, 3.0]])
    for given in (length, torch.tensor(length)):
        assert torch.equal(fix_length(signal, given), torch.tensor([expected]).float())


def test_each_sound_is_brought_to_a_peak_of_1_and_silence_stays():
    sounds = torch.tensor([[0.1, -0.5], [8.0, 2.0], [0.0, 0.0]])
    assert torch.equal(normalize(sounds), torch.tensor([[0.2, -1.0], [1.0, 0.25], [0.0, 0.0]]))
