import pickle

import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.features import Normalize, integrated_loudness, levels

RATE = 16000
MEASURES = ["peak", "rms", -23.0]


@pytest.fixture(scope="module")
def audio():
    sounds = Voice(SynthConfig(sample_rate=RATE, control_rate=160, buffer_size_seconds=1.0))
    return sounds.render_sounds(range(32)).audio


@pytest.fixture(scope="module")
def heard(audio):
    found = levels(audio).rms > 1e-3
    assert found.sum() > 16
    return found


def made(to, audio, **options):
    return Normalize(to, RATE, **options)(audio)


def test_a_peak_is_1_exactly(audio, heard):
    assert (levels(made("peak", audio)).peak[heard] == 1).all()
    half = levels(made("peak", audio, level=0.5)).peak[heard]
    torch.testing.assert_close(half, torch.full_like(half, 0.5))


def test_an_rms_is_20_decibels_below_full_scale_or_what_is_asked_for(audio, heard):
    for level, options in ((0.1, {}), (0.25, {"level": 0.25})):
        rms = levels(made("rms", audio, **options)).rms[heard]
        torch.testing.assert_close(rms, torch.full_like(rms, level))


@pytest.mark.parametrize("loudness", [-23.0, -14, -40.0])
def test_a_loudness_is_what_is_asked_for_though_the_peak_be_above_1(audio, heard, loudness):
    normalized = made(loudness, audio)
    found = integrated_loudness(normalized.double(), RATE)[heard]
    torch.testing.assert_close(found, torch.full_like(found, loudness), atol=1e-4, rtol=0)
    assert loudness != -14 or normalized.abs().max() > 1


@pytest.mark.parametrize("to", MEASURES)
@pytest.mark.parametrize("peak", [0.0, 1e-30, 1e-5, 3e-4])
def test_silence_stays_as_it_is(to, peak):
    noise = torch.rand(3, RATE, generator=torch.Generator().manual_seed(1)) * 2 - 1
    quiet = peak * noise / noise.abs().amax(-1, keepdim=True) * (0.5 if to != "peak" else 1.0)
    assert torch.equal(made(to, quiet), quiet)


@pytest.mark.parametrize("to", MEASURES)
def test_gradients_are_finite_for_sounds_and_for_silence(to, audio):
    sounds = torch.cat((audio[:4], torch.zeros(1, RATE), 1e-6 * audio[:1])).requires_grad_()
    made(to, sounds).square().sum().backward()
    assert torch.isfinite(sounds.grad).all()
    assert (sounds.grad[:4] != 0).any()


@pytest.mark.parametrize("to", MEASURES)
def test_a_sounds_gradient_is_that_of_a_quotient(to):
    noise = torch.rand(1, 4000, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    sound = (noise - 0.5).requires_grad_()
    step = torch.zeros_like(sound)
    step[0, 5] = 1e-6
    weight = torch.linspace(-1, 1, 4000, dtype=torch.float64)

    def loss(audio):
        return (Normalize(to, 8000)(audio) * weight).sum()

    loss(sound).backward()
    with torch.no_grad():
        slope = (loss(sound + step) - loss(sound - step)) / 2e-6
    torch.testing.assert_close(sound.grad[0, 5], slope, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("to", MEASURES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_dtype_is_handed_back_as_it_came(to, dtype, audio):
    found = made(to, audio[:4].to(dtype))
    assert found.dtype == dtype
    torch.testing.assert_close(found.float(), made(to, audio[:4]), rtol=0.02, atol=0.01)


def test_a_level_is_shown_and_pickled():
    module = Normalize(-23, 44100)
    assert "Normalize(-23.0, level=0.0707946)" in str(module)
    assert pickle.loads(pickle.dumps(module)).to_level == -23.0
    assert not module.state_dict()
