"""Memory: sounds that were heard, each a small picture, and which of them is nearest to a sound."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from synth_datamodule import checks
from synth_datamodule.features import LogMel
from synth_datamodule.features.spectra import window_for

NUM_BANDS, NUM_FRAMES = 64, 32
"""Size of a picture: mel bands, and stretches of time that the sound is divided into."""
STEP = 0.5
"""Decibels between two levels of a picture, whose 256 levels begin at -80 dB of full scale."""

_DECIBELS = 80.0  # that the unit of a log-mel stands for
_AT_A_TIME = 1024  # pictures that are compared in one step


class Nearest(NamedTuple):
    """The sounds of a memory nearest to each of ``B`` sounds, nearest first.

    Args:
        places: Places in the memory. Shape ``[B, K]``.
        parameters: Parameters in [0, 1]. Shape ``[B, K, P]``.
        decibels: Mean absolute differences of the pictures, in decibels. Shape ``[B, K]``.
    """

    places: Tensor
    parameters: Tensor
    decibels: Tensor


def pictures(audio: Tensor, sample_rate: int) -> Tensor:
    """Return what a memory keeps of sounds: log-mel spectrograms of few bands and frames.

    Args:
        audio: Sounds in [-1, 1]. Shape ``[B, N]``.
        sample_rate: Sample rate in hertz.

    Returns:
        Levels above -80 dB of full scale, in half decibels, uint8. Shape ``[B, 64 * 32]``.

    Example:
        >>> pictures(torch.zeros(2, 8000), 8000).unique()
        tensor([0], dtype=torch.uint8)
    """
    checks.float_tensor("audio", audio, "[B, N]", (None, None))
    window = window_for(sample_rate)
    log_mel = LogMel(sample_rate, NUM_BANDS, window, window // 2).to(audio.device)
    sounds = functional.pad(audio.detach().float(), (0, max(0, window - audio.shape[1])))
    with torch.no_grad():
        # A sound at a time: the frames of many fall out of the cache.
        return torch.cat([pooled(log_mel(sound)) for sound in torch.split(sounds, 1)])


def pooled(frames: Tensor) -> Tensor:
    """Return log-mel frames ``[B, F, T]`` of LogMel's as a memory keeps them, ``[B, F * 32]``."""
    means = functional.adaptive_avg_pool1d(frames.detach().float(), NUM_FRAMES)
    levels = (means * (_DECIBELS / STEP)).round().clamp(0, 255)
    return levels.to(torch.uint8).flatten(1)


class Memory:
    """Pictures of sounds and the parameters that made each.

    Args:
        seen: Pictures of sounds, uint8. Shape ``[K, D]``.
        parameters: Parameters of the sounds in [0, 1], float32. Shape ``[K, P]``.

    Raises:
        ValueError: If there is no sound, or there are not as many parameters as pictures.
    """

    def __init__(self, seen: Tensor, parameters: Tensor) -> None:
        if not len(seen) or len(seen) != len(parameters):
            raise ValueError(
                f"a memory must have a picture of each of its sounds, got {len(seen)} of "
                f"{len(parameters)}"
            )
        self.seen = seen
        self.parameters = parameters

    def __len__(self) -> int:
        return len(self.seen)

    def nearest(self, looked_for: Tensor, num_nearest: int) -> Nearest:
        """Return the nearest sounds, by the mean absolute difference of the pictures.

        Args:
            looked_for: Pictures of the sounds to look for, uint8. Shape ``[B, D]``.
            num_nearest: Number of sounds to return, at most as many as there are.

        Raises:
            TypeError: If an argument is of another type.
            ValueError: If a shape differs, or the number is out of range.
        """
        num_nearest = checks.whole_number("num_nearest", num_nearest, 1, len(self))
        width = self.seen.shape[1]
        if looked_for.dtype != torch.uint8 or looked_for.shape[1:] != (width,):
            raise ValueError(f"looked_for must be pictures, uint8 [B, {width}]")
        # A stable order: of sounds as near as each other, the first.
        ordered = [torch.sort(self._differences(one), stable=True) for one in looked_for]
        places = torch.stack([one.indices[:num_nearest] for one in ordered])
        sums = torch.stack([one.values[:num_nearest] for one in ordered])
        return Nearest(places, self.parameters[places], (sums.double() * (STEP / width)).float())

    def _differences(self, one: Tensor) -> Tensor:
        """Return the sums of absolute differences, which are integers: exact in any order."""
        return torch.cat(
            [
                (part.short() - one.short()).abs().sum(1, dtype=torch.int64)
                for part in torch.split(self.seen, _AT_A_TIME)
            ]
        )
