import sys

import pytest
import torch

from synth_datamodule import SynthDataModule
from synth_datamodule.benchmark.entries import BASELINES, Trained, entry

CPU = torch.device("cpu")
MODELS = """
import torch, {lightning}

heard = []

class Learner({lightning}.LightningModule):
    def __init__(self, num_samples, num_parameters, rate=0.5):
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(num_samples, num_parameters)

    def forward(self, audio):
        assert not torch.is_grad_enabled() or self.training
        return self.layer(audio).sigmoid()

    def training_step(self, batch, batch_idx):
        heard.extend(batch.index.tolist())
        return (self(batch.audio) - batch.parameters).abs().mean()

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.rate)

class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(10, 78)
        self.dropout = torch.nn.Dropout(0.9)

    def forward(self, audio):
        return self.dropout(self.layer(audio[:, :10])).sigmoid()

def function(audio):
    return torch.full((len(audio), 78), 0.25, device=audio.device)

number = 3

class Unready:
    def __init__(self, size):
        pass
"""


@pytest.fixture(params=["pytorch_lightning", "lightning.pytorch"])
def module(request, tmp_path, monkeypatch):
    """A module that can be imported, as the command lets one from the current folder."""
    name = f"models_{request.param.replace('.', '_')}"
    (tmp_path / f"{name}.py").write_text(MODELS.format(lightning=request.param))
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    yield name
    sys.modules.pop(name, None)


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


def never(sounds):
    raise AssertionError("no train sound is heard")


def test_the_baselines_go_by_name():
    assert list(BASELINES) == [
        *("middle", "median", "nearest", "retrieve", "retrieve+refine", "search", "mlp", "cnn"),
        *("cnn-canonical", "transformer", "flow", "flow-mean", "flow+refine"),
    ]
    for name, candidate in BASELINES.items():
        assert entry(name) is candidate


def test_a_users_model_of_either_lightning_hears_each_train_sound_once(module, data):
    candidate = entry(f"{module}.Learner")
    assert isinstance(candidate, Trained)
    batches = []
    guesses = candidate(data, CPU, batches.append)
    assert batches == [4, 4]
    heard = sys.modules[module].heard
    assert heard == data.sounds("train").numbers(0, 0, 8).tolist()
    assert guesses.learned == "here"
    assert guesses.parameters.shape == (6, 78)
    assert guesses.hyperparameters == {"num_samples": 2000, "num_parameters": 78, "rate": 0.5}
    assert guesses.num_weights == 2001 * 78
    assert guesses.parameters.std(0).max() > 0


def test_a_network_that_has_learned_elsewhere_guesses_in_eval_mode(module, data):
    candidate = entry(f"{module}.Network")
    guesses = candidate(data, CPU, never)
    assert guesses.learned == "elsewhere"
    assert guesses.num_weights == 11 * 78
    assert torch.equal(guesses.parameters, candidate(data, CPU).parameters)


def test_a_function_is_a_candidate(module, data):
    guesses = entry(f"{module}.function")(data, CPU)
    assert guesses.parameters.unique().tolist() == [0.25]


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("oboe", ValueError, "must be one of middle, median, .*, or a model's import path"),
        ("no_such_module.Model", ValueError, "No module named 'no_such_module'"),
        ("{}.Missing", ValueError, "has no attribute 'Missing'"),
        ("{}.number", TypeError, "which cannot be called"),
        ("{}.Unready", TypeError, "missing 1 required positional argument: 'size'"),
    ],
)
def test_what_is_no_model_is_refused(module, path, error, message):
    with pytest.raises(error, match=message):
        entry(path.format(module))


def test_trained_refuses_what_does_not_train():
    with pytest.raises(TypeError, match="model must be a LightningModule's class"):
        Trained(torch.nn.Linear)
