"""Format 1 of a manifest's file, read for ever: a checksum of each entry, bytes block by block."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from synth_datamodule.identity.manifest import STORED, canonical_json, sha256

_CHECKSUM_DIGITS = 8


def check(document: dict[str, Any]) -> None:
    """Take the checksums out of a document and check them.

    Args:
        document: The document of a file of format 1.

    Raises:
        ValueError: If one differs; it names the entries.
    """
    stated, found = document.pop("checksums", None), checksums(document)
    stated = stated if isinstance(stated, dict) else {}
    changed = [name for name in {**found, **stated} if stated.get(name) != found.get(name)]
    if changed:
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        raise ValueError(", ".join(changed[:5]) + more)


def checksums(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the checksum of each entry, parameter list or entry of a block, by its name.

    Args:
        document: The document of a file of format 1, without its checksums.
    """
    return {
        name: sha256(canonical_json(value))[:_CHECKSUM_DIGITS] for name, value in _leaves(document)
    }


def upgraded(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a document holds as format 2 has it.

    Args:
        document: The document of a file of format 1, checked.

    Raises:
        KeyError: If an entry is missing.
        TypeError: If an entry is of another type.
        ValueError: If the blocks are not those of the split, or an entry is not base64.
    """
    blocks, checked = document["blocks"], document["split"]["checked"]
    if [[block["start"], block["stop"]] for block in blocks] != checked:
        raise ValueError(f"blocks must be those of split.checked, {checked}")
    parts = {
        name: [base64.b64decode(block[name], validate=True) for block in blocks] for name in STORED
    }
    stored = {name: base64.b64encode(b"".join(part)).decode() for name, part in parts.items()}
    return {**document, "stored": stored}


def _leaves(document: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in document.items():
        parts = {name: value}
        if isinstance(value, list) and value and isinstance(value[0], dict):
            parts = {f"{name}[{place}]": part for place, part in enumerate(value)}
        for part_name, part in parts.items():
            if isinstance(part, dict):
                yield from ((f"{part_name}.{entry}", part[entry]) for entry in part)
            else:
                yield part_name, part
