import pytest
import torch
from pytorch_lightning import Trainer

from synth_datamodule import SynthConfig, SynthDataModule, Voice
from synth_datamodule.matching.canonical import (
    CanonicalMatcher,
    CanonicalTargets,
    canonical_targets,
    heard_error,
)
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.synths import OneOscillator

SMALL = {"sample_rate": 8000, "buffer_size_seconds": 0.25, "control_rate": 200}


@pytest.fixture(scope="module")
def voice():
    return Voice(SynthConfig(**SMALL))


def test_parameters_that_sound_the_same_have_the_same_targets(voice):
    u = voice.draw(range(32)).double()
    moved, generator = u, torch.Generator().manual_seed(0)
    for symmetry in voice.symmetries:
        moved = symmetry.moved(moved, generator)
    assert (moved - u).abs().mean() > 0.05
    targets, same = canonical_targets(voice, u), canonical_targets(voice, moved)
    torch.testing.assert_close(same.parameters, targets.parameters, atol=1e-6, rtol=0)


def test_what_a_sound_tells_nothing_of_is_not_heard(voice):
    u = torch.full((1, 78), 0.5)
    u[:, voice.parameter_table.column("mixer.vco_1")] = 0
    targets = canonical_targets(voice, u)
    names = [
        name
        for name, heard in zip(voice.parameter_names, targets.heard[0], strict=True)
        if not heard
    ]
    assert "vco_1.tuning" in names
    assert "vco_2.tuning" not in names


def test_of_another_patch_all_that_is_free_counts_as_heard():
    synth = OneOscillator(SynthConfig(**SMALL), pinned={"vco.shape": 0.5})
    targets = canonical_targets(synth, synth.draw([0, 1]))
    column = synth.parameter_table.column("vco.shape")
    assert not targets.heard[:, column].any()
    assert targets.heard.sum() == 2 * (len(synth.parameter_table) - 1)


def test_an_error_of_what_is_not_heard_costs_nothing_and_slopes_nowhere():
    targets = CanonicalTargets(
        torch.tensor([[0.5, 0.5], [0.25, 0.0]]), torch.tensor([[True, False], [True, True]])
    )
    guess = torch.tensor([[0.5, 1.0], [0.5, 0.5]], requires_grad=True)
    error = heard_error(guess, targets)
    assert error.item() == pytest.approx((0 + 0.25 + 0.5) / 3)
    error.backward()
    assert guess.grad[0, 1] == 0
    assert (guess.grad[1] > 0).all()


def test_where_nothing_is_heard_the_error_is_nothing():
    targets = CanonicalTargets(torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.bool))
    assert heard_error(torch.ones(2, 3), targets) == 0


def test_a_fit_learns_the_canonical_form_and_not_what_was_drawn():
    data = SynthDataModule(batch_size=4, train_sounds=8, val_sounds=4, **SMALL)
    losses = {}
    for kind in (SoundMatcher, CanonicalMatcher):
        torch.manual_seed(0)
        model = kind(78, 8000, width=2)
        trainer = Trainer(
            max_steps=1,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(model, data)
        losses[kind] = trainer.callback_metrics["train_error"].item()
    batch = next(iter(data.train_dataloader())).to("cpu")
    torch.manual_seed(0)
    guess = CanonicalMatcher(78, 8000, width=2)(batch.audio)
    expected = heard_error(guess, canonical_targets(data.voice, batch.parameters)).item()
    assert losses[CanonicalMatcher] == pytest.approx(expected, rel=1e-5)
    assert losses[SoundMatcher] != pytest.approx(expected, rel=1e-3)
