from dataclasses import field, make_dataclass, replace

import numpy as np
import pytest

from synth_datamodule.identity import (
    SynthDefinition,
    describe,
    document,
    find_manifest,
    from_json,
    shipped_manifests,
    to_json,
)
from synth_datamodule.identity.manifest import canonical_json, settings_of
from synth_datamodule.patching.recipe import SynthRecipe

DIGITS = "0" * 64
# A recipe of a later version, with one more setting.
Later = make_dataclass(
    "Later", [("drift", float, field(default=0.0))], bases=(SynthRecipe,), frozen=True
)


def with_block(manifest, place, **changed):
    blocks = list(manifest.blocks)
    blocks[place] = replace(blocks[place], **changed)
    return replace(manifest, blocks=tuple(blocks))


def covered(manifest):
    """Return manifests whose data or definition is another, by what is."""
    split, synth = manifest.split, manifest.synth
    row = manifest.parameters[3]
    others = {
        "split's size": replace(manifest, split=replace(split, num_sounds=2049)),
        "noise": replace(manifest, noise=replace(manifest.noise, sha256=DIGITS)),
        "no noise": replace(manifest, noise=None),
        "curve": replace(
            manifest,
            parameters=(
                *manifest.parameters[:3],
                replace(row, curve=0.3),
                *manifest.parameters[4:],
            ),
        ),
        "order of parameters": replace(manifest, parameters=manifest.parameters[::-1]),
    }
    for name, value in {
        "synth": "my.Voice",
        "backend": "reference",
        "sample_rate": 8001,
        "buffer_size_seconds": 0.25,
        "control_rate": 201,
        "eps": 2e-6,
        "pinned": {"keyboard.midi_f0": 60.0},
    }.items():
        others[name] = replace(manifest, synth=replace(synth, **{name: value}))
    for name in ("parameters", "labels", "audio"):
        others[f"block's {name}"] = with_block(manifest, 1, **{name: DIGITS})
    return others


def test_the_fingerprint_covers_definition_and_data(manifest):
    fingerprints = {name: other.fingerprint for name, other in covered(manifest).items()}
    assert manifest.fingerprint not in fingerprints.values()
    assert len(set(fingerprints.values())) == len(fingerprints)


def test_the_fingerprint_leaves_out_what_may_differ_where_the_data_is_the_same(manifest):
    values = np.zeros_like(np.frombuffer(manifest.blocks[0].audio_values, "<f4")).tobytes()
    for same in (
        replace(manifest, package_version="9.9.9"),
        replace(manifest, split=replace(manifest.split, corpus="synth1B1")),
        replace(manifest, synth=replace(manifest.synth, nebula="copy_of_default.json")),
        with_block(manifest, 0, audio_values=values),
    ):
        assert same != manifest
        assert same.fingerprint == manifest.fingerprint


def test_a_citation_names_corpus_split_and_16_digits(manifest):
    assert manifest.citation == f"synth1M1/test/{manifest.fingerprint[:16]}"
    other = replace(manifest, split=replace(manifest.split, corpus=30_000))
    assert other.citation == f"30000/test/{manifest.fingerprint[:16]}"


def test_the_fingerprint_survives_the_file(manifest, inexact):
    for one in (manifest, inexact):
        assert from_json(to_json(one)).fingerprint == one.fingerprint


def test_canonical_json_does_not_depend_on_the_order_of_keys():
    one, other = {"a": 1.0, "b": [1, 2]}, {"b": (1, 2), "a": 1.0}
    assert canonical_json(one) == canonical_json(other)
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


@pytest.mark.parametrize(("most_sounds", "blocks"), [(1, 1), (1024, 1), (1025, 2), (9999, 2)])
def test_the_beginning_is_whole_blocks(manifest, most_sounds, blocks):
    beginning = manifest.beginning(most_sounds)
    assert beginning.blocks == manifest.blocks[:blocks]
    assert beginning.split.checked == manifest.split.checked[:blocks]
    assert beginning.split.num_sounds == 2048


def test_a_beginning_of_nothing_is_refused(manifest):
    with pytest.raises(ValueError, match="most_sounds must be a whole number >= 1, got 0"):
        manifest.beginning(0)


def test_blocks_must_be_those_of_the_split(manifest):
    with pytest.raises(ValueError, match=r"blocks must be those of split.checked, .* got"):
        replace(manifest, blocks=manifest.blocks[::-1])
    with pytest.raises(ValueError, match=r"blocks must be those of split.checked"):
        replace(manifest, blocks=manifest.blocks[:1])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("parameter_digests", "parameter_digests of 1024 sounds must be 4096 bytes, got 1"),
        ("audio_digests", "audio_digests of 1024 sounds must be 4096 bytes, got 1"),
        ("label_bits", "label_bits of 1024 sounds must be 128 bytes, got 1"),
        ("parameter_values", "parameter_values of 1024 sounds must be 8192 bytes, got 1"),
        ("audio_values", "audio_values of 1024 sounds must be as many of each, got 1 bytes"),
    ],
)
def test_what_is_kept_must_be_of_every_sound(manifest, name, message):
    with pytest.raises(ValueError, match=message):
        replace(manifest.blocks[0], **{name: b"x"})


def test_the_fingerprint_of_known_sounds_never_changes(voice):
    shipped = find_manifest("synth1M1-test")
    assert shipped.fingerprint == "896e9208c0471735823d517425f8f26fa67bd1921fe5d44d386c143255f5c67e"
    found = describe(shipped.synth.make(), shipped.split)
    assert found.fingerprint == shipped.fingerprint


def test_a_definition_is_a_recipe():
    assert SynthDefinition is SynthRecipe


def test_what_is_written_of_a_recipe_never_changes():
    assert list(settings_of(SynthRecipe()).items()) == [
        ("synth", "synth_datamodule.Voice"),
        ("backend", "auto"),
        ("sample_rate", 44100),
        ("buffer_size_seconds", 4.0),
        ("control_rate", 441),
        ("eps", 1e-06),
        ("nebula", "default"),
        ("pinned", {}),
    ]


@pytest.mark.parametrize("name", shipped_manifests())
def test_a_new_setting_at_its_default_moves_no_fingerprint(name):
    manifest = find_manifest(name)
    later = replace(manifest, synth=Later(**vars(manifest.synth)))
    assert later.fingerprint == manifest.fingerprint
    assert to_json(later) == to_json(manifest)


def test_a_new_setting_off_its_default_is_hashed_and_written(manifest, monkeypatch):
    drifting = replace(manifest, synth=Later(**vars(manifest.synth), drift=0.25))
    assert drifting.fingerprint != manifest.fingerprint
    text = to_json(drifting)
    with pytest.raises(ValueError, match=r"m: synth.drift is no setting of a synth here; the file"):
        from_json(text, "m")
    monkeypatch.setattr(document, "SynthRecipe", Later)
    assert from_json(text) == drifting
    assert from_json(to_json(manifest)).synth.drift == 0
