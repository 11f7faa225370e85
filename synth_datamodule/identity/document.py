"""A manifest as JSON text: format 2 is written, 1 and 2 are read."""

import base64
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from synth_datamodule import checks
from synth_datamodule.corpus.splits import Split
from synth_datamodule.identity import format_1
from synth_datamodule.identity.definition import SplitDefinition
from synth_datamodule.identity.manifest import (
    SETTINGS,
    STORED,
    Block,
    Manifest,
    Noise,
    canonical_json,
    parameter_row,
    settings_of,
    sha256,
    stored_sizes,
)
from synth_datamodule.parameters.nebula import entries_of, nebula_value, shipped_nebulae
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.reporting import FromFile, json_of

FORMAT = 2  # of a manifest's file as it is written

# What a roster's settings may be.
CHOSEN = {"rows", "split", "listed", "listed_sha256", "minimum_rms", "loudest"}
_HASHES = ("parameters", "labels", "audio")
_LEFT_OUT = (
    "what its fingerprint leaves out (package_version, name, corpus, rules, synth.nebula, "
    "noise.values, stored or sha256)"
)
_Kind = TypeVar("_Kind", dict[str, Any], list[Any], str)


def to_json(manifest: Manifest) -> str:
    """Return a manifest as the text of its file, whose ``sha256`` is over all that stands before.

    Args:
        manifest: Manifest of the split.

    Raises:
        TypeError: If it is none.
    """
    checks.instance("manifest", manifest, Manifest)
    split, noise, blocks = manifest.split, manifest.noise, manifest.blocks
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
        "synth": {**settings_of(manifest.synth), "nebula_sha256": manifest.nebula_sha256},
        "parameters": [
            f"{name}: {json.dumps(row)}" for name, *row in map(parameter_row, manifest.parameters)
        ],
        "noise": noise and {"sha256": noise.sha256, "values": _text(noise.values)},
        "blocks": [{name: getattr(block, name) for name in _HASHES} for block in blocks],
        "stored": {
            name: _text(b"".join(getattr(block, name) for block in blocks)) for name in STORED
        },
    }
    if split.chosen:
        numbers = [_text(members) for members in split.members]
        document["split"] |= {"chosen": dict(split.chosen), "numbers": numbers}
    document["sha256"] = sha256(canonical_json(document))
    return json.dumps(document, indent=1) + "\n"


def from_json(text: str, source: str = "the manifest") -> Manifest:
    """Return the manifest that a text holds.

    Args:
        text: Contents of a manifest's file, of format 1 or 2.
        source: Name of the text in errors.

    Raises:
        TypeError: If ``text`` is no string.
        ValueError: If it is not JSON, not a manifest of a known format, or was changed since it was
            written; it names what was changed, as far as that can be told.
    """
    document = json_of(checks.instance("text", text, str), source)
    if not isinstance(document, dict) or "format" not in document:
        raise ValueError(f"{source} is not a manifest of a split: it states no format")
    if document["format"] not in (1, FORMAT):
        raise ValueError(
            f"{source} must be of format 1 or {FORMAT}, got {checks.shown(document['format'])}, "
            "written "
            f"by synth_datamodule {document.get('package_version')!s:.40}"
        )
    whole = False
    try:
        if document["format"] == 1:
            format_1.check(document)
            whole = True
        else:
            whole = document.pop("sha256", None) == sha256(canonical_json(document))
        manifest = _manifest(document)
    except KeyError as error:
        wrong = f"it lacks {error}"
    except (ArithmeticError, RecursionError, TypeError, ValueError) as error:
        wrong = str(error)
    else:
        if whole:
            return manifest
        wrong = _LEFT_OUT
    changed = "" if whole else " was changed since it was written"
    raise ValueError(f"{source}{changed}: {' '.join(wrong.split())}"[:300])


