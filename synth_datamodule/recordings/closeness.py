"""What a search goes by: how far guesses sound from one target, with a gradient."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from synth_datamodule.features import LogMel
from synth_datamodule.features.spectra import window_for
from synth_datamodule.recordings.nearness import DECIBELS, off_while_sounding

_NUM_MELS = 96
_FLOOR = 1e-3  # of a full scale sine: 60 dB below it
_DECIBELS_PER_RATIO = 6.0  # off while sounding, that weigh as much as a ratio of 1 of the spectra


class Spectra(NamedTuple):
    """Sounds as a search hears them.

    Args:
        mel: Log-mel levels in decibels. Shape ``[B, F, T]``.
        magnitude: Magnitudes of a spectrogram fine enough to tell semitones. Shape ``[B, K, T]``.
    """

    mel: Tensor
    magnitude: Tensor


class Closeness(nn.Module):
    """Decibels off while sounding, a sixth of them, and the distance of fine spectra.

    The latter is ``||S - G|| / ||S|| + mean |ln S - ln G|`` of magnitudes G of the guess and S of
    the target, with a window twice the ear's: the decibels hear of envelopes and timbre, these of
    pitch.

    Args:
        sample_rate: Sample rate in hertz.
    """

    window: Tensor

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        ear = window_for(sample_rate)
        self.size = 2 * ear
        self.log_mel = LogMel(sample_rate, _NUM_MELS, ear, ear // 2)
        window = torch.hann_window(self.size, dtype=torch.float32, device="cpu")
        self.register_buffer("window", window, persistent=False)

    def spectra(self, audio: Tensor) -> Spectra:
        """Return what is heard of sounds ``[B, N]``."""
        audio = functional.pad(audio, (0, max(self.size - audio.shape[1], 0)))
        spectrum = torch.stft(
            audio, self.size, self.size // 4, window=self.window, return_complex=True
        )
        power = spectrum.real.square() + spectrum.imag.square()
        # Also what keeps the slope of the root, and so the gradient of silence, finite.
        magnitude = power.clamp(min=(_FLOOR * self.size / 4) ** 2).sqrt()
        return Spectra(DECIBELS * self.log_mel(audio), magnitude)

    def forward(self, guess: Spectra, target: Spectra) -> Tensor:
        """Return how far each guess is off, ``[B]``; of targets there may be one for all."""
        g, s = guess.magnitude, target.magnitude
        norm = torch.linalg.matrix_norm
        fine = norm(s - g) / norm(s) + (s / g).log().abs().mean((1, 2))
        off = off_while_sounding(guess.mel, target.mel)
        found: Tensor = off / _DECIBELS_PER_RATIO + fine
        return found
