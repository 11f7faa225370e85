"""Functions on signals: pitch to frequency, length, level."""

import torch.nn.functional as F
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import MOST_SAMPLES
from synth_datamodule.modules import midi_to_hz, normalize_if_clipping

__all__ = ["fix_length", "midi_to_hz", "normalize", "normalize_if_clipping"]


def fix_length(signal: Tensor, length: int | Tensor) -> Tensor:
    """Return a signal cut, or continued by zeros, to a length.

    Args:
        signal: Signal of any length. Shape ``[B, N]``.
        length: Number of samples to return, M.

    Returns:
        Shape ``[B, M]``.

    Raises:
        TypeError: If ``signal`` is not a float tensor, or ``length`` not an integer.
        ValueError: If ``signal`` is not ``[B, N]``, or ``length`` below 1.

    Example:
        >>> import torch
        >>> fix_length(torch.ones(1, 2), 3)
        tensor([[1., 1., 0.]])
    """
    checks.float_tensor("signal", signal, "[B, N]", (None, None))
    number = length.item() if isinstance(length, Tensor) and length.ndim == 0 else length
    missing = checks.whole_number("length", number, 1, MOST_SAMPLES) - signal.shape[1]
    return F.pad(signal, (0, missing)) if missing else signal


def normalize(signal: Tensor) -> Tensor:
    """Return ``signal / max|signal|`` for each sound; silence stays silence (torchsynth: NaN).

    Args:
        signal: Signal of any level. Shape ``[B, N]``.

    Returns:
        Signal of peak 1, or silence. Shape ``[B, N]``.

    Raises:
        TypeError: If ``signal`` is not a float tensor.
        ValueError: If it is not ``[B, N]``, or empty.

    Example:
        >>> import torch
        >>> normalize(torch.tensor([[0.25, -0.5], [0.0, 0.0]]))
        tensor([[ 0.5000, -1.0000],
                [ 0.0000,  0.0000]])
    """
    checks.float_tensor("signal", signal, "[B, N]", (None, None))
    peak = signal.abs().amax(-1, keepdim=True)
    return signal / peak.where(peak > 0, 1.0)
