import base64
import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import Split, SynthConfig, Voice
from synth_datamodule.identity import SplitDefinition, describe, from_json, to_json
from synth_datamodule.identity.document import _checksums
from synth_datamodule.loading import SoundSet

TINY = SynthConfig(sample_rate=1000, buffer_size_seconds=0.01, control_rate=1000)
VOICE = Voice(TINY)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    split=st.sampled_from(list(Split)),
    num_sounds=st.integers(1, 1500),
    start=st.integers(0, 2**32 - 1500),
    corpus=st.sampled_from(["synth1B1", 2**32]),
    version=st.text(max_size=5),
    pinned=st.floats(0, 127),
    eps=st.floats(1e-12, 0.5),
)
def test_a_manifest_is_the_same_after_json(split, num_sounds, start, corpus, version, pinned, eps):
    sounds = SoundSet(split, num_sounds, start if split is Split.predict else 0)
    if split is Split.predict:
        corpus = 2**32
    manifest = describe(VOICE, SplitDefinition.of(corpus, sounds))
    synth = replace(manifest.synth, pinned={"keyboard.midi_f0": pinned}, eps=eps)
    manifest = replace(manifest, package_version=version, synth=synth)
    assert from_json(to_json(manifest)) == manifest


def test_an_inexact_manifest_is_the_same_after_json(inexact):
    assert from_json(to_json(inexact)) == inexact


def test_a_manifest_of_1024_sounds_is_small_and_readable(manifest):
    text = to_json(manifest.beginning(1024))
    assert len(text) < 60_000
    lines = text.splitlines()
    assert sum(len(line) < 200 for line in lines) > 100
    for told in ('"package_version"', '"corpus": "synth1M1"', '"rule": "the first 2048 sounds'):
        assert told in text


def leaves(document, path=()):
    """Yield the path of every value in a JSON document that holds no others."""
    parts = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in parts:
        if isinstance(value, (dict, list)) and value:
            yield from leaves(value, (*path, key))
        else:
            yield *path, key


def altered(value):
    """Return another value of the same kind, as a hand or a bad disk would leave it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return ("B" if value[:1] == "A" else "A") + value[1:]
    if isinstance(value, float):
        return math.nextafter(value, math.inf)
    return 1 if value in (None, {}) else value + 1


def test_whatever_is_altered_in_the_file_is_found_and_named(manifest):
    text = to_json(manifest)
    paths = [path for path in leaves(json.loads(text)) if path[0] not in ("format", "checksums")]
    assert len(paths) > 400
    named = set()
    for path in paths:
        document = json.loads(text)
        part = document
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = altered(part[path[-1]])
        section = path[0] if path[0] != "blocks" else f"blocks[{path[1]}]"
        entry = path[1] if path[0] in ("split", "synth", "noise") else path[2:3]
        entry = "".join(entry) if path[0] != "parameters" else ""
        name = f"{section}.{entry}" if entry else section
        with pytest.raises(ValueError, match="the manifest was changed since") as caught:
            from_json(json.dumps(document))
        assert str(caught.value).endswith(f": {name}")
        named.add(name)
    assert {
        "package_version",
        "fingerprint",
        "split.corpus",
        "split.checked",
        "synth.sample_rate",
        "synth.pinned",
        "synth.nebula",
        "synth.nebula_sha256",
        "parameters",
        "noise.sha256",
        "blocks[1].parameters",
        "blocks[0].audio_digests",
        "blocks[1].audio_values",
    } <= named


def test_blocks_in_another_order_are_found_and_named(manifest):
    document = json.loads(to_json(manifest))
    document["blocks"].reverse()
    with pytest.raises(ValueError, match=r"blocks\[0\].start, blocks\[0\].stop"):
        from_json(json.dumps(document))


def test_a_checksum_left_out_or_added_is_found(manifest):
    document = json.loads(to_json(manifest))
    del document["checksums"]["noise.sha256"]
    with pytest.raises(ValueError, match=r"changed since it was written: noise.sha256$"):
        from_json(json.dumps(document))
    document = json.loads(to_json(manifest))
    document["checksums"]["split.colour"] = "00000000"
    with pytest.raises(ValueError, match=r"changed since it was written: split.colour$"):
        from_json(json.dumps(document))
    del document["checksums"]
    with pytest.raises(ValueError, match=r"format, package_version, .* more$"):
        from_json(json.dumps(document))


def forged(manifest, change):
    """Return a file whose checksums were made to fit."""
    document = json.loads(to_json(manifest))
    del document["checksums"]
    change(document)
    document["checksums"] = _checksums(document)
    return json.dumps(document)


def put(*path_and_value):
    *path, last, value = path_and_value

    def change(document):
        for key in path:
            document = document[key]
        document[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: document.pop("blocks"), "m.json lacks 'blocks'"),
        (lambda document: document["synth"].pop("eps"), "m.json lacks 'eps'"),
        (lambda document: document["blocks"][0].pop("audio"), "m.json lacks 'audio'"),
        (put("split", "test"), "m.json: split must be a JSON object, got 'test'"),
        (put("blocks", {}), "m.json: blocks must be a JSON array, got {}"),
        (put("blocks", 1, 5), r"m.json: blocks\[1\] must be a JSON object, got 5"),
        (put("noise", []), r"m.json: noise must be a JSON object, got \[\]"),
        (put("synth", "pinned", 3), "m.json: pinned must be a JSON object, got 3"),
        (put("split", "corpus", "synth2B2"), "m.json: corpus must be one of 'synth1K1'"),
        (put("split", "checked", [[9216]]), "m.json: not enough values"),
        (put("split", "checked", [["9216", 4]]), "m.json: checked must be a whole number"),
        (put("split", "checked", [[9216, 9220]]), "m.json: blocks must be those of split.checked"),
        (put("parameters", 0, ["x", 1.0, 0.0, 1.0, False]), "minimum of x must be below"),
        (put("synth", "nebula_sha256", "00"), "nebula_sha256 must be that of the parameters'"),
        (put("blocks", 0, "label_bits", "AAAA"), "label_bits of 1024 sounds must be 128 bytes"),
        (put("blocks", 0, "label_bits", "§"), "m.json: "),
        (put("fingerprint", "00"), "m.json states the fingerprint 00, its contents have "),
        (put("blocks", 0, "labels", "0" * 64), "m.json states the fingerprint "),
        (put("format", 2), "m.json must be of format 1, got 2, written by synth_datamodule "),
        (lambda document: document.pop("format"), "m.json is not a manifest of a split"),
    ],
)
def test_a_forged_file_is_refused_in_one_line(manifest, change, message):
    with pytest.raises(ValueError, match=message) as caught:
        from_json(forged(manifest, change), "m.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[1]", "5", '"text"', "null"])
def test_what_is_no_manifest_is_refused(text):
    with pytest.raises(ValueError, match=r"f is not JSON|f is not a manifest of a split"):
        from_json(text, "f")


def test_stored_values_are_little_endian(manifest):
    document = json.loads(to_json(manifest))
    stored = base64.b64decode(document["blocks"][0]["parameter_values"])
    assert stored == manifest.blocks[0].parameter_values
