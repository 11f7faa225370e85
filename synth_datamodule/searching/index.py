"""An index of sounds: which of them, at which transposition, is nearest to a target."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.batch import SynthBatch
from synth_datamodule.searching.semitones import NUM_BANDS, Semitones

FARTHEST = 24
"""Semitones up or down at which a sound of the index is held against a target."""

_SHIFTS = range(-FARTHEST, FARTHEST + 1)


class Nearest(NamedTuple):
    """Sounds of an index near to one target, the nearest first.

    Args:
        parameters: Their parameters in [0, 1]. Shape ``[K, P]``.
        shifts: Semitones to transpose each by, whole numbers, float64. Shape ``[K]``.
        distances: Root mean squares of what their spectra differ by, in decibels. Shape ``[K]``.
    """

    parameters: Tensor
    shifts: Tensor
    distances: Tensor


@dataclass(frozen=True)
class Index:
    """Sounds to begin a search at: their parameters, and spectra that transposing only moves.

    Args:
        parameters: Parameters in [0, 1], float32. Shape ``[S, P]``.
        spectra: What ``Semitones`` gives, frames before bands, float16. Shape ``[S, T, 104]``.
        sample_rate: Sample rate in hertz.
    """

    parameters: Tensor
    spectra: Tensor
    sample_rate: int

    def nearest(self, audio: Tensor, count: int) -> Nearest:
        """Return the sounds nearest to one, each at its best transposition.

        Bands that a transposition moves out of hearing, or that nothing moves in to, count as
        silent in the sound of the index.

        Args:
            audio: One sound in [-1, 1]. Shape ``[N]``.
            count: Number of sounds, at most those of the index, K.

        Raises:
            TypeError: If ``audio`` is not a float tensor, ``count`` not an integer.
            ValueError: If a shape differs from the index's, or ``count`` is out of range.
        """
        checks.float_tensor("audio", audio, "[N]", (None,))
        count = checks.whole_number("count", count, 1, len(self.parameters))
        target = Semitones(self.sample_rate).to(audio.device)(audio[None])[0].T
        if target.shape != self.spectra.shape[1:]:
            raise ValueError(
                f"audio must be as long as the index's sounds, of {self.spectra.shape[1]} frames, "
                f"got {len(target)} frames"
            )
        moved = torch.stack([_moved(target, -shift) for shift in _SHIFTS]).flatten(1)
        squares, places = (self._powers - 2 * self._sounds @ moved.T).min(1)
        order = squares.argsort(stable=True)[:count]
        differences = (squares[order] + target.square().sum()).clamp(min=0) / target.numel()
        return Nearest(
            self.parameters[order],
            (places[order] - FARTHEST).double(),
            80 * differences.sqrt(),
        )

    @cached_property
    def _sounds(self) -> Tensor:
        return self.spectra.float().flatten(1)

    @cached_property
    def _powers(self) -> Tensor:
        """Squares of each sound's bands that stay within hearing at each transposition."""
        power = self._sounds.view(self.spectra.shape).square().sum(1).cumsum(1)
        kept = [
            power[:, NUM_BANDS - 1 - max(shift, 0)] - (power[:, -shift - 1] if shift < 0 else 0)
            for shift in _SHIFTS
        ]
        return torch.stack(kept, 1)


def index_of(batches: Iterable[SynthBatch], sample_rate: int) -> Index:
    """Return an index of sounds.

    Args:
        batches: Batches of sounds, all of one length.
        sample_rate: Sample rate in hertz.

    Raises:
        ValueError: If there are no batches.

    Example:
        >>> from synth_datamodule import SynthConfig, Voice
        >>> voice = Voice(SynthConfig(buffer_size_seconds=0.5))
        >>> sounds = voice.render_sounds(range(8))
        >>> index = index_of([sounds], voice.sample_rate)
        >>> found = index.nearest(sounds.audio[3], 2)
        >>> (found.parameters[0] == sounds.parameters[3]).all(), found.shifts[0]
        (tensor(True), tensor(0., dtype=torch.float64))
    """
    parameters, spectra = [], []
    ear: Semitones | None = None
    with torch.no_grad():
        for batch in batches:
            ear = Semitones(sample_rate).to(batch.audio.device) if ear is None else ear
            parameters.append(batch.parameters.float())
            spectra.append(ear(batch.audio).mT.half())
    if not parameters:
        raise ValueError("batches must be at least one, got none")
    return Index(torch.cat(parameters), torch.cat(spectra), sample_rate)


def _moved(spectrum: Tensor, shift: int) -> Tensor:
    """Return a spectrum ``[T, F]`` with its bands so many higher; silent where none came from."""
    moved = torch.zeros_like(spectrum)
    if shift >= 0:
        moved[:, shift:] = spectrum[:, : NUM_BANDS - shift]
    else:
        moved[:, :shift] = spectrum[:, -shift:]
    return moved
