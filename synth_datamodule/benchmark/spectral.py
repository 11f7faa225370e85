"""How different two sounds are to a spectrogram: log-mel and multi-resolution STFT distances."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.features import LogMel

WINDOWS = (512, 1024, 2048)
"""Of the STFTs, in samples; each moves on by a quarter of itself."""

_FLOOR = 1e-7  # of a power, Yamamoto et al.'s
_DECIBELS = 80.0  # that LogMel scales to 1


class Distances(NamedTuple):
    """How far guesses sound from their targets; 0 where both are the same sound.

    Args:
        log_mel: Mean absolute difference of the log-mel spectrograms, in decibels. Shape ``[B]``.
        spectral_convergence: Mean over the windows. Shape ``[B]``.
        log_magnitude: Mean over the windows, in nepers. Shape ``[B]``.
    """

    log_mel: Tensor
    spectral_convergence: Tensor
    log_magnitude: Tensor


class SpectralDistance(nn.Module):
    """Log-mel distance, and both parts of the multi-resolution STFT distance.

    Yamamoto, Song and Kim, "Parallel WaveGAN: A fast waveform generation model based on generative
    adversarial networks with multi-resolution spectrogram", ICASSP 2020,
    https://arxiv.org/abs/1910.11480; here of each sound by itself, with Hann windows of the FFT's
    own length.

    Args:
        sample_rate: In hertz.

    Example:
        >>> sound = torch.sin(torch.arange(8000) * 0.1)[None]
        >>> distances = SpectralDistance(8000)(0.5 * sound, sound)
        >>> round(distances.spectral_convergence.item(), 2)
        0.5
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.log_mel = LogMel(sample_rate, num_mels=96, n_fft=2048, hop_length=512)
        for size in WINDOWS:
            self.register_buffer(f"window_{size}", torch.hann_window(size), persistent=False)

    def forward(self, guess: Tensor, target: Tensor) -> Distances:
        """Return the distances of each guess from its target.

        Args:
            guess: In [-1, 1]. Shape ``[B, N]``.
            target: In [-1, 1]. Shape ``[B, N]``.

        Raises:
            TypeError: If one is not a float tensor.
            ValueError: If they are not of one shape ``[B, N]``.
        """
        checks.float_tensor("target", target, "[B, N]", (None, None))
        checks.float_tensor("guess", guess, "[B, N]", tuple(target.shape))
        difference = self.log_mel(guess) - self.log_mel(target)
        pairs = [(self._magnitude(guess, size), self._magnitude(target, size)) for size in WINDOWS]
        return Distances(
            _DECIBELS * difference.abs().mean((1, 2)),
            torch.stack([spectral_convergence(*pair) for pair in pairs]).mean(0),
            torch.stack([log_magnitude(*pair) for pair in pairs]).mean(0),
        )

    def _magnitude(self, audio: Tensor, size: int) -> Tensor:
        window = self.get_buffer(f"window_{size}")
        spectrum = torch.stft(audio, size, size // 4, window=window, return_complex=True)
        power = spectrum.real.square() + spectrum.imag.square()
        return power.clamp(min=_FLOOR).sqrt()


def spectral_convergence(guess: Tensor, target: Tensor) -> Tensor:
    """Return ``||S - G|| / ||S||`` (Frobenius) for target and guess S and G, ``[B]``.

    Args:
        guess: Magnitudes above 0. Shape ``[B, F, T]``.
        target: Likewise.
    """
    norm = torch.linalg.matrix_norm
    ratio: Tensor = norm(target - guess) / norm(target)
    return ratio


def log_magnitude(guess: Tensor, target: Tensor) -> Tensor:
    """Return ``mean |ln S - ln G|`` for target and guess S and G, ``[B]``.

    Args:
        guess: Magnitudes above 0. Shape ``[B, F, T]``.
        target: Likewise.
    """
    return (target / guess).log().abs().mean((1, 2))
