import math

import pytest
import torch

from synth_datamodule.features import LogMel


def test_silence_is_zero_and_nothing_lies_below():
    assert torch.equal(LogMel(16000)(torch.zeros(1, 8000)), torch.zeros(1, 96, 32))


def test_twice_the_amplitude_is_six_decibels_more():
    tone = torch.sin(2 * math.pi * 440 * torch.arange(16000) / 16000)[None]
    quiet, loud = LogMel(16000)(0.25 * tone), LogMel(16000)(0.5 * tone)
    band = int(loud[0].mean(-1).argmax())
    rise = (loud - quiet)[0, band, 4:-4] * 80
    torch.testing.assert_close(rise, torch.full_like(rise, 20 * math.log10(2)), atol=1e-3, rtol=0)


def test_a_higher_tone_lights_a_higher_band():
    time = torch.arange(16000) / 16000
    tones = torch.stack([torch.sin(2 * math.pi * hertz * time) for hertz in (220, 880, 3520)])
    bands = LogMel(16000)(tones).mean(-1).argmax(-1)
    assert bands[0] < bands[1] < bands[2]


@pytest.mark.parametrize(
    ("audio", "error", "message"),
    [
        (torch.zeros(4), ValueError, r"audio must be a float tensor \[B, N\]"),
        (torch.zeros(1, 4000, dtype=torch.int16), TypeError, "got dtype torch.int16"),
    ],
)
def test_what_is_not_audio_is_refused(audio, error, message):
    with pytest.raises(error, match=message):
        LogMel(16000)(audio)
