import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.matching.model import SoundMatcher


def test_guesses_lie_in_the_range_of_parameters():
    guess = SoundMatcher(num_parameters=5, sample_rate=16000)(torch.randn(3, 16000))
    assert guess.shape == (3, 5)
    assert ((guess > 0) & (guess < 1)).all()


@pytest.mark.parametrize(("sample_rate", "seconds"), [(16000, 0.3), (44100, 1.0), (48000, 0.5)])
def test_it_hears_sounds_of_any_rate_and_length(sample_rate, seconds):
    audio = torch.randn(2, int(sample_rate * seconds))
    assert SoundMatcher(num_parameters=78, sample_rate=sample_rate)(audio).shape == (2, 78)


def test_one_step_down_the_gradient_improves_its_guess_of_a_batch():
    torch.manual_seed(0)
    config = SynthConfig(sample_rate=16000, buffer_size_seconds=0.5, control_rate=400)
    batch = Voice(config).render_sounds(range(8))
    matcher = SoundMatcher(sample_rate=16000)
    optimizer = torch.optim.SGD(matcher.parameters(), lr=0.1)
    losses = []
    for _ in range(2):
        optimizer.zero_grad()
        loss = (matcher(batch.audio) - batch.parameters).abs().mean()
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    assert losses[1] < losses[0]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"width": 0}, ValueError, "width must be a whole number >= 1 and <= 1024, got 0"),
        ({"sample_rate": "16k"}, TypeError, "sample_rate must be a whole number"),
        ({"learning_rate": -1.0}, ValueError, "learning_rate must be a finite number > 0"),
    ],
)
def test_impossible_sizes_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        SoundMatcher(**arguments)
