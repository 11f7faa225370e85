"""Spectra as a model hears them: log-mel and cepstral coefficients."""

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.features.transforms import transforms


class LogMel(nn.Module):
    """Log-mel spectrogram, in decibels over 80 dB below full scale, scaled to [0, 1].

    Args:
        sample_rate: Sample rate in hertz.
        num_mels: Number of bands, F.
        n_fft: Length of the window, in samples.
        hop_length: Samples between frames.

    Raises:
        TypeError: If a number is not an integer.
        ValueError: If one is below 1.

    Example:
        >>> LogMel(16000)(torch.zeros(2, 16000)).shape
        torch.Size([2, 96, 63])
    """

    def __init__(
        self, sample_rate: int, num_mels: int = 96, n_fft: int = 1024, hop_length: int = 256
    ) -> None:
        super().__init__()
        for name, number in (("num_mels", num_mels), ("n_fft", n_fft), ("hop_length", hop_length)):
            checks.whole_number(name, number, minimum=1)
        self.spectrogram = transforms().MelSpectrogram(
            sample_rate=checks.whole_number("sample_rate", sample_rate, minimum=1),
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
            Frames, centred on every ``hop_length``-th sample. Shape ``[B, F, T]``.

        Raises:
            TypeError: If ``audio`` is not a float tensor.
            ValueError: If it is not ``[B, N]``, or too short.
        """
        checks.float_tensor("audio", audio, "[B, N]", (None, None))
        if audio.shape[1] <= self.spectrogram.n_fft // 2:
            raise ValueError(
                f"audio must be longer than half a window of {self.spectrogram.n_fft} samples, "
                f"got {audio.shape[1]}"
            )
        magnitude: Tensor = self.spectrogram(audio)
        decibels = 20 * torch.log10(magnitude.clamp(min=1e-4))
        return decibels / 80 + 1


class MFCC(nn.Module):
    """Mel frequency cepstral coefficients.

    Args:
        sample_rate: Sample rate in hertz.
        num_coefficients: Number of coefficients, K.
        num_mels: Number of bands they are made of, at least K.
        n_fft: Length of the window, in samples.
        hop_length: Samples between frames.

    Raises:
        TypeError: If a number is not an integer.
        ValueError: If one is below 1, or K above ``num_mels``.

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
        for name, number in (("num_mels", num_mels), ("n_fft", n_fft), ("hop_length", hop_length)):
            checks.whole_number(name, number, minimum=1)
        self.cepstrum = transforms().MFCC(
            sample_rate=checks.whole_number("sample_rate", sample_rate, minimum=1),
            n_mfcc=checks.whole_number("num_coefficients", num_coefficients, 1, num_mels),
            melkwargs={"n_mels": num_mels, "n_fft": n_fft, "hop_length": hop_length},
        )

    def forward(self, audio: Tensor) -> Tensor:
        """Return the coefficients of each frame.

        Args:
            audio: Sounds in [-1, 1], longer than half a window. Shape ``[B, N]``.

        Returns:
            Coefficients. Shape ``[B, K, T]``.

        Raises:
            TypeError: If ``audio`` is not a float tensor.
            ValueError: If it is not ``[B, N]``.
        """
        checks.float_tensor("audio", audio, "[B, N]", (None, None))
        coefficients: Tensor = self.cepstrum(audio)
        return coefficients
