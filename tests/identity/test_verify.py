import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from synth_datamodule import Split, SynthConfig, Voice
from synth_datamodule.identity import (
    SplitDefinition,
    describe,
    find_manifest,
    shipped_manifests,
    verify,
)
from synth_datamodule.identity.compare import DATA
from synth_datamodule.identity.places import parameter_columns, window_places
from synth_datamodule.loading import SoundSet

SHORT = SynthConfig(sample_rate=8000, buffer_size_seconds=0.125, control_rate=200)


def flip_lowest_bit(audio, row, place):
    audio[row, place].view(torch.int32).bitwise_xor_(1)


def test_the_same_data_is_the_same(manifest, inexact):
    for one in (manifest, inexact):
        verdict = verify(one)
        assert verdict.same
        assert verdict.found.fingerprint == one.fingerprint
    assert [verify(manifest).of(what) for what in DATA] == ["same"] * 4
    assert verify(inexact).of("audio") == "to 1e-5"


@pytest.mark.parametrize("batch_size", [1024, 96])
def test_on_any_batch_size(manifest, batch_size):
    assert verify(manifest, batch_size=batch_size).found == manifest


def test_one_bit_of_one_sample_is_found_and_named(manifest, voice, damage):
    sound = 19456 + 700
    (kept,) = window_places(np.array([sound]), 1, 1000)
    place = next(place for place in range(1000) if place not in kept)
    damage(voice, sound, lambda batch, row: flip_lowest_bit(batch.audio, row, place))
    verdict = verify(manifest, voice)
    (difference,) = verdict.differences
    assert difference[:3] == ("audio", 19, sound)
    assert difference.text == (
        f"audio: sound {sound} of block 19 first, its stored values agree; 1 sounds of this block "
        "differ; 1 of 2 blocks differ"
    )
    assert [verdict.of(what) for what in DATA] == ["same", "same", "same", "differs"]


def test_by_how_much_audio_differs_is_said(manifest, voice, damage):
    sound = 9300
    place = int(window_places(np.array([sound]), 1, 1000)[0, 3])
    damage(voice, sound, lambda batch, row: batch.audio[row, place].add_(0.125))
    verdict = verify(manifest, voice)
    (difference,) = verdict.differences
    assert difference.text.startswith(
        f"audio: sound 9300 of block 9 first, by up to 0.12 (sample {place}, {place / 8000:.4f} s);"
    )
    # The hashes cannot tell who is wrong; the definition can: it is this machine, by an eighth.
    (note,) = verdict.notes
    assert note.startswith("sound 9300 as rendered here is at most 0.12 from its formulas")


def test_where_the_manifest_is_wrong_the_note_says_that_this_machine_is_right(
    manifest, voice, damage
):
    damage(voice, 9300, lambda batch, row: batch.audio[row].mul_(0.5))
    wrong = describe(voice, manifest.split)
    verdict = verify(wrong)
    (difference,), (note,) = verdict.differences, verdict.notes
    assert difference.sound == 9300
    distance = float(note.split("at most ")[1].split(" ")[0])
    assert distance < 1e-5


def test_a_parameter_is_found_and_named(manifest, voice, damage):
    sound = 20001
    column = int(parameter_columns(np.array([sound]), 78)[0, 1])
    damage(voice, sound, lambda batch, row: batch.parameters[row, column].mul_(0.5))
    (difference,) = verify(manifest, voice).differences
    assert difference[:3] == ("parameters", 19, sound)
    assert f"({voice.parameter_names[column]}); 1 sounds" in difference.text


def test_a_label_is_found_and_named(manifest, voice, damage):
    damage(voice, 9217, lambda batch, row: batch.is_train[row].logical_not_())
    verdict = verify(manifest, voice)
    (difference,) = verdict.differences
    assert verdict.notes == ()
    assert difference.text == (
        "labels: sound 9217 of block 9 first, by up to 1 (is_train); 1 sounds of this block "
        "differ; 1 of 2 blocks differ"
    )


def test_noise_is_found_and_named(manifest, voice):
    table = voice.noise.table(torch.device("cpu"))
    table[3] += 0.5
    noise, audio = verify(manifest, voice).differences
    assert noise.text.startswith("noise: by up to 0.5 in stored samples (row 3, sample ")
    assert audio.what == "audio"
    assert audio.sound % 32 == 3


