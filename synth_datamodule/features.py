"""What a model hears: features of audio, computed on its device."""

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
        magnitude: Tensor = self.spectrogram(audio)
        decibels = 20 * torch.log10(magnitude.clamp(min=1e-4))
        return decibels / 80 + 1
