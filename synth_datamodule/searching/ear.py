"""The distance that a search goes by: the benchmark's, of one spectrogram in place of four."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from synth_datamodule.features import LogMel
from synth_datamodule.features.spectra import window_for
from synth_datamodule.searching.powers import powers

_FLOOR = 1e-7  # power of a bin, as the benchmark's
_SILENCE = 1e-4  # of a mel band, as LogMel's
_DECIBELS_PER_NEPER = 20 / math.log(10)
_DECIBELS = 1 / 3  # weight of a decibel beside a neper of the STFT


class Target(NamedTuple):
    """What a target is to the ear.

    Args:
        magnitudes: Magnitudes of its spectrogram. Shape ``[T, F]``.
        nepers: Their logarithms. Shape ``[T, F]``.
        mels: Mel bands in decibels. Shape ``[T, M]``.
        size: Frobenius norm of the magnitudes. Shape ``[]``.
    """

    magnitudes: Tensor
    nepers: Tensor
    mels: Tensor
    size: Tensor


class Ear(nn.Module):
    """Tells candidates from one target: ``D_mel / 3 dB + ||S - G|| / ||S|| + mean |ln S - ln G|``.

    The benchmark's distances (``matching.spectral``) have four spectrograms a quarter window apart;
    here is the one that its log-mel and its longest window share, half a window apart, at a
    thirtieth of the time. What is least here is what is taken.

    Args:
        sample_rate: Sample rate in hertz.

    Example:
        >>> ear = Ear(8000)
        >>> sound = torch.sin(torch.arange(8000) * 0.1)[None]
        >>> ear(torch.cat((sound, 0.5 * sound)), ear.target(sound[0])).round(decimals=1)
        tensor([0.0000, 1.3000])
    """

    window: Tensor
    bands: Tensor

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.size = window_for(sample_rate)
        log_mel = LogMel(sample_rate, 96, self.size, self.size // 4)
        bands = log_mel.spectrogram.mel_scale.fb.clone()
        self.register_buffer("bands", bands, persistent=False)
        window = torch.hann_window(self.size, dtype=torch.float32, device="cpu")
        self.register_buffer("window", window, persistent=False)

    def target(self, audio: Tensor) -> Target:
        """Return what one sound, ``[N]`` in [-1, 1], is to the ear."""
        magnitudes, nepers, mels = self._heard(audio)
        return Target(magnitudes, nepers, mels, torch.linalg.matrix_norm(magnitudes))

    def forward(self, audio: Tensor, target: Target) -> Tensor:
        """Return how far candidates, ``[K, N]``, are from a target: ``[K]``, 0 where the same."""
        # One by one: what a sound takes stays in the cache, and no sum depends on the others.
        return torch.stack([self._distance(one, target) for one in audio])

    def _distance(self, audio: Tensor, target: Target) -> Tensor:
        magnitudes, nepers, mels = self._heard(audio)
        convergence = torch.linalg.matrix_norm(magnitudes - target.magnitudes) / target.size
        log_magnitude = (nepers - target.nepers).abs().mean()
        decibels = (mels - target.mels).abs().mean()
        return decibels * _DECIBELS + convergence + log_magnitude

    def _heard(self, audio: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        reach = self.size // 2
        padded = torch.nn.functional.pad(audio[None], (reach, reach), mode="reflect")[0]
        power = powers(padded, self.window)
        # The clamp also keeps the root's slope finite; it moves no band that LogMel tells from
        # silence by a tenth of a decibel.
        magnitudes = power.clamp(min=_FLOOR).sqrt()
        mels = (magnitudes @ self.bands).clamp(min=_SILENCE).log()
        return magnitudes, magnitudes.log(), mels * _DECIBELS_PER_NEPER
