"""torchaudio's transforms in plain torch: the same arguments, names in a checkpoint and numbers.

The numbers include torchaudio's rounding: mel bands, cosines and the phases of a resampler are
computed in float32, whose last digits decide the sixth digit of a band.

- D. O'Shaughnessy, *Speech Communication: Human and Machine*, 1987: the mel scale.
- M. Slaney, *Auditory Toolbox*, Version 2, Interval Technical Report 1998-010: bands of equal area.
- J. O. Smith, *Digital Audio Resampling*, https://ccrma.stanford.edu/~jos/resample/.
"""

import math
import warnings
from typing import Any

import torch
from torch import Tensor, nn

_FLOAT: dict[str, Any] = {"dtype": torch.float32, "device": "cpu"}
_ZERO_CROSSINGS = 6  # of the sinc on either side, where its window ends
_ROLLOFF = 0.99  # of the lower Nyquist frequency: the resampler's cutoff


class _Spectrogram(nn.Module):
    window: Tensor

    def __init__(self, n_fft: int, hop_length: int, power: float) -> None:
        super().__init__()
        self.n_fft, self.hop_length, self.power = n_fft, hop_length, power
        self.register_buffer("window", torch.hann_window(n_fft, **_FLOAT))

    def forward(self, audio: Tensor) -> Tensor:
        spectrum = torch.stft(
            audio, self.n_fft, self.hop_length, window=self.window, return_complex=True
        )
        return spectrum.abs() if self.power == 1 else spectrum.abs().pow(self.power)


class _MelScale(nn.Module):
    fb: Tensor

    def __init__(self, n_mels: int, sample_rate: int, n_fft: int, norm: str | None) -> None:
        super().__init__()
        bands = mel_bands(n_mels, sample_rate, n_fft, equal_area=norm == "slaney")
        self.register_buffer("fb", bands)

    def forward(self, spectrum: Tensor) -> Tensor:
        return torch.matmul(spectrum.transpose(-1, -2), self.fb).transpose(-1, -2)


class MelSpectrogram(nn.Module):
    """Spectrogram of audio in mel bands, up to half the sample rate, under a Hann window.

    A ``norm`` of "slaney" gives bands of equal area, None bands that reach 1.
    """

    def __init__(
        self,
        sample_rate: int,
        n_fft: int,
        hop_length: int,
        n_mels: int,
        power: float = 2.0,
        norm: str | None = None,
    ) -> None:
        super().__init__()
        self.n_fft, self.hop_length = n_fft, hop_length
        self.spectrogram = _Spectrogram(n_fft, hop_length, power)
        self.mel_scale = _MelScale(n_mels, sample_rate, n_fft, norm)

    def forward(self, audio: Tensor) -> Tensor:
        """From sounds ``[B, N]`` to frames ``[B, F, T]``."""
        bands: Tensor = self.mel_scale(self.spectrogram(audio))
        return bands


class MFCC(nn.Module):
    """Cepstral coefficients, from decibels down to 80 below the batch's loudest band."""

    dct_mat: Tensor

    def __init__(self, sample_rate: int, n_mfcc: int, melkwargs: dict[str, Any]) -> None:
        super().__init__()
        self.MelSpectrogram = MelSpectrogram(sample_rate, **melkwargs)
        self.register_buffer("dct_mat", cosines(n_mfcc, melkwargs["n_mels"]))

    def forward(self, audio: Tensor) -> Tensor:
        """From sounds ``[B, N]`` to coefficients ``[B, K, T]``."""
        decibels = 10 * torch.log10(self.MelSpectrogram(audio).clamp(min=1e-10))
        decibels = torch.maximum(decibels, decibels.amax() - 80)
        return torch.matmul(decibels.transpose(-1, -2), self.dct_mat).transpose(-1, -2)


class Resample(nn.Module):
    """Audio at another sample rate, by sinc interpolation under a Hann window."""

    kernel: Tensor

    def __init__(self, orig_freq: int, new_freq: int) -> None:
        super().__init__()
        divisor = math.gcd(orig_freq, new_freq)
        self.old, self.new = orig_freq // divisor, new_freq // divisor
        if self.old != self.new:
            kernel, self.width = windowed_sincs(self.old, self.new)
            self.register_buffer("kernel", kernel)

    def forward(self, audio: Tensor) -> Tensor:
        """From sounds ``[B, N]`` to ``[B, N new / old]``, rounded up."""
        if self.old == self.new:
            return audio
        padded = nn.functional.pad(audio, (self.width, self.width + self.old))
        # One channel for each phase of the new samples between the old ones.
        phases = nn.functional.conv1d(padded[:, None], self.kernel, stride=self.old)
        # Rounded up from float32, as torchaudio does.
        length = int(torch.tensor(self.new * audio.shape[-1] / self.old, **_FLOAT).ceil())
        return phases.transpose(1, 2).flatten(1)[:, :length]


def mel_bands(n_mels: int, sample_rate: int, n_fft: int, equal_area: bool) -> Tensor:
    """Return triangles over a spectrum's bins, their corners evenly spaced in mel.

    A triangle has area 1 in hertz, or height 1. Shape ``[n_fft // 2 + 1, n_mels]``.
    """
    nyquist = sample_rate // 2
    mels = torch.linspace(0, 2595 * math.log10(1 + nyquist / 700), n_mels + 2, **_FLOAT)
    corners = 700 * (10 ** (mels / 2595) - 1)
    bins = torch.linspace(0, nyquist, n_fft // 2 + 1, **_FLOAT)[:, None]
    widths = corners.diff()
    rising, falling = (bins - corners[:-2]) / widths[:-1], (corners[2:] - bins) / widths[1:]
    bands = torch.minimum(rising, falling).clamp(min=0)
    if equal_area:
        bands = bands * (2 / (corners[2:] - corners[:-2]))
    empty = int((bands.amax(0) == 0).sum())
    if empty:
        warnings.warn(
            f"{empty} of {n_mels} mel bands hold no frequency of a window of {n_fft} samples and "
            "are always silent: fewer bands or a longer window would fill them",
            stacklevel=2,
        )
    return bands


def cosines(n_mfcc: int, n_mels: int) -> Tensor:
    """Return the first columns ``[n_mels, n_mfcc]`` of the orthonormal DCT-II."""
    angles = math.pi / n_mels * (torch.arange(float(n_mels), **_FLOAT) + 0.5)
    rows = torch.cos(angles * torch.arange(float(n_mfcc), **_FLOAT)[:, None])
    rows[0] *= math.sqrt(1 / 2)
    return (rows * math.sqrt(2 / n_mels)).T


def windowed_sincs(old: int, new: int) -> tuple[Tensor, int]:
    """Return the low-pass filters that give the new samples out of the old ones around them.

    The rates have no common divisor. Shape ``[new, 1, old + 2 width]``: a filter for each place of
    a new sample between old ones, which reaches ``width`` samples to either side.
    """
    cutoff = _ROLLOFF * min(old, new)
    width = math.ceil(_ZERO_CROSSINGS * old / cutoff)
    times = torch.arange(-width, width + old, dtype=torch.float64, device="cpu") / old
    crossings = (times - (torch.arange(float(new), **_FLOAT) / new)[:, None]) * cutoff
    crossings = crossings.clamp(-_ZERO_CROSSINGS, _ZERO_CROSSINGS)
    hann = torch.cos(math.pi / 2 * crossings / _ZERO_CROSSINGS).square()
    filters = torch.sinc(crossings) * hann * (cutoff / old)
    return filters[:, None].float(), width
