"""What happens to sound numbers on arrival: rendered, cropped, transformed, cast."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.batch import PairedBatch, SynthBatch, all_tensors, each_tensor
from synth_datamodule.config import SynthConfig
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.corpus.splits import is_train
from synth_datamodule.features import MFCC, LogMel, Resample
from synth_datamodule.numerics.hashing import uniform
from synth_datamodule.patching.synth import AbstractSynth

# What a hash is for, so that two uses of one seed have nothing in common.
_CROP, _VIEW = 1, 2


@dataclass(frozen=True)
class Handed:
    """What is handed out of each sound, and how; compared and hashed by value.

    A crop and a pair are functions of a sound's number and the seed, whatever else is in the batch.

    Args:
        crop_seconds: Length handed out of each sound, in seconds; None is all of it.
        random_crop: Whether a crop begins where the sound's number says, not at the start.
        paired_delta: Most that each parameter of a second view is moved by, as a share of its
            range; None hands out no second view.
        seed: Seed of crops and moves; 0 where there are none, for then it decides on nothing.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a number is out of bounds, or a random crop has no length.
    """

    crop_seconds: float | None = None
    random_crop: bool = False
    paired_delta: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.crop_seconds is not None:
            checks.positive_number("crop_seconds", self.crop_seconds)
        checks.truth_value("random_crop", self.random_crop)
        if self.random_crop and self.crop_seconds is None:
            raise ValueError("random_crop needs the length of a crop: crop_seconds")
        delta = self.paired_delta
        if delta is not None and checks.positive_number("paired_delta", delta) > 1:
            raise ValueError(f"paired_delta must be at most 1, a whole range, got {delta}")
        checks.whole_number("seed", self.seed, 0, 2**64 - 1)
        if not self.random_crop and delta is None:
            object.__setattr__(self, "seed", 0)

    def crop_samples(self, synthconfig: SynthConfig) -> int | None:
        """Return the samples handed out of each sound; None is all of them.

        Args:
            synthconfig: Rates and length of the sounds.

        Raises:
            ValueError: If a crop is longer than a sound, or shorter than a sample.
        """
        if self.crop_seconds is None:
            return None
        samples = round(self.crop_seconds * synthconfig.sample_rate)
        if not 1 <= samples <= synthconfig.buffer_size:
            raise ValueError(
                f"crop_seconds must be at least one sample, 1/{synthconfig.sample_rate}, and at "
                f"most a sound's length, {synthconfig.buffer_size_seconds:g}, got "
                f"{self.crop_seconds:g}"
            )
        return samples


class Rendering:
    """Turns sound numbers into a batch on a device, a few sounds at a time.

    Everything here is a function of the sound's number and the settings: the same crop and the same
    pair whatever else is in the batch. (Not a dataclass: Lightning would recurse into it.)

    Args:
        synth: Synth that renders.
        handed: Crop and pair; a pair is handed out as a PairedBatch, else it is a SynthBatch.
        chunk: Sounds rendered at a time, which bounds memory; None is the whole batch.
        transform: Module or function applied to the audio ``[B, N]`` on its device, in float32. It
            returns a tensor of any dtype with the axis B, or a dict, list or tuple of such.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a number is out of bounds.

    Example:
        >>> from synth_datamodule import SynthConfig, Voice
        >>> voice = Voice(SynthConfig(buffer_size_seconds=0.5))
        >>> rendering = Rendering(voice, Handed(crop_seconds=0.1, random_crop=True))
        >>> rendering(torch.tensor([7]), torch.device("cpu"), torch.float32).audio.shape
        torch.Size([1, 4410])
    """

    def __init__(
        self,
        synth: AbstractSynth,
        handed: Handed = Handed(),  # a frozen value
        *,
        chunk: int | None = None,
        transform: Callable[[Tensor], Any] | None = None,
    ) -> None:
        if not isinstance(synth, AbstractSynth):
            raise TypeError(f"synth must be an AbstractSynth, got {type(synth).__name__}")
        if chunk is not None:
            checks.whole_number("render_chunk", chunk, minimum=1)
        if transform is not None and not callable(transform):
            raise TypeError(
                "transform must be a torch.nn.Module or a function of the audio, got "
                f"{type(transform).__name__}"
            )
        rate = synth.synthconfig.sample_rate
        if isinstance(transform, (LogMel, MFCC, Resample)) and transform.sample_rate != rate:
            raise ValueError(
                f"transform: {type(transform).__name__} is made for {transform.sample_rate} Hz, "
                f"and the sounds are at {rate} Hz"
            )
        self.synth = synth
        self.handed = handed
        self.crop_samples = handed.crop_samples(synth.synthconfig)
        self.chunk = chunk
        self.transform = transform

    def __call__(
        self, index: Tensor, device: torch.device, dtype: torch.dtype
    ) -> SynthBatch | PairedBatch:
        """Render sounds.

        Args:
            index: Sound numbers, on the CPU. Shape ``[B]``.
            device: Device to render on.
            dtype: Precision of audio and parameters as handed out; they are computed in full.
        """
        first = self._in_chunks(index, lambda part: self._first(part, device, dtype))
        delta = self.handed.paired_delta
        if delta is None:
            return first
        second = self._in_chunks(index, lambda part: self._second(part, device, dtype, delta))
        return PairedBatch(first, second)

    def _first(self, index: Tensor, device: torch.device, dtype: torch.dtype) -> SynthBatch:
        batch = self.synth.render_sounds(index, device)
        return self._finish(batch, index, dtype)

    def _second(
        self, index: Tensor, device: torch.device, dtype: torch.dtype, delta: float
    ) -> SynthBatch:
        parameters = moved_parameters(self.synth.draw(index), index, delta, self.handed.seed)
        parameters = self.synth.parameter_table.pin(parameters).to(device, non_blocking=True)
        numbers = index.to(device, non_blocking=True)
        audio = self.synth.render(parameters, noise_rows(numbers))
        batch = SynthBatch(audio, parameters, is_train(numbers), numbers)
        return self._finish(batch, index, dtype)

    def _finish(self, batch: SynthBatch, index: Tensor, dtype: torch.dtype) -> SynthBatch:
        audio = batch.audio
        if self.crop_samples is not None:
            audio = self._crop(audio, index, self.crop_samples)
        if self.transform is not None:
            if isinstance(self.transform, nn.Module):
                with torch.inference_mode(False):
                    self.transform.to(audio.device)
            with torch.no_grad(), torch.autocast(audio.device.type, enabled=False):
                audio = self._checked(self.transform(audio), len(index))
        return batch._replace(audio=audio).to(dtype)

    def _checked(self, made: Any, num_sounds: int) -> Any:  # noqa: ANN401  # nested tensors
        """Return what the transform made, if each tensor of it has the axis of sounds."""

        def check(tensor: Tensor) -> Tensor:
            if tensor.ndim == 0 or len(tensor) != num_sounds:
                raise ValueError(
                    f"transform must return tensors [{num_sounds}, ...], one entry for each "
                    f"sound, {_name(self.transform)} returned one of shape {list(tensor.shape)}"
                )
            return tensor

        try:
            return each_tensor(made, check)
        except TypeError as error:
            raise TypeError(f"what {_name(self.transform)} returns: {error}") from error

    def _crop(self, audio: Tensor, index: Tensor, length: int) -> Tensor:
        if not self.handed.random_crop:
            # A copy: a view would keep, and save, the whole sound.
            return audio[:, :length].contiguous()
        num_starts = audio.shape[1] - length + 1
        share = uniform((_CROP, self.handed.seed), index.numpy(), 1)[:, 0]
        starts = torch.from_numpy((share.astype("float64") * num_starts).astype("int64"))
        places = starts.to(audio.device)[:, None] + torch.arange(
            length, dtype=torch.int64, device=audio.device
        )
        return audio.gather(1, places)

    def _in_chunks(self, index: Tensor, render: Callable[[Tensor], SynthBatch]) -> SynthBatch:
        parts = torch.split(index, self.chunk or len(index))
        batch = render(parts[0])
        if len(parts) == 1:
            return batch
        whole = SynthBatch(
            *(
                each_tensor(field, lambda t: t.new_empty(len(index), *t.shape[1:]))
                for field in batch
            )
        )
        into = all_tensors(tuple(whole))
        start = 0
        for number, part in enumerate(parts):
            rendered = batch if number == 0 else render(part)
            for tensor, filled in zip(into, all_tensors(tuple(rendered)), strict=True):
                tensor[start : start + len(part)] = filled
            start += len(part)
        return whole


def _name(transform: object) -> str:
    return getattr(transform, "__name__", type(transform).__name__)


def moved_parameters(
    parameters: Tensor, index: Tensor, delta: float, seed: int = 0, view: int = 1
) -> Tensor:
    """Return parameters moved by up to ``delta``: ``clamp(u + delta (2 r - 1), 0, 1)``.

    r in [0, 1) is a hash of sound number, parameter, view and seed, so a pair is the same wherever
    and whenever it is made. At the ends of the range a move is cut short.

    Args:
        parameters: Values in [0, 1], on the CPU. Shape ``[B, P]``.
        index: Sound numbers, on the CPU. Shape ``[B]``.
        delta: Most that a parameter is moved by, in (0, 1].
        seed: Seed of the moves.
        view: Number of the view, another of which has other moves; 1 is the second of a pair.

    Returns:
        Values in [0, 1], float32. Shape ``[B, P]``.

    Example:
        >>> moved = moved_parameters(torch.full((1, 3), 0.5), torch.tensor([7]), delta=0.1)
        >>> bool(((moved - 0.5).abs() <= 0.1).all())
        True
    """
    share = torch.from_numpy(uniform((_VIEW, seed, view), index.numpy(), parameters.shape[1]))
    moved = parameters.to(torch.float64) + delta * (2 * share.to(torch.float64) - 1)
    return moved.clamp(0, 1).to(torch.float32)
