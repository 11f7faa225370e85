"""Render a split and hash it."""

import hashlib
import importlib.metadata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from synth_datamodule import checks
from synth_datamodule.batch import SynthBatch, audio_of
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE, DEFAULT_BATCH_SIZE, MOST_SAMPLES
from synth_datamodule.identity.definition import SplitDefinition
from synth_datamodule.identity.manifest import (
    DIGEST_BYTES,
    Block,
    Manifest,
    Noise,
    parameter_row,
    sha256,
)
from synth_datamodule.identity.places import LEAST_WINDOWS, parameter_columns, window_places
from synth_datamodule.kernels.cpu.threads import spread
from synth_datamodule.modules.noise import Noise as NoiseModule
from synth_datamodule.numerics.hashing import Integers
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.patching.naming import public_name
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth

EXACT_BACKENDS = ("fused", "program")
"""Backends whose audio is the same bits on every machine."""


def describe(
    synth: AbstractSynth,
    split: SplitDefinition,
    *,
    windows: int | None = None,
    batch_size: int = DEFAULT_BATCH_SIZE,
    device: torch.device | str = "cpu",
    progress: Callable[[int], object] | None = None,
) -> Manifest:
    """Return the manifest of a split as this machine renders it.

    Args:
        synth: Synth that renders.
        split: Sounds to render.
        windows: Windows to store of each sound; None is as many as make 64 in all, at least one.
        batch_size: Sounds rendered at a time; the manifest is the same for any.
        device: Device to render on; sounds are hashed on the CPU.
        progress: Function that is called with the number of sounds done since its last call.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If one is out of range, or the synth's modules are in another dtype than
            float64, which defines it.

    Example:
        >>> from synth_datamodule import Split, SynthConfig, Voice
        >>> from synth_datamodule.loading import SoundSet
        >>> voice = Voice(SynthConfig(sample_rate=8000, buffer_size_seconds=0.25))
        >>> split = SplitDefinition.of("synth1M1", SoundSet(Split.test, 4))
        >>> describe(voice, split).citation
        'synth1M1/test/...'
    """
    checks.instance("synth", synth, AbstractSynth)
    checks.instance("split", split, SplitDefinition)
    exact = synth.backend in EXACT_BACKENDS
    if not exact and synth.dtype != torch.float64:
        raise ValueError(f"a synth is identified in float64, its definition, got {synth.dtype}")
    batch_size = checks.whole_number("batch_size", batch_size, 1, MOST_SAMPLES)
    # "cuda" is a name of several devices, and a noise table lies on one.
    device = torch.empty(
        0, dtype=torch.float32, device=checks.rendering_device("device", device)
    ).device
    if windows is None:
        windows = -(-LEAST_WINDOWS // split.num_checked)
    checks.whole_number("windows", windows, 1, LEAST_WINDOWS)

    def batches(numbers: Integers) -> Iterator[SynthBatch]:
        for part in np.split(numbers, range(batch_size, len(numbers), batch_size)):
            yield synth.render_sounds(part, device).to("cpu")
            if progress is not None:
                progress(len(part))

    blocks = (split.numbers(place) for place in range(len(split.checked)))
    members = split.members or (None,) * len(split.checked)
    return Manifest(
        importlib.metadata.version("synth_datamodule"),
        split,
        recipe_of(synth),
        tuple(ParameterRange(*parameter_row(row)) for row in synth.parameter_table.ranges),
        _noise(synth, device),
        tuple(
            _block(batches(numbers), numbers, windows, exact, chosen)
            for numbers, chosen in zip(blocks, members, strict=True)
        ),
    )


def recipe_of(synth: AbstractSynth) -> SynthRecipe:
    """Return a synth's recipe by what holds on any machine: no class, no file."""
    return replace(SynthRecipe.of(synth), synth=public_name(type(synth)))


def _block(
    batches: Iterable[SynthBatch],
    numbers: Integers,
    windows: int,
    exact: bool,
    members: bytes | None,
) -> Block:
    rows, labels, values = [], [], []
    digests: list[bytes] = []
    for batch in batches:  # of which one at a time is in memory
        audio = np.ascontiguousarray(audio_of(batch.audio).detach().numpy(), dtype="<f4")
        places = window_places(batch.index.numpy(), windows, audio.shape[1])
        values.append(np.take_along_axis(audio, places, axis=1))
        rows.append(batch.parameters.detach().numpy().astype("<f4"))
        labels.append(batch.is_train.numpy().astype(np.uint8))
        digests += _digests(audio) if exact else []
    parameters, label_bytes = np.concatenate(rows), np.concatenate(labels)
    columns = parameter_columns(numbers, parameters.shape[1])
    return Block(
        start=int(numbers[0]),
        stop=int(numbers[-1]) + 1,
        parameters=sha256(parameters.tobytes()),
        labels=sha256(label_bytes.tobytes()),
        audio=sha256(b"".join(digests)) if exact else None,
        parameter_digests=b"".join(digest[:DIGEST_BYTES] for digest in _digests(parameters)),
        audio_digests=b"".join(digest[:DIGEST_BYTES] for digest in digests),
        label_bits=np.packbits(label_bytes).tobytes(),
        parameter_values=np.take_along_axis(parameters, columns, axis=1).tobytes(),
        audio_values=np.concatenate(values).tobytes(),
        members=members,
    )


def _digests(rows: npt.NDArray[np.float32]) -> list[bytes]:
    digests = [b""] * len(rows)

    def hash_rows(start: int, stop: int) -> None:
        for row in range(start, stop):
            digests[row] = hashlib.sha256(rows[row]).digest()  # holds no lock meanwhile

    spread(hash_rows, len(rows))
    return digests


def _noise(synth: AbstractSynth, device: torch.device) -> Noise | None:
    for module in synth.modules():
        if isinstance(module, NoiseModule):
            table = module.table(device).cpu().numpy().astype("<f4", copy=False)
            places = window_places(np.arange(BASE_REPRODUCIBLE_BATCH_SIZE), 1, table.shape[1])
            return Noise(
                sha256(table.tobytes()), np.take_along_axis(table, places, axis=1).tobytes()
            )
    return None
