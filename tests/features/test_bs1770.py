"""Loudness against the recommendation's own numbers."""

import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.features import integrated_loudness
from synth_datamodule.features.bs1770 import k_weighting

RATE = 16000


def sine(frequency, seconds=1.0, rate=48000, peak=1.0):
    time = torch.arange(round(seconds * rate), dtype=torch.float64) / rate
    return peak * torch.sin(2 * torch.pi * frequency * time)[None]


def test_the_filters_at_48_khz_are_those_of_the_recommendation():
    """ITU-R BS.1770-5, tables 1 and 2."""
    shelf, high_pass = k_weighting(48000)
    assert shelf[0] == pytest.approx((1.53512485958697, -2.69169618940638, 1.19839281085285))
    assert shelf[1] == pytest.approx((1.0, -1.69065929318241, 0.73248077421585), abs=1e-14)
    assert high_pass[0] == (1.0, -2.0, 1.0)
    assert high_pass[1] == pytest.approx((1.0, -1.99004745483398, 0.99007225036621), abs=1e-14)


@pytest.mark.parametrize("rate", [8000, 44100, 48000, 96000])
def test_a_full_sine_of_997_hz_is_3_01_below_full_scale(rate):
    # The recommendation's calibration at 48 kHz; elsewhere the bilinear transform bends the shelf.
    loudness = integrated_loudness(sine(997, rate=rate), rate).item()
    assert loudness == pytest.approx(-3.01, abs={48000: 0.002, 8000: 0.3}.get(rate, 0.02))


def test_ten_decibels_down_are_ten_units_down():
    audio = Voice(SynthConfig(sample_rate=RATE, control_rate=160)).sound(3).audio[None]
    loud, quiet = (integrated_loudness(audio * gain, RATE).item() for gain in (1, 10**-0.5))
    assert loud - quiet == pytest.approx(10, abs=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_shorter_dtypes_are_computed_in_float32(dtype):
    audio = sine(500, rate=RATE).to(dtype)
    found = integrated_loudness(audio, RATE)
    assert found.dtype == dtype
    exact = integrated_loudness(audio.double(), RATE).item()
    assert found.item() == pytest.approx(exact, abs={torch.float32: 1e-5}.get(dtype, 0.02))


def test_silence_after_a_sound_does_not_count():
    # Both gates: blocks of silence are below the first, those of a faint sound below the second.
    sound = sine(997, seconds=2.0)
    alone = integrated_loudness(sound, 48000).item()
    for rest in (torch.zeros(1, 96000), sine(997, seconds=2.0, peak=0.05)):
        whole = integrated_loudness(torch.cat((sound, rest), 1), 48000).item()
        assert whole == pytest.approx(alone, abs=0.4)  # the blocks over the edge
        mean = 10 * torch.log10(torch.tensor(0.5)).item()
        assert whole > alone + mean + 2


@pytest.mark.parametrize("peak", [0.0, 1e-5])
def test_what_no_block_of_is_loud_enough_is_minus_infinity(peak):
    assert integrated_loudness(sine(997, peak=peak), 48000).item() == -torch.inf


@pytest.mark.parametrize("num_samples", [1, 2, 100, 19199, 19200, 19201])
def test_a_sound_shorter_than_a_block_is_one_block(num_samples):
    audio = sine(997)[:, :num_samples]
    found = integrated_loudness(audio, 48000).item()
    if num_samples > 5000:
        assert found == pytest.approx(-3.01, abs=0.1)
    assert found < 0


def test_it_is_a_loudness_by_torchaudio_too():
    """Torchaudio's filters are others, and clip a sound that they make louder than 1."""
    functional = pytest.importorskip("torchaudio.functional")
    audio = Voice(SynthConfig(sample_rate=44100)).render_sounds(range(8)).audio / 10
    theirs = functional.loudness(audio[:, None], 44100)
    found = integrated_loudness(audio, 44100)
    heard = found > -50
    assert heard.sum() > 3
    assert (found - theirs)[heard].abs().max() < 0.2
