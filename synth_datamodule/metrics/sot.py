"""SOT: how far energy must be moved in frequency to make one sound's spectra the other's."""

import torch
from torch import Tensor, nn

from synth_datamodule.metrics.frames import magnitudes, samples

_WINDOW, _HOP = 0.050, 0.020  # seconds
_LEAST = 1e-6  # sum of a frame's magnitudes that it is divided by


class SpectralTransport(nn.Module):
    r"""Spectral optimal transport, as a share of half the sample rate.

    .. math:: \mathrm{mean}_{t,f} \left| \sum_{h \le f} G_{h,t} - S_{h,t} \right|

    the mean Wasserstein-1 distance of frames whose magnitudes (windows of 50 ms, hops of 20 ms) are
    divided by their sum. Torres, Peeters and Richard, "Unsupervised harmonic parameter estimation
    using differentiable DSP and spectral optimal transport", ICASSP 2024,
    https://arxiv.org/abs/2312.14507; as Hayes, Saitis and Fazekas' evaluation script computes it.

    Args:
        sample_rate: Audio rate in hertz.

    Example:
        >>> time = torch.arange(16000) / 16000
        >>> low, high = (torch.sin(2 * torch.pi * f * time) for f in (1000, 2600))
        >>> round(SpectralTransport(16000)(low, high).item(), 1)  # 1600 of 8000 Hz
        0.2
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        size = samples(_WINDOW, sample_rate)
        self._hop = samples(_HOP, sample_rate)
        window = torch.hann_window(size, dtype=torch.float32, device="cpu")
        self.register_buffer("window", window, persistent=False)

    def forward(self, guess: Tensor, target: Tensor) -> Tensor:
        """Return the distance of one guess from its target, audio ``[N]``, in [0, 1]."""
        ours, theirs = (self._shares(audio) for audio in (guess, target))
        return (ours.cumsum(0) - theirs.cumsum(0)).abs().mean()

    def _shares(self, audio: Tensor) -> Tensor:
        found = magnitudes(audio, self.get_buffer("window"), self._hop).double()
        return found / found.sum(0).clamp(min=_LEAST)
