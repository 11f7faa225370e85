"""What happens to sound numbers on arrival: rendered, cropped, transformed, cast."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.batch import (
    AUDIO,
    PairedBatch,
    SynthBatch,
    all_tensors,
    audio_of,
    each_tensor,
)
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.corpus.splits import sound_numbers
from synth_datamodule.loading.curriculum import Stage
from synth_datamodule.loading.handed import Handed
from synth_datamodule.loading.notes import Notes, turns_of
from synth_datamodule.loading.treatment import Step, Treatment
from synth_datamodule.numerics import tracing
from synth_datamodule.numerics.hashing import uniform
from synth_datamodule.parameters.settings import NOTE
from synth_datamodule.patching.synth import AbstractSynth, Bend

# What a hash is for, so that two uses of one seed have nothing in common.
_CROP, _VIEW = 1, 2
_INDEX = "index must be int64 sound numbers on the CPU, shape [B]"


class Rendering:
    """Turns sound numbers into a batch on a device, a few sounds at a time.

    Everything here, but what a ``train_transform`` makes, is a function of the sound's number and
    the settings: the same crop and the same pair whatever else is in the batch. (Not a dataclass:
    Lightning would recurse into it.)

    Args:
        synth: Synth that renders.
        handed: Crop and pair; a pair is handed out as a PairedBatch, else it is a SynthBatch.
        chunk: Sounds rendered at a time, which bounds memory; None is the whole batch.
        transform: Module or function applied to the audio ``[B, N]`` on its device, in float32. It
            returns a tensor of any dtype with the axis B, or a dict, list or tuple of such. What a
            patch returns beside its audio stays as it is, but that signals of N samples are cropped
            with it.
        train_transform: Another, applied to what the first makes, to a whole batch at once and on
            the thread that asks for it; it may be random.
        features: Modules or functions of the audio as it is handed out, by name. With them the
            audio of a batch is a dict, with ``"audio"`` and the names.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a number is out of bounds, a module is made for another sample rate, or
            features have no audio to be made of, or a name that is none.

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
        handed: Handed = Handed(),  # noqa: B008 - it is frozen
        *,
        chunk: int | None = None,
        transform: Step | None = None,
        train_transform: Step | None = None,
        features: Mapping[str, Step] | None = None,
    ) -> None:
        checks.instance("synth", synth, AbstractSynth)
        checks.instance("handed", handed, Handed)
        if chunk is not None:
            checks.whole_number("render_chunk", chunk, minimum=1)
        table, k = synth.parameter_table, handed.notes_per_sound
        if handed.labels == "free" and not table.free:
            raise ValueError(
                f"labels='free' must leave a parameter, all {len(table)} of "
                f"{type(synth).__name__} are pinned"
            )
        self.synth = synth
        self.handed = handed
        self._notes = Notes(synth, k) if k > 1 else None
        stages = handed.curriculum.stages if handed.curriculum else ()
        self._stages = [Stage(synth, ranges) for _, ranges in stages]
        for (first, _), stage in zip(stages, self._stages, strict=True):
            if k > 1 and stage.fixes(NOTE):
                raise ValueError(
                    f"notes_per_sound={k} must have {NOTE} free in each stage of curriculum, got "
                    f"one note from epoch {first} on"
                )
        self._stage: Stage | None = None
        self.crop_samples = handed.crop_samples(synth.synthconfig)
        self.chunk = chunk
        self.treatment = Treatment(
            synth.synthconfig.sample_rate,
            normalize=handed.normalize,
            transform=transform,
            train_transform=train_transform,
            features=features,
        )

    def of_epoch(self, epoch: int) -> "Rendering":
        """Return the rendering of an epoch's train sounds, itself where there is no curriculum.

        Args:
            epoch: Number of the epoch, from 0.
        """
        if self.handed.curriculum is None:
            return self
        other = copy.copy(self)
        other._stage = self._stages[self.handed.curriculum.place(epoch)]
        return other

    def of_one_note(self) -> "Rendering":
        """Return the rendering of one row for each sound, its first."""
        other = copy.copy(self)
        other._notes = None
        return other

    def __call__(
        self, index: Tensor, device: torch.device, dtype: torch.dtype
    ) -> SynthBatch | PairedBatch:
        """Render sounds.

        Args:
            index: Sound numbers, on the CPU; with ``notes_per_sound`` each in succession as often.
                Shape ``[B]``.
            device: Device to render on.
            dtype: Precision of audio and parameters as handed out; they are computed in full.

        Raises:
            TypeError: If ``index`` is not an int64 tensor.
            ValueError: If it is on a GPU, not ``[B]`` or empty, or a number is out of range.
        """
        return self.finish(self.begin(index, device, dtype), dtype)

    def begin(
        self, index: Tensor, device: torch.device, dtype: torch.dtype
    ) -> SynthBatch | PairedBatch:
        """Render sounds as far as nothing is random, which a thread in the background may do.

        Its arguments and errors are those of a call; ``finish`` makes the batch of the result.
        """
        index = sound_numbers(checks.integer_tensor(_INDEX, index))
        if index.device.type != "cpu":
            raise ValueError(f"{_INDEX}, got one on {index.device}")
        with tracing.beneath_func():
            return self._views(index, device, dtype)

    def finish(
        self, begun: SynthBatch | PairedBatch, dtype: torch.dtype
    ) -> SynthBatch | PairedBatch:
        """Return a batch that is begun as it is handed out.

        Args:
            begun: Result of ``begin``.
            dtype: Precision of audio and parameters as handed out.
        """
        if not self.treatment.is_random:
            return begun
        with tracing.beneath_func():
            if isinstance(begun, PairedBatch):
                return PairedBatch(*(self._handed(view, dtype) for view in begun))
            return self._handed(begun, dtype)

    def _handed(self, batch: SynthBatch, dtype: torch.dtype) -> SynthBatch:
        beside = dict(cast(Any, batch.audio))
        made = beside.pop(AUDIO)
        return batch._replace(audio=self.treatment.handed(made, beside)).to(dtype)

    def _views(
        self, index: Tensor, device: torch.device, dtype: torch.dtype
    ) -> SynthBatch | PairedBatch:
        size = self.chunk or len(index)
        parts = torch.split(index, size)
        turns = turns_of(index, self.handed.notes_per_sound) if self._notes else index
        bends = [self._bend(part) for part in torch.split(turns, size)]

        def first(place: int) -> SynthBatch:
            return self._first(parts[place], device, dtype, bends[place])

        def second(place: int) -> SynthBatch:
            return self._second(parts[place], device, dtype, bends[place])

        if self.handed.paired_delta is None:
            return _joined(parts, first)
        return PairedBatch(_joined(parts, first), _joined(parts, second))

    def _bend(self, turns: Tensor) -> Bend | None:
        """Return what becomes of some sounds' draws; None where they stay."""
        notes, stage = self._notes, self._stage
        if notes is None and stage is None:
            return None

        def bend(draws: Tensor) -> Tensor:
            turned = draws if notes is None else notes(draws, turns)
            return turned if stage is None else stage(turned)

        return bend

    def _first(
        self, index: Tensor, device: torch.device, dtype: torch.dtype, bend: Bend | None
    ) -> SynthBatch:
        if bend is None:
            batch = self.synth.render_sounds(index, device)
        else:
            batch = self.synth._of_numbers(index, device, bend)
        return self._finish(batch, index, dtype)

    def _second(
        self, index: Tensor, device: torch.device, dtype: torch.dtype, bend: Bend | None
    ) -> SynthBatch:
        delta = self.handed.paired_delta
        assert delta is not None, "there is a second view"
        drawn = self.synth.draw(index) if bend is None else self.synth._bent(index, bend)
        moved = moved_parameters(drawn, index, delta, self.handed.seed)
        if self._stage is not None:
            moved = self._stage.cut(moved)
        # What is pinned or listed has no value between.
        parameters = self.synth._grid.keep(drawn, self.synth.parameter_table.pin(moved))
        parameters = parameters.to(device, non_blocking=True)
        labels = self.synth._labels(index).to(device, non_blocking=True)
        numbers = index.to(device, non_blocking=True)
        audio = self.synth.render_all(parameters, noise_rows(numbers))
        batch = SynthBatch(cast(Tensor, audio), parameters, labels, numbers)
        return self._finish(batch, index, dtype)

    def _finish(self, batch: SynthBatch, index: Tensor, dtype: torch.dtype) -> SynthBatch:
        handed: Any = batch.audio
        audio, num_samples = audio_of(handed), self.synth.num_samples
        beside = dict(handed) if isinstance(handed, dict) else {}
        beside.pop(AUDIO, None)
        if self.crop_samples is not None:
            audio = self._crop(audio, index, self.crop_samples)
            # What is as long as the audio is cut where it is.
            for name, more in beside.items():
                if more.shape[1:] == (num_samples,):
                    beside[name] = self._crop(more, index, self.crop_samples)
        parameters = batch.parameters
        if self.handed.labels == "free":
            parameters = self.synth.parameter_table.take_free(parameters)
        made = {AUDIO: self.treatment.by_itself(audio), **beside}
        batch = batch._replace(audio=cast(Any, made), parameters=parameters)
        return batch if self.treatment.is_random else self._handed(batch, dtype)

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


