"""A manifest: what defines a split, and the hashes of what it is made of."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from synth_datamodule import checks
from synth_datamodule.config import N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY
from synth_datamodule.identity.definition import SplitDefinition
from synth_datamodule.identity.places import PARAMETERS_KEPT, WINDOW
from synth_datamodule.parameters.nebula import entries_of, nebula_name
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.patching.recipe import SynthRecipe

DIGEST_BYTES = 4  # of each sound's SHA-256, kept to say which sound differs

_FINGERPRINT = 1  # the format of what a fingerprint covers, whichever that of the file is
# What every file and (but for the nebula's name) every fingerprint has of a recipe. Later settings
# count only off their default, so no fingerprint moves when one is added.
SETTINGS = (
    *("synth", "backend", "sample_rate", "buffer_size_seconds", "control_rate", "eps"),
    *("nebula", "pinned"),
)


@dataclass(frozen=True)
class Noise:
    """The noise table.

    Args:
        sha256: SHA-256 of the table's float32 values, row by row.
        values: One stored window of each row, float32. Shape ``[32, 4]``.
    """

    sha256: str
    values: bytes


@dataclass(frozen=True)
class Block:
    """Hashes of a block of sounds, and a little of each sound. All numbers are little-endian.

    Args:
        start: First sound number.
        stop: Sound number after the last.
        parameters: SHA-256 of the parameters, float32 ``[B, P]``.
        labels: SHA-256 of is_train, a byte each.
        audio: SHA-256 of the sounds' own SHA-256 one after another, each of float32 ``[N]``; None
            where a backend's last bits may differ between machines.
        parameter_digests: First 4 bytes of the SHA-256 of each sound's parameters.
        audio_digests: First 4 bytes of the SHA-256 of each sound; empty where ``audio`` is None.
        label_bits: is_train, a bit each, the first sound's the highest of the first byte.
        parameter_values: Values of the parameters at ``parameter_columns``, float32 ``[B, 2]``.
        audio_values: Samples at ``window_places``, float32 ``[B, W * 4]``.
        members: Sound numbers as 32-bit integers, where they are chosen; None is all from ``start``
            to ``stop``.

    Raises:
        ValueError: If there are more or fewer bytes than the sounds need.
    """

    start: int
    stop: int
    parameters: str
    labels: str
    audio: str | None
    parameter_digests: bytes
    audio_digests: bytes
    label_bits: bytes
    parameter_values: bytes
    audio_values: bytes
    members: bytes | None = None

    def __post_init__(self) -> None:
        for name, size in stored_sizes(len(self), self.audio is not None).items():
            found = len(getattr(self, name))
            if found != size:
                raise ValueError(f"{name} of {len(self)} sounds must be {size} bytes, got {found}")
        if not self.audio_values or len(self.audio_values) % (4 * len(self)):
            raise ValueError(
                f"audio_values of {len(self)} sounds must be as many of each, got "
                f"{len(self.audio_values)} bytes"
            )

    @property
    def number(self) -> int:
        """The block's number in the corpus, k of the split rule."""
        return self.start // N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY

    def sound(self, place: int) -> int:
        """Return the sound number at a place of the block."""
        if self.members is None:
            return self.start + place
        return int(np.frombuffer(self.members, "<u4")[place])

    def __len__(self) -> int:
        return self.stop - self.start if self.members is None else len(self.members) // 4


# Fields of a block that are bytes, kept to say which sound differs and by how much.
STORED = tuple(entry.name for entry in fields(Block) if entry.type is bytes)


