import base64
import contextlib
import json
import math
from dataclasses import replace

import pytest
from anything import JSON
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import Split, SynthConfig, Voice
from synth_datamodule.identity import SplitDefinition, describe, from_json, to_json
from synth_datamodule.identity.manifest import canonical_json, settings_of, sha256
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
    assert len(text) < 50_500
    lines = text.splitlines()
    assert sum(len(line) < 200 for line in lines) > 100
    assert sum(len(line) >= 200 for line in lines) == 5  # noise, and what is stored of each sound
    for told in (
        '"keyboard.midi_f0: [0.0, 127.0, 1.0, false]",\n',
        '"package_version"',
        '"corpus": "synth1M1"',
        '"rule": "the first 2048 sounds',
    ):
        assert told in text


# As much as the fingerprint and one SHA-256 can tell of what was altered.
BY_ITS_FINGERPRINT = "it states the fingerprint "
LEFT_OUT = "what its fingerprint leaves out (package_version, name, corpus, rules, "
SAID = {
    "package_version": LEFT_OUT,
    "name": "name must be that of its contents",
    "fingerprint": BY_ITS_FINGERPRINT,
    "split.corpus": "corpus must be one of ",
    "split.corpus_sounds": "split.corpus_sounds must be that of its contents",
    "split.split": "split must be one of ",
    "split.start": "start must be a whole number >= 0 and <= 0",
    "split.num_sounds": BY_ITS_FINGERPRINT,
    "split.rule": "split.rule must be that of its contents",
    "split.checked": "",
    "split.checked_rule": "split.checked_rule must be that of its contents",
    "synth.synth": BY_ITS_FINGERPRINT,
    "synth.sample_rate": BY_ITS_FINGERPRINT,
    "synth.nebula": LEFT_OUT,
    "synth.pinned": "synth.pinned must be a JSON object, got 1",
    "synth.nebula_sha256": "synth.nebula_sha256 must be that of the parameters' curves",
    "parameters": "",
    "noise.sha256": BY_ITS_FINGERPRINT,
    "noise.values": LEFT_OUT,
    "blocks.parameters": BY_ITS_FINGERPRINT,
    "blocks.labels": BY_ITS_FINGERPRINT,
    "blocks.audio": BY_ITS_FINGERPRINT,
    "stored.audio_digests": LEFT_OUT,
    "stored.audio_values": LEFT_OUT,
    "sha256": LEFT_OUT,
}


def test_whatever_is_altered_in_the_file_is_found_and_told(manifest, alterations):
    told = set()
    for path, text in alterations(to_json(manifest), but=("format",)):
        with pytest.raises(ValueError, match=r"^m was changed since it was written: .") as caught:
            from_json(text, "m")
        name = ".".join(key for key in path[:3] if isinstance(key, str))
        assert str(caught.value).partition(": ")[2].startswith(SAID.get(name, "")), name
        told.add(name)
    assert SAID.keys() <= told


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["blocks"].reverse(),
        lambda document: document["blocks"].pop(),
        lambda document: document["parameters"].pop(),
        lambda document: put("parameters", 0, "keyboard.midi_f0: [0.0, 126.0, 1.0, false]")(
            document
        ),
        lambda document: put("parameters", 0, "keyboard.midi_f0: [0.0, 127.0, 2.0, false]")(
            document
        ),
        lambda document: document["stored"].pop("label_bits"),
        lambda document: document.pop("sha256"),
        lambda document: document.update(sha256=None, colour="red"),
        lambda document: document["synth"].update(eps=math.inf),
        lambda document: document["noise"].update(values=math.nan),
    ],
)
def test_what_is_moved_left_out_or_added_is_found(manifest, change):
    document = json.loads(to_json(manifest))
    change(document)
    with pytest.raises(ValueError, match=r"^m was changed since it was written: ."):
        from_json(json.dumps(document), "m")


def test_spaces_and_the_order_of_entries_are_no_change(manifest):
    document = json.loads(to_json(manifest))
    turned = dict(reversed(document.items()))
    assert from_json(json.dumps(turned)) == manifest


def forged(manifest, change):
    """Return a file whose SHA-256 was made to fit."""
    document = json.loads(to_json(manifest))
    del document["sha256"]
    change(document)
    document["sha256"] = sha256(canonical_json(document))
    return json.dumps(document)


