from pathlib import Path

import numpy as np
import pytest
import torch

from synth_datamodule import Voice
from synth_datamodule.metrics import SoundDistances, SoundMetrics

GOLDEN = Path(__file__).parents[1] / "golden" / "matching_metrics.npz"


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as held:
        return dict(held)


@pytest.fixture(scope="module")
def pairs(golden):
    voice, index = Voice(), torch.from_numpy(golden["index"])
    guess = voice.render(torch.from_numpy(golden["guess_parameters"]), index % 32)
    return guess, voice.render_sounds(index).audio


@pytest.fixture(scope="module")
def found(pairs):
    return SoundMetrics(44100)(*pairs)


@pytest.mark.parametrize("name", SoundDistances._fields)
def test_the_figures_are_those_of_the_published_script(name, found, golden):
    wanted = torch.from_numpy(golden[name])
    torch.testing.assert_close(getattr(found, name), wanted, rtol=1e-3, atol=1e-5)


def test_a_sound_that_differs_in_level_alone_differs_to_two_of_them(found):
    assert found.mss[31] < 1e-5
    assert found.rms[31] == pytest.approx(1)
    assert found.wmfcc[31] > 10
    assert found.sot[31] > 1e-3  # frames that fall below the least sum


def test_a_pair_has_the_same_bits_alone_and_in_any_order(pairs, found):
    metrics = SoundMetrics(44100)
    few = [5, 31, 0]
    together = metrics(*(audio[few] for audio in pairs))
    for place, pair in enumerate(few):
        alone = metrics(*(audio[pair : pair + 1] for audio in pairs))
        for name, value in alone._asdict().items():
            assert value[0] == getattr(together, name)[place] == getattr(found, name)[pair]


def test_guess_and_target_may_change_places(pairs, found):
    guess, target = (audio[:3] for audio in pairs)
    for one, other in zip(SoundMetrics(44100)(target, guess), found, strict=True):
        torch.testing.assert_close(one, other[:3], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("sample_rate", [1000, 16000, 44100, 96000])
def test_silence_and_one_sample_have_finite_figures(sample_rate):
    metrics = SoundMetrics(sample_rate)
    for guess, target in (
        (torch.zeros(1, 500), torch.zeros(1, 500)),
        (torch.zeros(1, 500), torch.ones(1, 500)),
        (torch.ones(1, 1), torch.ones(1, 1)),
    ):
        assert all(value.isfinite().all() for value in metrics(guess, target))
    assert metrics(torch.zeros(1, 500), torch.ones(1, 500)).rms == 0


def test_what_an_autocast_and_a_gradient_ask_for_changes_nothing(pairs, found):
    guess, target = (audio[:2] for audio in pairs)
    with torch.autocast("cpu", torch.bfloat16):
        short = SoundMetrics(44100)(guess.clone().requires_grad_(), target)
    for one, other in zip(short, found, strict=True):
        assert torch.equal(one, other[:2])


@pytest.mark.gpu
def test_a_gpu_finds_what_a_cpu_does(pairs, found):
    on_gpu = SoundMetrics(44100).cuda()(*(audio.cuda() for audio in pairs))
    for one, other in zip(on_gpu, found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: SoundMetrics(999), ValueError, "sample_rate must be a whole number >= 1000"),
        (lambda: SoundMetrics(44100.0), TypeError, "sample_rate must be"),
        (lambda: SoundMetrics(8000)([0.0], torch.zeros(1, 9)), TypeError, "guess must be"),
        (lambda: SoundMetrics(8000)(torch.zeros(1, 8), torch.zeros(1, 9)), ValueError, "guess"),
        (lambda: SoundMetrics(8000)(torch.zeros(9), torch.zeros(9)), ValueError, r"\[B, N\]"),
        (
            lambda: SoundMetrics(8000)(torch.zeros(1, 0), torch.zeros(1, 0)),
            ValueError,
            r"target must be a float tensor \[B, N\]",
        ),
    ],
)
def test_what_is_no_pair_of_sounds_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
