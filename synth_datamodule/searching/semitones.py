"""What transposing only moves: a spectrogram whose bands are semitones."""

import math

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import MOST_SAMPLES
from synth_datamodule.features.base import Feature
from synth_datamodule.numerics.constants import A4_HZ, A4_MIDI

LOWEST = 24
"""MIDI note of the lowest band; a window of 0.19 s tells no deeper ones apart."""
NUM_BANDS = 104
"""Number of bands, up to MIDI note 127."""

_SECONDS = 0.19  # of a window
_FLOOR = 1e-4  # -80 dB: of a band that a sine of full scale fills, 1


class Semitones(Feature):
    """Spectrogram in bands of a semitone, in decibels over 80 dB below full scale, in [0, 1].

    A sound that is played k semitones higher has its bands k higher, so that a sound of an index
    can be held against a target at every transposition, without a render. Brown, "Calculation of a
    constant Q spectral transform", JASA 1991, https://doi.org/10.1121/1.400476, has such bands;
    these are sums of one FFT's bins under triangles a semitone, or a bin, to either side.

    Args:
        sample_rate: Sample rate in hertz.

    Example:
        >>> Semitones(16000)(torch.zeros(2, 16000)).shape
        torch.Size([2, 104, 4])
    """

    bands: Tensor
    window: Tensor

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        checks.whole_number("sample_rate", sample_rate, 2, MOST_SAMPLES)
        self.size = max(2 ** round(math.log2(_SECONDS * sample_rate)), 64)
        step = sample_rate / self.size
        bins = torch.arange(self.size // 2 + 1, dtype=torch.float64, device="cpu") * step
        notes = torch.arange(LOWEST, LOWEST + NUM_BANDS, dtype=torch.float64, device="cpu")
        centres = A4_HZ * 2 ** ((notes - A4_MIDI) / 12)
        reach = (centres * (2 ** (1 / 12) - 1)).clamp(min=step)
        bands = (1 - (bins - centres[:, None]).abs() / reach[:, None]).clamp(min=0)
        norm = bands.square().sum(1, keepdim=True).sqrt().clamp(min=1e-12)  # above Nyquist: empty
        self.register_buffer("bands", (bands / norm).float(), persistent=False)
        window = torch.hann_window(self.size, dtype=torch.float32, device="cpu")
        self.register_buffer("window", window, persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        """Return bands of frames half a window apart, means of two each.

        Args:
            audio: Sounds in [-1, 1], longer than half a window. Shape ``[B, N]``.

        Returns:
            Decibels over 80 dB below full scale, in 80 dB. Shape ``[B, 104, T]``.

        Raises:
            TypeError: If ``audio`` is not a float tensor.
            ValueError: If it is not ``[B, N]``.
        """
        sounds = self.check(audio)
        with self.in_full(audio):
            hop = self.size // 2
            # Silence after the end, so that short sounds have a frame and all frames a partner.
            frames = -(-max(sounds.shape[1], self.size) // (2 * hop)) * 2 * hop
            sounds = torch.nn.functional.pad(sounds, (hop, frames - sounds.shape[1]))
            spectrum = torch.stft(
                sounds, self.size, hop, window=self.window, center=False, return_complex=True
            )
            # A product for each sound; see LogMel.
            made = torch.stack([self.bands @ one for one in spectrum.abs() * (4 / self.size)])
            decibels = 20 * torch.log10(made.clamp(min=_FLOOR)) / 80 + 1
            pairs = decibels.view(*decibels.shape[:2], -1, 2).mean(3)
        return self.handed(pairs, audio)
