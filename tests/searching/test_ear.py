import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.features import LogMel
from synth_datamodule.searching.ear import Ear
from synth_datamodule.searching.powers import powers

SOUNDS = Voice(SynthConfig(sample_rate=16000, buffer_size_seconds=0.5)).render_sounds(range(6))


def test_it_is_the_benchmarks_distances_of_one_spectrogram():
    ear, audio = Ear(16000), SOUNDS.audio
    log_mel = LogMel(16000, 96, 1024, 512)
    decibels = 80 * (log_mel(audio[1:]) - log_mel(audio[:1])).abs().mean((1, 2))
    window = torch.hann_window(1024)
    s = torch.stft(audio, 1024, 512, window=window, return_complex=True).abs()
    s = s.square().clamp(min=1e-7).sqrt()
    convergence = torch.linalg.matrix_norm(s[1:] - s[:1]) / torch.linalg.matrix_norm(s[0])
    nepers = (s[1:].log() - s[:1].log()).abs().mean((1, 2))
    found = ear(audio[1:], ear.target(audio[0]))
    assert torch.allclose(found, decibels / 3 + convergence + nepers, rtol=1e-3)


def test_a_sound_is_as_far_alone_as_among_others():
    ear = Ear(16000)
    target = ear.target(SOUNDS.audio[0])
    together = ear(SOUNDS.audio, target)
    assert together[0] == 0
    assert torch.equal(together, torch.cat([ear(one[None], target) for one in SOUNDS.audio]))


def test_the_slope_of_powers_is_autograds():
    samples = torch.randn(40, dtype=torch.float64, requires_grad=True)
    window = torch.hann_window(8, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: powers(x, window), samples)


def test_the_slope_of_silence_is_finite():
    ear = Ear(16000)
    silence = torch.zeros(1, 8000, requires_grad=True)
    (slope,) = torch.autograd.grad(ear(silence, ear.target(SOUNDS.audio[0])).sum(), silence)
    assert slope.isfinite().all()
