"""How loud sounds are."""

from typing import NamedTuple

from torch import Tensor

from synth_datamodule import checks


class Levels(NamedTuple):
    """How loud sounds are, on their device.

    Args:
        peak: Largest magnitude, in [0, 1] for audio in [-1, 1]. Shape ``[B]``.
        rms: Root of the mean square, at most the peak. Shape ``[B]``.
        clipped: Whether the peak is 1, as it is where the mixer had to scale a sound down, bool.
            Shape ``[B]``.
    """

    peak: Tensor
    rms: Tensor
    clipped: Tensor


def levels(audio: Tensor) -> Levels:
    """Return peak, rms and whether each sound clipped.

    Args:
        audio: Sounds in [-1, 1]. Shape ``[B, N]``.

    Returns:
        Levels of each sound. Shape ``[B]`` each.

    Raises:
        TypeError: If ``audio`` is not a float tensor.
        ValueError: If it is not ``[B, N]``.

    Example:
        >>> import torch
        >>> levels(torch.tensor([[0.5, -0.5], [0.0, -1.0]])).clipped
        tensor([False,  True])
    """
    checks.float_tensor("audio", audio, "[B, N]", (None, None))
    peak = audio.abs().amax(-1)
    return Levels(peak, audio.float().square().mean(-1).sqrt().to(audio.dtype), peak >= 1)
