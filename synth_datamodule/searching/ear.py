"""The distance that a search goes by: the benchmark's, of one spectrogram in place of four."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from synth_datamodule.features import LogMel
from synth_datamodule.features.spectra import window_for

_FLOOR = 1e-7  # power of a bin, as the benchmark's
_SILENCE = 1e-4  # of a mel band, as LogMel's
_DECIBELS_PER_NEPER = 20 / math.log(10)
_DECIBELS = 1 / 3  # weight of a decibel beside a neper of the STFT


class Target(NamedTuple):
    """What a target is to the ear.

    Args:
        magnitudes: Magnitudes of its spectrogram. Shape ``[F, T]``.
        nepers: Their logarithms. Shape ``[F, T]``.
        mels: Mel bands in decibels. Shape ``[M, T]``.
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
        tensor([0.0000, 3.2000])
    """

    window: Tensor
    bands: Tensor

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.size = window_for(sample_rate)
        log_mel = LogMel(sample_rate, 96, self.size, self.size // 4)
        bands = log_mel.spectrogram.mel_scale.fb.T.contiguous()
        self.register_buffer("bands", bands, persistent=False)
        window = torch.hann_window(self.size, dtype=torch.float32, device="cpu")
        self.register_buffer("window", window, persistent=False)

    def target(self, audio: Tensor) -> Target:
        """Return what one sound, ``[N]`` in [-1, 1], is to the ear."""
        magnitudes, nepers, mels = (one[0] for one in self._heard(audio[None]))
        return Target(magnitudes, nepers, mels, torch.linalg.matrix_norm(magnitudes))

    def forward(self, audio: Tensor, target: Target) -> Tensor:
        """Return how far candidates, ``[K, N]``, are from a target: ``[K]``, 0 where the same."""
        magnitudes, nepers, mels = self._heard(audio)
        convergence = torch.linalg.matrix_norm(magnitudes - target.magnitudes) / target.size
        log_magnitude = (nepers - target.nepers).abs().mean((1, 2))
        decibels = (mels - target.mels).abs().mean((1, 2))
        return decibels * _DECIBELS + convergence + log_magnitude

    def _heard(self, audio: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        spectrum = torch.stft(
            audio, self.size, self.size // 2, window=self.window, return_complex=True
        )
        power = torch.view_as_real(spectrum).square().sum(-1)
        # The clamp also keeps the root's slope finite; it moves no band that LogMel tells from
        # silence by a tenth of a decibel.
        magnitudes = power.clamp(min=_FLOOR).sqrt()
        mels = torch.stack([self.bands @ one for one in magnitudes]).clamp(min=_SILENCE).log()
        return magnitudes, magnitudes.log(), mels * _DECIBELS_PER_NEPER
