"""The candidates that learn again and again, on a few short sounds."""

from dataclasses import replace

import pytest
import torch

from synth_datamodule import SynthDataModule
from synth_datamodule.benchmark.entries import BASELINES
from synth_datamodule.benchmark.flow import mean_sample, nearest_sample
from synth_datamodule.benchmark.lessons import Lessons
from synth_datamodule.matching.matcher import ear

CPU = torch.device("cpu")
SMALL = {
    "cnn-canonical": {"width": 2},
    "transformer": {"width": 32, "depth": 1},
    "flow": {"width": 32, "depth": 1, "encoder_width": 32, "encoder_depth": 1},
}
SMALL["flow-mean"] = SMALL["flow"]


@pytest.fixture
def data():
    return SynthDataModule(
        batch_size=4,
        sounds_per_epoch=8,
        fresh_epochs=True,
        val_sounds=0,
        test_sounds=6,
        sample_rate=8000,
        buffer_size_seconds=0.25,
        control_rate=200,
    )


def smaller(name):
    """Return a candidate with sizes for a test."""
    candidate = BASELINES[name]
    settings = candidate.settings["cpu"]
    if isinstance(settings, dict):
        settings = SMALL[name]
    else:
        settings = replace(settings, num_samples=3, num_steps=2, **SMALL[name])
    return replace(candidate, settings={"cpu": settings}, lessons={"cpu": Lessons(1, 4, 1e-3)})


@pytest.mark.parametrize("name", SMALL)
def test_a_candidate_learns_guesses_and_repeats_to_the_bit(name, data):
    found = []
    for _ in range(2):
        torch.manual_seed(0)
        found.append(smaller(name)(data, CPU))
    guesses = found[0]
    assert torch.equal(guesses.parameters, found[1].parameters)
    assert guesses.parameters.shape == (6, 78)
    assert guesses.parameters.dtype is torch.float32
    assert ((guesses.parameters >= 0) & (guesses.parameters <= 1)).all()
    assert guesses.learned == "here"
    assert guesses.num_weights > 0
    assert guesses.seconds > 0
    assert guesses.renders == (3 if name == "flow" else 0)
    assert guesses.hyperparameters["epochs"] == 1
    torch.manual_seed(1)
    assert not torch.equal(smaller(name)(data, CPU).parameters, guesses.parameters)


@pytest.mark.parametrize("name", SMALL)
def test_each_budget_has_sizes_and_lessons(name):
    candidate = BASELINES[name]
    assert set(candidate.settings) == set(candidate.lessons) == {"cpu", "cuda"}


def test_the_sample_that_is_chosen_sounds_nearest(data):
    data.setup()
    batch, log_mel = data.voice.render_sounds(range(4)), ear(8000)
    others = [data.voice.draw(range(first, first + 4)) for first in (100, 200)]
    samples = torch.stack((others[0], batch.parameters, others[1]), 1)
    rows = batch.index % 32
    chosen = nearest_sample(data.voice, log_mel, samples, log_mel(batch.audio), rows)
    assert torch.equal(chosen, batch.parameters)


def test_samples_that_sound_the_same_have_their_canonical_form_as_mean(data):
    data.setup()
    u = data.voice.draw(range(4))
    generator = torch.Generator().manual_seed(0)
    moved = u.double()
    for symmetry in data.voice.symmetries:
        moved = symmetry.moved(moved, generator)
    samples = torch.stack((u.double(), moved), 1)
    nothing = torch.zeros(4, dtype=torch.int64)
    mean = mean_sample(data.voice, ear(8000), samples, u, nothing)
    expected = data.voice.canonical(u).float()
    torch.testing.assert_close(mean, expected, atol=1e-6, rtol=0)