def _manifest(document: Mapping[str, Any]) -> Manifest:
    split, synth = (_json(dict, name, document[name]) for name in ("split", "synth"))
    settings = {name: synth[name] for name in SETTINGS} | synth
    nebula_sha256 = settings.pop("nebula_sha256")
    if unknown := sorted(settings.keys() - {setting.name for setting in fields(SynthRecipe)}):
        raise ValueError(
            f"synth.{unknown[0]} is no setting of a synth here; the file was written by "
            f"synth_datamodule {document['package_version']}"
        )
    for by_name in {"pinned", "ranges", "values"} & settings.keys():
        _json(dict, f"synth.{by_name}", settings[by_name])
    noise = document["noise"]
    if noise is not None:
        noise = _json(dict, "noise", noise)
        noise = Noise(noise["sha256"], _bytes("noise.values", noise["values"]))
    checked = tuple(map(_range, _json(list, "split.checked", split["checked"])))
    chosen, members = _chosen(split)
    parameters = tuple(map(_parameter, _json(list, "parameters", document["parameters"])))
    # What a stranger's file names is neither imported nor opened; it holds its nebula's entries.
    made_of = {**settings, "synth": FromFile(_json(str, "synth.synth", settings["synth"]))}
    if "sampler" in settings:
        made_of["sampler"] = FromFile(_json(str, "synth.sampler", settings["sampler"]))
    if "parameters" in settings:
        _json(dict, "synth.parameters", settings["parameters"])
    if _json(str, "synth.nebula", settings["nebula"]) not in shipped_nebulae():
        made_of["nebula"] = nebula_value(entries_of(parameters))
    manifest = Manifest(
        _json(str, "package_version", document["package_version"])[:60],
        SplitDefinition(
            *(split["corpus"], Split(split["split"]), split["start"], split["num_sounds"]),
            *(checked, chosen, members),
        ),
        SynthRecipe(**made_of),
        parameters,
        noise,
        _blocks(checked, members, document),
    )
    if manifest.nebula_sha256 != nebula_sha256:
        raise ValueError(
            f"synth.nebula_sha256 must be that of the parameters' curves, "
            f"{manifest.nebula_sha256}, got {nebula_sha256}"
        )
    # Of the settings as they were written: a synth's class may have another name by now.
    written = manifest.fingerprint_with(settings)
    defined = manifest.split
    said = {
        "name": (document["name"], f"{defined.corpus}/{defined.split}/{written[:16]}"),
        "split.corpus_sounds": (split["corpus_sounds"], defined.corpus_size),
        "split.rule": (split["rule"], defined.rule),
        "split.checked_rule": (split["checked_rule"], defined.checked_rule),
    }
    for name, (stated, found) in said.items():
        if written == document["fingerprint"] and stated != found:
            raise ValueError(
                f"{name} must be that of its contents, {checks.shown(found)}, got "
                f"{checks.shown(stated)}"
            )
    if written != document["fingerprint"]:
        raise ValueError(
            f"it states the fingerprint {document['fingerprint']}, its contents (split, synth, "
            f"parameters, noise and blocks) have {written}"
        )
    return manifest if written == manifest.fingerprint else replace(manifest, stated=written)


def _chosen(split: Mapping[str, Any]) -> tuple[tuple[tuple[str, Any], ...], tuple[bytes, ...]]:
    """Return the settings and the numbers of chosen sounds; nothing of the corpus's own."""
    if "chosen" not in split:
        return (), ()
    settings = _json(dict, "split.chosen", split["chosen"])
    if unknown := sorted(settings.keys() - CHOSEN):
        raise ValueError(f"split.chosen.{unknown[0]} is no rule for sounds here")
    texts = _json(list, "split.numbers", split["numbers"])
    numbers = tuple(_bytes("split.numbers", text) for text in texts)
    return tuple(settings.items()), numbers


def _blocks(
    checked: Sequence[tuple[int, int]], members: Sequence[bytes], document: Mapping[str, Any]
) -> tuple[Block, ...]:
    """Return the blocks of their hashes and of what is stored of all of them, which is cut up."""
    rows = [_json(dict, "a block", row) for row in _json(list, "blocks", document["blocks"])]
    if len(rows) != len(checked):
        raise ValueError(f"blocks must be {len(checked)}, as split.checked has, got {len(rows)}")
    parts = [_json(dict, "stored", document["stored"])] if document["format"] == FORMAT else rows
    if parts is rows and [(row["start"], row["stop"]) for row in rows] != list(checked):
        raise ValueError(f"blocks must be those of split.checked, {checked}")
    files = {
        name: io.BytesIO(b"".join(_bytes(f"stored.{name}", part[name]) for part in parts))
        for name in STORED
    }
    sizes_of = [len(numbers) // 4 for numbers in members]
    sizes_of = sizes_of or [stop - start for start, stop in checked]
    num_sounds = sum(sizes_of)
    each = len(files["audio_values"].getbuffer()) // max(num_sounds, 1)
    blocks = []
    numbers = members or (None,) * len(checked)
    for (start, stop), row, size_of, own in zip(checked, rows, sizes_of, numbers, strict=True):
        hashes: dict[str, Any] = {name: row[name] for name in _HASHES} | {"members": own}
        sizes = stored_sizes(size_of, hashes["audio"] is not None)
        sizes["audio_values"] = each * size_of
        hashes |= {name: files[name].read(size) for name, size in sizes.items()}
        blocks.append(Block(start, stop, **hashes))
    for name, file in files.items():
        if rest := file.read():
            raise ValueError(
                f"stored.{name} must be of the {num_sounds} sounds of split.checked, got "
                f"{len(rest)} bytes more"
            )
    return tuple(blocks)


def _parameter(row: object) -> ParameterRange:
    if isinstance(row, str):  # a line of format 2
        name, _, values = row.rpartition(": ")
        row = [name, *_json(list, "a parameter", json.loads(values))]
    return ParameterRange(*_json(list, "a parameter", row))


def _range(pair: object) -> tuple[int, int]:
    start, stop = (checks.whole_number("checked", one, 0) for one in _json(list, "checked", pair))
    return start, stop


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _bytes(where: str, value: Any) -> bytes:  # noqa: ANN401
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where} must be base64: {error}") from error


def _json(kind: type[_Kind], where: str, value: object) -> _Kind:
    if not isinstance(value, kind):
        word = {dict: "object", list: "array", str: "string"}[kind]
        raise TypeError(f"{where} must be a JSON {word}, got {checks.shown(value)}")
    return value
