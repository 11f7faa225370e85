"""Audio at another sample rate."""

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.features.transforms import transforms
from synth_datamodule.numerics.ambient import torchs_own_defaults


class Resample(nn.Module):
    """Audio at another sample rate, by windowed sinc interpolation.

    Args:
        sample_rate: Sample rate of the audio, in hertz.
        new_sample_rate: Sample rate of the result, in hertz.

    Raises:
        TypeError: If a rate is not an integer.
        ValueError: If one is below 1.

    Example:
        >>> Resample(44100, 16000)(torch.zeros(2, 44100)).shape
        torch.Size([2, 16000])
    """

    def __init__(self, sample_rate: int, new_sample_rate: int) -> None:
        super().__init__()
        self.sample_rate = checks.whole_number("sample_rate", sample_rate, minimum=1)
        checks.whole_number("new_sample_rate", new_sample_rate, minimum=1)
        with torchs_own_defaults():
            self.interpolation = transforms().Resample(sample_rate, new_sample_rate)

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
        # One by one: torch's convolution rounds a sound by 4e-6 otherwise than its batch alone.
        return torch.cat([self.interpolation(sound) for sound in torch.split(audio, 1)])
