"""Two manifests side by side. What really rendered otherwise is in test_verify.py."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import Split, SynthConfig, Voice
from synth_datamodule.identity import SplitDefinition, compare, describe, find_manifest
from synth_datamodule.loading import SoundSet

DIGITS = "0" * 64


def with_block(manifest, place, **changed):
    blocks = list(manifest.blocks)
    blocks[place] = replace(blocks[place], **changed)
    return replace(manifest, blocks=tuple(blocks))


def changed_at(values, place, value, dtype="<f4"):
    array = np.frombuffer(values, dtype).copy()
    array[place] = value
    return array.tobytes()


def test_a_manifest_does_not_differ_from_itself(manifest, inexact):
    assert compare(manifest, manifest) == compare(inexact, inexact) == []


def test_names_and_versions_are_no_difference(manifest):
    same = replace(
        manifest,
        package_version="0.0.1",
        split=replace(manifest.split, corpus="synth1B1"),
        synth=replace(manifest.synth, nebula="copy.json"),
    )
    assert compare(manifest, same) == []


@pytest.mark.parametrize(
    ("setting", "value", "text"),
    [
        ("synth", "my.Voice", "synth: synth_datamodule.Voice expected, my.Voice here"),
        ("backend", "reference", "backend: fused expected, reference here"),
        ("sample_rate", 8001, "sample_rate: 8000 expected, 8001 here"),
        ("control_rate", 100, "control_rate: 200 expected, 100 here"),
        ("eps", 1e-5, "eps: 1e-06 expected, 1e-05 here"),
        ("pinned", {"vco_1.tuning": 2.0}, "pinned: {} expected, {'vco_1.tuning': 2.0} here"),
    ],
)
def test_another_setting_is_named(manifest, setting, value, text):
    other = replace(manifest, synth=replace(manifest.synth, **{setting: value}))
    first, *_ = compare(manifest, other)
    assert (first.what, first.text) == (setting, text)
    assert (first.block, first.sound) == (None, None)


def test_another_split_is_named(manifest):
    other = replace(manifest, split=replace(manifest.split, num_sounds=9999))
    (difference,) = compare(manifest, other)
    assert difference.text == "num_sounds: 2048 expected, 9999 here"
    val = describe(Voice(SynthConfig()), SplitDefinition.of("synth1M1", SoundSet(Split.val, 1)))
    assert {"split", "num_sounds", "checked"} <= {each.what for each in compare(manifest, val)}


def test_another_nebula_is_named_with_the_first_curve():
    test, drum = find_manifest("synth1M1-test"), find_manifest("synth1M1-drum-test")
    nebula, audio = compare(test, drum)
    assert nebula.text.startswith(
        "nebula: 'default' expected, 'drum' here; 38 parameters, first keyboard.midi_f0: [0, 127], "
        "curve 1 expected, [0, 127], curve 0.5 about the middle here"
    )
    assert (audio.what, audio.block, audio.sound) == ("audio", 9, 9216)


def test_other_parameters_are_named(manifest):
    fewer = replace(manifest, parameters=manifest.parameters[1:])
    names, values = compare(manifest, fewer)
    assert names.text == (
        "parameter names: 78 expected, 77 here; missing ['keyboard.midi_f0'], new none"
    )
    assert values.text == "parameters: 78 of each sound expected, 77 here"
    turned = replace(manifest, parameters=manifest.parameters[::-1])
    assert compare(manifest, turned)[0].text == (
        "parameter names: 78 expected, 78 here; missing none, new none"
    )


def test_another_length_is_said(manifest):
    longer = replace(manifest, synth=replace(manifest.synth, buffer_size_seconds=0.25))
    texts = {difference.what: difference.text for difference in compare(manifest, longer)}
    assert texts["audio"] == "audio: 1000 samples expected, 2000 here"


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    place=st.integers(0, 1),
    sound=st.integers(0, 1023),
    bit=st.integers(0, 31),
    what=st.sampled_from(["parameter", "audio"]),
)
def test_the_first_sound_with_another_digest_is_named(manifest, place, sound, bit, what):
    field = f"{what}_digests"
    digests = np.frombuffer(getattr(manifest.blocks[place], field), "<u4")
    digest = digests[sound] ^ np.uint32(1 << bit)
    damaged = changed_at(digests.tobytes(), sound, digest, "<u4")
    name = what if what == "audio" else "parameters"
    other = with_block(manifest, place, **{name: DIGITS, field: damaged})
    (difference,) = compare(manifest, other)
    assert difference.what == name
    assert difference.block == (9, 19)[place]
    assert difference.sound == manifest.blocks[place].start + sound
    assert difference.text == (
        f"{name}: sound {difference.sound} of block {difference.block} first, its stored values "
        "agree; 1 sounds of this block differ; 1 of 2 blocks differ"
    )


def test_a_block_whose_sounds_cannot_be_told_apart_is_named_alone(manifest):
    other = with_block(manifest, 1, audio=DIGITS)
    (difference,) = compare(manifest, other)
    assert difference[:3] == ("audio", 19, None)
    assert difference.text == (
        "audio: block 19 first, no sound by the 32 bits kept of each; 1 of 2 blocks differ"
    )


def test_hashes_in_another_order_differ_in_both_blocks(manifest):
    first, second = manifest.blocks
    other = replace(
        manifest,
        blocks=(
            replace(second, start=first.start, stop=first.stop),
            replace(first, start=second.start, stop=second.stop),
        ),
    )
    parameters, audio = compare(manifest, other)
    for difference in (parameters, audio):
        assert (difference.block, difference.sound) == (9, 9216)
        assert "1024 sounds of this block differ" in difference.text
        assert "2 of 2 blocks differ" in difference.text


def test_noise_is_said_with_row_and_sample(manifest):
    noise = manifest.noise
    known = np.frombuffer(noise.values, "<f4")[7 * 4 + 2]
    values = changed_at(noise.values, 7 * 4 + 2, known + np.float32(0.25))
    other = replace(manifest, noise=replace(noise, sha256=DIGITS, values=values))
    (difference,) = compare(manifest, other)
    assert difference.what == "noise"
    assert difference.text.startswith("noise: by up to 0.25 in stored samples (row 7, sample ")
    (none,) = compare(manifest, replace(manifest, noise=None))
    assert none.text == "noise: a table expected, none here"
    (some,) = compare(replace(manifest, noise=None), manifest)
    assert some.text == "noise: none expected, a table here"


@pytest.mark.parametrize(("step", "same"), [(0.0, True), (0.9e-5, True), (1.1e-5, False)])
def test_audio_that_is_not_hashed_may_differ_by_1e_5(inexact, step, same):
    block = inexact.blocks[1]
    known = float(np.frombuffer(block.audio_values, "<f4")[4 * 9 + 1])
    values = changed_at(block.audio_values, 4 * 9 + 1, known + step)
    differences = compare(inexact, with_block(inexact, 1, audio_values=values))
    assert (differences == []) is same
    if not same:
        (audio,) = differences
        assert (audio.what, audio.block, audio.sound) == ("audio", 19, block.start + 9)
        assert "by up to 1.1e-05 (sample " in audio.text


def test_what_is_not_a_number_is_infinitely_far(inexact):
    values = changed_at(inexact.blocks[0].audio_values, 5, np.nan)
    (audio,) = compare(inexact, with_block(inexact, 0, audio_values=values))
    assert audio.sound == inexact.blocks[0].start + 1
    assert "by up to inf (sample " in audio.text


def test_a_hashed_manifest_is_compared_with_one_of_windows_by_these(manifest, inexact):
    (backend,) = compare(manifest, inexact)
    assert backend.text == "backend: fused expected, reference here"
