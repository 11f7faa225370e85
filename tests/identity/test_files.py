import json
from importlib import resources

import pytest

from synth_datamodule.identity import find_manifest, shipped_manifests, write_manifest
from synth_datamodule.identity.files import citations

# As papers have them: a changed line is a changed sound, which is a major version.
CITATIONS = {
    "synth1M1-16kHz-test": "synth1M1/test/927e5b89657e3948",
    "synth1M1-drum-test": "synth1M1/test/c4efd45884cfaa8a",
    "synth1M1-test": "synth1M1/test/896e9208c0471735",
    "synth1M1-test-10240": "synth1M1/test/3932d835e60480fb",
    "synth1M1-val": "synth1M1/val/13cd4f08148c75c2",
}


def test_the_benchmark_splits_are_shipped_and_their_fingerprints_never_change():
    assert citations() == CITATIONS
    assert {name: find_manifest(name).citation for name in shipped_manifests()} == CITATIONS


@pytest.mark.parametrize(
    ("name", "sounds", "rate", "seconds", "nebula"),
    [
        ("synth1M1-val", 1024, 44100, 4.0, "default"),
        ("synth1M1-test", 1024, 44100, 4.0, "default"),
        ("synth1M1-test-10240", 10_240, 44100, 4.0, "default"),
        ("synth1M1-drum-test", 1024, 44100, 4.0, "drum"),
        ("synth1M1-16kHz-test", 1024, 16000, 2.0, "default"),
    ],
)
def test_a_shipped_manifest_is_of_what_its_name_says(name, sounds, rate, seconds, nebula):
    manifest = find_manifest(name)
    assert manifest.exact
    assert manifest.split.num_checked == manifest.split.num_sounds == sounds
    assert (manifest.synth.sample_rate, manifest.synth.buffer_size_seconds) == (rate, seconds)
    assert manifest.synth.nebula == nebula
    assert manifest.synth.synth == "synth_datamodule.Voice"
    assert manifest.synth.pinned == {}
    assert manifest.split.split.value in name


def test_the_small_test_split_begins_the_large_one():
    small, large = find_manifest("synth1M1-test"), find_manifest("synth1M1-test-10240")
    assert large.blocks[0] == small.blocks[0]


def test_shipped_manifests_are_small():
    folder = resources.files("synth_datamodule") / "manifests"
    sizes = {file.name: len(file.read_bytes()) for file in folder.iterdir()}
    assert sizes.pop("synth1M1-test-10240.json") < 500_000
    assert max(sizes.values()) < 60_000


def test_a_manifest_is_found_by_name_citation_and_path(manifest, tmp_path):
    path = tmp_path / "papers" / "mine.json"
    write_manifest(manifest, path)
    assert find_manifest(path) == find_manifest(str(path)) == manifest
    known = find_manifest("synth1M1-drum-test")
    assert find_manifest("synth1M1/test/c4efd45884cfaa8a") == known
    assert find_manifest("synth1B1/test/c4efd45884cfaa8a") == known


def test_a_manifest_is_never_written_over_another(manifest, inexact, tmp_path):
    path = tmp_path / "m.json"
    assert write_manifest(manifest, path) == path
    write_manifest(manifest, path)
    with pytest.raises(FileExistsError, match=r"m.json exists; --overwrite"):
        write_manifest(inexact, path)
    assert find_manifest(path) == manifest
    write_manifest(inexact, path, overwrite=True)
    assert find_manifest(path) == inexact


@pytest.mark.parametrize("name", ["no.json", "papers/no.json", "papers/no"])
def test_a_file_that_is_not_there_is_said_to_be_so(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=f"manifest {name} is not there: no such file"):
        find_manifest(name)


@pytest.mark.parametrize(
    "name", ["", "x", "synth1M1/test/0000000000000000", "synth1M1/val/c4efd45884cfaa8a", "."]
)
def test_an_unknown_manifest_is_refused_with_those_there_are(name):
    message = "manifest must be one of 'synth1M1-16kHz-test', .* or the path of a JSON file, got "
    with pytest.raises(ValueError, match=message):
        find_manifest(name)


@pytest.mark.parametrize(
    ("corpus", "message"),
    [
        ("nope", "corpus must be one of 'synth1K1'"),
        ("9" * 20, "corpus must be one of"),
        ("-1", "corpus must be one of"),
    ],
)
def test_a_citation_of_a_corpus_that_there_is_not_is_refused(corpus, message):
    with pytest.raises(ValueError, match=message):
        find_manifest(f"{corpus}/test/896e9208c0471735")
    assert find_manifest("10240/test/896e9208c0471735") == find_manifest("synth1M1-test")


def test_a_file_that_is_no_manifest_is_named(tmp_path):
    path = tmp_path / "m.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"m.json is not UTF-8 text"):
        find_manifest(path)
    path.write_text(json.dumps({"audio": 1}))
    with pytest.raises(ValueError, match=r"m.json is not a manifest of a split"):
        find_manifest(path)
