"""What features share: the precision that they compute in, and tables that memory holds."""

import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.features import MFCC, LogMel, Resample
from synth_datamodule.matching.model import SoundMatcher

AUDIO = Voice(SynthConfig(sample_rate=8000, buffer_size_seconds=0.5)).render_sounds([3, 4]).audio
FEATURES = {
    "LogMel": lambda: LogMel(8000),
    "MFCC": lambda: MFCC(8000),
    "Resample": lambda: Resample(8000, 5000),
}


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_of_less_precise_audio_is_computed_in_float32(name, dtype):
    feature = FEATURES[name]()
    expected = feature(AUDIO.to(dtype).float()).to(dtype)
    for given in (feature, FEATURES[name]().to(dtype)):
        found = given(AUDIO.to(dtype))
        assert found.dtype == dtype
        assert torch.equal(found, expected)
    assert {table.dtype for table in given.buffers()} == {torch.float32}


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_is_the_same_under_autocast(name):
    feature = FEATURES[name]()
    expected = feature(AUDIO)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(feature(AUDIO), expected)


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_of_float64_needs_tables_of_float64(name):
    feature = FEATURES[name]()
    with pytest.raises(TypeError, match=rf"^audio must be float32.*as {name} computes"):
        feature(AUDIO.double())
    double = feature.double()
    assert double(AUDIO.double()).dtype == torch.float64
    assert torch.equal(double(AUDIO), double(AUDIO.double()))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64], ids=str)
def test_a_network_of_another_precision_hears(dtype):
    model = SoundMatcher(num_parameters=3, sample_rate=8000, width=2).to(dtype).eval()
    with torch.no_grad():
        guess = model(AUDIO.to(dtype))
    assert guess.dtype == dtype
    assert bool(((guess >= 0) & (guess <= 1)).all())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LogMel(44100, num_mels=4096, n_fft=2**20), "n_fft and num_mels must make a table"),
        (lambda: Resample(44101, 96001), "sample_rate and new_sample_rate must make a table"),
    ],
)
def test_a_table_that_no_memory_holds_is_refused_before_it_is_made(make, message):
    with pytest.raises(ValueError, match=f"^{message} of at most 67108864 numbers, got "):
        make()
