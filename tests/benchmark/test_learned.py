"""The candidates that learn again and again, on a few short sounds."""

from dataclasses import replace

import pytest
import torch

from synth_datamodule import SynthDataModule
from synth_datamodule.benchmark.entries import BASELINES
from synth_datamodule.benchmark.flow import mean_sample, nearest_sample
from synth_datamodule.benchmark.lessons import Lessons
from synth_datamodule.benchmark.searched import RENDERS

CPU = torch.device("cpu")
SMALL = {
    "cnn-canonical": {"width": 2},
    "transformer": {"width": 32, "depth": 1},
    "flow": {"width": 32, "depth": 1, "encoder_width": 32, "encoder_depth": 1},
}
SMALL["flow-mean"] = SMALL["flow+refine"] = SMALL["flow"]


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
def test_a_candidate_learns_guesses_and_repeats_to_the_bit(name, data, monkeypatch):
    monkeypatch.setitem(RENDERS, "cpu", 20)
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
    assert guesses.renders == {"flow": 3, "flow+refine": RENDERS["cpu"]}.get(name, 0)
    assert guesses.hyperparameters["epochs"] == 1
    torch.manual_seed(1)
    assert not torch.equal(smaller(name)(data, CPU).parameters, guesses.parameters)


@pytest.mark.parametrize("name", SMALL)
def test_each_budget_has_sizes_and_lessons(name):
    candidate = BASELINES[name]
    assert set(candidate.settings) == set(candidate.lessons) == {"cpu", "cuda"}


def test_the_sample_that_is_chosen_sounds_nearest(data):
    data.setup()
    batch = data.voice.render_sounds(range(4))
    others = [data.voice.draw(range(first, first + 4)) for first in (100, 200)]
    samples = torch.stack((others[0], batch.parameters, others[1]), 1)
    chosen, renders = nearest_sample(data.voice, samples, batch)
    assert torch.equal(chosen, batch.parameters)
    assert renders == 3


def test_samples_that_sound_the_same_have_their_canonical_form_as_mean(data):
    data.setup()
    batch = data.voice.render_sounds(range(4))
    u = batch.parameters.double()
    generator = torch.Generator().manual_seed(0)
    moved = u
    for symmetry in data.voice.symmetries:
        moved = symmetry.moved(moved, generator)
    mean, renders = mean_sample(data.voice, torch.stack((u, moved), 1), batch)
    torch.testing.assert_close(mean, data.voice.canonical(u).float(), atol=1e-6, rtol=0)
    assert renders == 0
