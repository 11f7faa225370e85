"""How different two sounds are to spectrograms of several windows, with a gradient everywhere."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn


class STFTDistances(NamedTuple):
    """Both parts of the distance; 0 where two sounds are the same.

    Args:
        spectral_convergence: Mean over the windows, a ratio. Shape ``[B]``.
        log_magnitude: Mean over the windows, in nepers. Shape ``[B]``.
    """

    spectral_convergence: Tensor
    log_magnitude: Tensor


class STFTDistance(nn.Module):
    """Both parts of the multi-resolution STFT distance, of each sound by itself.

    Yamamoto, Song and Kim, "Parallel WaveGAN: A fast waveform generation model based on generative
    adversarial networks with multi-resolution spectrogram", ICASSP 2020,
    https://arxiv.org/abs/1910.11480; they take both over a whole batch at once, where a loud sound
    would drown a soft one. Its windows are Hann's, as long as the FFT, a quarter of that apart.

    Args:
        sizes: Lengths of the windows in samples, each at least 4.
        floors: Least power of a bin, one for each window; softer bins count as that loud.

    Example:
        >>> sound = torch.sin(torch.arange(8000) * 0.1)[None]
        >>> distances = STFTDistance([256, 512], [1e-7, 1e-7])(0.5 * sound, sound)
        >>> round(distances.spectral_convergence.item(), 2)
        0.5
    """

    def __init__(self, sizes: Sequence[int], floors: Sequence[float]) -> None:
        super().__init__()
        self.windows = tuple(zip(sizes, floors, strict=True))
        for size in sizes:
            self.register_buffer(f"window_{size}", torch.hann_window(size), persistent=False)

    def forward(self, guess: Tensor, target: Tensor) -> STFTDistances:
        """Return the distances of each guess from its target.

        Args:
            guess: Audio in [-1, 1]. Shape ``[B, N]``.
            target: Audio in [-1, 1]. Shape ``[B, N]``.
        """
        pairs = [
            (self._magnitude(guess, *window), self._magnitude(target, *window))
            for window in self.windows
        ]
        return STFTDistances(
            torch.stack([spectral_convergence(*pair) for pair in pairs]).mean(0),
            torch.stack([log_magnitude(*pair) for pair in pairs]).mean(0),
        )

    def _magnitude(self, audio: Tensor, size: int, floor: float) -> Tensor:
        window = self.get_buffer(f"window_{size}")
        spectrum = torch.stft(audio, size, size // 4, window=window, return_complex=True)
        power = spectrum.real.square() + spectrum.imag.square()
        # Also what keeps the slope of the root, and so the gradient of silence, finite.
        return power.clamp(min=floor).sqrt()


def spectral_convergence(guess: Tensor, target: Tensor) -> Tensor:
    """Return ``||S - G|| / ||S||`` (Frobenius) for target and guess S and G, ``[B]``.

    Args:
        guess: Magnitudes above 0. Shape ``[B, F, T]``.
        target: Magnitudes above 0. Shape ``[B, F, T]``.
    """
    norm = torch.linalg.matrix_norm
    ratio: Tensor = norm(target - guess) / norm(target)
    return ratio


def log_magnitude(guess: Tensor, target: Tensor) -> Tensor:
    """Return ``mean |ln S - ln G|`` for target and guess S and G, ``[B]``.

    Args:
        guess: Magnitudes above 0. Shape ``[B, F, T]``.
        target: Magnitudes above 0. Shape ``[B, F, T]``.
    """
    return (target / guess).log().abs().mean((1, 2))
