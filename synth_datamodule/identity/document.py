"""A manifest as JSON text: one entry, parameter or block per line, each with a checksum."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from synth_datamodule import checks
from synth_datamodule.corpus.splits import Split
from synth_datamodule.identity.definition import SplitDefinition, SynthDefinition
from synth_datamodule.identity.manifest import (
    FORMAT,
    Block,
    Manifest,
    Noise,
    canonical_json,
    parameter_row,
    sha256,
)
from synth_datamodule.parameters.table import ParameterRange

_CHECKSUM_DIGITS = 8
_TEXTS = ("sha256", "start", "stop", "parameters", "labels", "audio")  # the others are bytes


def to_json(manifest: Manifest) -> str:
    """Return a manifest as the text of its file, with a checksum of each entry."""
    split, synth = manifest.split, manifest.synth
    document: dict[str, Any] = {
        "format": FORMAT,
        "package_version": manifest.package_version,
        "name": manifest.citation,
        "fingerprint": manifest.fingerprint,
        "split": {
            "corpus": split.corpus,
            "corpus_sounds": split.corpus_size,
            "split": split.split.value,
            "start": split.start,
            "num_sounds": split.num_sounds,
            "rule": split.rule,
            "checked": split.checked,
            "checked_rule": split.checked_rule,
        },
        "synth": {
            **vars(synth),
            "pinned": dict(synth.pinned),
            "nebula_sha256": manifest.nebula_sha256,
        },
        "parameters": [parameter_row(parameter) for parameter in manifest.parameters],
        "noise": manifest.noise and _encoded(manifest.noise),
        "blocks": [_encoded(block) for block in manifest.blocks],
    }
    document["checksums"] = _checksums(document)
    return _laid_out(document) + "\n"


def from_json(text: str, source: str = "the manifest") -> Manifest:
    """Return the manifest that a text holds.

    Args:
        text: As ``to_json`` returns it.
        source: What an error names.

    Raises:
        ValueError: If it is not JSON, not a manifest of this format, or was changed since it was
            written; it names what was changed.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{source} is not JSON: {error}") from error
    if not isinstance(document, dict) or "format" not in document:
        raise ValueError(f"{source} is not a manifest of a split: it states no format")
    if document["format"] != FORMAT:
        raise ValueError(
            f"{source} must be of format {FORMAT}, got {document['format']!r}, written by "
            f"synth_datamodule {document.get('package_version')}"
        )
    stated = document.pop("checksums", None)
    found = _checksums(document)
    if not isinstance(stated, dict) or stated != found:
        stated = stated if isinstance(stated, dict) else {}
        changed = [name for name in {**found, **stated} if stated.get(name) != found.get(name)]
        raise ValueError(f"{source} was changed since it was written: {_few(changed)}")
    try:
        manifest = _manifest(document)
    except KeyError as error:
        raise ValueError(f"{source} lacks {error}") from error
    except (TypeError, ValueError) as error:
        raise ValueError(f"{source}: {error}") from error
    if manifest.fingerprint != document.get("fingerprint"):
        raise ValueError(
            f"{source} states the fingerprint {document.get('fingerprint')}, its contents have "
            f"{manifest.fingerprint}"
        )
    return manifest


def _encoded(part: Block | Noise) -> dict[str, object]:
    return {
        name: base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
        for name, value in vars(part).items()
    }


def _manifest(document: Mapping[str, Any]) -> Manifest:
    split, synth = _object("split", document["split"]), _object("synth", document["synth"])
    noise, rows = document["noise"], _array("parameters", document["parameters"])
    manifest = Manifest(
        package_version=str(document["package_version"]),
        split=SplitDefinition(
            split["corpus"],
            Split(split["split"]),
            split["start"],
            split["num_sounds"],
            tuple(_range(pair) for pair in _array("checked", split["checked"])),
        ),
        synth=SynthDefinition(**{name: synth[name] for name in _names(SynthDefinition)}),
        parameters=tuple(ParameterRange(*_array("a parameter", row)) for row in rows),
        noise=None if noise is None else Noise(**_decoded("noise", noise, Noise)),
        blocks=tuple(
            Block(**_decoded(f"blocks[{place}]", block, Block))
            for place, block in enumerate(_array("blocks", document["blocks"]))
        ),
    )
    _object("pinned", manifest.synth.pinned)
    if manifest.nebula_sha256 != synth["nebula_sha256"]:
        raise ValueError(
            f"nebula_sha256 must be that of the parameters' curves, {manifest.nebula_sha256}, got "
            f"{synth['nebula_sha256']}"
        )
    return manifest


def _names(kind: type) -> tuple[str, ...]:
    return tuple(entry.name for entry in fields(kind))


def _object(where: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{where} must be a JSON object, got {value!r:.60}")
    return value


def _array(where: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{where} must be a JSON array, got {value!r:.60}")
    return value


def _range(pair: object) -> tuple[int, int]:
    start, stop = (checks.whole_number("checked", one, 0) for one in _array("checked", pair))
    return start, stop


def _decoded(where: str, value: object, kind: type) -> dict[str, Any]:
    part = _object(where, value)
    return {
        name: part[name] if name in _TEXTS else base64.b64decode(part[name], validate=True)
        for name in _names(kind)
    }


def _checksums(document: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: sha256(canonical_json(value))[:_CHECKSUM_DIGITS] for name, value in _leaves(document)
    }


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


def _laid_out(document: Mapping[str, object]) -> str:
    """Return JSON with one entry, parameter or block per line, to be read and to be compared."""
    return _lines("{}", [f"{json.dumps(name)}: {_text(value)}" for name, value in document.items()])


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        entries = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in value.items()]
        return _lines("{}", entries, indent="  ")
    if isinstance(value, list):
        return _lines("[]", [json.dumps(entry) for entry in value], indent="  ")
    return json.dumps(value)


def _lines(brackets: str, entries: Sequence[str], indent: str = " ") -> str:
    inside = ",\n".join(indent + entry for entry in entries)
    return f"{brackets[0]}\n{inside}\n{indent[1:]}{brackets[1]}"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
