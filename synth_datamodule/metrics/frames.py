"""Frames of a sound and their mel bands, as librosa takes them: zeros beyond both ends."""

import math

import torch
from torch import Tensor

_LINEAR_HERTZ = 1000.0  # Slaney's scale is linear below it
_MEL = 200 / 3  # hertz, there
_STEP = math.log(6.4) / 27  # of a mel above it, in natural logarithms
_LEAST = 1e-10  # power of a band that counts as silent
_RANGE = 80.0  # decibels below the loudest that still count


def samples(seconds: float, sample_rate: int) -> int:
    """Return how many whole samples a time has.

    Example:
        >>> samples(0.025, 44100)
        1102
    """
    return int(seconds * sample_rate)


def magnitudes(audio: Tensor, window: Tensor, hop: int) -> Tensor:
    """Return the magnitudes of a sound's frames, centred on every ``hop``-th sample.

    Args:
        audio: One sound. Shape ``[N]``.
        window: Window, as long as the transform. Shape ``[W]``.
        hop: Samples between frames.

    Returns:
        Magnitudes. Shape ``[W // 2 + 1, T]``.

    Example:
        >>> magnitudes(torch.ones(100), torch.hann_window(20), 10).shape
        torch.Size([11, 11])
    """
    return torch.stft(
        audio, len(window), hop, window=window, pad_mode="constant", return_complex=True
    ).abs()


def mel_bands(sample_rate: int, size: int, num_mels: int) -> Tensor:
    """Return Slaney's triangles of equal area over the bins of a transform.

    Slaney, "Auditory Toolbox", Interval Research Corporation, technical report 1998-010, in the
    form of librosa's ``filters.mel``: bin k lies at k f_s / W, also where W is odd.

    Args:
        sample_rate: Sample rate in hertz.
        size: Samples of the transform, W.
        num_mels: Number of bands, M.

    Returns:
        Weights, float32. Shape ``[M, W // 2 + 1]``.

    Example:
        >>> mel_bands(44100, 441, 32).shape
        torch.Size([32, 221])
    """
    bins = torch.arange(size // 2 + 1, dtype=torch.float64, device="cpu") * sample_rate / size
    top = sample_rate / 2
    highest = top / _MEL
    if top >= _LINEAR_HERTZ:
        highest = _LINEAR_HERTZ / _MEL + math.log(top / _LINEAR_HERTZ) / _STEP
    mels = torch.linspace(0, highest, num_mels + 2, dtype=torch.float64, device="cpu")
    above = _LINEAR_HERTZ * (_STEP * (mels - _LINEAR_HERTZ / _MEL)).exp()
    corners = torch.where(mels * _MEL < _LINEAR_HERTZ, mels * _MEL, above)
    away = corners[:, None] - bins
    width = corners.diff()[:, None]
    rising, falling = -away[:-2] / width[:-1], away[2:] / width[1:]
    triangles = torch.minimum(rising, falling).clamp(min=0)
    return (triangles * (2 / (corners[2:] - corners[:-2]))[:, None]).float()


def decibels(power: Tensor, *, from_peak: bool) -> Tensor:
    """Return a sound's powers in decibels, none more than 80 below the loudest of them.

    Args:
        power: Powers of one sound's bands.
        from_peak: Whether the loudest of them is 0 dB; else a power of 1 is.

    Example:
        >>> decibels(torch.tensor([1e-2, 1e-3, 0.0]), from_peak=True)
        tensor([  0., -10., -80.])
    """
    floored = power.clamp(min=_LEAST)
    found = 10 * floored.log10()
    if from_peak:
        found = found - 10 * floored.amax().log10()
    return torch.maximum(found, found.amax() - _RANGE)
