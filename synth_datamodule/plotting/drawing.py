"""What pictures of sounds share: colours, a waveform, a log-mel spectrogram."""

import functools
import math
from typing import Any

import torch
from torch import Tensor

from synth_datamodule.features import LogMel
from synth_datamodule.features.spectra import window_for

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, BLACK = "#CC79A7", "#56B4E9", "#000000"
COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BLACK)
"""Colours that colour-blind readers tell apart (M. Okabe and K. Ito, 2002), without the yellow."""
STYLES = ("-", "--", ":")
FLOOR = -80.0
"""Level of the darkest colour, in decibels of full scale."""

_COLUMNS = 600  # that a waveform and a spectrogram have at most: as many as pixels, about
_TICKS = (200, 1000, 3000, 10000)  # in hertz


def draw_wave(axis: Any, audio: Tensor, sample_rate: float) -> None:  # noqa: ANN401  # matplotlib's
    """Draw the waveform of a sound, of long ones the highest and lowest sample of each stretch.

    Args:
        axis: Axes of matplotlib's.
        audio: Audio ``[N]`` on the CPU.
        sample_rate: Sample rate in hertz.
    """
    samples, num_samples = audio.detach().float(), len(audio)
    each = max(num_samples // _COLUMNS, 1)
    if each < 3:
        times = torch.arange(num_samples, dtype=torch.float64, device="cpu") / sample_rate
        axis.plot(times.numpy(), samples.numpy(), color=BLUE, linewidth=0.7)
    else:
        stretches = samples[: num_samples // each * each].view(-1, each)
        low, high = stretches.amin(1), stretches.amax(1)
        times = torch.arange(len(low), dtype=torch.float64, device="cpu") * (each / sample_rate)
        axis.fill_between(
            times.numpy(), low.numpy(), high.numpy(), color=BLUE, linewidth=0.5, rasterized=True
        )
    highest = max(1.0, float(samples.abs().max()) if num_samples else 1.0)
    axis.set(xlim=(0, num_samples / sample_rate), ylim=(-1.05 * highest, 1.05 * highest))


def draw_log_mel(axis: Any, frames: Tensor, seconds: float, sample_rate: float) -> Any:  # noqa: ANN401  # matplotlib's
    """Draw the log-mel spectrogram of a sound; return the image.

    Args:
        axis: Axes of matplotlib's.
        frames: Levels in decibels of full scale, as ``log_mel`` gives them. Shape ``[F, T]``.
        seconds: Length of the sound in seconds.
        sample_rate: Sample rate in hertz.
    """
    num_bands = len(frames)
    band = _mel(sample_rate / 2) / (num_bands + 1)
    image = axis.imshow(
        frames.numpy(),
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap="viridis",
        vmin=FLOOR,
        vmax=0,
        extent=(0, seconds, band / 2, (num_bands + 0.5) * band),
    )
    ticks = [hertz for hertz in _TICKS if band < _mel(hertz) < num_bands * band]
    axis.set_yticks([_mel(hertz) for hertz in ticks], labels=[_hertz(hertz) for hertz in ticks])
    return image


def log_mel(audio: Tensor, sample_rate: float, num_frames: int = _COLUMNS) -> Tensor:
    """Return log-mel spectrograms as they are drawn.

    Args:
        audio: Audio ``[B, N]``.
        sample_rate: Sample rate in hertz.
        num_frames: Number of frames of a sound, about.

    Returns:
        Levels in decibels of full scale, at least -80, on the CPU. Shape ``[B, F, T]``.

    Example:
        >>> log_mel(torch.zeros(1, 8000), 8000).max()
        tensor(-80.)
    """
    sounds, rate = audio.detach().cpu().float(), max(round(sample_rate), 2)
    hear = _hearing(rate, max(sounds.shape[1] // num_frames, 1))
    # Silence behind what is shorter than half a window.
    least = hear.spectrogram.n_fft // 2 + 1
    sounds = torch.nn.functional.pad(sounds, (0, max(least - sounds.shape[1], 0)))
    with torch.no_grad():
        frames: Tensor = hear(sounds)
    return (frames - 1) * -FLOOR


@functools.lru_cache(maxsize=8)
def _hearing(sample_rate: int, hop_length: int) -> LogMel:
    window = window_for(sample_rate)
    # A band narrower than the spectrum's own would be empty.
    return LogMel(sample_rate, min(96, max(window // 5, 1)), window, hop_length)


def _mel(hertz: float) -> float:
    """Pitch in mel, of the formula that ``LogMel`` places its bands by (HTK's)."""
    return 2595 * math.log10(1 + hertz / 700)


def _hertz(hertz: int) -> str:
    return f"{hertz // 1000}k" if hertz >= 1000 else str(hertz)
