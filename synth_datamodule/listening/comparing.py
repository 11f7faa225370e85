"""Targets and what candidates made of them: from benchmark results with guesses, or folders."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.benchmark.results import Result
from synth_datamodule.benchmark.results import read as read_result
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.corpus.splits import Split
from synth_datamodule.listening.sounds import CHUNK, Sounds, read, sound_files
from synth_datamodule.matching.spectral import SpectralDistance
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.reporting.files import NO_ARRAY

TARGET = "target"
DISTANCES = (("log_mel", "dB"), ("spectral_convergence", ""), ("log_magnitude", "nepers"))
"""Distances of each candidate from its target, with their units; see ``SpectralDistance``."""
ERRORS = (("parameter_error", ""), ("pitch_error", "semitones"))
"""Errors of each guess that a result holds, with their units."""


@dataclass(frozen=True)
class Row:
    """One target and what each candidate made of it.

    Args:
        sounds: Target, then each candidate's sound, of one length. Shape ``[1 + C, N]``.
        figures: Distances and errors of each candidate by name, ``C`` each.
    """

    sounds: Sounds
    figures: dict[str, list[float]]


@dataclass(frozen=True)
class Comparison:
    """Candidates beside each other.

    Args:
        systems: Names: the target's, then each candidate's.
        figures: Distances and errors that there are, with their units.
        total: Number of targets.
        about: Words about the sounds.
        results: Results whose guesses are heard, with them.
        folders: Pairs of a target's file and the candidates' of the same name.
    """

    systems: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    total: int
    about: str
    results: tuple[tuple[Result, npt.NDArray[np.float32]], ...] = ()
    folders: tuple[tuple[Path, ...], ...] = field(default=())

    def rows(self) -> Iterator[Row]:
        """Yield target after target.

        Raises:
            OSError: If a file cannot be read.
            ValueError: If two files of one name have different sample rates.
        """
        yield from self._rendered() if self.results else self._read()

    def _rendered(self) -> Iterator[Row]:
        synth = SynthRecipe().make()
        distance = SpectralDistance(synth.sample_rate)
        numbers = iter(range(self.total))
        while places := list(islice(numbers, CHUNK)):
            targets = synth.render_sounds([Split.test.sounds(place) for place in places])
            noise_rows = targets.index % BASE_REPRODUCIBLE_BATCH_SIZE
            guesses = [torch.from_numpy(guess[places]) for _, guess in self.results]
            made = [synth.render(guess, noise_rows) for guess in guesses]
            for row, place in enumerate(places):
                number = int(targets.index[row])
                audio = torch.stack([targets.audio[row], *(sounds[row] for sounds in made)])
                sounds = Sounds(
                    [f"sound {number}"] * len(audio),
                    audio,
                    synth.sample_rate,
                    [number] + [None] * len(made),
                )
                errors = {
                    name: [result.per_sound[name][place] for result, _ in self.results]
                    for name, _ in self.figures
                    if (name, _) in ERRORS
                }
                yield Row(sounds, distances(audio, distance) | errors)

    def _read(self) -> Iterator[Row]:
        for paths in self.folders:
            sounds, rates = zip(*(read(path) for path in paths), strict=True)
            if len(set(rates)) > 1:
                other = next(k for k, rate in enumerate(rates) if rate != rates[0])
                raise ValueError(
                    f"{paths[other]} must have {rates[0]} Hz, as its target has, got {rates[other]}"
                )
            length = max(map(len, sounds))
            audio = torch.stack(
                [torch.nn.functional.pad(sound, (0, length - len(sound))) for sound in sounds]
            )
            names = [paths[0].stem] * len(paths)
            heard = Sounds(names, audio, rates[0], [None] * len(paths))
            yield Row(heard, distances(audio, SpectralDistance(rates[0])))


def distances(audio: Tensor, distance: SpectralDistance) -> dict[str, list[float]]:
    """Return the distances of sounds from the first of them, by name.

    Args:
        audio: Target, then the others. Shape ``[1 + C, N]``.
        distance: Measure of the distances.
    """
    # The longest of its windows must fit.
    least = 2048 - audio.shape[1]
    audio = torch.nn.functional.pad(audio, (0, max(least, 0)))
    found = [distance(guess[None], audio[:1]) for guess in audio[1:]]
    return {name: [one[place].item() for one in found] for place, (name, _) in enumerate(DISTANCES)}


def of_results(paths: Sequence[Path], sounds: int | None) -> Comparison:
    """Return the comparison of benchmark results, by the guesses beside each.

    Beside ``NAME.json`` lies ``NAME.npz`` with ``guesses``, float32 ``[T, P]`` in [0, 1].

    Args:
        paths: Result files.
        sounds: Number of test sounds to hear; None is the first 64, or as many as there are.

    Raises:
        OSError: If a file cannot be read.
        ValueError: If a file is no result, has no guesses beside it or others than it says, or two
            are of different test sounds.
    """
    results = [(read_result(path), path) for path in paths]
    first, first_path = results[0]
    for other, path in results:
        if (other.test_set, other.test_sounds) != (first.test_set, first.test_sounds):
            raise ValueError(f"{path} must have the test sounds that {first_path} has")
    total = min(64, first.test_sounds)
    if sounds is not None:
        total = checks.whole_number("sounds", sounds, 1, first.test_sounds)
    held = tuple((result, _guesses(result, path)) for result, path in results)
    errors = [
        (name, unit)
        for name, unit in ERRORS
        if all(name in result.per_sound for result, _ in results)
    ]
    names = [result.candidate for result, _ in results]
    if len(set(names)) < len(names):
        names = [path.stem for path in paths]
    return Comparison(
        systems=(TARGET, *_distinct(names, paths)),
        figures=(*DISTANCES, *errors),
        total=total,
        about=f"first {total} of {first.test_sounds} test sounds · {first.task} v{first.version}",
        results=held,
    )


def of_folders(paths: Sequence[Path], sounds: int | None) -> Comparison:
    """Return the comparison of folders of sound files with the same names.

    Args:
        paths: Folder of the targets, then each candidate's.
        sounds: Number of targets to hear; None is all.

    Raises:
        OSError: If a folder cannot be read.
        ValueError: If a candidate lacks one of the targets' files.
    """
    if len(paths) < 2:
        raise ValueError(f"compare must have the targets' folder and another, got {paths[0]} alone")
    files = sound_files(paths[0])
    if sounds is not None:
        files = files[: checks.whole_number("sounds", sounds, 1, len(files))]
    rows = []
    for file in files:
        row = [file, *(folder / file.name for folder in paths[1:])]
        if missing := [path for path in row if not path.is_file()]:
            raise ValueError(f"{missing[0]} must be there, as {file} is")
        rows.append(tuple(row))
    names = [path.resolve().name for path in paths[1:]]
    return Comparison(
        systems=(TARGET, *_distinct(names, paths[1:])),
        figures=DISTANCES,
        total=len(rows),
        about=f"{len(rows)} sounds of {paths[0].resolve().name}",
        folders=tuple(rows),
    )


def _distinct(names: Sequence[str], paths: Sequence[Path]) -> list[str]:
    """Return the names, or where two are the same the paths."""
    if len(set(names)) == len(names) and TARGET not in names:
        return list(names)
    words = [str(path) for path in paths]
    if len(set(words)) < len(words):
        twice = next(word for word in words if words.count(word) > 1)
        raise ValueError(f"compare must name different candidates, got {twice} twice")
    return words


def _guesses(result: Result, path: Path) -> npt.NDArray[np.float32]:
    """Return the guesses beside a result, ``[T, P]``, checked."""
    beside = path.with_suffix(".npz")
    if not beside.is_file():
        raise ValueError(
            f"{path} has no guesses beside it to hear: there is no {beside.name}, an array guesses "
            f"of {result.test_sounds} sounds' parameters"
        )
    try:
        with beside.open("rb") as file:  # numpy leaves it open where it fails
            held = np.load(file, allow_pickle=False)
            if isinstance(held, np.ndarray) or "guesses" not in held:
                raise ValueError("it has no array guesses")
            guesses = held["guesses"]
    except NO_ARRAY as error:
        raise ValueError(f"{beside} holds no guesses: {error!s:.100}") from error
    if guesses.dtype != np.float32 or guesses.ndim != 2 or len(guesses) != result.test_sounds:
        raise ValueError(
            f"{beside} must hold guesses, float32 [{result.test_sounds}, P], got {guesses.dtype} "
            f"{list(guesses.shape)}"
        )
    found = hashlib.sha256(np.ascontiguousarray(guesses, "<f4").tobytes()).hexdigest()
    if found != result.guesses_sha256:
        raise ValueError(
            f"{beside} holds other guesses than {path} was measured with: their SHA-256 is "
            f"{found[:16]}, not {result.guesses_sha256[:16]}"
        )
    checked: npt.NDArray[np.float32] = guesses
    return checked
