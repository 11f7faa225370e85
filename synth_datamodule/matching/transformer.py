"""TransformerMatcher: a larger encoder, a transformer over patches of the spectrogram."""

from typing import cast

import torch
from torch import Tensor, nn

from synth_datamodule.matching.canonical import CanonicalMatcher
from synth_datamodule.matching.matcher import Matcher
from synth_datamodule.matching.patches import PatchEncoder


class TransformerMatcher(Matcher):
    """A transformer over patches of the log-mel spectrogram, mean and peak over time, two layers.

    It learns the canonical form of parameters, of those that are heard.

    Args:
        num_parameters: Number of parameters to name, P.
        sample_rate: Audio rate in hertz.
        width: Numbers of a token, a multiple of 32.
        depth: Number of blocks.
        learning_rate: Highest rate of a one-cycle schedule.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If one is out of bounds.

    Example:
        >>> matcher = TransformerMatcher(sample_rate=16000, width=64, depth=1)
        >>> matcher(torch.zeros(2, 16000)).shape
        torch.Size([2, 78])
    """

    def __init__(
        self,
        num_parameters: int = 78,
        sample_rate: int = 44100,
        width: int = 192,
        depth: int = 4,
        learning_rate: float = 1e-3,
    ) -> None:
        super().__init__(num_parameters, sample_rate, learning_rate)
        self.encoder = PatchEncoder(width, depth)
        self.head = nn.Sequential(
            nn.Linear(2 * width, 256),
            nn.GELU(),
            nn.Linear(256, num_parameters),
            nn.Sigmoid(),
        )
        self.save_hyperparameters()

    loss = CanonicalMatcher.loss

    def guess(self, frames: Tensor) -> Tensor:
        """Return guesses in [0, 1], ``[B, P]``, for log-mel frames ``[B, F, T]``."""
        tokens = self.encoder(frames)
        return cast(Tensor, self.head(torch.cat((tokens.mean(1), tokens.amax(1)), 1)))
