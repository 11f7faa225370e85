"""Verify that this machine gives the data that a manifest describes."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from synth_datamodule.config import DEFAULT_BATCH_SIZE
from synth_datamodule.identity.compare import DATA, TOLERANCE, Difference, compare
from synth_datamodule.identity.fingerprint import EXACT_BACKEND, describe
from synth_datamodule.identity.manifest import Manifest
from synth_datamodule.identity.places import WINDOW
from synth_datamodule.patching.synth import AbstractSynth


@dataclass(frozen=True)
class Verdict:
    """What came of a verification.

    Args:
        whole: The manifest.
        expected: It, or the blocks of it that were checked.
        found: What this machine gives.
        differences: Between the two; none where the data is the same.
        notes: What else is worth saying.
    """

    whole: Manifest
    expected: Manifest
    found: Manifest
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether this machine gives the same data."""
        return not self.differences

    def of(self, what: str) -> str:
        """Return one word on a part of the data: parameters, labels, noise or audio."""
        assert what in DATA, "one of what a split is made of"
        if any(difference.what == what for difference in self.differences):
            return "differs"
        if what == "noise" and self.expected.noise is None:
            return "none"
        both_exact = self.expected.exact and self.found.exact
        return "same" if what != "audio" or both_exact else "to 1e-5"


def verify(
    expected: Manifest,
    synth: AbstractSynth | None = None,
    *,
    most_sounds: int | None = None,
    batch_size: int = DEFAULT_BATCH_SIZE,
    device: torch.device | str = "cpu",
    progress: Callable[[int], object] | None = None,
) -> Verdict:
    """Render the sounds of a manifest and compare.

    Args:
        expected: Read from a file, or shipped: ``find_manifest("synth1M1-test")``.
        synth: What renders; None is the synth that the manifest names.
        most_sounds: Check the first blocks only, as many as hold so many sounds; None is all.
        batch_size: See ``describe``.
        device: See ``describe``.
        progress: See ``describe``.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If one is out of range, or the manifest's synth cannot be made here.

    Example:
        >>> from synth_datamodule.identity import find_manifest
        >>> verify(find_manifest("synth1M1-16kHz-test")).same
        True
    """
    if not isinstance(expected, Manifest):
        raise TypeError(f"expected must be a Manifest, got {type(expected).__name__}")
    whole, notes = expected, []
    if most_sounds is not None:
        expected = whole.beginning(most_sounds)
    if len(expected.blocks) < len(whole.blocks):
        few, all_sounds = expected.split.num_checked, whole.split.num_checked
        notes.append(f"the first {few} of its {all_sounds} sounds were checked")
    own = synth is None
    synth = expected.synth.make() if synth is None else synth
    try:
        found = describe(
            synth,
            expected.split,
            windows=expected.windows,
            batch_size=batch_size,
            device=device,
            progress=progress,
        )
        differences = compare(expected, found)
        notes += _notes(expected, found, differences, synth, device)
    finally:
        if own:
            synth.free()
    return Verdict(whole, expected, found, tuple(differences), tuple(notes))


def _notes(
    expected: Manifest,
    found: Manifest,
    differences: list[Difference],
    synth: AbstractSynth,
    device: torch.device | str,
) -> list[str]:
    notes = []
    there, here = expected.package_version, found.package_version
    if there != here and (differences or there.split(".")[0] != here.split(".")[0]):
        notes.append(
            f"written by synth_datamodule {there}, this is {here}; a changed sound is a major "
            "version"
        )
    if not (expected.exact and found.exact):
        notes.append(
            f"audio was held to {WINDOW * found.windows} stored samples of each sound, within "
            f"{TOLERANCE:g}: only the backend {EXACT_BACKEND!r} has the same bits everywhere"
        )
    # Where all that makes a sound is the same, hashes cannot say whose is wrong; its formulas can.
    sound = differences[0].sound if [one.what for one in differences] == ["audio"] else None
    if found.exact and sound is not None:
        distance = distance_to_definition(synth, sound, device)
        notes.append(
            f"sound {sound} as rendered here is at most {distance:.2g} from its formulas in "
            "float64; 1e-5 is promised"
        )
    return notes


def distance_to_definition(
    synth: AbstractSynth, sound: int, device: torch.device | str = "cpu"
) -> float:
    """Return how far a sound is from the readable modules in float64, its largest sample's.

    Args:
        synth: One with both backends.
        sound: Its number.
        device: Where the sound is rendered; the modules run on the CPU.

    Example:
        >>> from synth_datamodule import SynthConfig, Voice
        >>> distance_to_definition(Voice(SynthConfig(buffer_size_seconds=0.5)), 9216) < 1e-5
        True
    """
    pinned = synth.parameter_table.pinned
    reference = type(synth)(synth.synthconfig, synth.nebula, "reference", pinned=pinned)
    audio = synth.render_sounds([sound], device).audio.cpu()
    return (audio - reference.render_sounds([sound], "cpu").audio).abs().max().item()
