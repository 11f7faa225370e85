"""MSS: how far the log-mel spectrograms of two sounds lie apart at three time scales."""

import torch
from torch import Tensor, nn

from synth_datamodule.metrics.frames import decibels, magnitudes, mel_bands, samples

SCALES = ((0.010, 0.005, 32), (0.025, 0.010, 64), (0.100, 0.050, 128))
"""Window and hop in seconds, and number of bands, of each spectrogram."""


class MSS(nn.Module):
    r"""Multi-scale spectral distance in decibels, blind to level.

    .. math:: \frac{1}{3} \sum_s \mathrm{mean} |L_s(g) - L_s(t)|

    with log-mel spectrograms L over windows of 10, 25 and 100 ms, in decibels from the sound's own
    peak, down to 80 dB below it. Hayes, Saitis and Fazekas, "Audio synthesizer inversion in
    symmetric parameter spaces with approximately equivariant flow matching", ISMIR 2025,
    https://arxiv.org/abs/2506.07199, as their evaluation script computes it.

    Args:
        sample_rate: Audio rate in hertz.

    Example:
        >>> sound = torch.sin(torch.arange(4000) * 0.1)
        >>> MSS(16000)(0.5 * sound, sound) < 1e-3
        tensor(True)
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self._hops = []
        for place, (window, hop, num_mels) in enumerate(SCALES):
            size = samples(window, sample_rate)
            shape = torch.hann_window(size, dtype=torch.float32, device="cpu")
            self.register_buffer(f"window_{place}", shape, persistent=False)
            bands = mel_bands(sample_rate, size, num_mels)
            self.register_buffer(f"bands_{place}", bands, persistent=False)
            self._hops.append(samples(hop, sample_rate))

    def forward(self, guess: Tensor, target: Tensor) -> Tensor:
        """Return the distance of one guess from its target, audio ``[N]``, in decibels."""
        parts = []
        for place in range(len(SCALES)):
            ours, theirs = (self._log_mel(audio, place) for audio in (guess, target))
            parts.append((ours - theirs).abs().mean())
        return torch.stack(parts).mean()

    def _log_mel(self, audio: Tensor, place: int) -> Tensor:
        window, bands = (self.get_buffer(f"{name}_{place}") for name in ("window", "bands"))
        power = magnitudes(audio, window, self._hops[place]).square()
        return decibels(bands @ power, from_peak=True)
