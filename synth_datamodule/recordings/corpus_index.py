"""The index of the corpus: pictures of its first train sounds, made once and kept on disk."""

import hashlib
import importlib.metadata
import json
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from synth_datamodule import checks, reporting
from synth_datamodule.batch import audio_of
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.corpus.splits import NUM_SOUNDS, Split
from synth_datamodule.listening.cores import a_sound_on_each_core
from synth_datamodule.matching.memory import NUM_BANDS, NUM_FRAMES, STEP, Memory, pictures
from synth_datamodule.numerics.folders import user_cache
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.reporting.files import write_bytes

NUM_INDEXED = 2**14
"""Sounds that are looked among: 34 MB on disk."""
NEBULAE = ("default", "drum")
"""Nebulae that an index is made of where the synth's own is one of them: a quarter is of drums."""

_MOST_INDEXED = 2**20
_FORMAT = 1  # of the file
_DIGEST = 32  # bytes
_SAID: set[Path] = set()  # folders


def corpus_index(synth: AbstractSynth, num_indexed: int = NUM_INDEXED) -> Memory:
    """Return the index of a synth's first train sounds, kept in the user's cache folder.

    A synth that comes with the package has three sounds of its default nebula for each of the
    nebula "drum". What is kept begins with the SHA-256 of all that it depends on, and of the rest:
    a file that is damaged or another's is said once, and made anew.

    Args:
        synth: Synth whose sounds they are.
        num_indexed: Number of sounds.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If the number is out of range.
    """
    checks.instance("synth", synth, AbstractSynth)
    num_indexed = checks.whole_number("num_indexed", num_indexed, 1, _MOST_INDEXED)
    recipe = SynthRecipe.of(synth)
    parts = _parts(recipe, num_indexed)
    drawn = [(made, _drawn(synth, made, count)) for made, count in parts]
    parameters = torch.cat([translated for _, (_, translated) in drawn])
    identity = _identity(recipe, num_indexed)
    shipped = type(synth).__module__.startswith("synth_datamodule.") and synth.source is None
    folder = user_cache() if shipped else None
    path = None if folder is None else folder / "index" / identity[:_DIGEST].hex()
    seen = None if path is None else _kept(path, identity, num_indexed)
    if seen is None:
        numbers = [numbers for _, (numbers, _) in drawn]
        seen = _seen(synth, parameters, torch.cat(numbers))
        if path is not None:
            _keep(path, identity, seen)
    return Memory(seen, parameters)


def _parts(recipe: SynthRecipe, num_indexed: int) -> Sequence[tuple[SynthRecipe, int]]:
    plain = not (recipe.pinned or recipe.ranges or recipe.values) and recipe.nebula == NEBULAE[0]
    if recipe.synth != SynthRecipe().synth or not plain or num_indexed < 4:
        return [(recipe, num_indexed)]
    drums = num_indexed // 4
    return [(recipe, num_indexed - drums), (replace(recipe, nebula=NEBULAE[1]), drums)]


def _drawn(synth: AbstractSynth, recipe: SynthRecipe, count: int) -> tuple[Tensor, Tensor]:
    """Return the numbers of the first train sounds, and their parameters as the synth has them."""
    places = np.arange(min(count, Split.train.num_sounds(NUM_SOUNDS)))
    numbers = torch.from_numpy(np.asarray(Split.train.sounds(places), np.int64))
    other = recipe.make(reproducible=False)
    drawn = other.draw(numbers)
    if other.nebula == synth.nebula:
        return numbers, drawn
    values = other.parameter_table.to_physical(drawn)
    return numbers, synth.parameter_table.to_normalized(values).clamp(0, 1)


def _seen(synth: AbstractSynth, parameters: Tensor, numbers: Tensor) -> Tensor:
    found = []
    size = BASE_REPRODUCIBLE_BATCH_SIZE
    doing = f"indexing {len(parameters)} sounds, once"
    with (
        reporting.progress(doing, total=len(parameters)) as advance,
        a_sound_on_each_core() as over,
        torch.no_grad(),
    ):
        for start in range(0, len(parameters), size):
            u, rows = parameters[start : start + size], numbers[start : start + size] % size
            audio = audio_of(synth.render(u, rows))
            found += over(lambda k, of=audio: pictures(of[k : k + 1], synth.sample_rate), len(u))  # type: ignore[misc]
            advance(len(u))
    return torch.cat(found)


def _identity(recipe: SynthRecipe, num_indexed: int) -> bytes:
    about = {
        "format": _FORMAT,
        # A changed sound is a major version.
        "version": importlib.metadata.version("synth_datamodule").partition(".")[0],
        "synth": {name: value for name, value in recipe.plain().items() if name != "backend"},
        "sounds": num_indexed,
        "pictures": [NUM_BANDS, NUM_FRAMES, STEP],
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).digest()


def _kept(path: Path, identity: bytes, num_indexed: int) -> Tensor | None:
    """Return what a file of the cache holds; None where it is not there, not whole or another's."""
    if not path.is_file():
        return None
    size = num_indexed * NUM_BANDS * NUM_FRAMES
    try:
        with path.open("rb") as file:
            content = file.read(2 * _DIGEST + size + 1)
    except OSError as error:
        _say_once(path, f"the index cannot be read, and is made anew: {error}")
        return None
    told, checksum = content[:-_DIGEST], content[-_DIGEST:]
    whole = len(told) == _DIGEST + size and hashlib.sha256(told).digest() == checksum
    if not whole or told[:_DIGEST] != identity:
        why = "is another's" if whole else "was changed since it was written"
        _say_once(path, f"the index {path} {why}, and is made anew")
        return None
    levels = np.frombuffer(told, np.uint8, offset=_DIGEST).copy()
    return torch.from_numpy(levels).view(num_indexed, -1)


def _keep(path: Path, identity: bytes, seen: Tensor) -> None:
    told = identity + seen.numpy().tobytes()
    try:
        write_bytes(path, told + hashlib.sha256(told).digest(), overwrite=True)
    except OSError as error:
        _say_once(path, f"the index is made anew in each process, for it cannot be kept: {error}")


def _say_once(path: Path, text: str) -> None:
    if path.parent not in _SAID:
        _SAID.add(path.parent)
        warnings.warn(text, RuntimeWarning, stacklevel=3)
