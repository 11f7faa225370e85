import copy

import pytest
import torch

from synth_datamodule.torchsynth.signal import Signal


def test_a_signal_knows_its_sizes_and_what_is_computed_from_it_is_one():
    signal = torch.ones(2, 3).as_subclass(Signal)
    twice = 2 * signal
    assert isinstance(twice, Signal)
    assert (twice.batch_size, twice.num_samples) == (2, 3)


def test_a_copy_is_a_signal():
    copied = copy.deepcopy(torch.ones(2, 3).as_subclass(Signal))
    assert isinstance(copied, Signal)
    assert torch.equal(copied, torch.ones(2, 3))


def test_what_is_no_batch_has_no_batch_size():
    with pytest.raises(ValueError, match=r"shape \[B, N\], got \[3\]$"):
        _ = torch.ones(3).as_subclass(Signal).batch_size
