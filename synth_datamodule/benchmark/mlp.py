"""MLPMatcher: the baseline that sees a spectrogram as one long vector."""

from typing import cast

from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.config import MOST_SAMPLES
from synth_datamodule.features.base import check_table
from synth_datamodule.matching.matcher import NUM_MELS, Matcher


class MLPMatcher(Matcher):
    """Log-mel spectrogram, two hidden layers of ``width`` units; see ``Matcher``.

    Example:
        >>> import torch
        >>> MLPMatcher(num_parameters=3, num_samples=8000, sample_rate=8000).eval()(
        ...     torch.zeros(1, 8000)
        ... ).shape
        torch.Size([1, 3])
    """

    def __init__(
        self,
        num_parameters: int = 78,
        num_samples: int = 176400,
        sample_rate: int = 44100,
        width: int = 256,
        learning_rate: float = 3e-3,
    ) -> None:
        super().__init__(num_parameters, sample_rate, learning_rate)
        checks.whole_number("num_samples", num_samples, 1, MOST_SAMPLES)
        checks.whole_number("width", width, 1, 2**16)
        num_frames = 1 + num_samples // self.log_mel.spectrogram.hop_length
        check_table("num_samples and width", NUM_MELS * num_frames * width)
        self.layers = nn.Sequential(
            nn.Flatten(),
            *_hidden(NUM_MELS * num_frames, width),
            *_hidden(width, width),
            nn.Linear(width, num_parameters),
            nn.Sigmoid(),
        )
        self.save_hyperparameters()

    def guess(self, frames: Tensor) -> Tensor:
        """Return guesses in [0, 1], ``[B, P]``, for log-mel frames ``[B, F, T]``."""
        return cast(Tensor, self.layers(frames))


def _hidden(num_in: int, num_out: int) -> tuple[nn.Module, ...]:
    return nn.Linear(num_in, num_out, bias=False), nn.BatchNorm1d(num_out), nn.GELU()
