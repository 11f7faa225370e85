"""Audio at another sample rate."""

from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.features.transforms import transforms


class Resample(nn.Module):
    """Audio at another sample rate, by windowed sinc interpolation.

    Args:
        sample_rate: Sample rate of the audio, in hertz.
        new_sample_rate: Sample rate of the result, in hertz.

    Raises:
        TypeError: If a rate is not an integer.
        ValueError: If one is below 1.

    Example:
        >>> import torch
        >>> Resample(44100, 16000)(torch.zeros(2, 44100)).shape
        torch.Size([2, 16000])
    """

    def __init__(self, sample_rate: int, new_sample_rate: int) -> None:
        super().__init__()
        self.interpolation = transforms().Resample(
            checks.whole_number("sample_rate", sample_rate, minimum=1),
            checks.whole_number("new_sample_rate", new_sample_rate, minimum=1),
        )

    def forward(self, audio: Tensor) -> Tensor:
        """Return the audio at the new sample rate.

        Args:
            audio: Sounds at the old sample rate. Shape ``[B, N]``.

        Returns:
            Sounds of the same length in seconds. Shape ``[B, N new / old]``, rounded up.

        Raises:
            TypeError: If ``audio`` is not a float tensor.
            ValueError: If it is not ``[B, N]``.
        """
        checks.float_tensor("audio", audio, "[B, N]", (None, None))
        resampled: Tensor = self.interpolation(audio)
        return resampled
