"""How different two sounds are to spectrograms, with a gradient everywhere."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.features import LogMel
from synth_datamodule.features.base import LONGEST_WINDOW

BENCHMARK_WINDOWS = (512, 1024, 2048)
"""Lengths of the windows that the benchmark measures with, in samples."""

_FLOOR = 1e-7  # Yamamoto et al.'s least power of a bin
_DECIBELS = 80.0  # LogMel scales these to 1


class STFTDistance(nn.Module):
    """Both parts of the multi-resolution STFT distance, of each sound by itself.

    Yamamoto, Song and Kim, "Parallel WaveGAN: A fast waveform generation model based on generative
    adversarial networks with multi-resolution spectrogram", ICASSP 2020,
    https://arxiv.org/abs/1910.11480; they take both over a whole batch at once, where a loud sound
    would drown a soft one. Its windows are Hann's, as long as the FFT, a quarter of that apart.

    Args:
        sizes: Lengths of the windows in samples, each at least 4.
        floors: Least power of a bin, one for each window; softer bins count as that loud.

    Raises:
        TypeError: If a number is of another type.
        ValueError: If one is out of range, or there are not as many floors as sizes.
    """

    def __init__(self, sizes: Sequence[int], floors: Sequence[float]) -> None:
        super().__init__()
        for size in sizes:
            checks.whole_number("size", size, 4, LONGEST_WINDOW)
        for floor in floors:
            checks.positive_number("floor", floor)
        if len(sizes) != len(floors):
            raise ValueError(
                f"floors must be one for each of {len(sizes)} sizes, got {len(floors)}"
            )
        self.windows = tuple(zip(sizes, floors, strict=True))
        for size in sizes:
            self.register_buffer(
                f"window_{size}",
                torch.hann_window(size, dtype=torch.float32, device="cpu"),
                persistent=False,
            )

    def forward(self, guess: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return spectral convergence and log magnitude (nepers), means over windows, ``[B]``.

        They are ``||S - G|| / ||S||`` (Frobenius) and ``mean |ln S - ln G|`` of the magnitudes G of
        the guess and S of the target, both audio ``[B, N]``.
        """
        checks.float_tensor("target", target, "[B, N]", (None, None))
        checks.float_tensor("guess", guess, "[B, N]", tuple(target.shape))
        norm = torch.linalg.matrix_norm
        convergence, log_magnitude = [], []
        for window in self.windows:
            g, s = (self._magnitude(audio, *window) for audio in (guess, target))
            convergence.append(norm(s - g) / norm(s))
            log_magnitude.append((s / g).log().abs().mean((1, 2)))
        return torch.stack(convergence).mean(0), torch.stack(log_magnitude).mean(0)

    def _magnitude(self, audio: Tensor, size: int, floor: float) -> Tensor:
        window = self.get_buffer(f"window_{size}")
        spectrum = torch.stft(audio, size, size // 4, window=window, return_complex=True)
        power = spectrum.real.square() + spectrum.imag.square()
        # Also what keeps the slope of the root, and so the gradient of silence, finite.
        return power.clamp(min=floor).sqrt()


class Distances(NamedTuple):
    """How far guesses sound from their targets, each ``[B]``; 0 where both are the same sound.

    Args:
        log_mel: Mean absolute difference of the log-mel spectrograms, in decibels.
        spectral_convergence: Mean over the windows, a ratio.
        log_magnitude: Mean over the windows, in nepers.
    """

    log_mel: Tensor
    spectral_convergence: Tensor
    log_magnitude: Tensor


class SpectralDistance(nn.Module):
    """The benchmark's distances: log-mel, and both parts of the multi-resolution STFT distance.

    Args:
        sample_rate: Audio rate in hertz.

    Example:
        >>> sound = torch.sin(torch.arange(8000) * 0.1)[None]
        >>> distances = SpectralDistance(8000)(0.5 * sound, sound)
        >>> round(distances.spectral_convergence.item(), 2)
        0.5
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.log_mel = LogMel(sample_rate, num_mels=96, n_fft=2048, hop_length=512)
        self.stft = STFTDistance(BENCHMARK_WINDOWS, [_FLOOR] * len(BENCHMARK_WINDOWS))

    def forward(self, guess: Tensor, target: Tensor) -> Distances:
        """Return the distances of each guess from its target, both audio in [-1, 1], ``[B, N]``."""
        checks.float_tensor("target", target, "[B, N]", (None, None))
        checks.float_tensor("guess", guess, "[B, N]", tuple(target.shape))
        difference = self.log_mel(guess) - self.log_mel(target)
        log_mel = _DECIBELS * difference.abs().mean((1, 2))
        return Distances(log_mel, *self.stft(guess, target))
