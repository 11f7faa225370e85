import math

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule.features import LogMel
from synth_datamodule.matching.spectral import BENCHMARK_WINDOWS, SpectralDistance, STFTDistance

RATE = 16000
DISTANCE = SpectralDistance(RATE)
STFT = STFTDistance([64, 256], [1e-5, 1e-7])


def noise(seed, num_sounds=2, num_samples=8000):
    return torch.randn(num_sounds, num_samples, generator=torch.Generator().manual_seed(seed)) / 8


def magnitude(sound, size):
    """An STFT by scipy, scaled as the definition is: no division by the window's sum."""
    padded = np.pad(sound, size // 2, mode="reflect")
    window = scipy.signal.windows.hann(size, sym=False)
    _, _, spectrum = scipy.signal.stft(
        padded, window=window, nperseg=size, noverlap=size - size // 4, boundary=None, padded=False
    )
    return np.sqrt(np.maximum(np.abs(spectrum * window.sum()) ** 2, 1e-7))


def test_both_parts_of_the_stft_distance_are_scipys():
    guess, target = noise(0), noise(1)
    distances = DISTANCE(guess, target)
    for place in range(len(guess)):
        convergence, log = [], []
        for size in BENCHMARK_WINDOWS:
            g, s = (magnitude(x[place].double().numpy(), size) for x in (guess, target))
            convergence.append(np.sqrt(np.sum((s - g) ** 2) / np.sum(s**2)))
            log.append(np.mean(np.abs(np.log(s) - np.log(g))))
        assert distances.spectral_convergence[place] == pytest.approx(np.mean(convergence), 1e-5)
        assert distances.log_magnitude[place] == pytest.approx(np.mean(log), 1e-5)


def test_the_log_mel_distance_is_in_decibels():
    frames = LogMel(RATE, num_mels=96, n_fft=2048, hop_length=512)
    guess, target = noise(2), noise(3)
    expected = 80 * (frames(guess) - frames(target)).abs().mean((1, 2))
    torch.testing.assert_close(DISTANCE(guess, target).log_mel, expected)


def test_a_sound_is_at_no_distance_from_itself():
    sound = torch.cat((noise(4), torch.zeros(1, 8000)))
    for distance in DISTANCE(sound, sound):
        assert torch.equal(distance, torch.zeros(3))


@settings(derandomize=True, deadline=None, max_examples=30)
@given(gain=st.floats(0.1, 4), seed=st.integers(0, 9))
def test_a_gain_has_the_distances_that_the_definitions_say(gain, seed):
    sound = noise(seed)
    distances = DISTANCE(gain * sound, sound)
    # bins of noise lie far above the floor, but for a few
    torch.testing.assert_close(
        distances.spectral_convergence, torch.full((2,), abs(1 - gain)), rtol=1e-4, atol=1e-5
    )
    torch.testing.assert_close(
        distances.log_magnitude, torch.full((2,), abs(math.log(gain))), rtol=1e-2, atol=1e-5
    )
    torch.testing.assert_close(
        distances.log_mel, torch.full((2,), abs(20 * math.log10(gain))), rtol=1e-3, atol=1e-3
    )


def test_polarity_is_not_heard():
    guess, target = noise(5), noise(6)
    for one, other in zip(DISTANCE(guess, target), DISTANCE(-guess, target), strict=True):
        assert torch.equal(one, other)


def test_all_but_spectral_convergence_are_symmetric():
    guess, target = noise(7), 0.3 * noise(8)
    one, other = DISTANCE(guess, target), DISTANCE(target, guess)
    torch.testing.assert_close(one.log_mel, other.log_mel)
    torch.testing.assert_close(one.log_magnitude, other.log_magnitude)
    assert (one.spectral_convergence > other.spectral_convergence).all()


def test_each_sound_is_measured_by_itself():
    guess, target = noise(9, num_sounds=3), noise(10, num_sounds=3)
    together = DISTANCE(guess, target)
    for place in range(3):
        alone = DISTANCE(guess[place : place + 1], target[place : place + 1])
        for one, other in zip(together, alone, strict=True):
            torch.testing.assert_close(one[place : place + 1], other)


def test_silence_has_a_finite_distance_from_sound():
    silence, sound = torch.zeros(2, 8000), noise(11)
    for pair in ((silence, sound), (sound, silence)):
        assert all(torch.isfinite(distance).all() for distance in DISTANCE(*pair))


def test_sounds_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"guess must be .* got shape \[2, 7999\]"):
        DISTANCE(torch.zeros(2, 7999), torch.zeros(2, 8000))


def short(seed, num_sounds=3):
    return noise(seed, num_sounds, 2000)


def test_a_loud_sound_drowns_no_soft_one():
    guess, target = short(0), short(1)
    loud = torch.tensor([1.0, 1.0, 100.0])[:, None]
    for one, other in zip(STFT(guess, target), STFT(loud * guess, target), strict=True):
        assert torch.equal(one[:2], other[:2])
        assert one[2] < other[2]


def test_each_window_has_its_floor():
    # Bins of this noise lie between both floors.
    quiet = 1e-4 * short(2)
    for sizes, floors, heard in (([64], [1e-5], False), ([256], [1e-9], True)):
        _, log_magnitude = STFTDistance(sizes, floors)(quiet, torch.zeros_like(quiet))
        assert ((log_magnitude > 0) == heard).all()


@pytest.mark.parametrize("silent", ["guess", "target", "both", "equal"])
def test_the_gradient_is_finite_where_sounds_are_silent_or_the_same(silent):
    guess, target = short(3), short(4)
    guess = torch.zeros_like(guess) if silent in ("guess", "both") else guess
    target = torch.zeros_like(target) if silent in ("target", "both") else target
    target = guess.clone() if silent == "equal" else target
    guess.requires_grad_()
    total = torch.stack(STFT(guess, target)).sum()
    (gradient,) = torch.autograd.grad(total, guess)
    assert torch.isfinite(gradient).all()
    assert bool(gradient.any()) == (silent == "target")


def test_the_gradient_is_that_of_finite_differences():
    distance = STFTDistance([64, 256], [1e-5, 1e-7]).double()
    guess, target = short(5, 1).double()[:, :300], short(6, 1).double()[:, :300]
    assert torch.autograd.gradcheck(lambda x: distance(x, target), guess.requires_grad_())
