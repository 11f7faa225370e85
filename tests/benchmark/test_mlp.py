import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.benchmark.mlp import MLPMatcher


@pytest.mark.parametrize(("sample_rate", "num_samples"), [(16000, 4800), (44100, 44100)])
def test_it_guesses_within_the_range_for_any_rate_and_length(sample_rate, num_samples):
    matcher = MLPMatcher(num_parameters=5, num_samples=num_samples, sample_rate=sample_rate)
    guess = matcher(torch.randn(3, num_samples))
    assert guess.shape == (3, 5)
    assert ((guess > 0) & (guess < 1)).all()


def test_a_few_steps_improve_its_guess_of_a_batch():
    torch.manual_seed(0)
    config = SynthConfig(sample_rate=16000, buffer_size_seconds=0.5, control_rate=400)
    batch = Voice(config).render_sounds(range(8))
    matcher = MLPMatcher(num_samples=8000, sample_rate=16000, width=32)
    optimizer = torch.optim.Adam(matcher.parameters(), lr=0.01)
    losses = []
    for _ in range(5):
        loss = (matcher(batch.audio) - batch.parameters).abs().mean()
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", ["num_parameters", "num_samples", "sample_rate", "width"])
def test_impossible_sizes_are_refused(name):
    rule = rf"{name} must be a whole number >= \d and <= \d+, got 0"
    with pytest.raises(ValueError, match=rule):
        MLPMatcher(**{name: 0})
