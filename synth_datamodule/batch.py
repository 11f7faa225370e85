"""What a training step receives: a SynthBatch, or a pair of them."""

from typing import NamedTuple

import torch
from torch import Tensor

from synth_datamodule import checks


class SynthBatch(NamedTuple):
    """Rendered sounds and what made them.

    Args:
        audio: Audio in [-1, 1]. Shape ``[B, N]``.
        parameters: Parameters in [0, 1], in the order of ``voice.parameter_names``. Shape ``[B,
            P]``.
        is_train: Whether each sound is train in torchsynth's sense, bool. Shape ``[B]``.
        index: Sound numbers, int64. Shape ``[B]``.

    One sound, as ``voice.sound()`` returns it, has the same four fields without the axis B.
    """

    audio: Tensor
    parameters: Tensor
    is_train: Tensor
    index: Tensor  # type: ignore[assignment]  # tuple.index, which no batch needs

    def to(
        self,
        device: torch.device | str | int | torch.dtype | None = None,
        dtype: torch.dtype | None = None,
        *,
        non_blocking: bool = False,
    ) -> "SynthBatch":
        """Return the batch on a device, in a dtype, or both.

        A dtype applies to audio and parameters; sound numbers and labels keep theirs.

        Args:
            device: Device to move to, or a dtype, as in ``Tensor.to``.
            dtype: Floating point dtype for audio and parameters.
            non_blocking: As in ``Tensor.to``.

        Raises:
            TypeError: If ``dtype`` is not a floating point dtype, or there are two.

        Example:
            >>> batch = SynthBatch(*torch.zeros(3, 2, 4), torch.arange(2))
            >>> batch.to(torch.float64).audio.dtype
            torch.float64
        """
        if isinstance(device, torch.dtype):
            if dtype is not None:
                raise TypeError(f"one dtype at most, got {device} and {dtype}")
            device, dtype = None, device
        if dtype is not None and not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
            raise TypeError(f"dtype must be a floating point dtype, got {dtype!r}")
        if device is not None:
            device = checks.device("device", device)
        return SynthBatch(
            self.audio.to(device, dtype, non_blocking=non_blocking),
            self.parameters.to(device, dtype, non_blocking=non_blocking),
            self.is_train.to(device, non_blocking=non_blocking),
            self.index.to(device, non_blocking=non_blocking),
        )

    def pin_memory(self) -> "SynthBatch":
        """Return the batch in page-locked memory, from where copies to a GPU run alongside."""
        return SynthBatch(*(tensor.pin_memory() for tensor in self))


class PairedBatch(NamedTuple):
    """Two views of the same sounds, as contrastive training wants them.

    Args:
        first: The sounds themselves.
        second: The same sound numbers and noise, with the parameters moved a little.
    """

    first: SynthBatch
    second: SynthBatch

    def to(
        self,
        device: torch.device | str | int | torch.dtype | None = None,
        dtype: torch.dtype | None = None,
        *,
        non_blocking: bool = False,
    ) -> "PairedBatch":
        """Return both on a device, in a dtype, or both; see ``SynthBatch.to``."""
        return PairedBatch(*(view.to(device, dtype, non_blocking=non_blocking) for view in self))

    def pin_memory(self) -> "PairedBatch":
        """Return both in page-locked memory."""
        return PairedBatch(*(view.pin_memory() for view in self))
