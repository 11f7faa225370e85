"""What a training step receives: a SynthBatch, or a pair of them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from synth_datamodule import checks

AUDIO = "audio"
Audio = Tensor | dict[str, Tensor]
"""Audio ``[B, N]``, or a dict of it, as ``"audio"``, and of what else there is of each sound."""


def each_tensor(value: Any, change: Callable[[Tensor], Tensor]) -> Any:  # noqa: ANN401  # nested
    """Return a tensor changed, or a dict, list or tuple with each tensor in it changed.

    Args:
        value: A tensor, or a dict, list, tuple or NamedTuple of such values.
        change: Function applied to each tensor.

    Raises:
        TypeError: If ``value`` is or holds anything else.

    Example:
        >>> each_tensor({"mel": torch.zeros(2)}, torch.exp)
        {'mel': tensor([1., 1.])}
    """
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, dict):
        return {name: each_tensor(part, change) for name, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(each_tensor(part, change) for part in value))
    if isinstance(value, (list, tuple)):
        return type(value)(each_tensor(part, change) for part in value)
    raise TypeError(
        f"audio must be a tensor, or a dict, list or tuple of tensors, got {type(value).__name__}"
    )


def all_tensors(value: Any) -> list[Tensor]:  # noqa: ANN401  # nested
    """Return the tensors in a tensor, or in a dict, list or tuple of such, in order.

    Args:
        value: A tensor, or a dict, list, tuple or NamedTuple of such values.

    Raises:
        TypeError: If ``value`` is or holds anything else.

    Example:
        >>> all_tensors({"mel": torch.ones(2)})
        [tensor([1., 1.])]
    """
    found: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        found.append(tensor)
        return tensor

    each_tensor(value, keep)
    return found


def audio_of(audio: Any) -> Tensor:  # noqa: ANN401  # what a batch may hold
    """Return the audio itself of what a batch holds as audio.

    Args:
        audio: A tensor, or a dict of which ``"audio"`` is one.

    Raises:
        TypeError: If it is neither.

    Example:
        >>> audio_of({"audio": torch.zeros(1), "mod": torch.ones(1)})
        tensor([0.])
    """
    found = audio.get(AUDIO) if isinstance(audio, dict) else audio
    if not isinstance(found, Tensor):
        kind = type(found).__name__
        raise TypeError(f"audio must be a tensor, or a dict that holds one as 'audio', got {kind}")
    return found


class SynthBatch(NamedTuple):
    """Rendered sounds and what made them.

    Args:
        audio: Audio in [-1, 1], ``[B, N]``, or what a transform made of it: any tensor with the
            axis B, or a dict, list or tuple of such. Where the patch returns more than audio, a
            dict of it, as ``"audio"``, and of the rest.
        parameters: Parameters in [0, 1], in the order of ``voice.parameter_names``. Shape ``[B,
            P]``.
        is_train: Whether each sound is train in torchsynth's sense, bool. Shape ``[B]``.
        index: Sound numbers, int64. Shape ``[B]``.

    One sound, as ``voice.sound()`` returns it, has the same four fields without the axis B.
    ``voice.rerender(batch)`` renders either again, also with other parameters.
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

        A dtype applies to what is floating point; sound numbers, labels and what a transform made
        of integers or complex numbers keep theirs.

        Args:
            device: Device to move to, or a dtype, as in ``Tensor.to``.
            dtype: Floating point dtype for audio and parameters.
            non_blocking: As in ``Tensor.to``.

        Raises:
            TypeError: If ``dtype`` is not a floating point dtype, or there are two.
            ValueError: If there is no such device.

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
            raise TypeError(f"dtype must be a floating point dtype, got {checks.shown(dtype)}")
        if device is not None:
            device = checks.device("device", device)

        def moved(tensor: Tensor) -> Tensor:
            # Codes and complex spectra keep their dtype: a cast would make others of them.
            cast = dtype if tensor.is_floating_point() else None
            return tensor.to(device, cast, non_blocking=non_blocking)

        return SynthBatch(*(each_tensor(field, moved) for field in self))

    def pin_memory(self) -> "SynthBatch":
        """Return the batch in page-locked memory, from where copies to a GPU run alongside."""
        return SynthBatch(*(each_tensor(field, Tensor.pin_memory) for field in self))


def sound_at(batch: SynthBatch, place: int) -> SynthBatch:
    """Return one sound of a batch, its fields without the axis B.

    Args:
        batch: Sounds.
        place: Place of the sound in the batch.

    Example:
        >>> batch = SynthBatch(torch.ones(2, 8), torch.ones(2, 3), torch.ones(2), torch.arange(2))
        >>> sound_at(batch, 1).index
        tensor(1)
    """
    return SynthBatch(*(each_tensor(field, lambda one: one[place]) for field in batch))


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
