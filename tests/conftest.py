"""Fixtures that all tests share."""

import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from synth_datamodule import Split

_SHIPPED = Path(__file__).parent / "golden"


def pytest_addoption(parser):
    parser.addoption(
        "--golden",
        type=Path,
        default=_SHIPPED,
        help="folder of golden data; the default is the part of it that lies in tests/golden",
    )


def pytest_configure():
    # A shell that starts a job in the background has it ignore Ctrl-C, and so do its children,
    # which tests interrupt.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def golden(request):
    """Return a function that opens a golden file by its name without the suffix."""
    folder = request.config.getoption("--golden")

    def load(name):
        with np.load(folder / f"{name}.npz") as file:
            return {key: file[key] for key in file.files}

    return load


def _torchs_settings():
    return {
        "default dtype": torch.get_default_dtype(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "gradients": torch.is_grad_enabled(),
        "threads": torch.get_num_threads(),
    }


@pytest.fixture(autouse=True)
def torchs_settings_as_they_were():
    """Fail a test that leaves torch set otherwise for all that come after it."""
    before = _torchs_settings()
    yield
    assert _torchs_settings() == before


@pytest.fixture
def unchanged_random_state():
    """Fail the test if it moves a global random state."""
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    yield
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


@pytest.fixture
def listener():
    """Return a maker of models, of a Lightning namespace, that keep every batch they get."""

    def make(lightning):

        class Listener(lightning.LightningModule):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Linear(64, 78)
                self.heard = {split.value: [] for split in Split}
                self.losses = []

            def guess(self, batch):
                return self.layer(batch.audio[:, :64])

            def training_step(self, batch, batch_idx):
                self.heard["train"].append(batch)
                loss = (self.guess(batch) - batch.parameters).abs().mean()
                self.losses.append(loss.item())
                return loss

            def validation_step(self, batch, batch_idx):
                self.heard["val"].append(batch)

            def test_step(self, batch, batch_idx):
                self.heard["test"].append(batch)

            def predict_step(self, batch, batch_idx):
                self.heard["predict"].append(batch)
                return self.guess(batch)

            def configure_optimizers(self):
                return torch.optim.Adam(self.parameters(), lr=0.02)

        return Listener()

    return make


def pytest_collection_modifyitems(items):
    if torch.cuda.is_available():
        return
    skip = pytest.mark.skip(reason="needs a CUDA device")
    for item in items:
        if item.get_closest_marker("gpu"):
            item.add_marker(skip)


@pytest.fixture
def default_signals():
    """Hear the signals that nohup, or a shell's background, lets this process ignore."""
    default = {signal.SIGHUP: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, handler) for number, handler in default.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
