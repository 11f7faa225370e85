"""The same sound at several notes: rows in succession that differ in the note alone."""

import numpy as np
import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.parameters.settings import NOTE
from synth_datamodule.patching.synth import AbstractSynth

_DRAWS = 2**24  # that torch's generator tells apart


def sounds_per_batch(batch_size: object, notes_per_sound: int) -> int:
    """Return how many sounds make a batch of so many rows.

    Args:
        batch_size: Rows of a batch.
        notes_per_sound: Rows of each sound.

    Raises:
        TypeError: If ``batch_size`` is not an integer.
        ValueError: If it is below 1, or no multiple of ``notes_per_sound``.

    Example:
        >>> sounds_per_batch(128, notes_per_sound=4)
        32
    """
    rows = checks.whole_number("batch_size", batch_size, minimum=1)
    if rows % notes_per_sound:
        raise ValueError(
            f"batch_size must be a multiple of notes_per_sound, {notes_per_sound}, got {rows}"
        )
    return rows // notes_per_sound


def turns_of(index: Tensor, notes_per_sound: int) -> Tensor:
    """Return which of a sound's notes each row is: 0, 1, ... where its number comes again.

    Args:
        index: Sound numbers, on the CPU; rows of a sound stand in succession. Shape ``[B]``.
        notes_per_sound: Rows of each sound, k; row k is row 0 again.

    Returns:
        Turns in [0, k), int64. Shape ``[B]``.

    Example:
        >>> turns_of(torch.tensor([7, 7, 7, 9, 9, 9]), 3)
        tensor([0, 1, 2, 0, 1, 2])
    """
    numbers = index.numpy()
    rows = np.arange(len(numbers), dtype=np.int64)
    begins = np.concatenate([[True], numbers[1:] != numbers[:-1]])
    return torch.from_numpy((rows - np.maximum.accumulate(rows * begins)) % notes_per_sound)


class Notes:
    """Turns the draw of each row's note on by ``j/k``, for row j of a sound's k rows.

    Row 0 is the sound itself. Of n listed notes, row j has entry ``(e + floor(j n / k)) mod n``
    where the sound has entry e: k different ones. Without a list the draw, w of 2**24, becomes
    ``(w + floor(j 2**24 / k)) mod 2**24``; of numbers that are no draws w is ``floor(u 2**24)``.

    Args:
        synth: Synth that renders.
        notes_per_sound: Rows of each sound, k.

    Raises:
        ValueError: If the synth has no ``keyboard.midi_f0``, it is pinned, or fewer than k notes
            are listed, or one twice.

    Example:
        >>> from synth_datamodule import SynthConfig, Voice
        >>> voice = Voice(SynthConfig(buffer_size_seconds=0.5))
        >>> Notes(voice, 2)(torch.full((2, 78), 0.25), torch.tensor([0, 1]))[:, 0]
        tensor([0.2500, 0.7500])
    """

    def __init__(self, synth: AbstractSynth, notes_per_sound: int) -> None:
        table, listed = synth.parameter_table, synth._grid.values.get(NOTE)
        rule = f"notes_per_sound={notes_per_sound} must have"
        if NOTE not in table.names:
            raise ValueError(
                f"{rule} a parameter {NOTE} to change, {type(synth).__name__} has none"
            )
        if NOTE in table.pinned:
            raise ValueError(f"{rule} {NOTE} free, got it pinned at {table.pinned[NOTE]:g}")
        if listed is not None and len(listed) < notes_per_sound:
            raise ValueError(f"{rule} so many notes or more, got {len(listed)} listed")
        if listed is not None and len(set(listed)) < len(listed):
            twice = next(note for note in listed if listed.count(note) > 1)
            raise ValueError(f"{rule} each note listed once, got {twice:g} twice")
        self.notes_per_sound = notes_per_sound
        self._column = table.column(NOTE)
        self._num_listed = None if listed is None else len(listed)

    def __call__(self, draws: Tensor, turns: Tensor) -> Tensor:
        """Return draws, each note's turned on.

        Args:
            draws: Numbers in [0, 1]. Shape ``[B, P]``.
            turns: Row of its sound that each is, int64. Shape ``[B]``.
        """
        turns = turns.to(draws.device, non_blocking=True)
        size = _DRAWS if self._num_listed is None else self._num_listed
        given = draws[:, self._column]
        note = (given.to(torch.float64) * size).to(torch.int64).clamp(max=size - 1)
        turned = (note + turns * size // self.notes_per_sound) % size
        # The middle of an entry's draws is one of them, whatever float32 rounds it to.
        middle = 0.0 if self._num_listed is None else 0.5
        u = ((turned.to(torch.float64) + middle) / size).to(draws.dtype)
        changed = draws.clone()
        changed[:, self._column] = torch.where(turns == 0, given, u)
        return changed
