"""Format 1 of a manifest's file, read for ever: a checksum of each entry, bytes block by block."""

from collections.abc import Mapping
from typing import Any

from synth_datamodule.identity.manifest import canonical_json, sha256


def check(document: dict[str, Any]) -> None:
    """Take the checksums out of a document; a ValueError names the entries where one differs."""
    stated, found = document.pop("checksums", None), checksums(document)
    stated = stated if isinstance(stated, dict) else {}
    changed = [name for name in {**found, **stated} if stated.get(name) != found.get(name)]
    if changed:
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        raise ValueError(", ".join(changed[:5]) + more)


def checksums(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the checksum of each entry of a document, of its objects and of its blocks."""
    parts: dict[str, Any] = {}
    for name, value in document.items():
        rows = value if isinstance(value, list) and name == "blocks" else ()
        parts |= {f"{name}[{place}]": row for place, row in enumerate(rows)} or {name: value}
    entries: dict[str, Any] = {}
    for name, part in parts.items():
        inside = part.items() if isinstance(part, dict) else None
        entries |= {name: part} if inside is None else {f"{name}.{key}": one for key, one in inside}
    return {name: sha256(canonical_json(value))[:8] for name, value in entries.items()}
