"""wMFCC: how far the cepstra of two sounds lie apart, whatever their timing."""

import math

import torch
from torch import Tensor, nn

from synth_datamodule.metrics.frames import decibels, magnitudes, mel_bands, samples
from synth_datamodule.metrics.warping import Doubles, warped_distance

_WINDOW, _HOP = 0.050, 0.010  # seconds
_MELS, _COEFFICIENTS = 128, 20


class WarpedMFCC(nn.Module):
    r"""Distance of mel frequency cepstra, warped in time.

    .. math:: \mathrm{DTW}(C(g), C(t)), \quad C = D \, L

    with the orthonormal cosine transform D (first 20 rows) of log-mel spectrograms L over 128
    bands, 50 ms windows and 10 ms hops; see ``warped_distance``. Hayes, Saitis and Fazekas, ISMIR
    2025, https://arxiv.org/abs/2506.07199, as their evaluation script computes it.

    Args:
        sample_rate: Audio rate in hertz.

    Example:
        >>> sound = torch.sin(torch.arange(4000) * 0.1)
        >>> WarpedMFCC(16000)(sound, sound)
        0.0
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        size = samples(_WINDOW, sample_rate)
        self._hop = samples(_HOP, sample_rate)
        window = torch.hann_window(size, dtype=torch.float32, device="cpu")
        self.register_buffer("window", window, persistent=False)
        bands = mel_bands(sample_rate, size, _MELS)
        self.register_buffer("bands", bands, persistent=False)
        place = torch.arange(_MELS, dtype=torch.float64, device="cpu") + 0.5
        wave = torch.arange(_COEFFICIENTS, dtype=torch.float64, device="cpu")[:, None]
        cosines = (math.pi / _MELS * wave * place).cos() * math.sqrt(2 / _MELS)
        cosines[0] /= math.sqrt(2)
        self.register_buffer("cosines", cosines, persistent=False)

    def forward(self, guess: Tensor, target: Tensor) -> float:
        """Return the distance of one guess from its target, audio ``[N]``."""
        return warped_distance(self._cepstra(guess), self._cepstra(target))

    def _cepstra(self, audio: Tensor) -> Doubles:
        """Return the coefficients of each frame, float64 ``[T, 20]``."""
        window, bands = self.get_buffer("window"), self.get_buffer("bands")
        power = bands @ magnitudes(audio, window, self._hop).square()
        log_mel = decibels(power, from_peak=False).cpu().double()
        cepstra: Doubles = (self.get_buffer("cosines").cpu() @ log_mel).T.numpy()
        return cepstra
