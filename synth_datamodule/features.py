"""What a model hears: features of audio, computed on its device."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from synth_datamodule import checks


class LogMel(nn.Module):
    """Log-mel spectrogram (torchaudio), in decibels over 80 dB below full scale, scaled to [0, 1].

    Args:
        sample_rate: In hertz.
        num_mels: Bands, F.
        n_fft: Window in samples.
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
        # Imported with the first spectrogram: the synth works without torchaudio.
        from torchaudio.transforms import MelSpectrogram

        super().__init__()
        for name, number in (("num_mels", num_mels), ("n_fft", n_fft), ("hop_length", hop_length)):
            checks.whole_number(name, number, minimum=1)
        self.spectrogram = MelSpectrogram(
            sample_rate=checks.whole_number("sample_rate", sample_rate, minimum=1),
            n_fft=n_fft,
            hop_length=hop_length,
            n_mels=num_mels,
            power=1.0,
            norm="slaney",
        )

    def forward(self, audio: Tensor) -> Tensor:
        """Return frames in [0, 1] and above, ``[B, F, T]``.

        Args:
            audio: In [-1, 1]. Shape ``[B, N]``.

        Raises:
            TypeError: If ``audio`` is not a float tensor.
            ValueError: If it is not ``[B, N]``.
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
    """Mel frequency cepstral coefficients (torchaudio).

    Args:
        sample_rate: In hertz.
        num_coefficients: K.
        num_mels: Bands they are made of, at least K.
        n_fft: Window in samples.
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
        from torchaudio.transforms import MFCC as TorchaudioMFCC

        super().__init__()
        for name, number in (("num_mels", num_mels), ("n_fft", n_fft), ("hop_length", hop_length)):
            checks.whole_number(name, number, minimum=1)
        self.cepstrum = TorchaudioMFCC(
            sample_rate=checks.whole_number("sample_rate", sample_rate, minimum=1),
            n_mfcc=checks.whole_number("num_coefficients", num_coefficients, 1, num_mels),
            melkwargs={"n_mels": num_mels, "n_fft": n_fft, "hop_length": hop_length},
        )

    def forward(self, audio: Tensor) -> Tensor:
        """Return coefficients ``[B, K, T]`` for audio ``[B, N]``."""
        checks.float_tensor("audio", audio, "[B, N]", (None, None))
        coefficients: Tensor = self.cepstrum(audio)
        return coefficients


class Resample(nn.Module):
    """Audio at another sample rate, by windowed sinc interpolation (torchaudio).

    Args:
        sample_rate: Of the audio, in hertz.
        new_sample_rate: Wanted, in hertz.

    Raises:
        TypeError: If a rate is not an integer.
        ValueError: If one is below 1.

    Example:
        >>> Resample(44100, 16000)(torch.zeros(2, 44100)).shape
        torch.Size([2, 16000])
    """

    def __init__(self, sample_rate: int, new_sample_rate: int) -> None:
        from torchaudio.transforms import Resample as TorchaudioResample

        super().__init__()
        self.interpolation = TorchaudioResample(
            checks.whole_number("sample_rate", sample_rate, minimum=1),
            checks.whole_number("new_sample_rate", new_sample_rate, minimum=1),
        )

    def forward(self, audio: Tensor) -> Tensor:
        """Return audio ``[B, N new / old]`` for audio ``[B, N]``."""
        checks.float_tensor("audio", audio, "[B, N]", (None, None))
        resampled: Tensor = self.interpolation(audio)
        return resampled


class Levels(NamedTuple):
    """How loud sounds are, on their device.

    Args:
        peak: Largest magnitude, in [0, 1]. Shape ``[B]``.
        rms: Root of the mean square, in [0, 1]. Shape ``[B]``.
        clipped: Whether the peak is 1, as it is where the mixer had to scale a sound down, bool.
            Shape ``[B]``.
    """

    peak: Tensor
    rms: Tensor
    clipped: Tensor


def levels(audio: Tensor) -> Levels:
    """Return peak, rms and whether each sound clipped.

    Args:
        audio: In [-1, 1]. Shape ``[B, N]``.

    Raises:
        TypeError: If ``audio`` is not a float tensor.
        ValueError: If it is not ``[B, N]``.

    Example:
        >>> levels(torch.tensor([[0.5, -0.5], [0.0, -1.0]])).clipped
        tensor([False,  True])
    """
    checks.float_tensor("audio", audio, "[B, N]", (None, None))
    peak = audio.abs().amax(-1)
    return Levels(peak, audio.float().square().mean(-1).sqrt().to(audio.dtype), peak >= 1)
