"""A batch is rendered again from what it hands out: the same bits, or others over its noise."""

import pytest
import torch

from synth_datamodule import SynthBatch, SynthConfig, SynthDataModule, Voice
from synth_datamodule.batch import PairedBatch
from synth_datamodule.loading import Rendering
from synth_datamodule.loading.rendering import Handed
from synth_datamodule.synths import FilteredVoice, FmVoice, OneOscillator

CONFIG = SynthConfig(sample_rate=8000, buffer_size_seconds=0.25, control_rate=100)
NUMBERS = [*range(33), 312 * 128 + 6, 2**32 - 1]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def voice():
    return Voice(CONFIG)


@pytest.mark.parametrize("kind", [Voice, FilteredVoice, FmVoice, OneOscillator])
def test_every_sound_has_its_bits_again(kind):
    synth = kind(CONFIG)
    batch = synth.render_sounds(NUMBERS)
    audio = synth.rerender(batch)
    assert torch.equal(audio, batch.audio)
    assert audio.dtype == torch.float32


def test_one_sound_has_its_bits_again_and_no_axis(voice):
    for number in NUMBERS:
        sound = voice.sound(number)
        assert torch.equal(voice.rerender(sound), sound.audio)
        assert voice.rerender(sound).shape == (2000,)


def test_the_row_of_noise_is_heard(voice):
    batch = voice.render_sounds(list(range(1, 32)))
    without = voice.render(batch.parameters)
    differ = (without != batch.audio).any(1)
    assert differ.sum() > 5, "else this test tells nothing"


def test_changed_parameters_are_heard_over_the_same_noise(voice):
    batch = voice.render_sounds([5, 40])
    guesses = (batch.parameters + 0.25) % 1
    audio = voice.rerender(batch._replace(parameters=guesses))
    assert torch.equal(audio, voice.render(guesses, torch.tensor([5, 8])))
    assert not torch.equal(audio, batch.audio)


def test_pinned_values_hold():
    synth = Voice(CONFIG, pinned={"keyboard.midi_f0": 60.0})
    batch = synth.render_sounds([3, 5])
    assert torch.equal(synth.rerender(batch), batch.audio)


def test_free_parameters_are_put_among_the_pinned_ones():
    synth = Voice(CONFIG, pinned={"keyboard.midi_f0": 60.0, "lfo_1.saw": 0.0})
    batch = synth.render_sounds([3, 5])
    free = batch._replace(parameters=synth.parameter_table.take_free(batch.parameters))
    assert free.parameters.shape == (2, 76)
    assert torch.equal(synth.rerender(free), batch.audio)
    one = SynthBatch(*(column[1] for column in free))
    assert torch.equal(synth.rerender(one), batch.audio[1])


@pytest.mark.parametrize(
    "asked",
    [{"ranges": {"keyboard.midi_f0": (48, 60)}}, {"values": {"keyboard.midi_f0": [48, 55]}}],
)
def test_ranges_and_listed_values_come_again(asked):
    synth = Voice(CONFIG, **asked)
    batch = synth.render_sounds(list(range(40)))
    assert torch.equal(synth.rerender(batch), batch.audio)


def test_a_cast_to_float64_loses_nothing_and_one_to_16_bits_is_refused(voice):
    batch = voice.render_sounds([5, 7])
    assert torch.equal(voice.rerender(batch.to(torch.float64)), batch.audio)
    for dtype in (torch.bfloat16, torch.float16):
        message = f"^batch.parameters must be float32 or float64, got {dtype}: 16 bits do not hold"
        with pytest.raises(TypeError, match=message):
            voice.rerender(batch.to(dtype))


def test_what_was_cropped_transformed_and_paired_comes_back_whole(voice):
    handed = Handed(crop_seconds=0.1, random_crop=True, paired_delta=0.1, seed=3)
    rendering = Rendering(voice, handed, transform=torch.abs)
    pair = rendering(torch.tensor([5, 7]), CPU, torch.float32)
    assert isinstance(pair, PairedBatch)
    assert torch.equal(voice.rerender(pair.first), voice.render_sounds([5, 7]).audio)
    whole = Rendering(voice, Handed(paired_delta=0.1, seed=3))
    second = whole(torch.tensor([5, 7]), CPU, torch.float32).second
    assert torch.equal(voice.rerender(pair.second), second.audio)
    message = "^batch must be a SynthBatch, got a PairedBatch: give its first or second$"
    with pytest.raises(TypeError, match=message):
        voice.rerender(pair)


@pytest.mark.parametrize(
    "asked",
    [
        {"labels": "free", "pinned": {"keyboard.midi_f0": 60.0}},
        {"notes": [48, 55, 60], "notes_per_sound": 2},
        {"curriculum": {0: {"keyboard.midi_f0": (60, 62)}, 1: {}}},
    ],
    ids=["free", "notes", "curriculum"],
)
def test_what_a_data_module_hands_out_has_its_bits_again(asked):
    dm = SynthDataModule(
        sample_rate=8000, buffer_size_seconds=0.1, control_rate=100, batch_size=8,
        train_sounds=16, val_sounds=8, **asked,
    )  # fmt: skip
    for numbers in (*dm.train_dataloader(), *dm.val_dataloader()):
        batch = numbers.to("cpu")
        assert torch.equal(dm.voice.rerender(batch), batch.audio)


def test_a_gradient_flows_to_the_parameters():
    recording = Voice(SynthConfig(2, 8000, 0.25, 100, no_grad=False))
    batch = recording.render_sounds([5, 7])
    parameters = batch.parameters.clone().requires_grad_()
    audio = recording.rerender(batch._replace(parameters=parameters))
    assert torch.equal(audio.detach(), batch.audio)
    audio.square().sum().backward()
    assert parameters.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"index": torch.tensor([0.0, 1.0])}, TypeError, "batch.index must be sound numbers"),
        ({"index": torch.tensor([0, 2**32])}, ValueError, "sound numbers must be whole numbers"),
        ({"index": torch.tensor([[0, 1]])}, ValueError, r"got shape \[2, 78\]"),
        ({"index": torch.tensor([0, 1, 2])}, ValueError, r"got shape \[2, 78\]"),
        ({"index": torch.tensor(0)}, ValueError, r"\[P\] of sizes \[78\], got shape \[2, 78\]"),
        ({"parameters": torch.zeros(2, 3)}, ValueError, r"got shape \[2, 3\]"),
        ({"parameters": torch.zeros(78)}, ValueError, r"got shape \[78\]"),
        ({"parameters": torch.full((2, 78), 1.5)}, ValueError, r"must lie in \[0, 1\]"),
    ],
)
def test_what_is_no_batch_of_this_synth_is_refused(voice, changes, error, message):
    batch = voice.render_sounds([0, 1])._replace(**changes)
    with pytest.raises(error, match=message):
        voice.rerender(batch)


def test_a_tuple_is_no_batch(voice):
    with pytest.raises(TypeError, match=r"^batch must be a SynthBatch, got "):
        voice.rerender(tuple(voice.sound(0)))
    assert isinstance(voice.sound(0), SynthBatch)
