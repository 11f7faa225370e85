"""Check that this machine gives the data that a manifest describes."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from synth_datamodule import checks
from synth_datamodule.batch import audio_of
from synth_datamodule.config import DEFAULT_BATCH_SIZE, MOST_SAMPLES
from synth_datamodule.identity.compare import DATA, TOLERANCE, Difference, compare
from synth_datamodule.identity.filters import other_members
from synth_datamodule.identity.fingerprint import EXACT_BACKENDS, describe
from synth_datamodule.identity.manifest import Manifest
from synth_datamodule.identity.places import WINDOW
from synth_datamodule.patching.naming import loaded, public_name
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth


@dataclass(frozen=True)
class Verdict:
    """Outcome of a verification.

    Args:
        whole: Manifest that was to be verified.
        expected: Manifest of the blocks that were checked.
        found: Manifest of these blocks as this machine renders them.
        differences: Differences between the two; none where the data is the same.
        notes: Sentences on how it was checked, and on why data may differ.
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
        """Return a word on a kind of data: same, differs, none, or to 1e-5.

        Args:
            what: Kind of data, ``"parameters"``, ``"labels"``, ``"noise"`` or ``"audio"``.

        Raises:
            ValueError: If it is another word.
        """
        checks.one_of("what", what, DATA)
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
        expected: Manifest to verify, as of ``find_manifest("synth1M1-test")``.
        synth: Synth that renders; None is the one that the manifest names.
        most_sounds: Number of sounds to check, in whole blocks from the first; None is all.
        batch_size: Sounds rendered at a time; the verdict is the same for any.
        device: Device to render on.
        progress: Function that is called with the number of sounds done since its last call.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If one is out of range, or the manifest's synth cannot be made here.

    Example:
        >>> from synth_datamodule.identity import find_manifest
        >>> verify(find_manifest("synth1M1-16kHz-test")).same
        True
    """
    whole = checks.instance("expected", expected, Manifest)
    if synth is not None:
        checks.instance("synth", synth, AbstractSynth)
    device = checks.rendering_device("device", device)
    checks.whole_number("batch_size", batch_size, 1, MOST_SAMPLES)
    if most_sounds is not None:
        expected = whole.beginning(most_sounds)
    made = expected.synth.make() if synth is None else synth
    if loaded(str(expected.synth.synth)) is type(made):  # whichever of its names was written
        recipe = replace(expected.synth, synth=public_name(type(made)))
        expected = replace(expected, synth=recipe)
    try:
        found = describe(
            made,
            expected.split,
            windows=expected.windows,
            batch_size=batch_size,
            device=device,
            progress=progress,
        )
        differences = (*other_members(expected.split, made), *compare(expected, found))
        verdict = Verdict(whole, expected, found, differences, ())
        return replace(verdict, notes=tuple(_notes(verdict, made, device)))
    finally:
        if synth is None:
            made.free()


def _notes(verdict: Verdict, synth: AbstractSynth, device: torch.device | str) -> list[str]:
    whole, expected, found = verdict.whole, verdict.expected, verdict.found
    notes = []
    if len(expected.blocks) < len(whole.blocks):
        few, all_sounds = expected.split.num_checked, whole.split.num_checked
        notes.append(f"the first {few} of its {all_sounds} sounds were checked")
    if whole.stated is not None:
        notes.append(
            f"the file states the fingerprint {whole.stated[:16]}, by a former name of its synth, "
            f"which is {whole.synth.synth} now"
        )
    there, here = expected.package_version, found.package_version
    if there != here and not (verdict.same and there.split(".")[0] == here.split(".")[0]):
        notes.append(
            f"written by synth_datamodule {there}, this is {here}; a changed sound is a major "
            "version"
        )
    if not (expected.exact and found.exact):
        notes.append(
            f"audio was held to {WINDOW * found.windows} stored samples of each sound, within "
            f"{TOLERANCE:g}: only the backends {' and '.join(EXACT_BACKENDS)} have the same bits "
            "everywhere"
        )
    # Where only audio differs, hashes cannot say which side is wrong; the sound's formulas can.
    only_audio = [difference.what for difference in verdict.differences] == ["audio"]
    sound = verdict.differences[0].sound if only_audio else None
    if found.exact and sound is not None:
        formulas = replace(SynthRecipe.of(synth), backend="reference").make()
        heard, defined = synth.render_sounds([sound], device), formulas.render_sounds([sound])
        audio, defining = audio_of(heard.audio), audio_of(defined.audio)
        distance = (audio.cpu() - defining).abs().max().item()
        notes.append(
            f"sound {sound} as rendered here is at most {distance:.2g} from its formulas in "
            "float64; 1e-5 is promised"
        )
    return notes
