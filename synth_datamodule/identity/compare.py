"""Compare two manifests: the first block and sound that differ, in what, and by how much."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from synth_datamodule import checks
from synth_datamodule.config import BASE_REPRODUCIBLE_BATCH_SIZE
from synth_datamodule.identity.manifest import Block, Manifest, settings_of, sha256
from synth_datamodule.identity.places import WINDOW, parameter_columns, window_places
from synth_datamodule.parameters.table import ParameterRange

TOLERANCE = 1e-5  # distance up to which audio is the same in stored windows, if not hashed
DATA = ("parameters", "labels", "noise", "audio")  # kinds of data in a split

Numbers: TypeAlias = npt.NDArray[Any]


class Difference(NamedTuple):
    """A difference between two manifests.

    Args:
        what: Name of what differs: a kind of data (``"parameters"``, ``"labels"``, ``"noise"``,
            ``"audio"``), ``"split"``, ``"nebula"`` or a setting of the synth.
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

    Raises:
        TypeError: If one is no Manifest.

    Example:
        >>> from synth_datamodule.identity.files import find_manifest
        >>> test, drum = find_manifest("synth1M1-test"), find_manifest("synth1M1-drum-test")
        >>> [difference.what for difference in compare(test, drum)]
        ['nebula', 'audio']
    """
    checks.instance("expected", expected, Manifest)
    checks.instance("found", found, Manifest)
    differences = [*_settings(expected, found), *_noise(expected, found)]
    for what in ("parameters", "labels", "audio"):
        differences += _data(what, expected, found)
    return differences


def _settings(expected: Manifest, found: Manifest) -> Iterator[Difference]:
    there, here = _entries(expected), _entries(found)
    for name in {**there, **here}:
        words = there.get(name, "default"), here.get(name, "default")
        if words[0] != words[1]:
            yield _difference(name, f"{words[0]} expected, {words[1]} here")
    names, names_here = ([row.name for row in one.parameters] for one in (expected, found))
    pairs = zip(expected.parameters, found.parameters, strict=False)
    # Ranges that a setting narrows are told by its name.
    ends = () if expected.synth.ranges == found.synth.ranges else ("minimum", "maximum")
    rows = [
        (row, row_here)
        for row, row_here in pairs
        if row != replace(row_here, **{end: getattr(row, end) for end in ends})
    ]
    if names != names_here:
        only = sorted(set(names) - set(names_here)) or "none"
        only_here = sorted(set(names_here) - set(names)) or "none"
        text = f"{len(names)} expected, {len(names_here)} here; missing {only}, new {only_here}"
        yield _difference("parameter names", text)
    elif rows:
        one, other = checks.shown(expected.synth.nebula), checks.shown(found.synth.nebula)
        text = f"{one} expected, {other} here; {len(rows)} "
        text += f"parameters, first {rows[0][0].name}: {_spread(rows[0][0])} expected, "
        yield _difference("nebula", f"{text}{_spread(rows[0][1])} here")


def _entries(manifest: Manifest) -> dict[str, object]:
    split, synth = manifest.split, settings_of(manifest.synth)
    del synth["nebula"]  # whose curves are compared
    places = {name: getattr(split, name) for name in ("start", "num_sounds", "checked")}
    if split.chosen:
        places |= {"chosen": dict(split.chosen), "numbers": sha256(b"".join(split.members))[:16]}
    return {"split": split.split.value, **places, **synth}


def _spread(parameter: ParameterRange) -> str:
    bend = " about the middle" if parameter.symmetric else ""
    return f"[{parameter.minimum:g}, {parameter.maximum:g}], curve {parameter.curve:g}{bend}"


def _noise(expected: Manifest, found: Manifest) -> Iterator[Difference]:
    there, here = expected.noise, found.noise
    if there is None or here is None:
        words = ["none" if table is None else "a table" for table in (there, here)]
        if there is not here:
            yield _difference("noise", f"{words[0]} expected, {words[1]} here")
    elif there.sha256 != here.sha256 and expected.num_samples != found.num_samples:
        yield _difference("noise", _lengths(expected, found))
    elif there.sha256 != here.sha256:
        rows = np.arange(BASE_REPRODUCIBLE_BATCH_SIZE)
        values = [np.frombuffer(one.values, "<f4").reshape(len(rows), -1) for one in (there, here)]
        apart = _apart(*values)
        row, column = np.unravel_index(int(apart.argmax()), apart.shape)
        place = window_places(rows, 1, expected.num_samples)[row, column]
        text = f"by up to {apart.max():.2g} in stored samples (row {row}, sample {place})"
        yield _difference("noise", text)


def _data(what: str, expected: Manifest, found: Manifest) -> list[Difference]:
    counts = len(expected.parameters), len(found.parameters)
    if what == "audio" and expected.num_samples != found.num_samples:
        return [_difference(what, _lengths(expected, found))]
    if what == "parameters" and counts[0] != counts[1]:
        return [_difference(what, f"{counts[0]} of each sound expected, {counts[1]} here")]
    here = {(block.start, block.stop): block for block in found.blocks}
    shared = [block for block in expected.blocks if (block.start, block.stop) in here]
    changed = []
    for block in shared:
        known, digests, values = _kept(what, block)
        known_here, digests_here, values_here = _kept(what, here[block.start, block.stop])
        apart = _apart(values, values_here)
        exact = known is not None and known_here is not None
        sounds = np.not_equal(digests, digests_here) if exact else (apart > TOLERANCE).any(axis=1)
        if known != known_here if exact else sounds.any():
            changed.append((block, sounds, apart))
    if not changed:
        return []
    block, sounds, apart = changed[0]
    total = f"{len(changed)} of {len(shared)} blocks differ"
    if not sounds.any():
        text = f"block {block.number} first, no sound by the 32 bits kept of each; {total}"
        return [_difference(what, text, block.number)]
    furthest = np.where(sounds, apart.max(axis=1), -1.0)
    first, worst = int(sounds.argmax()), int(furthest.argmax())

    def amount(row: int, named: str = "") -> str:
        place = _place(what, expected, block.sound(row), apart[row])
        return f"by up to {furthest[row]:.2g} ({named}{place})"

    text = f"sound {block.sound(first)} of block {block.number} first, "
    text += amount(first) if furthest[first] else "its stored values agree"
    text += f"; {int(sounds.sum())} sounds of this block differ"
    if furthest[worst] > furthest[first]:
        text += f", {amount(worst, f'sound {block.sound(worst)}, ')}"
    return [_difference(what, f"{text}; {total}", block.number, block.sound(first))]


def _kept(what: str, block: Block) -> tuple[str | None, Numbers, Numbers]:
    """Return a block's hash of a kind of data, each sound's digest and stored values ``[B, K]``."""
    if what == "labels":
        bits = np.unpackbits(np.frombuffer(block.label_bits, np.uint8), count=len(block))
        return block.labels, bits, bits[:, None]
    kind: str = what.removesuffix("s")
    digests = np.frombuffer(getattr(block, f"{kind}_digests"), "<u4")
    values = np.frombuffer(getattr(block, f"{kind}_values"), "<f4")
    return getattr(block, what), digests, values.reshape(len(block), -1)


def _place(what: str, manifest: Manifest, sound: int, apart: Numbers) -> str:
    """Return in words where the stored value of a sound that is furthest apart comes from."""
    number, column = np.array([sound]), int(apart.argmax())
    if what == "labels":
        return "is_train"
    if what == "parameters":
        place: int = parameter_columns(number, len(manifest.parameters))[0, column]
        return manifest.parameters[place].name
    windows = len(apart) // min(WINDOW, manifest.num_samples)
    sample = window_places(number, windows, manifest.num_samples)[0, column]
    return f"sample {sample}, {sample / manifest.synth.sample_rate:.4f} s"


def _apart(there: Numbers, here: Numbers) -> Numbers:
    """Return distances ``[B, K]`` of the values that both store; not-a-number is infinitely far."""
    columns = min(there.shape[1], here.shape[1])
    values = [rows[:, :columns].astype(np.float64) for rows in (there, here)]
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(np.abs(values[0] - values[1]), nan=np.inf, posinf=np.inf)


def _lengths(expected: Manifest, found: Manifest) -> str:
    return f"{expected.num_samples} samples expected, {found.num_samples} here"


def _difference(
    what: str, text: str, block: int | None = None, sound: int | None = None
) -> Difference:
    return Difference(what, block, sound, f"{what}: {text}")
