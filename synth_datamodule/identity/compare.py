"""Compare two manifests: the first block and sound that differ, in what, and by how much."""

from dataclasses import fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.corpus.splits import Split
from synth_datamodule.identity.manifest import Block, Manifest
from synth_datamodule.identity.places import WINDOW, parameter_columns, window_places
from synth_datamodule.numerics.hashing import Integers
from synth_datamodule.parameters.table import ParameterRange

TOLERANCE = 1e-5
"""Of audio in stored windows, where it is not hashed."""

DATA = ("parameters", "labels", "noise", "audio")
"""What a split is made of."""

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]


class Difference(NamedTuple):
    """Something that differs.

    Args:
        what: One of ``DATA``, ``"split"``, ``"nebula"`` or a setting of the synth.
        block: Number of the first block that differs in the corpus; None where blocks play no part.
        sound: Number of the first sound that differs; None where that cannot be told.
        text: All of it in words.
    """

    what: str
    block: int | None
    sound: int | None
    text: str


def compare(expected: Manifest, found: Manifest) -> list[Difference]:
    """Return how two manifests differ: nothing exactly where their fingerprints are the same.

    (But for audio that is not hashed, which no fingerprint covers: it may differ by 1e-5.) The
    names of corpus and nebula and the package's version may differ where no data does.

    Args:
        expected: As it should be.
        found: As it is here.

    Returns:
        Settings, noise, parameters, labels, audio, each with its first block and sound.

    Example:
        >>> from synth_datamodule.identity.files import find_manifest
        >>> test, drum = find_manifest("synth1M1-test"), find_manifest("synth1M1-drum-test")
        >>> [difference.what for difference in compare(test, drum)]
        ['nebula', 'audio']
    """
    return [
        *_settings(expected, found),
        *_noise(expected, found),
        *(
            difference
            for what in ("parameters", "labels", "audio")
            if (difference := _data(what, expected, found)) is not None
        ),
    ]


def _settings(expected: Manifest, found: Manifest) -> list[Difference]:
    pairs = [
        (name, getattr(expected.split, name), getattr(found.split, name))
        for name in ("split", "start", "num_sounds", "checked")
    ]
    pairs += [
        (setting.name, getattr(expected.synth, setting.name), getattr(found.synth, setting.name))
        for setting in fields(expected.synth)
        if setting.name != "nebula"
    ]
    differences = [
        _difference(name, f"{_plain(there)} expected, {_plain(here)} here")
        for name, there, here in pairs
        if there != here
    ]
    names, names_here = ([row.name for row in one.parameters] for one in (expected, found))
    rows = [
        (there, here)
        for there, here in zip(expected.parameters, found.parameters, strict=False)
        if there != here
    ]
    if names != names_here:
        only = sorted(set(names) - set(names_here)) or "none"
        only_here = sorted(set(names_here) - set(names)) or "none"
        text = f"{len(names)} expected, {len(names_here)} here; missing {only}, new {only_here}"
        differences.append(_difference("parameter names", text))
    elif rows:
        there, here = rows[0]
        text = (
            f"{expected.synth.nebula!r} expected, {found.synth.nebula!r} here; {len(rows)} "
            f"parameters, first {there.name}: {_spread(there)} expected, {_spread(here)} here"
        )
        differences.append(_difference("nebula", text))
    return differences


def _noise(expected: Manifest, found: Manifest) -> list[Difference]:
    there, here = expected.noise, found.noise
    if there is None or here is None:
        if there is here:
            return []
        words = ["none" if table is None else "a table" for table in (there, here)]
        return [_difference("noise", f"{words[0]} expected, {words[1]} here")]
    if there.sha256 == here.sha256:
        return []
    if expected.num_samples != found.num_samples:
        return [_difference("noise", _lengths(expected, found))]
    rows = np.arange(BASE_REPRODUCIBLE_BATCH_SIZE)
    apart = _apart(there.values, here.values, len(rows))
    row, column = _largest(apart)
    place = window_places(rows, 1, expected.num_samples)[row, column]
    amount = f"by up to {apart[row, column]:.2g} in stored samples (row {row}, sample {place})"
    return [_difference("noise", amount)]


