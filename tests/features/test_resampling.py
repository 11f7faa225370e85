import pytest
import torch

from synth_datamodule.features import Resample


def test_a_resampled_tone_keeps_its_pitch_and_its_level(tone):
    resampled = Resample(44100, 16000)(tone(1000, 44100)[None])
    # Away from the ends, which the filter sees half of; the window's ripple is 1 %.
    middle = slice(2000, 14000)
    expected = tone(1000, 16000)[None]
    torch.testing.assert_close(resampled[:, middle], expected[:, middle], atol=0.01, rtol=0)


def test_resampling_removes_what_the_new_rate_cannot_hold(tone):
    resampled = Resample(44100, 16000)(tone(12000, 44100)[None])
    assert resampled[:, 2000:14000].abs().max() < 0.02


def test_an_impossible_rate_is_refused():
    with pytest.raises(ValueError, match="new_sample_rate must be a whole number >= 1"):
        Resample(44100, -1)
