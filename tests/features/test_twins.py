"""The twins beside torchaudio: within 1e-6 of the largest magnitude, names and all."""

import re

import pytest
import torch

from synth_datamodule.features import MFCC, LogMel, Resample
from synth_datamodule.features.transforms import transforms

FEATURES = {
    "LogMel 16000": lambda: LogMel(16000),
    "LogMel 44100": lambda: LogMel(44100, num_mels=128, n_fft=2048, hop_length=512),
    "LogMel odd": lambda: LogMel(22050, num_mels=17, n_fft=601, hop_length=157),
    "LogMel one band": lambda: LogMel(8001, num_mels=1, n_fft=32, hop_length=7),
    "MFCC 16000": lambda: MFCC(16000),
    "MFCC 44100": lambda: MFCC(44100, 13, num_mels=128, n_fft=2048, hop_length=441),
    "MFCC odd": lambda: MFCC(11025, 23, num_mels=23, n_fft=399, hop_length=101),
    "Resample 44100 16000": lambda: Resample(44100, 16000),
    "Resample 48000 44100": lambda: Resample(48000, 44100),
    "Resample 16000 44100": lambda: Resample(16000, 44100),
    "Resample 44100 22050": lambda: Resample(44100, 22050),
    "Resample 101 97": lambda: Resample(101, 97),
    "Resample 16000 16000": lambda: Resample(16000, 16000),
}
each_feature = pytest.mark.parametrize("make", FEATURES.values(), ids=FEATURES.keys())


@pytest.fixture
def both(torchaudio_refused):
    """Return a maker of a feature by torchaudio and of the same by its twin."""
    transforms.cache_clear()
    if not transforms().__name__.startswith("torchaudio"):
        pytest.skip("torchaudio does not import here")

    def make_both(make):
        theirs = make()
        with torchaudio_refused(RuntimeError("another CUDA")):
            ours = make()
        assert parts(theirs) == {"torchaudio"}
        assert parts(ours) == {"synth_datamodule"}
        return theirs, ours

    return make_both


def parts(feature):
    (child,) = feature.children()
    return {type(module).__module__.split(".")[0] for module in child.modules()}


def noise(batch_size, length, dtype=torch.float32):
    generator = torch.Generator().manual_seed(length)
    return (torch.rand(batch_size, length, generator=generator) * 2 - 1).to(dtype)


def assert_same(ours, theirs):
    """Compare every number with the largest magnitude beside it: 1e-6 of it, no further."""
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    assert theirs.isfinite().all()
    assert (ours - theirs).abs().max() <= 1e-6 * theirs.abs().max()


@each_feature
@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("length", [1100, 8000, 20011])
def test_a_twin_gives_the_numbers_of_torchaudio(make, batch_size, length, both):
    theirs, ours = both(make)
    for gain in (1.0, 1e-4):
        audio = gain * noise(batch_size, length)
        assert_same(ours(audio), theirs(audio))


@each_feature
def test_silence_is_the_same_alone_and_beside_a_sound(make, both):
    theirs, ours = both(make)
    audio = noise(3, 4000)
    audio[1] = 0
    assert_same(ours(audio), theirs(audio))
    assert torch.equal(ours(audio[1:2]), theirs(audio[1:2]))


@each_feature
def test_a_gradient_is_the_same(make, both):
    theirs, ours = both(make)
    gradients = []
    for feature in (ours, theirs):
        audio = noise(2, 5000).requires_grad_()
        features = feature(audio)
        (features * noise(features[0].numel(), 2)[:, 0].view_as(features[0])).sum().backward()
        gradients.append(audio.grad)
    assert_same(*gradients)


@each_feature
def test_a_checkpoint_of_either_loads_into_the_other(make, both):
    theirs, ours = both(make)
    for mine, other in ((ours, theirs), (theirs, ours)):
        state = other.state_dict()
        assert [*mine.state_dict()] == [*state]
        changed = {name: 0.5 * tensor for name, tensor in state.items()}
        mine.load_state_dict(changed)
        assert all(torch.equal(mine.state_dict()[name], changed[name]) for name in changed)


@each_feature
def test_buffers_have_one_shape_and_type_and_move_together(make, both):
    theirs, ours = both(make)
    for move in (lambda module: module, lambda module: module.double(), lambda m: m.to("meta")):
        described = [
            [(name, b.shape, b.dtype, b.device) for name, b in move(feature).named_buffers()]
            for feature in (ours, theirs)
        ]
        assert described[0] == described[1]


@each_feature
def test_float64_is_the_same(make, both):
    theirs, ours = both(make)
    audio = noise(2, 5000, torch.float64)
    assert_same(ours.double()(audio), theirs.double()(audio))


@each_feature
def test_autocast_is_the_same(make, both):
    theirs, ours = both(make)
    with torch.autocast("cpu", torch.bfloat16):
        heard = ours(noise(2, 5000)), theirs(noise(2, 5000))
    assert_same(*heard)


@each_feature
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_the_same_or_fails_the_same(make, dtype, both):
    theirs, ours = both(make)
    try:
        expected = theirs.to(dtype)(noise(2, 5000, dtype))
    except RuntimeError as error:
        with pytest.raises(RuntimeError, match=re.escape(str(error))):
            ours.to(dtype)(noise(2, 5000, dtype))
    else:
        assert_same(ours.to(dtype)(noise(2, 5000, dtype)), expected)


def test_a_longer_sound_ends_at_the_same_sample(both):
    theirs, ours = both(lambda: Resample(44100, 16000))
    # The first length's quotient lies so little above a whole number that float32, from which
    # torchaudio rounds up, does not see it.
    for length in (180697, 180698):
        assert ours(torch.zeros(1, length)).shape == theirs(torch.zeros(1, length)).shape


@pytest.mark.parametrize(
    "make", [lambda: LogMel(16000, 128, 256), lambda: MFCC(16000, 20, 99, 256)]
)
def test_bands_that_hold_no_frequency_are_warned_of_by_both(make, both):
    with pytest.warns(UserWarning, match="has all zero values|are always silent"):
        theirs, ours = both(make)
    assert_same(ours(noise(2, 4000)), theirs(noise(2, 4000)))
