"""Feature: what the features of audio share: what they take, and the precision of their tables."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from synth_datamodule import checks

LONGEST_WINDOW = 2**20
"""Samples of a spectrogram's window, or between two of them, that there are at most."""

MOST_MELS = 4096
"""Mel bands that there are at most."""

_SHORT = (torch.float16, torch.bfloat16)
_MOST_ENTRIES = 2**26  # of a table: 256 MiB


class Feature(nn.Module):
    """A feature of audio, computed in float32 or, after ``.double()``, in float64.

    Its tables stay so in a model of less precision: in bfloat16 a band would lie elsewhere, and
    torch has no such FFT.
    """

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "Feature":
        def moved(table: Tensor) -> Tensor:
            there = fn(table)
            return table.to(there.device) if there.dtype in _SHORT else there

        super()._apply(moved, recurse)  # type: ignore[no-untyped-call]
        return self

    def check(self, audio: Tensor) -> Tensor:
        """Return audio ``[B, N]`` in the precision of the tables.

        Args:
            audio: Sounds in that precision, or less. Shape ``[B, N]``.

        Raises:
            TypeError: If ``audio`` is not such a tensor.
            ValueError: If it is not ``[B, N]``.
        """
        checks.float_tensor("audio", audio, "[B, N]", (None, None))
        precision = next((table.dtype for table in self.buffers()), audio.dtype)
        if audio.dtype == torch.float64 != precision:
            raise TypeError(
                f"audio must be float32, bfloat16 or float16, as {type(self).__name__} computes, "
                "got float64: take audio.float(), or the feature's .double()"
            )
        return audio.to(precision)

    def handed(self, made: Tensor, audio: Tensor) -> Tensor:
        """Return what was made of audio in the audio's own dtype, where that is a short one."""
        return made.to(audio.dtype) if audio.dtype in _SHORT else made

    def in_full(self, audio: Tensor) -> torch.autocast:
        """Return a context in which no autocast shortens the computation."""
        return torch.autocast(audio.device.type, enabled=False)


def in_full(audio: Tensor) -> Tensor:
    """Return audio in float32 at least, for what has no tables to say its precision.

    Args:
        audio: Sounds in any floating point dtype. Shape ``[B, N]``.
    """
    return audio.float() if audio.dtype in _SHORT else audio


def check_table(name: str, num_entries: float) -> None:
    """Check that a table is of a size that memory holds.

    Args:
        name: Names of the settings that its size depends on, for the message.
        num_entries: Number of its entries.

    Raises:
        ValueError: If it has more than 2**26.
    """
    if num_entries > _MOST_ENTRIES:
        raise ValueError(
            f"{name} must make a table of at most {_MOST_ENTRIES} numbers, got {num_entries:.4g}"
        )
