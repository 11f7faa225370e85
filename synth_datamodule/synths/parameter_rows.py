"""The table of all sounds rendered: which each is, its file, and its parameters in their units."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.corpus.rosters import CODED, CORPUS
from synth_datamodule.corpus.splits import BLOCK, Split
from synth_datamodule.parameters.own import OwnParameters
from synth_datamodule.patching.preset import Preset
from synth_datamodule.patching.synth import AbstractSynth

_WHICH = {"sound": int, "file": str, "is_train": bool, "split": str, "noise_row": int}

Row = Sequence[object]


def columns(names: Iterable[str]) -> dict[str, type]:
    """Return the table's columns by name, with their types.

    Args:
        names: Names of the synth's parameters.

    Example:
        >>> list(columns(["keyboard.midi_f0"]))
        ['sound', 'file', 'is_train', 'split', 'noise_row', 'keyboard.midi_f0']
    """
    return {**_WHICH, **dict.fromkeys(names, float)}


def sound_rows(
    synth: AbstractSynth, numbers: Iterable[int], file: Callable[[int], Path]
) -> Iterator[Row]:
    """Make the rows of sounds by number, some at a time; nothing is rendered.

    Args:
        synth: Synth that renders.
        numbers: Sound numbers.
        file: Function that says the path of a sound's file.
    """
    left = iter(numbers)
    while block := list(islice(left, BLOCK)):
        with torch.inference_mode():
            values = synth.parameter_table.to_physical(synth.draw(block)).tolist()
        for number, row in zip(block, values, strict=True):
            noise_row = number % BASE_REPRODUCIBLE_BATCH_SIZE
            yield (*_which(number, file(number), synth), noise_row, *row)


def preset_rows(presets: Sequence[Preset], files: Sequence[Path]) -> Iterator[Row]:
    """Make the rows of presets of one synth.

    Args:
        presets: Presets.
        files: Path of each preset's sound.
    """
    for preset, file in zip(presets, files, strict=True):
        yield (*_which(preset.sound, file), preset.noise_row, *preset.values.values())


def _which(sound: int | None, file: Path, synth: AbstractSynth | None = None) -> Row:
    if sound is None:
        return None, file.name, None, None
    source = None if synth is None else synth.source
    roster = source.roster if isinstance(source, OwnParameters) else CORPUS
    split = CODED[int(roster.codes(np.array([sound]))[0])]
    return sound, file.name, split is not Split.test, split.value
