"""Manifests as files: written, shipped, found by name.

Each shipped one is in format 1, and holds what ``synth-datamodule cite --out`` writes, with:

    --split val                                                     synth1M1-val
    --split test                                                    synth1M1-test
    --split test --sounds 10240                                     synth1M1-test-10240
    --split test --nebula drum                                      synth1M1-drum-test
    --split test --sample_rate 16000 --seconds 2 --control_rate 400 synth1M1-16kHz-test
"""

import errno
import json
import os
import re
from dataclasses import replace
from importlib import resources
from pathlib import Path

from synth_datamodule import checks, reporting
from synth_datamodule.identity.document import from_json, to_json
from synth_datamodule.identity.manifest import Manifest

_CITATION = re.compile(r"[^/]+/(train|val|test|predict)/[0-9a-f]{16}")
_SHIPPED = resources.files("synth_datamodule") / "manifests"


def write_manifest(
    manifest: Manifest, path: str | os.PathLike[str], *, overwrite: bool = False
) -> Path:
    """Write a manifest to a file whole, or leave everything as it was.

    Args:
        manifest: Manifest of the split.
        path: Path of the JSON file; its folder is made.
        overwrite: Whether a file with other contents may be replaced.

    Returns:
        The path.

    Raises:
        FileExistsError: If there is a file with other contents, without ``overwrite``.
        OSError: If the file cannot be written.
        TypeError: If ``manifest`` is none, or ``path`` no path.
    """
    return reporting.write_text(path, to_json(manifest), overwrite=overwrite)


def shipped_manifests() -> list[str]:
    """Return the names of the manifests that come with the package.

    Example:
        >>> "synth1M1-test" in shipped_manifests()
        True
    """
    return sorted(file.name.removesuffix(".json") for file in _SHIPPED.iterdir())


def citations() -> dict[str, str]:
    """Return the citation of each shipped manifest by the manifest's name."""
    return {name: json.loads(_shipped(name))["name"] for name in shipped_manifests()}


def shipped_as(citation: str) -> str | None:
    """Return the name of the shipped manifest of a citation, whichever its corpus, else None."""
    # The first sounds of a split are the same in each corpus.
    names = {cited.partition("/")[2]: name for name, cited in citations().items()}
    return names.get(citation.partition("/")[2])


def find_manifest(name: str | os.PathLike[str]) -> Manifest:
    """Return a manifest by a shipped name, a citation of a shipped one, or the path of a file.

    Args:
        name: Name such as ``"synth1M1-test"``, citation such as
            ``"synth1M1/test/896e9208c0471735"``, or path.

    Raises:
        FileNotFoundError: If the name is a path that leads to no file.
        TypeError: If it is neither a name nor a path.
        ValueError: If there is no such manifest, or the file is none.

    Example:
        >>> manifest = find_manifest("synth1M1-test")
        >>> find_manifest(manifest.citation) == manifest
        True
    """
    if not isinstance(name, (str, os.PathLike)):
        raise TypeError(f"manifest must be a name or a path, got {checks.shown(name)}")
    word, path = os.fspath(name), Path(name)
    if word in shipped_manifests():
        return from_json(_shipped(word), f"manifest {checks.shown(word)}")
    if reporting.is_file(path):
        name = f"manifest {path}"
        return from_json(reporting.read_text(path, name), name)
    if other := shipped_as(word):
        manifest, corpus = find_manifest(other), word.partition("/")[0]
        # Which corpus is cited plays no part, but there must be such a one.
        whole = corpus.isdecimal() and len(corpus) < 11
        replace(manifest.split, corpus=int(corpus) if whole else corpus)
        return manifest
    cited = _CITATION.fullmatch(word)
    if not cited and (path.suffix == ".json" or len(path.parts) > 1):
        named = checks.shown(word).strip("'")
        raise FileNotFoundError(errno.ENOENT, f"manifest {named} is not there: no such file")
    known = ", ".join(map(repr, shipped_manifests()))
    rule = f"manifest must be one of {known}, the fingerprint of one of these, or the path of a"
    raise ValueError(f"{rule} JSON file, got {checks.shown(word)}")


def _shipped(name: str) -> str:
    return (_SHIPPED / f"{name}.json").read_text(encoding="utf-8")
