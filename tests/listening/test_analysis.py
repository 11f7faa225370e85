import math

import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.listening.analysis import BANDS, COLUMNS, FRAMES, analyse, eighths, places
from synth_datamodule.listening.curves import MOST, POINTS, curve_names, curves
from synth_datamodule.synths import OneOscillator

RATE = 16000


@pytest.fixture(scope="module")
def voice():
    return Voice(SynthConfig(buffer_size_seconds=1.0, sample_rate=RATE))


def test_a_picture_has_the_sounds_extremes(voice):
    audio = voice.render_sounds([3]).audio
    found = analyse(audio, RATE)
    assert found.lowest.shape == found.highest.shape == (1, COLUMNS)
    assert found.lowest.min() == audio.min()
    assert found.highest.max() == audio.max()
    assert found.mel.shape[1:] == (BANDS, 32)


def test_a_long_sound_has_no_larger_picture():
    found = analyse(torch.zeros(1, 10 * RATE), RATE)
    assert found.mel.shape == (1, BANDS, FRAMES)
    assert found.lowest.shape == (1, COLUMNS)


def test_silence_has_no_pitch_loudness_or_brightness():
    found = analyse(torch.zeros(1, RATE), RATE)
    assert found.pitch.isnan().all()
    assert found.brightness.isnan().all()
    assert found.loudness.item() == -math.inf


@pytest.mark.parametrize("length", [1, 7, 100, 2047])
def test_a_sound_of_few_samples_is_analysed(length):
    found = analyse(torch.full((1, length), 0.5), RATE)
    assert found.highest.max() == 0.5
    assert found.peak.item() == pytest.approx(-6.02, abs=0.01)


def test_a_brighter_sound_is_brighter():
    time = torch.arange(RATE) / RATE
    tones = torch.stack([torch.sin(2 * math.pi * hertz * time) for hertz in (300, 3000)])
    dull, bright = analyse(tones, RATE).brightness.tolist()
    assert 300 < dull < 350
    assert 2950 < bright < 3050


def test_similar_sounds_are_near_each_other_on_the_map(voice):
    time = torch.arange(RATE) / RATE
    tones = [torch.sin(2 * math.pi * hertz * time) for hertz in (200, 205, 5000)]
    first, second, other = places(eighths(analyse(torch.stack(tones), RATE).mel))
    assert abs(first[0] - second[0]) < 0.1
    assert abs(first[0] - other[0]) > 0.9


@pytest.mark.parametrize("number", [1, 2, 5])
def test_a_map_of_equal_sounds_has_them_in_the_middle(number):
    assert (places(torch.ones(number, 4, 8)) == 0.5).all()


def test_the_voices_envelopes_and_lfos_are_drawn(voice):
    names = curve_names(voice)
    assert names[:4] == ("adsr_1", "adsr_2", "lfo_1", "lfo_2")
    assert len(names) == MOST
    batch = voice.render_sounds([5])
    drawn = curves(voice, names, batch.parameters, batch.index % 32)
    assert drawn.shape == (1, MOST, 2, POINTS)
    signal = voice.signals(batch.parameters, batch.index % 32, ["lfo_1"])["lfo_1"]
    assert drawn[0, 2, 0].min() == signal.min()
    assert drawn[0, 2, 1].max() == signal.max()


def test_a_synth_of_one_rate_has_no_curves():
    config = SynthConfig(sample_rate=8000, control_rate=8000, buffer_size_seconds=0.25)
    assert curve_names(OneOscillator(config)) == ()