def test_sounds_in_another_order_are_found(manifest, voice):
    whole = voice.render_sounds

    def render_sounds(numbers, device=None):
        numbers = torch.as_tensor(numbers)
        swapped = torch.where(numbers < 10240, numbers + 10240, numbers - 10240)
        return whole(swapped, device)._replace(index=numbers)

    voice.render_sounds = render_sounds
    parameters, audio = verify(manifest, voice).differences
    for difference in (parameters, audio):
        assert (difference.block, difference.sound) == (9, 9216)
        assert "1024 sounds of this block differ" in difference.text
        assert difference.text.endswith("2 of 2 blocks differ")


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"control_rate": 100}, ["control_rate", "audio"]),
        ({"sample_rate": 16000}, ["sample_rate", "noise", "audio"]),
        ({"buffer_size_seconds": 0.25}, ["buffer_size_seconds", "noise", "audio"]),
        ({"eps": 0.01}, ["eps", "audio"]),
    ],
)
def test_another_config_is_found_and_named(manifest, settings, what):
    fields = ("sample_rate", "buffer_size_seconds", "control_rate")
    config = {**{name: getattr(SHORT, name) for name in fields}, **settings}
    verdict = verify(manifest, Voice(SynthConfig(**config)))
    assert [difference.what for difference in verdict.differences] == what
    assert verdict.notes == ()


def test_other_pinned_values_are_found_and_named(manifest):
    verdict = verify(manifest, Voice(SHORT, pinned={"keyboard.midi_f0": 60.0}))
    pinned, parameters, audio = verdict.differences
    assert pinned.text == "pinned: {} expected, {'keyboard.midi_f0': 60.0} here"
    assert "keyboard.midi_f0); 2 of 2 blocks differ" in parameters.text
    assert audio.what == "audio"


def test_another_nebula_is_found_and_named(manifest):
    nebula, audio = verify(manifest, Voice(SHORT, "drum")).differences
    assert nebula.text.startswith("nebula: 'default' expected, 'drum' here; 38 parameters, first ")
    assert audio.what == "audio"


def test_the_version_is_told_where_it_may_be_why_data_differs(manifest, voice, damage):
    older = replace(manifest, package_version="0.0.7")
    verdict = verify(older)
    assert verdict.same
    assert verdict.notes == ()
    (note,) = verify(replace(manifest, package_version="77.0.0")).notes
    assert note.startswith("written by synth_datamodule 77.0.0, this is ")
    damage(voice, 9217, lambda batch, row: batch.is_train[row].logical_not_())
    (note,) = verify(older, voice).notes
    assert note.startswith("written by synth_datamodule 0.0.7, this is ")


def test_the_modules_are_held_to_the_windows_of_a_hashed_manifest(manifest):
    verdict = verify(manifest, Voice(SHORT, backend="reference"))
    assert [difference.what for difference in verdict.differences] == ["backend"]
    assert verdict.of("audio") == "to 1e-5"


def test_a_sound_that_leaves_its_window_is_found_without_hashes(inexact, damage):
    voice = Voice(SHORT, backend="reference")
    damage(voice, 9999, lambda batch, row: batch.audio[row].add_(2e-5))
    (difference,) = verify(inexact, voice).differences
    assert difference[:3] == ("audio", 9, 9999)
    assert "by up to 2e-05 (sample " in difference.text


def test_the_first_blocks_alone_can_be_checked(manifest, voice, damage):
    damage(voice, 19456, lambda batch, row: batch.audio[row].zero_())
    verdict = verify(manifest, voice, most_sounds=1000)
    assert verdict.same
    assert verdict.notes == ("the first 1024 of its 2048 sounds were checked",)
    assert not verify(manifest, voice, most_sounds=1025).same


def test_a_beginning_keeps_as_many_windows_of_each_sound_as_the_whole():
    split = SplitDefinition.of(5000, SoundSet(Split.predict, 44, start=1000))
    few = describe(Voice(SHORT, backend="reference"), split)
    assert few.windows == 2
    assert verify(few, most_sounds=1).found == few.beginning(1)


def test_a_synth_may_be_written_by_any_path_that_leads_to_it(manifest, monkeypatch):
    class Brass(Voice):
        __module__ = "horns.brass"
        __qualname__ = "Brass"

    for name in ("horns", "horns.brass"):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(Brass=Brass))
    former = replace(manifest, synth=replace(manifest.synth, synth="horns.brass.Brass"))
    verdict = verify(former, Brass(SHORT), most_sounds=1)
    assert verdict.found.synth.synth == "horns.Brass"
    assert verdict.same
    assert not verify(former, Voice(SHORT), most_sounds=1).same


def test_one_word_is_told_of_each_kind_of_data_alone(manifest):
    with pytest.raises(ValueError, match="what must be one of 'parameters', 'labels', "):
        verify(manifest, most_sounds=1).of("loudness")


def test_it_is_verified_against_nothing_but_manifests(voice):
    with pytest.raises(TypeError, match="expected must be a Manifest, got 'synth1M1-test'"):
        verify("synth1M1-test")


@pytest.mark.parametrize("name", shipped_manifests())
def test_shipped_manifests_hold_here(name):
    verdict = verify(find_manifest(name), most_sounds=1024)
    assert verdict.same, verdict.differences


@pytest.mark.gpu
@pytest.mark.parametrize("name", shipped_manifests())
def test_shipped_manifests_hold_on_a_gpu_whole(name):
    verdict = verify(find_manifest(name), device="cuda", batch_size=1024)
    assert verdict.same, verdict.differences
