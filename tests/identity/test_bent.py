"""A split with ranges and listed values: written, read, compared, verified by another process."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from synth_datamodule import SynthConfig, SynthDataModule, Voice
from synth_datamodule.identity import SplitDefinition, compare, describe
from synth_datamodule.identity.document import from_json, to_json
from synth_datamodule.identity.files import write_manifest
from synth_datamodule.loading import SoundSet

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.05, "control_rate": 200}
RANGES = {"keyboard.midi_f0": (48, 72)}
NOTES = [48, 55.5, 55.5, 72]


@pytest.fixture(scope="module")
def manifest():
    dm = SynthDataModule(test_sounds=6, ranges=RANGES, notes=NOTES, **SHORT)
    return dm.manifest("test")


def other(**settings):
    voice = Voice(SynthConfig(**SHORT), **settings)
    return describe(voice, SplitDefinition.of("synth1M1", SoundSet("test", 6)))


def test_its_file_holds_them_and_gives_them_back(manifest):
    text = to_json(manifest)
    assert from_json(text) == manifest
    assert from_json(text).synth.ranges == {"keyboard.midi_f0": (48.0, 72.0)}
    assert from_json(text).synth.values == {"keyboard.midi_f0": tuple(NOTES)}
    assert from_json(text).fingerprint == manifest.fingerprint


def test_a_plain_split_says_nothing_of_them():
    text = to_json(other())
    assert '"ranges"' not in text
    assert '"values": {' not in text


def test_another_process_verifies_it(manifest, tmp_path):
    path = tmp_path / "bent.json"
    write_manifest(manifest, path)
    command = [sys.executable, "-m", "synth_datamodule", "verify", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "the same data" in done.stdout + done.stderr
    command += ["--ranges", "keyboard.midi_f0=48,71", "--values", "keyboard.midi_f0=48,60"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1, done.stderr
    assert "values: " in done.stdout + done.stderr


def test_what_differs_is_named(manifest):
    found = [one.what for one in compare(manifest, other())]
    assert found == ["ranges", "values", "parameters", "audio"]
    (ranges, values, *_) = compare(manifest, other())
    assert ranges.text == "ranges: {'keyboard.midi_f0': [48.0, 72.0]} expected, default here"
    assert values.text.startswith("values: {'keyboard.midi_f0': [48.0, 55.5, 55.5, 72.0]} expected")
    with_ranges = other(ranges=RANGES)
    assert compare(with_ranges, manifest)[0].what == "values"


def test_another_curve_is_named_beside_another_range(manifest):
    drum = other(nebula="drum")
    assert [one.what for one in compare(manifest, drum)][:3] == ["ranges", "values", "nebula"]


@pytest.mark.parametrize("field", ["ranges", "values"])
def test_a_file_with_something_else_in_their_place_is_refused(manifest, field):
    document = json.loads(to_json(manifest))
    document["synth"][field] = [1]
    with pytest.raises(ValueError, match=f"synth.{field} must be a JSON object"):
        from_json(json.dumps(document))


def test_the_fingerprint_covers_them(manifest):
    for changed in ({"ranges": {}}, {"values": {}}):
        synth = replace(manifest.synth, **changed)
        assert replace(manifest, synth=synth).fingerprint != manifest.fingerprint
