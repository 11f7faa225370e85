import pickle
from typing import NamedTuple

import pytest
import torch
from torch import nn

from synth_datamodule import SynthBatch, SynthConfig, Voice
from synth_datamodule.batch import PairedBatch
from synth_datamodule.features import LogMel
from synth_datamodule.loading import Handed, Rendering, moved_parameters

CPU = torch.device("cpu")


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("chunk", [1, 3, 7, 100])
def test_chunks_do_not_change_a_bit(voice, chunk):
    index = torch.arange(7)
    handed = Handed(500 / 8000, random_crop=True, paired_delta=0.1)
    whole = Rendering(voice, handed)(index, CPU, torch.float32)
    parts = Rendering(voice, handed, chunk=chunk)(index, CPU, torch.float32)
    assert same(whole.first, parts.first)
    assert same(whole.second, parts.second)


def test_a_fixed_crop_is_the_beginning(voice):
    batch = Rendering(voice, Handed(300 / 8000))(torch.tensor([5, 6]), CPU, torch.float32)
    assert torch.equal(batch.audio, voice.render_sounds([5, 6]).audio[:, :300])


def test_a_random_crop_lies_somewhere_in_its_own_sound(voice):
    whole = voice.render_sounds(range(20)).audio
    crops = Rendering(voice, Handed(1000 / 8000, random_crop=True))(
        torch.arange(20), CPU, torch.float32
    ).audio
    starts = [
        next(s for s in range(1001) if torch.equal(sound[s : s + 1000], crop))
        for sound, crop in zip(whole, crops, strict=True)
        if sound.abs().amax() > 0
    ]
    assert len(set(starts)) > 10


def test_a_random_crop_is_the_same_in_any_batch_and_another_for_another_seed(voice):
    crop = Rendering(voice, Handed(200 / 8000, random_crop=True))
    both = crop(torch.tensor([3, 4]), CPU, torch.float32).audio
    assert torch.equal(crop(torch.tensor([4]), CPU, torch.float32).audio[0], both[1])
    other = Rendering(voice, Handed(200 / 8000, random_crop=True, seed=1))
    assert not torch.equal(other(torch.tensor([3, 4]), CPU, torch.float32).audio, both)


def test_the_first_of_a_pair_is_the_sound_itself(voice):
    index = torch.tensor([40, 9])
    pair = Rendering(voice, Handed(paired_delta=0.1))(index, CPU, torch.float32)
    assert isinstance(pair, PairedBatch)
    assert same(pair.first, voice.render_sounds(index))


def test_the_second_of_a_pair_is_moved_by_up_to_delta_over_the_same_noise(voice):
    index = torch.arange(64)
    first, second = Rendering(voice, Handed(paired_delta=0.05))(index, CPU, torch.float32)
    moves = (second.parameters - first.parameters).abs()
    assert moves.max() <= 0.05 + 1e-7  # float32's rounding of the sum
    inside = (first.parameters > 0.05) & (first.parameters < 0.95)
    # Uniform moves: the mean size is delta / 2, over 4,500 of them to 1 %.
    assert moves[inside].mean() == pytest.approx(0.025, rel=0.05)
    assert torch.equal(second.audio, voice.render(second.parameters, index % 32))
    assert torch.equal(second.index, index)
    assert second.parameters.min() >= 0
    assert second.parameters.max() <= 1


def test_pinned_parameters_do_not_move():
    config = SynthConfig(sample_rate=8000, buffer_size_seconds=0.1, control_rate=200)
    voice = Voice(config, pinned={"keyboard.midi_f0": 60.0})
    first, second = Rendering(voice, Handed(paired_delta=0.5))(torch.arange(8), CPU, torch.float32)
    column = voice.parameter_table.column("keyboard.midi_f0")
    assert torch.equal(first.parameters[:, column], second.parameters[:, column])
    assert not torch.equal(first.parameters, second.parameters)


def test_views_and_seeds_move_differently():
    parameters, index = torch.full((2, 78), 0.5), torch.tensor([1, 2])
    moved = [
        moved_parameters(parameters, index, 0.1, seed, view)
        for seed, view in [(0, 1), (1, 1), (0, 2)]
    ]
    assert torch.equal(moved[0], moved_parameters(parameters, index, 0.1))
    assert len({tuple(one.flatten().tolist()) for one in moved}) == 3


def test_a_transform_hears_the_crop_in_float32_and_its_result_is_cast(voice):
    heard = []

    class Halve(nn.Module):
        def forward(self, audio):
            heard.append((audio.dtype, audio.shape, torch.is_grad_enabled()))
            return audio / 2

    rendering = Rendering(voice, Handed(100 / 8000), transform=Halve())
    batch = rendering(torch.tensor([1, 2]), CPU, torch.bfloat16)
    assert heard == [(torch.float32, (2, 100), False)]
    expected = (voice.render_sounds([1, 2]).audio[:, :100] / 2).bfloat16()
    assert torch.equal(batch.audio, expected)


def test_no_more_than_a_chunk_is_ever_rendered_at_once(voice):
    rendered = []

    class Notice(nn.Module):
        def forward(self, audio):
            rendered.append(len(audio))
            return audio.abs().amax(-1)

    batch = Rendering(voice, chunk=3, transform=Notice())(torch.arange(8), CPU, torch.float32)
    assert rendered == [3, 3, 2]
    assert batch.audio.shape == (8,)


def test_a_log_mel_transform_hands_out_frames(voice):
    batch = Rendering(voice, transform=LogMel(8000))(torch.tensor([1, 2]), CPU, torch.float32)
    assert torch.equal(batch.audio, LogMel(8000)(voice.render_sounds([1, 2]).audio))


