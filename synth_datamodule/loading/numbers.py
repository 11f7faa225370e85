"""What travels from a loader to a device: sound numbers, which become sound on arrival."""

from typing import NamedTuple, NoReturn, Protocol, cast

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.batch import PairedBatch, SynthBatch


class Renders(Protocol):
    """Whatever turns sound numbers into a batch."""

    def __call__(
        self, index: Tensor, device: torch.device, dtype: torch.dtype
    ) -> SynthBatch | PairedBatch:
        """Render sounds on a device."""


class SoundNumbers(NamedTuple):
    """A batch before it is rendered; ``.to(device)`` renders it there.

    Args:
        index: Sound numbers, int64. Shape ``[B]``.
        precision: Scalar float tensor. Lightning's precision plugin casts every float tensor of a
            batch before it moves it, so this one tells ``.to`` which dtype the model wants.
        rendering: Function that renders sound numbers on a device in a dtype.
    """

    index: Tensor  # type: ignore[assignment]  # tuple.index, which no batch needs
    precision: Tensor
    rendering: Renders

    def __getattr__(self, name: str) -> NoReturn:
        """Say what to do; only names that a batch has and its numbers have not come here."""
        raise AttributeError(
            f"SoundNumbers has no {checks.shown(name)}: these are the numbers of sounds that are "
            "not rendered "
            "yet; .to(device) renders them and returns the batch"
        )

    def to(self, device: torch.device | str | int, *, non_blocking: bool = True) -> SynthBatch:
        """Render the batch on a device, in full precision; cast audio and parameters last.

        With ``paired_delta`` it is a ``PairedBatch(first, second)``; ``typing.cast`` tells a type
        checker.

        Args:
            device: Device to render on.
            non_blocking: Ignored, for callers that pass it on; nothing here waits.

        Raises:
            TypeError: If ``device`` is not a device.
            ValueError: If it names none, or one that is not there.

        Example:
            >>> from synth_datamodule import SynthConfig, Voice
            >>> from synth_datamodule.loading import Rendering
            >>> rendering = Rendering(Voice(SynthConfig(buffer_size_seconds=0.5)))
            >>> numbers = SoundNumbers(torch.tensor([7]), torch.tensor(0.0), rendering)
            >>> numbers.to("cpu").audio.shape
            torch.Size([1, 22050])
        """
        where = checks.rendering_device("device", device)
        return cast(SynthBatch, self.rendering(self.index, where, self.precision.dtype))
