"""Spectra as a model hears them: log-mel and cepstral coefficients."""

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.features.transforms import transforms
from synth_datamodule.numerics.ambient import torchs_own_defaults


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
        self.sample_rate = checks.whole_number("sample_rate", sample_rate, minimum=1)
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
        spectrum = self.spectrogram.spectrogram(audio)
        # A product for each sound; in one for all of them, a sound's last bits depend on how many
        # they are.
        bands = self.spectrogram.mel_scale.fb.T.contiguous()
        magnitude = torch.bmm(bands.expand(len(audio), -1, -1), spectrum)
        decibels = 20 * torch.log10(magnitude.clamp(min=1e-4))
        return decibels / 80 + 1


class MFCC(nn.Module):
    """Mel frequency cepstral coefficients, of bands down to 80 dB below the sound's loudest.

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
        self.sample_rate = checks.whole_number("sample_rate", sample_rate, minimum=1)
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
            Coefficients. Shape ``[B, K, T]``.

        Raises:
            TypeError: If ``audio`` is not a float tensor.
            ValueError: If it is not ``[B, N]``.
        """
        checks.float_tensor("audio", audio, "[B, N]", (None, None))
        # One by one: the loudest band is sought in all that is given, and a product of matrices
        # rounds by their size.
        return torch.cat([self.cepstrum(sound) for sound in torch.split(audio, 1)])
