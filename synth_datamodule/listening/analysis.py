"""What a page shows of a sound: its picture, and the figures that it is sorted by."""

from dataclasses import dataclass

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.features import LogMel
from synth_datamodule.features.bs1770 import LEAST_RATE, integrated_loudness
from synth_datamodule.listening.pitch import pitch

COLUMNS = 300
"""Places at which a waveform is drawn, at most."""
FRAMES, BANDS = 96, 64
"""Size of a picture's log-mel spectrogram, at most: frames and bands."""

_WINDOW, _HOP = 2048, 512


@dataclass(frozen=True)
class Analysis:
    """Sounds as they are drawn and sorted.

    Args:
        lowest: Lowest sample of each column. Shape ``[B, C]``.
        highest: Highest sample of each column. Shape ``[B, C]``.
        mel: Log-mel spectrogram in [0, 1], from 80 dB below full scale to full scale. Shape
            ``[B, F, T]``.
        pitch: Pitch in hertz, NaN without. Shape ``[B]``.
        loudness: Loudness in LUFS; minus infinity for silence. Shape ``[B]``.
        brightness: Spectral centroid in hertz, NaN for silence. Shape ``[B]``.
        peak: Largest magnitude in decibels of full scale. Shape ``[B]``.
    """

    lowest: Tensor
    highest: Tensor
    mel: Tensor
    pitch: Tensor
    loudness: Tensor
    brightness: Tensor
    peak: Tensor

    def figures(self) -> dict[str, Tensor]:
        """Return what a sound is sorted by, by name, ``[B]`` each."""
        return {name: getattr(self, name) for name, _ in FIGURES}


FIGURES = (("pitch", "Hz"), ("loudness", "LUFS"), ("brightness", "Hz"), ("peak", "dB"))
"""Figures of a sound, with their units."""


def analyse(audio: Tensor, sample_rate: int) -> Analysis:
    """Analyse sounds of one length; a sound's figures do not depend on the others.

    Args:
        audio: Sounds in [-1, 1]. Shape ``[B, N]``.
        sample_rate: Sample rate in hertz.

    Raises:
        TypeError: If ``audio`` is not a float tensor.
        ValueError: If it is not ``[B, N]``, or the rate below 2.

    Example:
        >>> time = torch.arange(8000) / 8000
        >>> found = analyse(torch.sin(2 * torch.pi * 200 * time)[None], 8000)
        >>> found.mel.shape, round(found.pitch.item())
        (torch.Size([1, 64, 16]), 200)
    """
    checks.float_tensor("audio", audio, "[B, N]", (None, None))
    audio = audio.float()
    longer = max(_WINDOW - audio.shape[1], 0)
    padded = torch.nn.functional.pad(audio, (0, longer))
    columns = min(COLUMNS, audio.shape[1])
    frames = LogMel(sample_rate, BANDS, _WINDOW, _HOP)(padded).clamp(0, 1)
    if frames.shape[2] > FRAMES:
        frames = torch.nn.functional.adaptive_avg_pool1d(frames, FRAMES)
    # A filter of loudness has its shelf at 1.7 kHz, which lower rates do not have.
    loud = audio if sample_rate >= LEAST_RATE else audio.repeat_interleave(4, 1)
    rate = sample_rate if sample_rate >= LEAST_RATE else max(4 * sample_rate, LEAST_RATE)
    return Analysis(
        lowest=-torch.nn.functional.adaptive_max_pool1d(-audio[:, None], columns)[:, 0],
        highest=torch.nn.functional.adaptive_max_pool1d(audio[:, None], columns)[:, 0],
        mel=frames,
        pitch=pitch(audio, sample_rate),
        loudness=integrated_loudness(loud, rate),
        brightness=_centroid(padded, sample_rate),
        peak=20 * audio.abs().amax(1).log10(),
    )


def _centroid(audio: Tensor, sample_rate: int) -> Tensor:
    """Return the mean frequency of the magnitudes in hertz ``[B]``, NaN for silence."""
    window = torch.hann_window(_WINDOW, dtype=torch.float32, device=audio.device)
    parts = []
    for sound in torch.split(audio, 1):  # spectra of all take more memory than the sounds
        spectrum = torch.stft(sound, _WINDOW, _WINDOW // 2, window=window, return_complex=True)
        magnitude = spectrum.abs().double().sum(-1)
        bins = torch.arange(magnitude.shape[1], dtype=torch.float64, device=audio.device)
        parts.append((magnitude * bins).sum(1) / magnitude.sum(1) * (sample_rate / _WINDOW))
    return torch.cat(parts)


def places(mels: Tensor) -> Tensor:
    """Return where sounds lie on a map on which similar ones are near each other.

    The places are the first two principal components of the log-mel spectrograms, averaged over
    eighths of the time.

    Args:
        mels: Log-mel spectrograms as ``analyse`` gives them. Shape ``[B, F, 8]``.

    Returns:
        Places in [0, 1]. Shape ``[B, 2]``.

    Raises:
        TypeError: If ``mels`` is not a float tensor.
        ValueError: If it has another shape.

    Example:
        >>> places(torch.arange(6.0).reshape(3, 2, 1))[:, 0].sort().values
        tensor([0.0000, 0.5000, 1.0000])
    """
    checks.float_tensor("mels", mels, "[B, F, T]", (None, None, None))
    rows = mels.double().flatten(1)
    rows = rows - rows.mean(0)
    _, spread, axes = torch.linalg.svd(rows, full_matrices=False)
    found = torch.zeros(len(rows), 2, dtype=torch.float64, device=mels.device)
    for place, (axis, width) in enumerate(zip(axes[:2], spread[:2].tolist(), strict=True)):
        if width > 1e-9:
            # Either direction is an axis; which one must not depend on the library.
            found[:, place] = rows @ (axis * axis[axis.abs().argmax()].sign())
    least, most = found.amin(0), found.amax(0)
    width = torch.where(most > least, most - least, torch.ones_like(most))
    placed = torch.where(most > least, (found - least) / width, torch.full_like(found, 0.5))
    return placed.float()


def eighths(mel: Tensor) -> Tensor:
    """Return spectrograms ``[B, F, T]`` averaged over eighths of the time, ``[B, F, 8]``."""
    return torch.nn.functional.adaptive_avg_pool1d(mel, 8)
