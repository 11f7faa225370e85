"""Audio at another sample rate."""

import math

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import MOST_SAMPLES
from synth_datamodule.features.base import Feature, check_table
from synth_datamodule.features.transforms import transforms
from synth_datamodule.numerics.ambient import torchs_own_defaults


class Resample(Feature):
    """Audio at another sample rate, by windowed sinc interpolation.

    Args:
        sample_rate: Sample rate of the audio, in hertz.
        new_sample_rate: Sample rate of the result, in hertz.

    Raises:
        TypeError: If a rate is not an integer.
        ValueError: If one is below 1, or they have too little in common: 44101 and 96001 hertz,
            without a common divisor, would take 17 GB of filters.

    Example:
        >>> Resample(44100, 16000)(torch.zeros(2, 44100)).shape
        torch.Size([2, 16000])
    """

    def __init__(self, sample_rate: int, new_sample_rate: int) -> None:
        super().__init__()
        self.sample_rate = checks.whole_number("sample_rate", sample_rate, 1, MOST_SAMPLES)
        self.new_sample_rate = checks.whole_number(
            "new_sample_rate", new_sample_rate, 1, MOST_SAMPLES
        )
        divisor = math.gcd(sample_rate, new_sample_rate)
        old, new = sample_rate // divisor, new_sample_rate // divisor
        # Six crossings of a sinc on either side, for each place between two old samples.
        check_table("sample_rate and new_sample_rate", new * (old + 12 * max(old / new, 1)))
        with torchs_own_defaults():
            self.interpolation = transforms().Resample(sample_rate, new_sample_rate)

    def forward(self, audio: Tensor) -> Tensor:
        """Return the audio at the new sample rate.

        Args:
            audio: Sounds at the old sample rate. Shape ``[B, N]``.

        Returns:
            Sounds of the same length in seconds, bfloat16 and float16 as ``audio`` is. Shape
            ``[B, N new / old]``, rounded up.

        Raises:
            TypeError: If ``audio`` is not a float tensor.
            ValueError: If it is not ``[B, N]``.
        """
        sounds = torch.split(self.check(audio), 1)
        # One by one: torch's convolution rounds a sound by 4e-6 otherwise than its batch alone.
        with self.in_full(audio):
            made = torch.cat([self.interpolation(sound) for sound in sounds])
        return self.handed(made, audio)
