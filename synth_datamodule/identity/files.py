"""Manifests as files: written, shipped, found by name.

Each shipped one was written by ``synth-datamodule verify --write``:

    --split val                                                     synth1M1-val
    --split test                                                    synth1M1-test
    --split test --sounds 10240                                     synth1M1-test-10240
    --split test --nebula drum                                      synth1M1-drum-test
    --split test --sample_rate 16000 --seconds 2 --control_rate 400 synth1M1-16kHz-test
"""

import json
from importlib import resources
from pathlib import Path

from synth_datamodule.identity.document import from_json, to_json
from synth_datamodule.identity.manifest import Manifest


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write a manifest to a file, its folder made where it does not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_json(manifest), encoding="utf-8")


def shipped_manifests() -> list[str]:
    """Return the names of the manifests that come with the package.

    Example:
        >>> "synth1M1-test" in shipped_manifests()
        True
    """
    folder = resources.files("synth_datamodule") / "manifests"
    return sorted(file.name.removesuffix(".json") for file in folder.iterdir())


def citations() -> dict[str, str]:
    """Return the fingerprint of each shipped manifest by its name."""
    return {name: json.loads(_shipped_text(name))["name"] for name in shipped_manifests()}


def find_manifest(name: str | Path) -> Manifest:
    """Return a manifest by a shipped name, a citation of a shipped one, or the path of a file.

    Args:
        name: Such as ``"synth1M1-test"``, ``"synth1M1/test/..."`` with the 16 digits, or a path.

    Raises:
        ValueError: If there is none, or the file is no manifest.

    Example:
        >>> manifest = find_manifest("synth1M1-test")
        >>> find_manifest(manifest.citation) == manifest
        True
    """
    shipped, word = shipped_manifests(), str(name)
    if word in shipped:
        return from_json(_shipped_text(word), f"manifest {word!r}")
    path = Path(name)
    if path.is_file():
        try:
            return from_json(path.read_text(encoding="utf-8"), f"manifest {path}")
        except UnicodeDecodeError as error:
            raise ValueError(f"manifest {path} is not UTF-8 text: {error}") from error
    for other, citation in citations().items():
        # The same sounds are cited from another corpus too: synth1B1/test/...
        if citation.split("/")[1:] == word.split("/")[1:]:
            return find_manifest(other)
    raise ValueError(
        f"manifest must be one of {', '.join(map(repr, shipped))}, the fingerprint of one of "
        f"these, or the path of a JSON file, got {word!r}"
    )


def _shipped_text(name: str) -> str:
    file = resources.files("synth_datamodule") / "manifests" / f"{name}.json"
    return file.read_text(encoding="utf-8")
