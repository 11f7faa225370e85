"""Files of format 1, as they were published: they are read for ever, with their checks."""

import json
from importlib import resources
from pathlib import Path

import pytest

from synth_datamodule.identity import find_manifest, from_json, to_json, verify
from synth_datamodule.identity.format_1 import checksums

FILES = Path(__file__).parent / "format_1"
# Eight short sounds of two blocks, written by version 0.1.0: file, synth's name today, fingerprint.
OLD = [
    ("fm_voice", "synth_datamodule.synths.FmVoice", "4a65d52e561cf5e3"),
    ("voice", "synth_datamodule.Voice", "4d954befcef0483b"),
    ("voice_by_its_file", "synth_datamodule.Voice", "dc3927012f414f75"),
]


@pytest.mark.parametrize(("name", "synth", "stated"), OLD)
def test_a_file_of_the_first_version_verifies_as_the_same_data(name, synth, stated):
    path = FILES / f"{name}.json"
    document = json.loads(path.read_text())
    assert document["format"] == 1
    assert document["fingerprint"].startswith(stated)
    manifest = find_manifest(path)
    assert manifest.synth.synth == synth
    verdict = verify(manifest)
    assert verdict.same
    assert verdict.found == manifest
    assert from_json(to_json(manifest)) == manifest


def test_a_fingerprint_moves_only_where_the_synths_class_has_another_name_now():
    by_file, by_name = (find_manifest(FILES / f"{name}.json") for name, _, _ in OLD[:0:-1])
    assert by_name.stated is None
    assert by_file == by_name
    assert by_file.fingerprint == by_name.fingerprint
    assert by_file.stated.startswith("dc3927012f414f75")
    assert from_json(to_json(by_file)).stated is None
    assert verify(by_file).notes == (
        "the file states the fingerprint dc3927012f414f75, by a former name of its synth, which is "
        "synth_datamodule.Voice now",
    )
    assert verify(by_name).notes == ()


def forged(change, name="voice"):
    """Return a file whose checksums were made to fit."""
    document = json.loads((FILES / f"{name}.json").read_text())
    del document["checksums"]
    change(document)
    document["checksums"] = checksums(document)
    return json.dumps(document)


def test_whatever_is_altered_in_the_file_is_found_and_named(alterations):
    text = (FILES / "voice.json").read_text()
    named = set()
    for path, other in alterations(text, but=("format", "checksums")):
        section = path[0] if path[0] != "blocks" else f"blocks[{path[1]}]"
        entry = path[1] if path[0] in ("split", "synth", "noise") else path[2:3]
        entry = "".join(entry) if path[0] != "parameters" else ""
        name = f"{section}.{entry}" if entry else section
        with pytest.raises(ValueError, match="the manifest was changed since") as caught:
            from_json(other)
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


def test_blocks_in_another_order_are_found_and_named():
    document = json.loads((FILES / "voice.json").read_text())
    document["blocks"].reverse()
    with pytest.raises(ValueError, match=r"blocks\[0\].start, blocks\[0\].stop"):
        from_json(json.dumps(document))


def test_a_checksum_left_out_or_added_is_found():
    text = (FILES / "voice.json").read_text()
    document = json.loads(text)
    del document["checksums"]["noise.sha256"]
    with pytest.raises(ValueError, match=r"changed since it was written: noise.sha256$"):
        from_json(json.dumps(document))
    document = json.loads(text)
    document["checksums"]["split.colour"] = "00000000"
    with pytest.raises(ValueError, match=r"changed since it was written: split.colour$"):
        from_json(json.dumps(document))
    del document["checksums"]
    with pytest.raises(ValueError, match=r"format, package_version, .* more$"):
        from_json(json.dumps(document))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: document.pop("blocks"), "m: it lacks 'blocks'"),
        (lambda document: document["synth"].pop("eps"), "m: it lacks 'eps'"),
        (lambda document: document["blocks"][0].pop("audio_values"), "m: it lacks 'audio_values'"),
        (lambda document: document["blocks"].reverse(), "m: blocks must be those of split.checked"),
        (lambda document: document["synth"].update(eps=1e-5), "m: it states the fingerprint 4d954"),
        (
            lambda document: document["blocks"][1].update(labels="00"),
            "m: it states the fingerprint",
        ),
        (lambda document: document.update(blocks=5), "m: blocks must be a JSON array, got 5"),
    ],
)
def test_a_forged_file_is_refused_in_one_line(change, message):
    with pytest.raises(ValueError, match=message) as caught:
        from_json(forged(change), "m")
    assert "\n" not in str(caught.value)


def test_the_shipped_files_are_as_they_were_published():
    for file in (resources.files("synth_datamodule") / "manifests").iterdir():
        text = file.read_text(encoding="utf-8")
        assert json.loads(text)["format"] == 1
        assert find_manifest(file.name.removesuffix(".json")).stated is None
