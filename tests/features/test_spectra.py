import math

import numpy as np
import pytest
import torch

from synth_datamodule.features import MFCC, LogMel


def test_silence_is_zero_and_nothing_lies_below():
    assert torch.equal(LogMel(16000)(torch.zeros(1, 8000)), torch.zeros(1, 96, 32))


def test_twice_the_amplitude_is_six_decibels_more(tone):
    sine = tone(440, 16000)[None]
    quiet, loud = LogMel(16000)(0.25 * sine), LogMel(16000)(0.5 * sine)
    band = int(loud[0].mean(-1).argmax())
    rise = (loud - quiet)[0, band, 4:-4] * 80
    torch.testing.assert_close(rise, torch.full_like(rise, 20 * math.log10(2)), atol=1e-3, rtol=0)


def test_a_higher_tone_lights_a_higher_band(tone):
    tones = torch.stack([tone(hertz, 16000) for hertz in (220, 880, 3520)])
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


def test_a_louder_sound_moves_the_first_cepstral_coefficient_alone():
    noise = torch.from_numpy(np.random.default_rng(0).normal(0, 0.1, (1, 8000))).float()
    quiet, loud = MFCC(16000)(noise), MFCC(16000)(2 * noise)
    moved = (loud - quiet).abs().mean(-1)[0]
    # 6 decibels in each of 64 bands, through an orthonormal cosine transform.
    assert moved[0] == pytest.approx(20 * math.log10(2) * math.sqrt(64), rel=1e-3)
    assert moved[1:].max() < 1e-3


def test_a_sound_too_short_for_the_window_is_refused():
    with pytest.raises(ValueError, match="longer than half a window of 1024 samples, got 512"):
        LogMel(16000)(torch.zeros(1, 512))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: LogMel(0), ValueError, "sample_rate must be a whole number >= 2 and <= .*, got 0"),
        (lambda: LogMel(16000, num_mels=2.5), TypeError, "num_mels must be a whole number"),
        (lambda: MFCC(16000, 65), ValueError, "num_coefficients must be .* <= 64, got 65"),
    ],
)
def test_impossible_features_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
