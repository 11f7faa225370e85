import hashlib
import json

import pytest
import torch

from synth_datamodule.benchmark.candidates import Guesses
from synth_datamodule.benchmark.entries import BASELINES
from synth_datamodule.benchmark.run import run
from synth_datamodule.benchmark.task import Run


@pytest.mark.filterwarnings("ignore:The number of training batches:UserWarning")
@pytest.mark.parametrize(
    ("baseline", "heard"), [("middle", [64]), ("nearest", [32, 32, 0]), ("mlp", [32, 32, 0])]
)
def test_progress_goes_through_every_train_sound_and_every_test_sound(baseline, heard):
    state, told = torch.get_rng_state(), []
    what = Run(baseline, device="cpu", train_sounds=64, test_sounds=9)

    def advance(steps=1, description=None):
        told.append((steps, description))

    run(BASELINES[baseline], what, advance)
    torch.set_rng_state(state)
    assert [steps for steps, _ in told] == [0, *heard, 9]
    words = [words for _, words in told if words is not None]
    assert words == [f"{what.name}: learning and guessing", f"{what.name}: measuring"]


def test_per_sound_values_keep_five_figures_and_stay_compact(monkeypatch):
    state = torch.get_rng_state()
    values = 99 * torch.rand(1024, dtype=torch.float64)
    values[:4] = torch.tensor([1 / 3, 123456.7, 1e-9 / 3, 0], dtype=torch.float64)
    monkeypatch.setattr(f"{run.__module__}.measure", lambda *_: (None, {"log_mel": values}, ""))
    what = Run("middle", device="cpu", test_sounds=4, version=1)
    result = run(BASELINES["middle"], what).result
    torch.set_rng_state(state)
    assert result.per_sound["log_mel"][:4] == [0.33333, 123460.0, 3.3333e-10, 0.0]
    assert len(json.dumps(result.per_sound)) < 12_000


def test_the_guesses_come_with_the_result_and_its_hash():
    state = torch.get_rng_state()

    def candidate(data, device, advance):
        return Guesses(torch.full((3, 78), 0.25), "here", {}, 0, renders=400, seconds=0.5)

    result, guesses = run(candidate, Run("mine", test_sounds=3, train_sounds=8))
    torch.set_rng_state(state)
    assert torch.equal(guesses, torch.full((3, 78), 0.25))
    assert hashlib.sha256(guesses.numpy().tobytes()).hexdigest() == result.guesses_sha256
    assert (result.renders, result.seconds["a target"], result.version) == (400.0, 0.5, 2)
