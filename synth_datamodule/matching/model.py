"""SoundMatcher: a small network that hears a sound and names its parameters."""

from typing import cast

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.matching.convolution import Convolution
from synth_datamodule.matching.matcher import NUM_MELS, Matcher

_HALVINGS = 4  # how often the strides below halve the mel axis


class SoundMatcher(Matcher):
    """Log-mel spectrogram, five convolutions, mean and peak over time, two linear layers.

    Args:
        num_parameters: Number of parameters to name, P.
        sample_rate: Audio rate in hertz.
        width: Channels of the first convolution.
        learning_rate: Highest rate of a one-cycle schedule.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If one is out of bounds.

    Example:
        >>> matcher = SoundMatcher(num_parameters=78, sample_rate=16000)
        >>> matcher(torch.zeros(2, 16000)).shape
        torch.Size([2, 78])
    """

    def __init__(
        self,
        num_parameters: int = 78,
        sample_rate: int = 44100,
        width: int = 16,
        learning_rate: float = 3e-3,
    ) -> None:
        width = checks.whole_number("width", width, 1, 1024)
        super().__init__(num_parameters, sample_rate, learning_rate)
        self.convolutions = nn.Sequential(
            _convolution(1, width, (1, 2)),
            _convolution(width, width, (2, 2)),
            _convolution(width, 2 * width, (2, 2)),
            _convolution(2 * width, 2 * width, (2, 2)),
            _convolution(2 * width, 4 * width, (2, 2)),
        )
        self.head = nn.Sequential(
            nn.Linear(2 * 4 * width * (NUM_MELS >> _HALVINGS), 256),
            nn.GELU(),
            nn.Linear(256, num_parameters),
            nn.Sigmoid(),
        )
        self.save_hyperparameters()

    def guess(self, frames: Tensor) -> Tensor:
        """Return guesses in [0, 1], ``[B, P]``, for log-mel frames ``[B, F, T]``."""
        hidden = self.convolutions(frames[:, None])
        pooled = torch.cat((hidden.mean(-1), hidden.amax(-1)), dim=1).flatten(1)
        return cast(Tensor, self.head(pooled))


def _convolution(num_in: int, num_out: int, stride: tuple[int, int]) -> nn.Module:
    return nn.Sequential(
        Convolution(num_in, num_out, kernel_size=3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(num_out),
        nn.GELU(),
    )
