"""Compare two manifests: the first block and sound that differ, in what, and by how much."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.identity.manifest import Block, Manifest
from synth_datamodule.identity.places import WINDOW, parameter_columns, window_places
from synth_datamodule.identity.settings import settings_of
from synth_datamodule.parameters.table import ParameterRange

TOLERANCE = 1e-5
"""Distance up to which audio is the same in stored windows, where it is not hashed."""

DATA = ("parameters", "labels", "noise", "audio")
"""Kinds of data in a split."""

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]


class Difference(NamedTuple):
    """A difference between two manifests.

    Args:
        what: Name of what differs: one of ``DATA``, ``"split"``, ``"nebula"`` or a setting of the
            synth.
        block: Number of the first block that differs in the corpus; None where blocks play no part.
        sound: Number of the first sound that differs; None where that cannot be told.
        text: The whole difference in words.
    """

    what: str
    block: int | None
    sound: int | None
    text: str


def compare(expected: Manifest, found: Manifest) -> list[Difference]:
    """Return the differences between two manifests; none where the fingerprints are equal.

    Audio that is not hashed is not covered by a fingerprint: it may differ by up to 1e-5. The names
    of corpus and nebula and the package's version are no differences.

    Args:
        expected: Manifest of the data as it should be.
        found: Manifest of the data as it is here.

    Returns:
        Differences of settings, noise, parameters, labels and audio, in this order; of data the
        first block and sound that differ.

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
    there, here = _entries(expected), _entries(found)
    differences = [
        _difference(
            name, f"{there.get(name, 'default')} expected, {here.get(name, 'default')} here"
        )
        for name in {**there, **here}
        if there.get(name) != here.get(name)
    ]
    names, names_here = ([row.name for row in one.parameters] for one in (expected, found))
    if names != names_here:
        only = sorted(set(names) - set(names_here)) or "none"
        only_here = sorted(set(names_here) - set(names)) or "none"
        text = f"{len(names)} expected, {len(names_here)} here; missing {only}, new {only_here}"
        return [*differences, _difference("parameter names", text)]
    pairs = zip(expected.parameters, found.parameters, strict=True)
    if rows := [(row, row_here) for row, row_here in pairs if row != row_here]:
        first, first_here = rows[0]
        text = (
            f"{expected.synth.nebula!r} expected, {found.synth.nebula!r} here; {len(rows)} "
            f"parameters, first {first.name}: {_spread(first)} expected, {_spread(first_here)} here"
        )
        differences.append(_difference("nebula", text))
    return differences


def _entries(manifest: Manifest) -> dict[str, object]:
    split, synth = manifest.split, settings_of(manifest.synth)
    del synth["nebula"]  # whose curves are compared
    places = {name: getattr(split, name) for name in ("start", "num_sounds", "checked")}
    return {"split": split.split.value, **places, **synth}


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
    compared = ((block, *_compared(what, block, here[block.start, block.stop])) for block in blocks)
    changed = [(block, sounds, apart) for block, same, sounds, apart in compared if not same]
    if not changed:
        return None
    block, sounds, apart = changed[0]
    total = f"{len(changed)} of {len(blocks)} blocks differ"
    if not sounds.any():
        text = f"block {block.number} first, no sound by the 32 bits kept of each; {total}"
        return Difference(what, block.number, None, f"{what}: {text}")
    first = int(sounds.argmax())
    column = int(apart[first].argmax())
    row, at = _largest(np.where(sounds[:, None], apart, -1.0))
    amount, largest = apart[first, column], apart[row, at]
    sound, worst = block.start + first, block.start + row
    width = apart.shape[1]
    text = (
        f"sound {sound} of block {block.number} first, "
        + (
            f"by up to {amount:.2g} ({_place(what, expected, sound, column, width)})"
            if amount
            else "its stored values agree"
        )
        + f"; {int(sounds.sum())} sounds of this block differ"
        + (
            f", by up to {largest:.2g} (sound {worst}, {_place(what, expected, worst, at, width)})"
            if largest > amount
            else ""
        )
        + f"; {total}"
    )
    return Difference(what, block.number, sound, f"{what}: {text}")


def _compared(what: str, there: Block, here: Block) -> tuple[bool, Truths, Floats]:
    """Return whether a block is the same, which sounds differ, and by how much.

    Shapes: ``[B]`` and, of the K values that both store of each sound, ``[B, K]``.
    """
    if what == "labels":
        bits = [
            np.unpackbits(np.frombuffer(each.label_bits, np.uint8), count=len(each))
            for each in (there, here)
        ]
        sounds = bits[0] != bits[1]
        return there.labels == here.labels, sounds, sounds[:, None].astype(np.float64)
    kind, hashes = what.removesuffix("s"), [getattr(each, what) for each in (there, here)]
    kept = [getattr(each, f"{kind}_values") for each in (there, here)]
    apart = _apart(kept[0], kept[1], len(there))
    if None in hashes:
        sounds = np.any(apart > TOLERANCE, axis=1)
        return not sounds.any(), sounds, apart
    digests = [np.frombuffer(getattr(each, f"{kind}_digests"), "<u4") for each in (there, here)]
    return hashes[0] == hashes[1], digests[0] != digests[1], apart


def _place(what: str, manifest: Manifest, sound: int, column: int, width: int) -> str:
    """Return in words where one of a sound's ``width`` stored values comes from."""
    if what == "labels":
        return "is_train"
    number = np.array([sound])
    if what == "parameters":
        parameters = manifest.parameters
        place = int(parameter_columns(number, len(parameters))[0, column])
        return parameters[place].name
    windows = width // min(WINDOW, manifest.num_samples)
    sample = window_places(number, windows, manifest.num_samples)[0, column]
    return f"sample {sample}, {sample / manifest.synth.sample_rate:.4f} s"


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


def _lengths(expected: Manifest, found: Manifest) -> str:
    return f"{expected.num_samples} samples expected, {found.num_samples} here"


def _difference(what: str, text: str) -> Difference:
    return Difference(what, None, None, f"{what}: {text}")


def _spread(parameter: ParameterRange) -> str:
    bend = " about the middle" if parameter.symmetric else ""
    return f"[{parameter.minimum:g}, {parameter.maximum:g}], curve {parameter.curve:g}{bend}"
