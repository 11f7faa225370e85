import hashlib
import json
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import AbstractSynth, Split, SynthConfig, Voice
from synth_datamodule.corpus.draws import noise_table
from synth_datamodule.identity import SplitDefinition, describe
from synth_datamodule.identity.fingerprint import recipe_of
from synth_datamodule.identity.manifest import settings_of
from synth_datamodule.identity.places import parameter_columns, window_places
from synth_datamodule.loading import SoundSet
from synth_datamodule.modules import AudioMixer, MonophonicKeyboard, SineVCO
from synth_datamodule.patching.patch import part
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.synths import FmVoice

CONFIG = SynthConfig(sample_rate=16000, buffer_size_seconds=0.5, control_rate=400, eps=1e-5)
SHORT = SynthConfig(sample_rate=8000, buffer_size_seconds=0.125, control_rate=200)


class Whistle(AbstractSynth):
    keyboard = part(MonophonicKeyboard)
    vco = part(SineVCO)
    mixer = part(AudioMixer, inputs=("vco",))

    def output(self, p, noise_rows):
        midi_f0, _ = self.keyboard(p.keyboard)
        return self.mixer(p.mixer, self.vco(p.vco, midi_f0))


def sha256(array, dtype):
    return hashlib.sha256(array.numpy().astype(dtype).tobytes()).hexdigest()


def test_a_block_is_hashed_as_its_docstring_says(manifest, voice):
    for block in manifest.blocks:
        batch = voice.render_sounds(range(block.start, block.stop))
        assert block.parameters == sha256(batch.parameters, "<f4")
        assert block.labels == sha256(batch.is_train, "u1")
        sounds = [hashlib.sha256(audio.numpy().astype("<f4").tobytes()) for audio in batch.audio]
        of_sounds = b"".join(sound.digest() for sound in sounds)
        assert block.audio == hashlib.sha256(of_sounds).hexdigest()
        assert block.audio_digests == b"".join(sound.digest()[:4] for sound in sounds)


def test_what_is_kept_of_each_sound_lies_where_its_number_says(manifest, voice):
    block = manifest.blocks[1]
    numbers = np.arange(block.start, block.stop)
    batch = voice.render_sounds(numbers)
    audio = np.frombuffer(block.audio_values, "<f4").reshape(1024, 4)
    places = window_places(numbers, 1, 1000)
    assert np.array_equal(audio, np.take_along_axis(batch.audio.numpy(), places, 1))
    values = np.frombuffer(block.parameter_values, "<f4").reshape(1024, 2)
    columns = parameter_columns(numbers, 78)
    assert np.array_equal(values, np.take_along_axis(batch.parameters.numpy(), columns, 1))
    labels = np.unpackbits(np.frombuffer(block.label_bits, np.uint8))
    assert np.array_equal(labels, batch.is_train.numpy())


def test_the_noise_is_hashed_once(manifest):
    assert manifest.noise.sha256 == sha256(noise_table(1000), "<f4")


@settings(max_examples=12, deadline=None, derandomize=True)
@given(batch_size=st.integers(1, 40))
def test_any_batch_size_gives_the_same_manifest(batch_size):
    split = SplitDefinition.of(5000, SoundSet(Split.predict, 40, start=1000))
    voice = Voice(SHORT)
    assert describe(voice, split, batch_size=batch_size) == describe(voice, split)


def test_threads_do_not_matter(manifest, split, voice):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        assert describe(voice, split) == manifest
    finally:
        torch.set_num_threads(threads)


def test_progress_counts_every_sound_once(voice, split):
    done = []
    describe(voice, split, batch_size=300, progress=done.append)
    assert done == [300, 300, 300, 124] * 2


def test_the_modules_audio_is_not_hashed_but_kept_in_windows(inexact, manifest):
    assert not inexact.exact
    assert manifest.exact
    for block, fused in zip(inexact.blocks, manifest.blocks, strict=True):
        assert block.audio is None
        assert block.audio_digests == b""
        assert (block.parameters, block.labels) == (fused.parameters, fused.labels)
        assert block.parameter_digests == fused.parameter_digests
        kept, known = (np.frombuffer(one.audio_values, "<f4") for one in (block, fused))
        assert np.abs(kept - known).max() < 1e-5