def test_it_renders_under_inference_mode_and_then_in_training(voice):
    rendering = Rendering(voice, transform=LogMel(8000))
    with torch.inference_mode():
        first = rendering(torch.tensor([1]), CPU, torch.float32).audio
    audio = rendering(torch.tensor([1]), CPU, torch.float32).audio
    assert torch.equal(first, audio)
    weight = torch.ones(96, 1, requires_grad=True)
    (audio * weight).sum().backward()
    assert torch.isfinite(weight.grad).all()


def test_a_rendering_pickles_small(voice):
    rendering = Rendering(voice, Handed(paired_delta=0.1))
    batch = rendering(torch.tensor([1]), CPU, torch.float32)
    packed = pickle.dumps(rendering)
    assert len(packed) < 30_000
    assert same(pickle.loads(packed)(torch.tensor([1]), CPU, torch.float32).second, batch.second)


def test_a_pair_moves_as_one():
    view = SynthBatch(torch.zeros(2, 4), torch.zeros(2, 3), torch.ones(2).bool(), torch.arange(2))
    pair = PairedBatch(view, view).to(torch.float64)
    assert pair.first.audio.dtype == pair.second.parameters.dtype == torch.float64
    assert pair.second.index.dtype == torch.int64


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"chunk": 0}, ValueError, "render_chunk must be a whole number >= 1, got 0"),
        ({"transform": 3}, TypeError, "transform must be a torch.nn.Module or a function"),
        (
            {"handed": Handed(2001 / 8000)},
            ValueError,
            "crop_seconds must be at least one sample, 1/8000, and at most a sound's length, 0.25, "
            "got 0.250125",
        ),
        ({"handed": Handed(1e-9)}, ValueError, "crop_seconds must be at least one sample, 1/8000"),
    ],
)
def test_impossible_renderings_are_refused(voice, options, error, message):
    with pytest.raises(error, match=message):
        Rendering(voice, **options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"crop_seconds": 0}, ValueError, "crop_seconds must be a finite number > 0, got 0"),
        ({"crop_seconds": "1"}, TypeError, "crop_seconds must be a finite number, got '1'"),
        ({"random_crop": True}, ValueError, "random_crop needs the length of a crop"),
        ({"random_crop": 1}, TypeError, "random_crop must be True or False, got 1"),
        ({"paired_delta": 0.0}, ValueError, "paired_delta must be a finite number > 0, got 0.0"),
        ({"paired_delta": 1.5}, ValueError, "paired_delta must be at most 1, a whole range"),
        ({"seed": -1}, ValueError, "seed must be a whole number >= 0"),
    ],
)
def test_what_cannot_be_handed_out_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        Handed(**options)


def test_a_seed_tells_crops_and_pairs_apart_and_nothing_else():
    assert Handed(seed=1) == Handed(seed=2)
    assert Handed(0.1, seed=1) == Handed(0.1)
    assert Handed(0.1, random_crop=True, seed=1) != Handed(0.1, random_crop=True)
    assert Handed(paired_delta=0.1, seed=1) != Handed(paired_delta=0.1)


class Named(NamedTuple):
    codes: torch.Tensor
    spectrum: torch.Tensor


def codes(audio):
    return (audio * 100).round().to(torch.int64)


def spectrum(audio):
    return torch.fft.rfft(audio)


@pytest.mark.parametrize("chunk", [None, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_integers_and_complex_numbers_stay_and_a_dict_or_tuple_is_handed_out(voice, dtype, chunk):
    def everything(audio):
        named = Named(codes(audio), spectrum(audio))
        return {"audio": audio, "both": [named, (audio > 0,)]}

    rendering = Rendering(voice, transform=everything, chunk=chunk)
    batch = rendering(torch.arange(7), CPU, dtype)
    audio = voice.render_sounds(range(7)).audio
    assert torch.equal(batch.audio["audio"], audio.to(dtype))
    named, (positive,) = batch.audio["both"]
    assert torch.equal(named.codes, codes(audio))
    assert torch.equal(named.spectrum, spectrum(audio))
    assert torch.equal(positive, audio > 0)
    moved = batch.to(torch.float16)
    assert moved.audio["audio"].dtype == torch.float16
    assert moved.audio["both"][0].codes.dtype == torch.int64


@pytest.mark.parametrize(
    ("transform", "error", "message"),
    [
        (
            lambda audio: audio[:1],
            ValueError,
            r"tensors \[2, ...\], .*<lambda> returned one of .*\[1",
        ),
        (lambda audio: audio.mean(), ValueError, r"returned one of shape \[\]"),
        (lambda audio: {"a": audio, "b": audio[0]}, ValueError, r"returned one of shape \[2000\]"),
        (lambda audio: None, TypeError, "<lambda> returns: audio must be a tensor, .*got NoneType"),
        (lambda audio: {"a": 1}, TypeError, "<lambda> returns: .*got int"),
    ],
)
def test_what_a_transform_returns_has_an_entry_for_each_sound(voice, transform, error, message):
    with pytest.raises(error, match=message):
        Rendering(voice, transform=transform)(torch.arange(2), CPU, torch.float32)


def test_a_fixed_crop_holds_no_more_than_itself(voice):
    batch = Rendering(voice, Handed(100 / 8000))(torch.arange(4), CPU, torch.float32)
    assert batch.audio.is_contiguous()
    assert batch.audio.untyped_storage().nbytes() == 4 * 4 * 100
