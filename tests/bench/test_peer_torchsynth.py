import sys

import peer_torchsynth as peer
import pytest
import torch

from synth_datamodule.measure.distance import definition, distance
from synth_datamodule.patching.recipe import SynthRecipe

CPU = torch.device("cpu")
GONE = "pytorch_lightning.core.lightning"


@pytest.fixture
def afresh():
    """Let torchsynth be looked for again, in this test and after it."""
    peer.torchsynth.cache_clear()
    yield
    peer.torchsynth.cache_clear()
    for name in [name for name in sys.modules if name.split(".")[0] == "torchsynth"]:
        del sys.modules[name]


@pytest.mark.usefixtures("afresh")
def test_without_torchsynth_a_line_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchsynth", None)
    said = peer.why_no_torchsynth(CPU)
    assert "torchsynth is not here" in said
    assert said.endswith(peer.INSTALL)
    assert len(said.splitlines()) == 1
    assert GONE not in sys.modules


@pytest.mark.usefixtures("afresh")
def test_torchsynth_gets_the_sounds_and_a_module_that_knows_its_device(tmp_path, monkeypatch):
    package = tmp_path / "torchsynth"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "config.py").write_text("SynthConfig = dict\n")
    (package / "synth.py").write_text(f"""
import warnings
import torch
from {GONE} import LightningModule

warnings.warn("pkg_resources is deprecated", DeprecationWarning)

class Voice(LightningModule):
    def __init__(self, config):
        super().__init__()
        assert self.device.type == "cpu"
        self.config = config
        self.gain = torch.nn.Parameter(torch.zeros(1))

    def on_post_move_to_device(self):
        self.told = str(self.device)

    def __call__(self, batch_idx):
        return self.gain.data + batch_idx, self.config, self.told
""")
    monkeypatch.syspath_prepend(tmp_path)
    assert peer.why_no_torchsynth(CPU) == ""
    recipe = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.1, control_rate=80)
    audio, given, told = peer.torchsynth_voice(recipe, 32, CPU)(3)
    assert audio.item() == 3
    assert told == "cpu"
    assert given == {
        "batch_size": 32,
        "sample_rate": 8000,
        "buffer_size_seconds": 0.1,
        "control_rate": 80,
    }
    assert GONE not in sys.modules


def test_torchsynths_batch_is_ours():
    if missing := peer.why_no_torchsynth(CPU):
        pytest.skip(missing)
    recipe = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.5, control_rate=80)
    audio, parameters, is_train = peer.torchsynth_voice(recipe, 32, CPU)(0)
    ours = recipe.make().render_sounds(range(32))
    assert torch.equal(parameters.sort(dim=1).values, ours.parameters.sort(dim=1).values)
    assert torch.equal(is_train, ours.is_train)
    assert type(audio) is torch.Tensor
    assert 0 < distance(audio, definition(recipe, 32)).median < 1e-2
