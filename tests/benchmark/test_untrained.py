import pytest
import torch

from synth_datamodule import SynthDataModule
from synth_datamodule.benchmark.candidates import batches, guesses_of
from synth_datamodule.benchmark.untrained import median, middle, nearest
from synth_datamodule.matching.matcher import ear

CPU = torch.device("cpu")
SHORT = {"sample_rate": 16000, "buffer_size_seconds": 0.5, "control_rate": 400}


def data(**settings):
    return SynthDataModule(
        **{"batch_size": 4, "test_sounds": 7, "sounds_per_epoch": 30, **SHORT, **settings}
    )


@pytest.mark.parametrize("batch_size", [1, 4, 64])
def test_the_nearest_is_that_of_all_pairs_whatever_the_batches(batch_size):
    given = data(batch_size=batch_size)
    log_mel = ear(16000)
    heard = {}
    for split, loader in (("test", given.test_dataloader()), ("train", given.train_dataloader())):
        found = list(batches(loader, CPU))
        heard[split] = torch.cat([log_mel(batch.audio) for batch in found]).flatten(1).double()
        parameters = torch.cat([batch.parameters for batch in found])
    place = torch.cdist(heard["test"], heard["train"]).argmin(1)
    assert len(set(place.tolist())) > 1
    guesses = nearest(data(batch_size=batch_size), CPU)
    assert torch.equal(guesses.parameters, parameters[place])


def test_a_test_sound_heard_in_training_is_found():
    given = data()
    test = given.test_dataloader()
    given.train_dataloader = lambda: test
    targets = torch.cat([batch.parameters for batch in batches(test, CPU)])
    assert torch.equal(nearest(given, CPU).parameters, targets)


def test_each_train_sound_is_asked_for_once():
    given = data()
    loader = given.train_dataloader()
    heard = []

    def listening():
        for numbers in loader:
            heard.extend(numbers.index.tolist())
            yield numbers

    given.train_dataloader = listening
    batches = []
    nearest(given, CPU, batches.append)
    assert len(heard) == len(set(heard)) == 30
    assert batches == [4] * 7 + [2]


def test_the_middle_hears_nothing():
    guesses = middle(data(), CPU)
    assert guesses.learned == "nothing"
    assert guesses.parameters.shape == (7, 78)


def test_a_model_hears_audio_and_its_guesses_come_in_order():
    given = data()
    guess = guesses_of(lambda audio: audio[:, :3].to(torch.bfloat16), given, CPU)
    given.setup()
    audio = given.voice.render_sounds(given.sounds("test").numbers(0, 0, 7)).audio
    assert torch.equal(guess, audio[:, :3].to(torch.bfloat16).float())


def test_the_median_is_that_of_the_train_sounds_canonical_form_and_hears_nothing():
    data = SynthDataModule(4, sounds_per_epoch=12, test_sounds=3, **SHORT)
    heard = []
    guess = median(data, CPU, lambda steps=1, description=None: heard.append(steps))
    drawn = torch.cat([data.voice.draw(numbers.index) for numbers in data.train_dataloader()])
    wanted = data.voice.canonical(drawn).sort(0).values[5]  # the lower of both in the middle
    assert torch.equal(guess.parameters, wanted.float().expand(3, -1))
    assert (sum(heard), guess.learned) == (12, "here")
