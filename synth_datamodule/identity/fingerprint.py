"""Render a split and hash it."""

import hashlib
import importlib.metadata
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import torch

from synth_datamodule import checks
from synth_datamodule.batch import SynthBatch
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE, DEFAULT_BATCH_SIZE
from synth_datamodule.identity.definition import SplitDefinition, SynthDefinition
from synth_datamodule.identity.manifest import (
    DIGEST_BYTES,
    Block,
    Manifest,
    Noise,
    parameter_row,
    sha256,
)
from synth_datamodule.identity.places import (
    parameter_columns,
    window_places,
    windows_per_sound,
)
from synth_datamodule.kernels.cpu.threads import spread
from synth_datamodule.modules.noise import Noise as NoiseModule
from synth_datamodule.numerics.hashing import Integers
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.patching.synth import AbstractSynth

EXACT_BACKEND = "fused"
"""The backend whose audio is the same bits on every machine."""

Floats = npt.NDArray[np.float32]


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
        synth: What renders.
        split: What is rendered.
        windows: Stored of each sound; None is as many as make 64 in all, at least one.
        batch_size: Sounds rendered at a time; the manifest is the same for any.
        device: Where they are rendered. They are hashed on the CPU.
        progress: Called with the number of sounds done since its last call.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If one is out of range, or the modules are not in float64, the definition.

    Example:
        >>> from synth_datamodule import Split, SynthConfig, Voice
        >>> from synth_datamodule.loading import SoundSet
        >>> voice = Voice(SynthConfig(sample_rate=8000, buffer_size_seconds=0.25))
        >>> split = SplitDefinition.of("synth1M1", SoundSet(Split.test, 4))
        >>> describe(voice, split).citation
        'synth1M1/test/...'
    """
    if not isinstance(synth, AbstractSynth):
        raise TypeError(f"synth must be an AbstractSynth, got {type(synth).__name__}")
    exact = synth.backend == EXACT_BACKEND
    if not exact and synth.dtype != torch.float64:
        raise ValueError(f"a synth is identified in float64, its definition, got {synth.dtype}")
    batch_size = checks.whole_number("batch_size", batch_size, 1)
    # "cuda" is a name of several devices, and a noise table lies on one.
    device = torch.empty(0, device=checks.device("device", device)).device
    if windows is None:
        windows = windows_per_sound(split.num_checked)
    blocks = []
    for start, stop in split.checked:
        numbers = np.arange(start, stop)
        block = _Block(numbers, windows, exact)
        for part in np.split(numbers, range(batch_size, len(numbers), batch_size)):
            block.add(synth.render_sounds(part, device).to("cpu"))
            if progress is not None:
                progress(len(part))
        blocks.append(block.finish())
    return Manifest(
        package_version=importlib.metadata.version("synth_datamodule"),
        split=split,
        synth=SynthDefinition.of(synth),
        parameters=tuple(
            ParameterRange(*parameter_row(row)) for row in synth.parameter_table.ranges
        ),
        noise=_noise(synth, device),
        blocks=tuple(blocks),
    )


class _Block:
    """A block as its batches come in."""

    def __init__(self, numbers: Integers, windows: int, exact: bool) -> None:
        self.numbers, self.windows, self.exact = numbers, windows, exact
        self.parameters: list[Floats] = []
        self.audio_values: list[Floats] = []
        self.labels: list[npt.NDArray[np.uint8]] = []
        self.digests: list[bytes] = []

    def add(self, batch: SynthBatch) -> None:
        """Take the next sounds."""
        audio = np.ascontiguousarray(batch.audio.detach().numpy(), dtype="<f4")
        places = window_places(batch.index.numpy(), self.windows, audio.shape[1])
        self.audio_values.append(np.take_along_axis(audio, places, axis=1))
        self.parameters.append(batch.parameters.detach().numpy().astype("<f4"))
        self.labels.append(batch.is_train.numpy().astype(np.uint8))
        if self.exact:
            self.digests += _digests(audio)

    def finish(self) -> Block:
        """Return the block."""
        parameters, labels = np.concatenate(self.parameters), np.concatenate(self.labels)
        columns = parameter_columns(self.numbers, parameters.shape[1])
        start = int(self.numbers[0])
        return Block(
            start=start,
            stop=start + len(self.numbers),
            parameters=sha256(parameters.tobytes()),
            labels=sha256(labels.tobytes()),
            audio=sha256(b"".join(self.digests)) if self.exact else None,
            parameter_digests=_beginnings(hashlib.sha256(row).digest() for row in parameters),
            audio_digests=_beginnings(iter(self.digests)),
            label_bits=np.packbits(labels).tobytes(),
            parameter_values=np.take_along_axis(parameters, columns, axis=1).tobytes(),
            audio_values=np.concatenate(self.audio_values).tobytes(),
        )


def _digests(audio: Floats) -> list[bytes]:
    digests = [b""] * len(audio)

    def hash_sounds(start: int, stop: int) -> None:
        for sound in range(start, stop):
            digests[sound] = hashlib.sha256(audio[sound]).digest()  # holds no lock meanwhile

    spread(hash_sounds, len(audio))
    return digests


def _beginnings(digests: Iterator[bytes]) -> bytes:
    return b"".join(digest[:DIGEST_BYTES] for digest in digests)


def _noise(synth: AbstractSynth, device: torch.device) -> Noise | None:
    modules = [module for module in synth.modules() if isinstance(module, NoiseModule)]
    if not modules:
        return None
    table = modules[0].table(device).cpu().numpy().astype("<f4", copy=False)
    places = window_places(np.arange(BASE_REPRODUCIBLE_BATCH_SIZE), 1, table.shape[1])
    values = np.take_along_axis(table, places, axis=1)
    return Noise(sha256(table.tobytes()), values.tobytes())
