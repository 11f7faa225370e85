"""A manifest: what defines a split, and the hashes of what it is made of."""

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property

from synth_datamodule import checks
from synth_datamodule.config import N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY
from synth_datamodule.identity.definition import SplitDefinition, SynthDefinition
from synth_datamodule.identity.places import PARAMETERS_KEPT, WINDOW
from synth_datamodule.parameters.table import ParameterRange

FORMAT = 1
"""Of a manifest's file, and of what a fingerprint covers."""

DIGEST_BYTES = 4
"""Of each sound's SHA-256 that are kept, to say which sound differs."""


@dataclass(frozen=True)
class Noise:
    """The noise table.

    Args:
        sha256: Of its float32 values, row by row.
        values: One stored window of each row, float32. Shape ``[32, 4]``.
    """

    sha256: str
    values: bytes


@dataclass(frozen=True)
class Block:
    """What a block of sounds is hashed to, and what is kept of each. All numbers little-endian.

    Args:
        start: First sound number.
        stop: The one after the last.
        parameters: SHA-256 of the parameters, float32 ``[B, P]``.
        labels: SHA-256 of is_train, a byte each.
        audio: SHA-256 of the sounds' own SHA-256 one after another, those of float32 ``[N]``; None
            where a backend's last bits may differ between machines.
        parameter_digests: The first 4 bytes of each sound's SHA-256 of parameters.
        audio_digests: Likewise of audio; empty where ``audio`` is None.
        label_bits: is_train, a bit each, the first sound's the highest of the first byte.
        parameter_values: Those of ``parameter_columns``, float32 ``[B, 2]``.
        audio_values: The windows at ``window_places``, float32 ``[B, W * 4]``.
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

    def __post_init__(self) -> None:
        count = len(self)
        sizes = {
            "parameter_digests": DIGEST_BYTES * count,
            "audio_digests": DIGEST_BYTES * count if self.audio is not None else 0,
            "label_bits": -(-count // 8),
            "parameter_values": 4 * PARAMETERS_KEPT * count,
        }
        for name, size in sizes.items():
            if len(getattr(self, name)) != size:
                raise ValueError(
                    f"{name} of {count} sounds must be {size} bytes, got {len(getattr(self, name))}"
                )
        if not self.audio_values or len(self.audio_values) % (4 * count):
            raise ValueError(
                f"audio_values of {count} sounds must be as many of each, got "
                f"{len(self.audio_values)} bytes"
            )

    @property
    def number(self) -> int:
        """Its number in the corpus, k of the split rule."""
        return self.start // N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Manifest:
    """Everything that says which data a split is.

    Args:
        package_version: That wrote it. Within a major version no sound changes.
        split: Which sounds.
        synth: What renders them.
        parameters: Name, range and curve of each parameter, in order.
        noise: The noise table; None for a synth without one.
        blocks: Those of ``split.checked``.
    """

    package_version: str
    split: SplitDefinition
    synth: SynthDefinition
    parameters: tuple[ParameterRange, ...]
    noise: Noise | None
    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        found = tuple((block.start, block.stop) for block in self.blocks)
        if found != self.split.checked:
            raise ValueError(
                f"blocks must be those of split.checked, {self.split.checked}, got {found}"
            )

    @property
    def num_samples(self) -> int:
        """Samples of a sound, N."""
        return round(self.synth.buffer_size_seconds * self.synth.sample_rate)

    @property
    def windows(self) -> int:
        """Stored of each sound."""
        block = self.blocks[0]
        return len(block.audio_values) // (4 * len(block) * min(WINDOW, self.num_samples))

    def beginning(self, most_sounds: int) -> "Manifest":
        """Return the manifest of the first blocks alone, those that hold so many checked sounds.

        Raises:
            TypeError: If ``most_sounds`` is not an integer.
            ValueError: If it is below 1.
        """
        checks.whole_number("most_sounds", most_sounds, 1)
        num_blocks = num_sounds = 0
        while num_sounds < most_sounds and num_blocks < len(self.blocks):
            num_sounds += len(self.blocks[num_blocks])
            num_blocks += 1
        split = replace(self.split, checked=self.split.checked[:num_blocks])
        return replace(self, split=split, blocks=self.blocks[:num_blocks])

    @property
    def exact(self) -> bool:
        """Whether audio is hashed, bit for bit, or held to stored windows."""
        return all(block.audio is not None for block in self.blocks)

    @property
    def nebula_sha256(self) -> str:
        """SHA-256 of the nebula's contents: the curve and symmetry of each parameter."""
        curves = {
            parameter.name: {"curve": parameter.curve, "symmetric": parameter.symmetric}
            for parameter in self.parameters
        }
        return sha256(canonical_json(curves))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over what defines the data and the hashes of the data, 64 hex digits.

        Left out is what may differ where the data is the same: the corpus (the first test sounds
        of one are those of another), the package's version, a nebula's name (its curves are in),
        and what is stored only to say how much a sound differs by.
        """
        synth = {**vars(self.synth), "pinned": dict(self.synth.pinned)}
        del synth["nebula"]
        covered = {
            "format": FORMAT,
            "split": self.split.split.value,
            "start": self.split.start,
            "num_sounds": self.split.num_sounds,
            "checked": self.split.checked,
            "synth": synth,
            "parameters": [parameter_row(parameter) for parameter in self.parameters],
            "noise": self.noise and self.noise.sha256,
            "blocks": [[block.parameters, block.labels, block.audio] for block in self.blocks],
        }
        return sha256(canonical_json(covered))

    @property
    def citation(self) -> str:
        """How a paper names it: corpus, split and 16 digits of the fingerprint."""
        return f"{self.split.corpus}/{self.split.split}/{self.fingerprint[:16]}"


def parameter_row(parameter: ParameterRange) -> tuple[str, float, float, float, bool]:
    """Return what of a parameter decides on sounds: name, minimum, maximum, curve, symmetric."""
    minimum, maximum, curve = map(float, (parameter.minimum, parameter.maximum, parameter.curve))
    return parameter.name, minimum, maximum, curve, parameter.symmetric


def canonical_json(value: object) -> bytes:
    """Return the one JSON text of a value: keys sorted, no spaces, ASCII, shortest floats.

    Example:
        >>> canonical_json({"b": 4.0, "a": (1, None)})
        b'{"a":[1,null],"b":4.0}'
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes, 64 hex digits."""
    return hashlib.sha256(content).hexdigest()
