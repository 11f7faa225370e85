import sys

import pytest
import torch

from synth_datamodule import SynthBatch, plot_batch
from synth_datamodule.plotting.drawing import COLOURS, log_mel

pytest.importorskip("matplotlib")


def batch_of(audio, first=5):
    size = len(audio)
    return SynthBatch(
        audio, torch.zeros(size, 2), torch.ones(size, dtype=torch.bool), first + torch.arange(size)
    )


def titles(figure):
    return [axis.get_title() for axis in figure.axes if axis.get_title()]


def test_each_of_the_first_sounds_is_a_wave_above_a_spectrogram():
    figure = plot_batch(batch_of(torch.zeros(6, 8000)), 8000, most=5)
    assert titles(figure) == [f"sound {number}" for number in range(5, 10)]
    assert len([axis for axis in figure.axes if axis.images]) == 5


@pytest.mark.parametrize("num_sounds", [1, 3, 4, 5])
def test_the_outer_axes_say_what_they_show_and_in_which_unit(num_sounds):
    figure = plot_batch(batch_of(torch.zeros(num_sounds, 8000)), 8000)
    spectrograms = [axis for axis in figure.axes if axis.images]
    assert spectrograms[0].get_ylabel() == "frequency (Hz)"
    assert figure.axes[0].get_ylabel() == "level\n(full scale 1)"
    below = spectrograms[-min(4, num_sounds) :]
    assert {axis.get_xlabel() for axis in below} == {"time (s)"}
    assert figure.axes[-1].get_ylabel() == "level (dB of full scale)"


@pytest.mark.parametrize("num_samples", [1, 2, 100, 1000, 20_000])
def test_a_sound_of_any_length_spans_its_time_and_is_written(num_samples, tmp_path):
    figure = plot_batch(batch_of(torch.rand(2, num_samples) - 0.5), 8000)
    assert figure.axes[0].get_xlim() == pytest.approx((0, num_samples / 8000))
    figure.savefig(tmp_path / "batch.png")


def test_a_wave_shows_its_loudest_sample_however_long_it_is():
    audio = torch.zeros(1, 50_000)
    audio[0, 31_234] = 0.9
    audio[0, 40_000] = -0.8
    (wave, *_) = plot_batch(batch_of(audio), 8000).axes
    box = wave.dataLim
    assert (box.ymin, box.ymax) == pytest.approx((-0.8, 0.9))


def test_a_sound_beyond_full_scale_is_drawn_whole():
    (wave, *_) = plot_batch(batch_of(torch.full((1, 100), 2.0)), 8000).axes
    low, high = wave.get_ylim()
    assert low < -2 < 2 < high


def test_a_sine_is_at_its_frequency_on_the_axis_and_silence_at_the_floor():
    time = torch.arange(8000) / 8000
    audio = torch.stack((torch.sin(2 * torch.pi * 1000 * time), torch.zeros(8000)))
    sine, silence = (axis for axis in plot_batch(batch_of(audio), 8000).axes if axis.images)
    assert (silence.images[0].get_array() == -80).all()
    ticks = dict(
        zip([t.get_text() for t in sine.get_yticklabels()], sine.get_yticks(), strict=True)
    )
    frames = sine.images[0].get_array()
    bottom, top = sine.images[0].get_extent()[2:]
    loudest = bottom + (frames[:, 50].argmax() + 0.5) / len(frames) * (top - bottom)
    assert loudest == pytest.approx(ticks["1k"], abs=(top - bottom) / len(frames))


@pytest.mark.parametrize("sample_rate", [8, 100, 4000, 44_100, 192_000])
def test_spectrograms_of_any_rate_have_no_empty_band(sample_rate):
    frames = log_mel(torch.rand(1, 4 * sample_rate) - 0.5, sample_rate)
    assert bool((frames.amax(-1) > -80).all())


def test_colours_are_told_apart_by_the_colour_blind():
    # Okabe and Ito's, of which yellow is not seen on white.
    palette = ["000000", "E69F00", "56B4E9", "009E73", "F0E442", "0072B2", "D55E00", "CC79A7"]
    assert {f"#{colour}" for colour in palette} - set(COLOURS) == {"#F0E442"}
    assert len(COLOURS) == 7


def test_without_matplotlib_the_error_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'synth_datamodule\[plots\]'"):
        plot_batch(batch_of(torch.zeros(1, 100)))
