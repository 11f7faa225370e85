import pytest
import torch

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
    assert [steps for steps, _ in told] == [0, *heard, 8, 1]
    words = [words for _, words in told if words is not None]
    assert words == [f"{what.name}: learning and guessing", f"{what.name}: measuring"]