def _data(what: str, expected: Manifest, found: Manifest) -> Difference | None:
    if what == "audio" and expected.num_samples != found.num_samples:
        return _difference(what, _lengths(expected, found))
    counts = len(expected.parameters), len(found.parameters)
    if what == "parameters" and counts[0] != counts[1]:
        return _difference(what, f"{counts[0]} of each sound expected, {counts[1]} here")
    here = {(block.start, block.stop): block for block in found.blocks}
    blocks = [block for block in expected.blocks if (block.start, block.stop) in here]
    compared = (_compared(what, block, here[block.start, block.stop]) for block in blocks)
    changed = [block for block in compared if block is not None]
    if not changed:
        return None
    first = changed[0]
    total = f"{len(changed)} of {len(blocks)} blocks differ"
    if not first.sounds.any():
        text = f"block {first.number} first, no sound by the 32 bits kept of each; {total}"
        return Difference(what, first.number, None, f"{what}: {text}")
    place = int(first.sounds.argmax())
    sound = first.start + place
    amount, where = _amount(what, expected, first, np.array([place]))
    largest, at = _amount(what, expected, first, np.flatnonzero(first.sounds))
    text = (
        f"sound {sound} of block {first.number} first, "
        + (f"by up to {amount:.2g} ({where})" if amount else "its stored values agree")
        + f"; {int(first.sounds.sum())} sounds of this block differ"
        + (f", by up to {largest:.2g} (sound {at})" if largest > amount else "")
        + f"; {total}"
    )
    return Difference(what, first.number, sound, f"{what}: {text}")


class _Changed(NamedTuple):
    """A block that differs: in which sounds ``[B]``, how far stored values are apart ``[B, K]``."""

    number: int
    start: int
    sounds: Truths
    apart: Floats


def _compared(what: str, there: Block, here: Block) -> _Changed | None:
    if what == "labels":
        apart = np.abs(_labels(there) - _labels(here))[:, None]
        same, sounds = there.labels == here.labels, apart[:, 0] > 0
    elif what == "parameters":
        apart = _apart(there.parameter_values, here.parameter_values, len(there))
        same = there.parameters == here.parameters
        sounds = _other_digests(there.parameter_digests, here.parameter_digests)
    else:
        apart = _apart(there.audio_values, here.audio_values, len(there))
        if there.audio is None or here.audio is None:
            sounds = np.any(apart > TOLERANCE, axis=1)
            same = not sounds.any()
        else:
            same = there.audio == here.audio
            sounds = _other_digests(there.audio_digests, here.audio_digests)
    return None if same else _Changed(there.number, there.start, sounds, apart)


def _amount(what: str, expected: Manifest, block: _Changed, places: Integers) -> tuple[float, str]:
    """Return the largest distance of stored values of some of a block's sounds, and where it is."""
    apart = block.apart[places]
    row, column = _largest(apart)
    sound = block.start + places[row : row + 1]
    if what == "labels":
        where = "is_train"
    elif what == "parameters":
        names = expected.parameters
        where = names[parameter_columns(sound, len(names))[0, column]].name
    else:
        windows = apart.shape[1] // min(WINDOW, expected.num_samples)
        sample = window_places(sound, windows, expected.num_samples)[0, column]
        where = f"sample {sample}, {sample / expected.synth.sample_rate:.4f} s"
    if len(places) > 1:
        where = f"{sound[0]}, {where}"
    return float(apart[row, column]), where


def _apart(there: bytes, here: bytes, count: int) -> Floats:
    """Return distances ``[B, K]`` of the values that both store; not-a-number is infinitely far."""
    values = [
        np.frombuffer(one, "<f4").reshape(count, -1).astype(np.float64) for one in (there, here)
    ]
    columns = min(rows.shape[1] for rows in values)
    with np.errstate(invalid="ignore"):
        apart: Floats = np.abs(values[0][:, :columns] - values[1][:, :columns])
    return np.nan_to_num(apart, nan=np.inf, posinf=np.inf)


def _largest(apart: Floats) -> tuple[int, int]:
    row, column = np.unravel_index(int(apart.argmax()), apart.shape)
    return int(row), int(column)


def _other_digests(there: bytes, here: bytes) -> Truths:
    changed: Truths = np.frombuffer(there, "<u4") != np.frombuffer(here, "<u4")
    return changed


def _labels(block: Block) -> Floats:
    bits = np.unpackbits(np.frombuffer(block.label_bits, np.uint8), count=len(block))
    return bits.astype(np.float64)


def _lengths(expected: Manifest, found: Manifest) -> str:
    return f"{expected.num_samples} samples expected, {found.num_samples} here"


def _difference(what: str, text: str) -> Difference:
    return Difference(what, None, None, f"{what}: {text}")


def _spread(parameter: ParameterRange) -> str:
    bend = " about the middle" if parameter.symmetric else ""
    return f"[{parameter.minimum:g}, {parameter.maximum:g}], curve {parameter.curve:g}{bend}"


def _plain(value: object) -> str:
    return value.value if isinstance(value, Split) else str(value)
