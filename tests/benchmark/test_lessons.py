import pytest
import torch

from synth_datamodule import SynthDataModule
from synth_datamodule.benchmark.lessons import Kept, Lessons, hear, learn
from synth_datamodule.matching.canonical import CanonicalTargets, canonical_targets
from synth_datamodule.matching.matcher import ear

CPU = torch.device("cpu")


def test_each_train_sound_is_heard_once_and_kept_as_its_canonical_form():
    data = SynthDataModule(
        batch_size=4, sounds_per_epoch=8, fresh_epochs=True, val_sounds=0,
        sample_rate=8000, buffer_size_seconds=0.25, control_rate=200,
    )  # fmt: skip
    told = []
    kept = hear(data, data.train_dataloader(), CPU, told.append)
    assert told == [4, 4]
    numbers = torch.from_numpy(data.sounds("train").numbers(0, 0, 8))
    batch = data.voice.render_sounds(numbers)
    targets = canonical_targets(data.voice, batch.parameters)
    assert torch.equal(kept.targets.parameters, targets.parameters)
    assert torch.equal(kept.targets.heard, targets.heard)
    frames = ear(8000)(batch.audio)
    torch.testing.assert_close(kept.frames.float(), frames, atol=1e-3, rtol=0)


def made_up(num_sounds):
    parameters = torch.linspace(0, 1, num_sounds)[:, None]
    frames = parameters[:, :, None].half()
    return Kept(frames, CanonicalTargets(parameters, torch.ones_like(parameters).bool()))


def test_an_epoch_takes_each_sound_once_in_an_order_of_its_own():
    taken = []
    weight = torch.nn.Linear(1, 1)

    def loss(frames, targets):
        taken.append(targets.parameters[:, 0].tolist())
        return weight(frames[:, :, 0]).square().mean()

    told = []
    torch.manual_seed(0)
    learn(weight, loss, made_up(8), Lessons(2, 4, 0.1), lambda steps, text: told.append(text))
    epochs = [sorted(taken[0] + taken[1]), sorted(taken[2] + taken[3])]
    assert epochs == [torch.linspace(0, 1, 8).tolist()] * 2
    assert taken[:2] != taken[2:]
    assert [text.partition(":")[0] for text in told] == ["epoch 1 of 2", "epoch 2 of 2"]
    assert not weight.training


@pytest.mark.parametrize("num_sounds", [1, 3])
def test_fewer_sounds_than_a_step_has_are_one_step(num_sounds):
    sizes = []
    weight = torch.nn.Linear(1, 1)

    def loss(frames, targets):
        sizes.append(len(frames))
        return weight(frames[:, :, 0]).square().mean()

    learn(weight, loss, made_up(num_sounds), Lessons(2, 64, 0.1))
    assert sizes == [num_sounds] * 2
