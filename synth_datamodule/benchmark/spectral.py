"""How different two sounds are to a spectrogram: log-mel and multi-resolution STFT distances."""

from typing import NamedTuple

from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.features import LogMel
from synth_datamodule.matching.spectral import STFTDistance

WINDOWS = (512, 1024, 2048)
"""Lengths of the STFTs' windows, in samples."""

_FLOOR = 1e-7  # Yamamoto et al.'s least power of a bin
_DECIBELS = 80.0  # LogMel scales these to 1


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

    Args:
        sample_rate: Audio rate in hertz.

    Example:
        >>> import torch
        >>> sound = torch.sin(torch.arange(8000) * 0.1)[None]
        >>> distances = SpectralDistance(8000)(0.5 * sound, sound)
        >>> round(distances.spectral_convergence.item(), 2)
        0.5
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.log_mel = LogMel(sample_rate, num_mels=96, n_fft=2048, hop_length=512)
        self.stft = STFTDistance(WINDOWS, [_FLOOR] * len(WINDOWS))

    def forward(self, guess: Tensor, target: Tensor) -> Distances:
        """Return the distances of each guess from its target.

        Args:
            guess: Audio in [-1, 1]. Shape ``[B, N]``.
            target: Audio in [-1, 1]. Shape ``[B, N]``.

        Raises:
            TypeError: If one is not a float tensor.
            ValueError: If they are not of one shape ``[B, N]``.
        """
        checks.float_tensor("target", target, "[B, N]", (None, None))
        checks.float_tensor("guess", guess, "[B, N]", tuple(target.shape))
        difference = self.log_mel(guess) - self.log_mel(target)
        return Distances(
            _DECIBELS * difference.abs().mean((1, 2)),
            *self.stft(guess, target),
        )