def stored_sizes(num_sounds: int, exact: bool) -> dict[str, int]:
    """Return how many bytes a block keeps, but for audio_values; ``exact`` is with hashed audio."""
    return {
        "parameter_digests": DIGEST_BYTES * num_sounds,
        "audio_digests": DIGEST_BYTES * num_sounds if exact else 0,
        "label_bits": -(-num_sounds // 8),
        "parameter_values": 4 * PARAMETERS_KEPT * num_sounds,
    }


@dataclass(frozen=True)
class Manifest:
    """Everything that says which data a split is.

    Args:
        package_version: Version of the package that wrote it. Within a major version no sound
            changes.
        split: Sounds of the split.
        synth: Recipe of the synth that renders them; a nebula that is not shipped is
            there by its entries.
        parameters: Name, range and curve of each parameter, in order.
        noise: Hash of the noise table; None for a synth without one.
        blocks: Hashes of the blocks ``split.checked``.
        stated: Fingerprint that a file states, where its synth had another name when it was
            written; else None.

    Raises:
        ValueError: If the blocks are not those of the split.
    """

    package_version: str
    split: SplitDefinition
    synth: SynthRecipe
    parameters: tuple[ParameterRange, ...]
    noise: Noise | None
    blocks: tuple[Block, ...]
    stated: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        found = tuple((block.start, block.stop) for block in self.blocks)
        if found != self.split.checked:
            raise ValueError(
                f"blocks must be those of split.checked, {self.split.checked}, got {found}"
            )

    @property
    def num_samples(self) -> int:
        """Samples of a sound, N."""
        return self.synth.config(reproducible=False).buffer_size

    @property
    def windows(self) -> int:
        """Windows stored of each sound, W."""
        block = self.blocks[0]
        return len(block.audio_values) // (4 * len(block) * min(WINDOW, self.num_samples))

    def beginning(self, most_sounds: int) -> "Manifest":
        """Return the manifest of the first blocks alone, as many as hold so many checked sounds.

        Raises:
            TypeError: If ``most_sounds`` is not an integer.
            ValueError: If it is below 1.
        """
        checks.whole_number("most_sounds", most_sounds, 1)
        blocks: list[Block] = []
        for block in self.blocks:
            if sum(map(len, blocks)) < most_sounds:
                blocks.append(block)
        kept = len(blocks)
        split = replace(
            self.split, checked=self.split.checked[:kept], members=self.split.members[:kept]
        )
        return replace(self, split=split, blocks=tuple(blocks))

    @property
    def exact(self) -> bool:
        """Whether audio is hashed, bit for bit; else it is held to stored windows."""
        return all(block.audio is not None for block in self.blocks)

    @property
    def nebula_sha256(self) -> str:
        """SHA-256 of the nebula's contents: the curve and symmetry of each parameter."""
        return sha256(canonical_json(entries_of(self.parameters)))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over what defines the data and the hashes of the data, 64 hex digits.

        It leaves out what may differ where the data is the same: the corpus (its first test sounds
        are those of any other corpus), the package's version, a nebula's name (its curves are in),
        and what is stored only to say by how much a sound differs.
        """
        return self.fingerprint_with(settings_of(self.synth))

    def fingerprint_with(self, settings: Mapping[str, object]) -> str:
        """Return the fingerprint of the same data of a synth by other settings, as a file's."""
        covered: dict[str, object] = {
            "format": _FINGERPRINT,
            "split": self.split.split.value,
            "start": self.split.start,
            "num_sounds": self.split.num_sounds,
            "checked": self.split.checked,
            "synth": {name: value for name, value in settings.items() if name != "nebula"},
            "parameters": [parameter_row(parameter) for parameter in self.parameters],
            "noise": self.noise and self.noise.sha256,
            "blocks": [[block.parameters, block.labels, block.audio] for block in self.blocks],
        }
        if self.split.chosen:
            numbers = [sha256(members) for members in self.split.members]
            covered |= {"chosen": dict(self.split.chosen), "numbers": numbers}
        return sha256(canonical_json(covered))

    @property
    def citation(self) -> str:
        """Name for a paper: corpus, split and 16 digits of the fingerprint."""
        return f"{self.split.corpus}/{self.split.split}/{self.fingerprint[:16]}"


def settings_of(recipe: SynthRecipe) -> dict[str, Any]:
    """Return a recipe as it is hashed and written, by names and in JSON's types."""
    plain = recipe.plain()
    settings = {name: plain[name] for name in (*SETTINGS, *recipe.changed())}
    return settings | {"nebula": nebula_name(recipe.nebula)}


def parameter_row(parameter: ParameterRange) -> tuple[str, float, float, float, bool]:
    """Return what of a parameter decides on sounds: name, minimum, maximum, curve, symmetric."""
    minimum, maximum, curve = map(float, (parameter.minimum, parameter.maximum, parameter.curve))
    return parameter.name, minimum, maximum, curve, parameter.symmetric


def canonical_json(value: object) -> bytes:
    """Return the one JSON text of a value: keys sorted, no spaces, ASCII, shortest floats."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes, 64 hex digits."""
    return hashlib.sha256(content).hexdigest()
