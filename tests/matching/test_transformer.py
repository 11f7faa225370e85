import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.matching.canonical import canonical_targets, heard_error
from synth_datamodule.matching.transformer import TransformerMatcher


@pytest.mark.parametrize(("sample_rate", "seconds"), [(16000, 0.3), (44100, 1.0), (48000, 0.5)])
def test_it_hears_sounds_of_any_rate_and_length(sample_rate, seconds):
    audio = torch.randn(2, int(sample_rate * seconds))
    guess = TransformerMatcher(5, sample_rate, width=32, depth=1)(audio)
    assert guess.shape == (2, 5)
    assert ((guess > 0) & (guess < 1)).all()


def test_a_few_steps_improve_its_guess_of_what_is_heard():
    torch.manual_seed(0)
    voice = Voice(SynthConfig(sample_rate=8000, buffer_size_seconds=0.25, control_rate=200))
    batch = voice.render_sounds(range(8))
    model = TransformerMatcher(78, 8000, width=32, depth=1)
    targets = canonical_targets(voice, batch.parameters)
    optimizer, losses = torch.optim.Adam(model.parameters(), 3e-3), []
    for _ in range(10):
        loss = heard_error(model(batch.audio), targets)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < 0.9 * losses[0]
