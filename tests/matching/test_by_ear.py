import pickle

import pytest
import torch
from pytorch_lightning import Trainer

from synth_datamodule import SynthDataModule
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.matching.by_ear import EarMatcher
from synth_datamodule.matching.canonical import canonical_targets, heard_error
from synth_datamodule.matching.inversion import multi_resolution_stft

SMALL = {"sample_rate": 8000, "buffer_size_seconds": 0.3, "control_rate": 200}


def fit(model, data, **options):
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )
    trainer.fit(model, data)
    return trainer


@pytest.mark.parametrize("anchor", [0.0, 3.0])
def test_its_loss_is_how_far_off_the_rendered_guess_sounds_and_is(anchor):
    data = SynthDataModule(batch_size=4, train_sounds=4, val_sounds=4, no_grad=False, **SMALL)
    torch.manual_seed(0)
    model = EarMatcher(78, 8000, width=2)
    before = pickle.dumps(model.state_dict())
    batch = next(iter(data.train_dataloader())).to("cpu")
    guess = model(batch.audio)
    rendered = data.voice.render(guess, noise_rows(batch.index))
    expected = multi_resolution_stft()(rendered, batch.audio).mean().item()
    expected += anchor * heard_error(guess, canonical_targets(data.voice, batch.parameters)).item()
    torch.manual_seed(0)
    model = EarMatcher(78, 8000, width=2, anchor=anchor)
    trainer = fit(model, data, max_steps=1)
    assert trainer.callback_metrics["train_error"].item() == pytest.approx(expected, rel=1e-5)
    assert pickle.dumps(model.state_dict()) != before


def test_steps_down_its_gradient_bring_the_sound_nearer():
    data = SynthDataModule(batch_size=4, train_sounds=4, val_sounds=4, no_grad=False, **SMALL)
    data.setup()
    batch = data.voice.render_sounds(range(4))
    audio = batch.audio.detach()
    torch.manual_seed(0)
    model = EarMatcher(78, 8000, width=4).eval()  # the same normalisation at each step
    distance, losses = multi_resolution_stft(), []
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    for _ in range(8):
        loss = distance(data.voice.render(model(audio), noise_rows(batch.index)), audio).mean()
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < losses[0]


def test_data_whose_synth_has_no_gradient_is_refused_before_any_step():
    data = SynthDataModule(batch_size=4, train_sounds=4, val_sounds=4, **SMALL)
    with pytest.raises(ValueError, match=r"data\.no_grad must be False, got True"):
        fit(EarMatcher(78, 8000, width=2), data, max_steps=1)


def test_it_is_pickled_as_others_are():
    model = EarMatcher(78, 8000, width=2).eval()
    audio = torch.randn(1, 4000)
    assert torch.equal(pickle.loads(pickle.dumps(model))(audio), model(audio))