@pytest.mark.parametrize(
    ("num_sounds", "windows"), [(1, 64), (10, 7), (32, 2), (33, 2), (63, 2), (64, 1), (65, 1)]
)
def test_every_sound_has_a_window_and_a_split_64(voice, num_sounds, windows):
    few = describe(voice, SplitDefinition.of("synth1M1", SoundSet(Split.val, num_sounds)))
    assert few.windows == windows
    assert len(few.blocks[0].audio_values) == num_sounds * windows * 4 * 4


def test_an_own_synth_without_noise_has_a_manifest_too():
    split = SplitDefinition.of("synth1M1", SoundSet(Split.test, 8))
    manifest = describe(Whistle(SHORT, pinned={"keyboard.midi_f0": 60}), split)
    assert manifest.noise is None
    assert manifest.exact
    assert not describe(Whistle(SHORT, backend="reference"), split).exact
    assert manifest.synth.synth.endswith("test_fingerprint.Whistle")
    assert manifest.synth.pinned == {"keyboard.midi_f0": 60.0}
    assert [row.name for row in manifest.parameters][:2] == [
        "keyboard.midi_f0",
        "keyboard.duration",
    ]


def test_a_synth_of_fewer_samples_than_a_window_is_identified(voice):
    tiny = Voice(SynthConfig(sample_rate=2, control_rate=2, buffer_size_seconds=1.0))
    manifest = describe(tiny, SplitDefinition.of("synth1M1", SoundSet(Split.test, 3)))
    assert manifest.num_samples == 2
    assert manifest.windows == 22


def test_a_synth_is_made_again_from_its_recipe():
    voice = Voice(CONFIG, "drum", "reference", pinned={"vco_1.tuning": 3, "adsr_1.attack": 0.5})
    recipe = recipe_of(voice)
    again = recipe.make()
    assert type(again) is Voice
    assert again.synthconfig == CONFIG
    assert again.parameter_table == voice.parameter_table
    assert again.backend == "reference"
    assert recipe_of(again) == recipe


def test_auto_is_recorded_as_what_it_chose():
    assert recipe_of(Voice()).backend == "fused"


def test_a_synth_goes_by_its_public_name():
    class Inner(Voice):
        pass

    assert recipe_of(Voice()).synth == "synth_datamodule.Voice"
    assert recipe_of(FmVoice()).synth == "synth_datamodule.synths.FmVoice"
    name = f"{__name__}.{Inner.__qualname__}"
    assert recipe_of(Inner()).synth == settings_of(SynthRecipe(Inner))["synth"] == name


def test_of_a_nebula_file_the_entries_are_kept_and_no_path(tmp_path):
    path = tmp_path / "mine.json"
    curve = {"curve": 1.0, "symmetric": False}
    path.write_text(json.dumps(dict.fromkeys(Voice().parameter_names, curve)))
    recipe = recipe_of(Voice(nebula=path))
    path.unlink()
    assert recipe.make().parameter_table.ranges[0].curve == 1.0
    assert re.fullmatch(r"sha256:[0-9a-f]{16}", settings_of(recipe)["nebula"])
    assert recipe_of(Voice(nebula="drum")).nebula == "drum"


def test_what_is_not_the_definition_is_not_identified(split):
    with pytest.raises(ValueError, match=r"identified in float64, .* got torch.float32"):
        describe(Voice(SHORT, backend="reference", dtype=torch.float32), split)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"synth": "Voice"}, TypeError, "synth must be an AbstractSynth, got 'Voice'"),
        (
            {"batch_size": 0},
            ValueError,
            "batch_size must be .* >= 1 and .*, got 0",
        ),
        ({"device": "gpu"}, ValueError, "device must be a device"),
    ],
)
def test_wrong_arguments_are_named(voice, split, arguments, error, message):
    with pytest.raises(error, match=message):
        describe(**{"synth": voice, "split": split, **arguments})


@pytest.mark.gpu
def test_a_gpu_gives_the_same_manifest(manifest, split, voice):
    assert describe(voice, split, device="cuda") == manifest
