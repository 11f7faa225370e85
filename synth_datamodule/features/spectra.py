"""Spectra as a model hears them: log-mel and cepstral coefficients."""

import math

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import MOST_SAMPLES
from synth_datamodule.features.base import LONGEST_WINDOW, MOST_MELS, Feature, check_table
from synth_datamodule.features.transforms import transforms
from synth_datamodule.numerics.ambient import torchs_own_defaults

_WINDOW_SECONDS = 0.064  # rounded to a power of two in samples


def window_for(sample_rate: int) -> int:
    """Return the length of a window of some 64 ms, a power of two, in samples.

    Args:
        sample_rate: Sample rate in hertz.

    Example:
        >>> window_for(44100), window_for(16000)
        (2048, 1024)
    """
    return max(int(2 ** round(math.log2(_WINDOW_SECONDS * sample_rate))), 32)


class LogMel(Feature):
    """Log-mel spectrogram, in decibels over 80 dB below full scale, scaled to [0, 1].

    Args:
        sample_rate: Sample rate in hertz.
        num_mels: Number of bands, F.
        n_fft: Length of the window, in samples.
        hop_length: Samples between frames.

    Raises:
        TypeError: If a number is not an integer.
        ValueError: If one is below 1 (rate and window: 2), ``num_mels`` above 4096, or a window or
            hop above 2**20.

    Example:
        >>> LogMel(16000)(torch.zeros(2, 16000)).shape
        torch.Size([2, 96, 63])
    """

    def __init__(
        self, sample_rate: int, num_mels: int = 96, n_fft: int = 1024, hop_length: int = 256
    ) -> None:
        super().__init__()
        self.sample_rate = _check_sizes(sample_rate, num_mels, n_fft, hop_length)
        with torchs_own_defaults():
            self.spectrogram = transforms().MelSpectrogram(
                sample_rate=sample_rate,
                n_fft=n_fft,
                hop_length=hop_length,
                n_mels=num_mels,
                power=1.0,
                norm="slaney",
            )

    def forward(self, audio: Tensor) -> Tensor:
        """Return frames in [0, 1] and above.

        Args:
            audio: Sounds in [-1, 1], longer than half a window. Shape ``[B, N]``.

        Returns:
            Frames, centred on every ``hop_length``-th sample, bfloat16 and float16 as ``audio`` is.
            Shape ``[B, F, T]``.

        Raises:
            TypeError: If ``audio`` is not a float tensor.
            ValueError: If it is not ``[B, N]``, or too short.
        """
        sounds = self.check(audio)
        _check_length(sounds, self.spectrogram.n_fft)
        with self.in_full(audio):
            spectrum = self.spectrogram.spectrogram(sounds)
            # A product for each sound: in one for all of them, or in torch's bmm, which is another
            # for a single sound on Intel's processors, its last bits depend on how many they are.
            bands = self.spectrogram.mel_scale.fb.T.contiguous()
            magnitude = torch.stack([bands @ sound for sound in spectrum])
        decibels = 20 * torch.log10(magnitude.clamp(min=1e-4))
        return self.handed(decibels / 80 + 1, audio)


class MFCC(Feature):
    """Mel frequency cepstral coefficients, of bands down to 80 dB below the sound's loudest.

    Args:
        sample_rate: Sample rate in hertz.
        num_coefficients: Number of coefficients, K.
        num_mels: Number of bands they are made of, at least K.
        n_fft: Length of the window, in samples.
        hop_length: Samples between frames.

    Raises:
        TypeError: If a number is not an integer.
        ValueError: If one is below 1 (rate and window: 2), K above ``num_mels``, ``num_mels`` above
            4096, or a window or hop above 2**20.

    Example:
        >>> MFCC(16000)(torch.randn(2, 16000)).shape
        torch.Size([2, 20, 63])
    """

    def __init__(
        self,
        sample_rate: int,
        num_coefficients: int = 20,
        num_mels: int = 64,
        n_fft: int = 1024,
        hop_length: int = 256,
    ) -> None:
        super().__init__()
        self.sample_rate = _check_sizes(sample_rate, num_mels, n_fft, hop_length)
        checks.whole_number("num_coefficients", num_coefficients, 1, num_mels)
        with torchs_own_defaults():
            self.cepstrum = transforms().MFCC(
                sample_rate=sample_rate,
                n_mfcc=num_coefficients,
                melkwargs={"n_mels": num_mels, "n_fft": n_fft, "hop_length": hop_length},
            )

    def forward(self, audio: Tensor) -> Tensor:
        """Return the coefficients of each frame.

        Args:
            audio: Sounds in [-1, 1], longer than half a window. Shape ``[B, N]``.

        Returns:
            Coefficients, bfloat16 and float16 as ``audio`` is. Shape ``[B, K, T]``.

        Raises:
            TypeError: If ``audio`` is not a float tensor.
            ValueError: If it is not ``[B, N]``, or too short.
        """
        sounds = self.check(audio)
        _check_length(sounds, self.cepstrum.MelSpectrogram.n_fft)
        # One by one: the loudest band is sought in all that is given, and a product of matrices
        # rounds by their size.
        with self.in_full(audio):
            made = [self.cepstrum(sound) for sound in torch.split(sounds, 1)]
        return self.handed(torch.cat(made), audio)


def _check_sizes(sample_rate: int, num_mels: int, n_fft: int, hop_length: int) -> int:
    checks.whole_number("num_mels", num_mels, 1, MOST_MELS)
    checks.whole_number("n_fft", n_fft, 2, LONGEST_WINDOW)
    checks.whole_number("hop_length", hop_length, 1, LONGEST_WINDOW)
    check_table("n_fft and num_mels", (n_fft // 2 + 1) * num_mels)
    return checks.whole_number("sample_rate", sample_rate, 2, MOST_SAMPLES)


def _check_length(audio: Tensor, n_fft: int) -> None:
    if audio.shape[1] <= n_fft // 2:
        raise ValueError(
            f"audio must be longer than half a window of {n_fft} samples, got {audio.shape[1]}"
        )
