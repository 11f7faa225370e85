"""A recording is heard from its first loud moment on, at the synth's rate, length and level."""

import math

import numpy as np
import pytest
import torch

from synth_datamodule.recordings.hearing import HIGHEST_RATE, PEAK, hear, mono


def tone(hertz, seconds, rate, level=0.5):
    time = torch.arange(round(seconds * rate), dtype=torch.float64) / rate
    return (level * torch.sin(2 * math.pi * hertz * time)).float()


def loudest_frequency(audio, rate):
    spectrum = np.abs(np.fft.rfft(audio.numpy() * np.hanning(len(audio))))
    return spectrum.argmax() * rate / len(audio)


@pytest.mark.parametrize("rate", [4000, 8000, 11025, 44100, 44101, 48000, 96001, 192000])
def test_a_tone_keeps_its_pitch_and_length_at_any_rate(rate):
    heard = hear(tone(441, 1.0, rate), rate, 8000, 8000)
    assert heard.audio.shape == (8000,)
    assert loudest_frequency(heard.audio, 8000) == pytest.approx(441, abs=1)
    assert heard.seconds == pytest.approx(1.0, abs=0.01)


def test_silence_before_the_sound_is_left_out_and_told():
    sound = tone(300, 1.0, 8000)
    waited = hear(torch.cat([torch.zeros(4000), sound]), 8000, 8000, 4000)
    assert waited.onset == pytest.approx(0.5, abs=0.002)
    at_once = hear(sound, 8000, 8000, 4000)
    torch.testing.assert_close(waited.audio, at_once.audio, atol=0.01, rtol=0)


def test_what_is_behind_the_synths_length_is_cut_and_what_lacks_is_silence():
    long = hear(tone(300, 3.0, 8000), 8000, 8000, 4000)
    assert long.seconds == 0.5
    short = hear(tone(300, 0.1, 8000), 8000, 8000, 4000)
    assert short.audio[850:].abs().max() == 0
    assert short.seconds == pytest.approx(0.1, abs=0.001)


@pytest.mark.parametrize("level", [1e-5, 0.1, 0.99, 3.0, 1e30])
def test_any_level_comes_to_one_peak_by_the_gain_that_is_told(level):
    sound = tone(300, 0.5, 8000, level=1.0) * level
    heard = hear(sound, 8000, 8000, 4000)
    assert heard.audio.abs().max() == pytest.approx(PEAK, rel=1e-5)
    assert heard.gain * level == pytest.approx(PEAK, rel=0.01)


def test_an_offset_is_no_sound():
    sound = tone(300, 0.5, 8000)
    heard = hear(torch.cat([torch.zeros(2000), sound, torch.zeros(2000)]) + 0.2, 8000, 8000, 4000)
    assert heard.onset == pytest.approx(0.25, abs=0.002)


def test_channels_are_mixed_and_where_they_cancel_out_the_loudest_is_heard():
    left = tone(300, 0.5, 8000)
    assert torch.equal(mono(torch.stack([left, left])), left)
    heard = hear(torch.stack([left, -left]), 8000, 8000, 4000)
    alone = hear(left, 8000, 8000, 4000)
    assert torch.equal(heard.audio, alone.audio)


def test_behind_the_first_minute_nothing_is_heard():
    sound = torch.cat([torch.zeros(61 * 1000), torch.ones(1000)])
    with pytest.raises(ValueError, match="must not be silent, its first 60 s are"):
        hear(sound, 1000, 8000, 4000)


@pytest.mark.parametrize(
    ("audio", "rate", "words"),
    [
        (torch.zeros(0), 8000, "audio must"),
        (torch.ones(1), 8000, "must last 5 ms, 40 samples"),
        (torch.zeros(8000), 8000, "must not be silent"),
        (torch.ones(8000), 8000, "must not be silent"),
        (torch.full((8000,), math.nan), 8000, "must be finite"),
        (torch.full((8000,), math.inf), 8000, "must be finite"),
        (torch.zeros(257, 100), 8000, "1 to 256 channels"),
        (torch.zeros(0, 100), 8000, "audio must"),
        (torch.ones(8000), 999, "sample_rate"),
        (torch.ones(8000), HIGHEST_RATE + 1, "sample_rate"),
        (torch.zeros(2, 2, 2), 8000, "audio must"),
    ],
)
def test_what_cannot_be_heard_is_refused(audio, rate, words):
    with pytest.raises(ValueError, match=words):
        hear(audio, rate, 8000, 4000)
