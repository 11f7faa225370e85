"""Sounds to listen to, a few at a time: by number, of presets, of a folder of sound files."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.batch import audio_of
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE, DEFAULT_BATCH_SIZE
from synth_datamodule.corpus.splits import CORPORA, Split
from synth_datamodule.patching.preset import Preset
from synth_datamodule.patching.synth import AbstractSynth

SOUND_FILES = (".wav", ".flac")
MOST_SECONDS = 60
"""Length of a sound file, at most: a page holds short sounds, all of them at once."""
CHUNK = 8
"""Sounds analysed at a time: the spectra of more fall out of the cache."""


class Sounds(NamedTuple):
    """Sounds of one length and rate, with what they were made from.

    Args:
        names: Name of each.
        audio: Audio, float32. Shape ``[B, N]``.
        sample_rate: Sample rate in hertz.
        numbers: Number of each in the corpus; None for one without.
        synth: Synth that rendered them; None for files.
        parameters: Parameters in [0, 1] ``[B, P]``; None for files.
        noise_rows: Row of the noise table of each ``[B]``; None for files.
    """

    names: Sequence[str]
    audio: Tensor
    sample_rate: int
    numbers: Sequence[int | None]
    synth: AbstractSynth | None = None
    parameters: Tensor | None = None
    noise_rows: Tensor | None = None


def of_numbers(synth: AbstractSynth, numbers: Iterable[int]) -> Iterator[Sounds]:
    """Yield sounds by number.

    Args:
        synth: Synth that renders.
        numbers: Sound numbers.
    """
    left = iter(numbers)
    while some := list(islice(left, CHUNK)):
        batch = synth.render_sounds(some)
        yield Sounds(
            [f"sound {number}" for number in some],
            audio_of(batch.audio),
            synth.sample_rate,
            some,
            synth,
            batch.parameters,
            batch.index % BASE_REPRODUCIBLE_BATCH_SIZE,
        )


def of_presets(presets: Sequence[Preset], names: Sequence[str]) -> Iterator[Sounds]:
    """Yield the sounds of presets, one by one.

    Args:
        presets: Presets.
        names: Names of presets that have none of their own.
    """
    for preset, name in zip(presets, names, strict=True):
        yield Sounds(
            [preset.name or name],
            preset.render()[None],
            preset.recipe.sample_rate,
            [preset.sound],
            preset.recipe.make(),
            preset.parameters[None],
            torch.tensor([preset.noise_row], dtype=torch.int64, device="cpu"),
        )


def sound_files(folder: Path) -> list[Path]:
    """Return the sound files of a folder, by name.

    Args:
        folder: Folder.

    Raises:
        OSError: If there is no such folder.
        ValueError: If no sound file lies in it.
    """
    found = [path for path in folder.iterdir() if path.suffix.lower() in SOUND_FILES]
    if not found:
        raise ValueError(f"{folder} must hold sound files ({', '.join(SOUND_FILES)}), it has none")
    return sorted(found)


def of_files(paths: Iterable[Path]) -> Iterator[Sounds]:
    """Yield the sounds of files, one by one; see ``read``."""
    for path in paths:
        audio, rate = read(path)
        yield Sounds([path.stem], audio[None], rate, [None])


def read(path: Path) -> tuple[Tensor, int]:
    """Return the sound of a file, ``[N]`` in float32, and its sample rate in hertz.

    Args:
        path: WAV or FLAC file of one channel.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no such file, longer than a minute, or a sample lies outside [-1, 1].
    """
    import soundfile

    with path.open("rb") as file:
        try:
            with soundfile.SoundFile(file) as opened:
                rate, channels, length = opened.samplerate, opened.channels, opened.frames
                if channels != 1:
                    raise ValueError(f"{path} must have one channel, it has {channels}")
                if not 0 < length <= MOST_SECONDS * rate:
                    raise ValueError(
                        f"{path} must last {MOST_SECONDS} s at most and not be empty, it has "
                        f"{length} samples at {rate} Hz"
                    )
                audio = np.asarray(opened.read(dtype="float32"))
        except soundfile.LibsndfileError as error:
            raise ValueError(f"{path} is no sound file: {error.error_string}") from error
    if not float(np.abs(audio).max()) <= 1:
        raise ValueError(f"{path} must have samples in [-1, 1], one lies outside")
    return torch.from_numpy(audio), rate


def corpus_name(number: int | None) -> str:
    """Return the name of a sound in synth1B1, ``"synth1B1-312-6"``; none for others.

    Example:
        >>> corpus_name(312 * 128 + 6)
        'synth1B1-312-6'
    """
    if number is None or number >= CORPORA["synth1B1"]:
        return ""
    return "synth1B1-{}-{}".format(*divmod(number, DEFAULT_BATCH_SIZE))


def split_name(number: int | None) -> str:
    """Return the split that a sound lies in, ``"train"``; none for one without a number."""
    return "" if number is None else Split.of(checks.whole_number("number", number, 0)).value
