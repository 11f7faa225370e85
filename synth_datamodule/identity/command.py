"""The commands ``verify`` and ``cite``: check data as it was cited, and name data to cite it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

from synth_datamodule import checks, reporting
from synth_datamodule.config import DEFAULT_BATCH_SIZE
from synth_datamodule.corpus.listing import listed_numbers
from synth_datamodule.corpus.rosters import passing_of
from synth_datamodule.corpus.splits import Split
from synth_datamodule.identity import files
from synth_datamodule.identity.compare import DATA
from synth_datamodule.identity.definition import SplitDefinition
from synth_datamodule.identity.fingerprint import describe
from synth_datamodule.identity.manifest import Manifest
from synth_datamodule.identity.verify import Verdict, verify
from synth_datamodule.loading import SoundSet, split_set
from synth_datamodule.loading.bounds import Bounds
from synth_datamodule.loading.chosen import Chosen
from synth_datamodule.loading.sets import evaluation_set
from synth_datamodule.patching.recipe import SynthRecipe

_ASKED = ("ranges", "values", "synth_arguments", "parameters", "sampler")


@dataclass(frozen=True)
class Verify:
    """Check that this machine gives the data of splits as it was cited.

    Args:
        manifests: Manifests to check: files, citations such as synth1M1/test/896e9208c0471735, or
            names of shipped ones; none is all that are shipped.
        sounds: Number of sounds to check of each manifest, in whole blocks from the first; all
            where it is left out.
        device: Device to render on, cpu or cuda.
        batch_size: Sounds rendered at a time.
        changes: Settings of the synth that override a manifest's.
    """

    manifests: tuple[str, ...] = ()
    sounds: int | None = None
    device: str = "cpu"
    batch_size: int = DEFAULT_BATCH_SIZE
    changes: Mapping[str, Any] = field(default_factory=dict)
    split: str | None = None  # not for this command, which says so
    write: Path | None = None
    POSITIONAL: ClassVar[str] = "manifests"

    def __call__(self) -> int:
        """Render, compare and print; return 0 where all data is the same, else 1."""
        for name, value in (("split", self.split), ("write", self.write)):
            if value is not None:
                raise ValueError(
                    f"verify only checks manifests, got --{name} {value}: synth-datamodule cite "
                    "names a split and writes its manifest (--out FILE)"
                )
        device = checks.compute_device("device", self.device)
        checks.whole_number("batch_size", self.batch_size, 1)
        if self.sounds is not None:
            checks.whole_number("sounds", self.sounds, 1)
        names = self.manifests or tuple(files.shipped_manifests())
        wholes = [files.find_manifest(name) for name in names]
        recipes = [replace(whole.synth, **self.changes) for whole in wholes]
        parts = wholes if self.sounds is None else [one.beginning(self.sounds) for one in wholes]
        start, verdicts = time.perf_counter(), []
        total = sum(part.split.num_checked for part in parts)
        with reporting.progress("verifying", total) as advance:
            check = partial(verify, batch_size=self.batch_size, device=device, progress=advance)
            for name, whole, recipe in zip(names, wholes, recipes, strict=True):
                advance(0, f"verifying {name}")
                synth = recipe.make()
                verdicts.append((name, check(whole, synth, most_sounds=self.sounds)))
                synth.free()
        _print_verdicts(verdicts, time.perf_counter() - start)
        return 0 if all(verdict.same for _, verdict in verdicts) else 1


@dataclass(frozen=True)
class Cite:
    """Name a split by a fingerprint to cite it by, and write its manifest.

    Args:
        corpus: Name of the corpus, or the number of its sounds.
        split: Split whose first sounds are named.
        predict_sounds: First sound number and the one after the last, of a range of sounds instead
            of a split.
        sounds: Number of sounds, the first of the split; where it is left out 1024, or as many as
            there are of rows and of a list, of train all.
        listed: List of sound numbers that is the corpus, as [5,9,77], or a file of such; what is
            sounds= in Python.
        minimum_rms: Least RMS of a sound, linear; quieter ones are left out.
        loudest: Highest peak of a sound; louder ones are left out.
        recipe: Synth that renders.
        device: Device to render on, cpu or cuda.
        batch_size: Sounds rendered at a time.
        out: JSON file for the manifest, by which anybody can verify the data.
        overwrite: Whether a file with other contents may be replaced.
    """

    corpus: str = "synth1M1"
    split: Literal["train", "val", "test"] = "test"
    predict_sounds: tuple[int, int] | None = None
    sounds: int | None = None
    listed: str | None = None
    minimum_rms: float | None = None
    loudest: float | None = None
    recipe: SynthRecipe = SynthRecipe()  # noqa: RUF009 - it is frozen
    device: str = "cpu"
    batch_size: int = DEFAULT_BATCH_SIZE
    out: Path | None = None
    overwrite: bool = False

    def __call__(self) -> int:
        """Render, hash, print and write; return 0."""
        device = checks.compute_device("device", self.device)
        checks.whole_number("batch_size", self.batch_size, 1)
        corpus: str | int = int(self.corpus) if self.corpus.isdecimal() else self.corpus
        bounds = Bounds(self.minimum_rms, self.loudest)
        if self.out is not None:
            reporting.check_outputs(self.out, overwrite=self.overwrite, same_bytes_are_fine=True)
        definition = self._definition(corpus, bounds)
        synth = self.recipe.make()
        start = time.perf_counter()
        with reporting.progress(f"hashing {definition.split}", definition.num_checked) as advance:
            manifest = describe(
                synth, definition, batch_size=self.batch_size, device=device, progress=advance
            )
        synth.free()
        seconds = time.perf_counter() - start
        if self.out is not None:
            files.write_manifest(manifest, self.out, overwrite=self.overwrite)
        _print_manifest(manifest, seconds)
        if self.out is not None:
            reporting.say(f"written: {self.out}")
        return 0

    def _definition(self, corpus: str | int, bounds: Bounds) -> SplitDefinition:
        split = Split(checks.one_of("split", self.split, ("train", "val", "test")))
        listed = None if self.listed is None else listed_numbers("listed", self.listed)
        chosen = Chosen.of(corpus, listed, self.recipe.parameters, None)
        corpus = corpus if chosen.corpus is None else chosen.corpus
        if self.predict_sounds is not None:
            if self.sounds is not None or split is not Split.test:
                raise ValueError(
                    "predict_sounds says which sounds; split and sounds must not be given beside "
                    f"it, got split {split} and sounds {self.sounds}"
                )
            if bounds.settings:
                raise ValueError(
                    "predict_sounds says which sounds, all of which are heard; got "
                    f"{' and '.join(bounds.settings)} too"
                )
            return SplitDefinition.of(corpus, chosen.predicted(corpus, self.predict_sounds))
        if lack := chosen.lack(split):
            raise ValueError(f"{split} has no sounds to cite: {lack}")
        if self.sounds is not None:
            checks.whole_number(f"{split}_sounds", self.sounds, 1)
        roster = chosen.heard(bounds, self.recipe, corpus)
        if split is Split.train:
            sounds: SoundSet | None = split_set(split, corpus, self.sounds, roster=roster)
        else:
            wanted = chosen.evaluated("auto") if self.sounds is None else self.sounds
            sounds = evaluation_set(split, corpus, wanted, roster)
        assert sounds is not None, "there is one or more"
        return SplitDefinition.of(corpus, sounds)


def sentence(manifest: Manifest) -> str:
    """Return a sentence that cites a split in a paper."""
    split = manifest.split
    verb = "train" if split.split is Split.train else "evaluate"
    chosen = dict(split.chosen)
    sounds = f"{split.num_sounds:,} {split.split} sounds{passing_of(chosen)}"
    if split.split is Split.predict:
        sounds = f"the sounds {split.start:,} to {split.start + split.num_sounds - 1:,}"
    corpus = split.corpus if isinstance(split.corpus, str) else f"{split.corpus:,}"
    if "rows" in chosen:
        corpus = f"{chosen['rows']:,} rows of parameters"
    if "listed" in chosen:
        corpus = f"{chosen['listed']:,} listed {'rows' if 'rows' in chosen else 'sounds'}"
    return (
        f"We {verb} on {sounds} of {corpus} "
        f"(synth_datamodule {manifest.package_version}, fingerprint "
        f"`{manifest.citation}`)."
    )


def _print_verdicts(verdicts: list[tuple[str, Verdict]], seconds: float) -> None:
    rows = []
    for name, verdict in verdicts:
        citation = verdict.whole.citation
        label = citation if name == citation else f"{name}\n{citation}"
        rows.append([label, verdict.expected.split.num_checked, *map(verdict.of, DATA)])
    styles = [None if verdict.same else "bold red" for _, verdict in verdicts]
    reporting.print_table(["split", "sounds", *DATA], rows, styles=styles)
    for name, verdict in verdicts:
        for line in (*(difference.text for difference in verdict.differences), *verdict.notes):
            reporting.say(f"{name}: {line}")
    other = sum(not verdict.same for _, verdict in verdicts)
    sounds = sum(verdict.expected.split.num_checked for _, verdict in verdicts)
    reporting.say(
        f"{len(verdicts)} split{'s' * (len(verdicts) > 1)}, {sounds} sounds in {seconds:.1f} s: "
        + (f"{other} with other data" if other else "the same data")
    )


def _print_manifest(manifest: Manifest, seconds: float) -> None:
    split, synth = manifest.split, manifest.synth
    pinned = ", ".join(f"{name} = {value:g}" for name, value in synth.pinned.items())
    plain, asked = synth.plain(), _ASKED
    rows = [
        ("corpus", f"{split.corpus}, {split.corpus_size} sounds"),
        ("split", f"{split.split}: {split.rule}"),
        ("hashed", f"{split.checked_rule}, in {seconds:.1f} s"),
        ("synth", f"{synth.synth}, backend {synth.backend}"),
        ("audio", f"{synth.buffer_size_seconds:g} s at {synth.sample_rate} Hz"),
        ("control rate", f"{synth.control_rate} Hz, eps {synth.eps:g}"),
        ("nebula", f"{synth.nebula}, {manifest.nebula_sha256[:16]}"),
        ("pinned", pinned or "nothing"),
        *((name.replace("_", " "), str(plain[name])) for name in asked if plain[name]),
        ("parameters", len(manifest.parameters)),
    ]
    reporting.print_table(["", ""], rows, align="ll", show_header=False)
    name = files.shipped_as(manifest.citation)
    reporting.say(f"fingerprint: {manifest.citation}" + (f" (shipped as {name})" if name else ""))
    reporting.say(sentence(manifest))