def _joined(parts: Sequence[Tensor], render: Callable[[int], SynthBatch]) -> SynthBatch:
    """Return a batch of the parts of its index, each rendered by its place among them."""
    batch = render(0)
    if len(parts) == 1:
        return batch
    num_sounds = sum(map(len, parts))
    whole = SynthBatch(
        *(each_tensor(field, lambda t: t.new_empty(num_sounds, *t.shape[1:])) for field in batch)
    )
    into = all_tensors(tuple(whole))
    start = 0
    for place, part in enumerate(parts):
        rendered = batch if place == 0 else render(place)
        for tensor, filled in zip(into, all_tensors(tuple(rendered)), strict=True):
            tensor[start : start + len(part)] = filled
        start += len(part)
    return whole


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

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a shape differs, or a number is out of range.

    Example:
        >>> moved = moved_parameters(torch.full((1, 3), 0.5), torch.tensor([7]), delta=0.1)
        >>> bool(((moved - 0.5).abs() <= 0.1).all())
        True
    """
    if sound_numbers(checks.integer_tensor(_INDEX, index)).device.type != "cpu":
        raise ValueError(f"{_INDEX}, got one on {index.device}")
    checks.float_tensor("parameters", parameters, "[B, P]", (len(index), None))
    parameters = checks.normalized("parameters", parameters, always=True)
    if checks.positive_number("delta", delta) > 1:
        raise ValueError(f"delta must be at most 1, a whole range, got {checks.shown(delta)}")
    checks.whole_number("seed", seed, 0, 2**64 - 1)
    checks.whole_number("view", view, 0, 2**64 - 1)
    share = torch.from_numpy(uniform((_VIEW, seed, view), index.numpy(), parameters.shape[1]))
    moved = parameters.to(torch.float64) + delta * (2 * share.to(torch.float64) - 1)
    return moved.clamp(0, 1).to(torch.float32)