def test_a_fingerprint_is_checked_against_the_settings_as_they_were_written(manifest):
    settings = {**settings_of(manifest.synth), "synth": "synth_datamodule.voice.Voice"}
    stated = manifest.fingerprint_with(settings)

    def change(document):
        document["synth"]["synth"] = settings["synth"]
        document["fingerprint"] = stated
        document["name"] = f"synth1M1/test/{stated[:16]}"

    moved = from_json(forged(manifest, change))
    assert moved == manifest
    assert (moved.stated, moved.fingerprint) == (stated, manifest.fingerprint)


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
        (lambda document: document.pop("blocks"), "m.json: it lacks 'blocks'"),
        (lambda document: document["synth"].pop("eps"), "m.json: it lacks 'eps'"),
        (lambda document: document["blocks"][0].pop("audio"), "m.json: it lacks 'audio'"),
        (lambda document: document["blocks"].pop(), "m.json: blocks must be 2, .* got 1"),
        (put("split", "test"), "m.json: split must be a JSON object, got 'test'"),
        (put("blocks", {}), "m.json: blocks must be a JSON array, got {}"),
        (put("blocks", 1, 5), r"m.json: a block must be a JSON object, got 5"),
        (put("noise", []), r"m.json: noise must be a JSON object, got \[\]"),
        (put("synth", "pinned", 3), "m.json: synth.pinned must be a JSON object, got 3"),
        (put("synth", "colour", 3), "m.json: synth.colour is no setting of a synth here"),
        (put("split", "corpus", "synth2B2"), "m.json: corpus must be one of 'synth1K1'"),
        (put("split", "checked", [[9216]]), "m.json: not enough values"),
        (put("split", "checked", [["9216", 4]]), "m.json: checked must be a whole number"),
        (put("split", "checked", [[9216, 9220]]), "m.json: blocks must be 1, as split.checked has"),
        (put("split", "checked", 0, [9217, 10240]), "m.json: parameter_digests|stored.parameter"),
        (put("parameters", 0, "x"), "m.json: "),
        (put("parameters", 0, "x: 5"), "m.json: a parameter must be a JSON array, got 5"),
        (put("parameters", 0, "x: " + "[" * 100_000), "m.json: maximum recursion depth"),
        (put("parameters", 0, 5), "m.json: a parameter must be a JSON array, got 5"),
        (put("parameters", 0, "x: [1.0, 0.0, 1.0, false]"), "minimum of x must be at most"),
        (put("parameters", 0, ["x", 1.0, 0.0, 1.0, False]), "minimum of x must be at most"),
        (put("synth", "nebula_sha256", "00"), "nebula_sha256 must be that of the parameters'"),
        (put("stored", "label_bits", "AAAA"), "label_bits of 1024 sounds must be 128 bytes, got 3"),
        (put("stored", "label_bits", "A" * 400), "stored.label_bits must be of the 2048 sounds"),
        (put("stored", "label_bits", "§"), "m.json: stored.label_bits must be base64"),
        (put("stored", "label_bits", 5), "m.json: stored.label_bits must be base64"),
        (put("stored", "audio_values", ""), "m.json: audio_values of 1024 sounds must be as many"),
        (
            put("name", "synth1M1/val/1"),
            "name must be that of its contents, 'synth1M1/test",
        ),
        (put("split", "corpus_sounds", 5), "split.corpus_sounds must be .*, 1000000, got 5"),
        (put("split", "rule", "all of them"), "m.json: split.rule must be that of its contents"),
        (put("split", "checked_rule", None), "split.checked_rule must be .* 'all', got None"),
        (put("package_version", [1]), r"package_version must be a JSON string, got \[1\]"),
        (put("synth", "synth", 5), "m.json: synth.synth must be a JSON string, got 5"),
        (put("synth", "nebula", {}), "m.json: synth.nebula must be a JSON string, got {}"),
        (put("split", "checked", [[0, 2**70]]), "m.json: .*checked must be "),
        (put("synth", "buffer_size_seconds", 1e308), "m.json: "),
        (put("fingerprint", "00"), "m.json: it states the fingerprint 00, its contents .* have "),
        (put("blocks", 0, "labels", "0" * 64), "m.json: it states the fingerprint "),
        (put("format", 3), "m.json must be of format 1 or 2, got 3, written by synth_datamodule "),
        (lambda document: document.pop("format"), "m.json is not a manifest of a split"),
    ],
)
def test_a_forged_file_is_refused_in_one_line(manifest, change, message):
    with pytest.raises(ValueError, match=message) as caught:
        from_json(forged(manifest, change), "m.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[1]", "5", '"text"', "null", "[" * 100_000])
def test_what_is_no_manifest_is_refused(text):
    with pytest.raises(ValueError, match=r"f is not JSON|f is not a manifest of a split"):
        from_json(text, "f")


def test_a_key_that_is_there_twice_is_refused(manifest):
    text = to_json(manifest)
    twice = text.replace('"backend":', '"synth": "evil.Voice",\n"backend":')
    with pytest.raises(ValueError, match="m is not JSON: these names occur twice: synth"):
        from_json(twice, "m")


@settings(max_examples=400, deadline=None, derandomize=True)
@given(data=st.data(), value=JSON, sealed=st.booleans())
def test_any_value_in_any_field_is_refused_in_one_line_or_means_the_same(data, value, sealed):
    document = json.loads(PLAIN)
    name = data.draw(st.sampled_from(sorted(document.keys() - {"sha256"})))
    part, key = document, name
    while isinstance(part[key], dict | list) and part[key] and data.draw(st.booleans()):
        part = part[key]
        keys = list(part) if isinstance(part, dict) else range(len(part))
        key = data.draw(st.sampled_from(list(keys)))
    part[key] = value
    del document["sha256"]
    if sealed:
        with contextlib.suppress(ValueError):  # NaN has no canonical form
            document["sha256"] = sha256(canonical_json(document))
    said, found = "", None
    try:
        found = from_json(json.dumps(document), "m.json")
    except ValueError as error:
        said = str(error)
    assert bool(said) != bool(found)
    assert len(said.splitlines()) <= 1
    assert len(said) <= 300
    assert found is None or from_json(to_json(found)) == found


PLAIN = to_json(describe(VOICE, SplitDefinition.of("synth1M1", SoundSet(Split.test, 4))))


def test_stored_values_are_little_endian(manifest):
    document = json.loads(to_json(manifest))
    stored = base64.b64decode(document["stored"]["parameter_values"])
    assert stored == b"".join(block.parameter_values for block in manifest.blocks)
