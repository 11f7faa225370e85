import pytest
import torch

from synth_datamodule import SynthDataModule
from synth_datamodule.benchmark.candidates import batches
from synth_datamodule.benchmark.searched import RETRIEVE, RETRIEVE_REFINE, SEARCH, Searched

CPU = torch.device("cpu")
SHORT = {"sample_rate": 16000, "buffer_size_seconds": 0.5, "control_rate": 400}


def data(**settings):
    return SynthDataModule(
        **{"batch_size": 4, "test_sounds": 3, "sounds_per_epoch": 30, **SHORT, **settings}
    )


@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize("candidate", [RETRIEVE, Searched(RETRIEVE_REFINE.shares, renders=60)])
def test_guesses_do_not_depend_on_the_batch_of_targets(candidate, batch_size):
    expected = candidate(data(), CPU)
    guesses = candidate(data(batch_size=batch_size), CPU)
    assert guesses.renders == expected.renders
    # The train loader's order is the seed's, not the batch's.
    assert torch.equal(guesses.parameters, expected.parameters)


def test_a_test_sound_heard_in_training_is_found():
    given = data()
    test = given.test_dataloader()
    given.train_dataloader = lambda: test
    targets = torch.cat([batch.parameters for batch in batches(test, CPU)])
    for candidate in (RETRIEVE, RETRIEVE_REFINE, SEARCH):
        assert torch.equal(candidate(given, CPU).parameters, targets)


def test_the_budget_of_renders_is_used_and_told():
    for shares in (RETRIEVE_REFINE.shares, SEARCH.shares):
        guesses = Searched(shares, renders=50)(data(test_sounds=2), CPU)
        assert guesses.renders == 50
        assert guesses.seconds > 0
