import sys

import pytest
import torch

from synth_datamodule import SynthDataModule
from synth_datamodule.features import Resample
from synth_datamodule.features.pictures import plot_sounds

SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.1, "control_rate": 100, "val_sounds": 3}


def batch_of(dm):
    return next(iter(dm.val_dataloader())).to("cpu")


@pytest.fixture
def matplotlib():
    return pytest.importorskip("matplotlib")


def test_a_batch_is_drawn_with_a_column_for_each_of_its_first_sounds(matplotlib, tmp_path):
    dm = SynthDataModule(3, **SHORT)
    figure = dm.plot(batch_of(dm), most=2)
    assert [axis.get_title() for axis in figure.axes] == ["8192", "8193"]
    figure.savefig(tmp_path / "sounds.png")
    assert (tmp_path / "sounds.png").stat().st_size > 1000


def test_the_views_of_a_pair_are_two_rows(matplotlib):
    dm = SynthDataModule(3, paired_delta=0.1, **SHORT)
    titles = [axis.get_title() for axis in dm.plot(batch_of(dm)).axes]
    assert titles == [f"{number} {view}" for view in ("first", "second") for number in
                      range(8192, 8195)]  # fmt: skip


def test_time_and_frequency_are_those_of_what_is_handed_out(matplotlib):
    features = {"mean": lambda audio: audio.mean(1)}
    dm = SynthDataModule(3, transform=Resample(8000, 4000), features=features, **SHORT)
    (axis, *_) = dm.plot(batch_of(dm)).axes
    assert axis.images[0].get_extent() == [0, 0.1, 0, 2000]


@pytest.mark.parametrize("num_samples", [1, 2, 3, 1000, 5000])
def test_a_sine_is_at_its_frequency_and_silence_at_the_floor(matplotlib, num_samples):
    time = torch.arange(num_samples) / 8000
    audio = torch.stack((torch.sin(2 * torch.pi * 1000 * time), torch.zeros(num_samples)))
    figure = plot_sounds({"": audio}, ["sine", "silence"], 8000)
    sine, silence = (axis.images[0].get_array() for axis in figure.axes)
    assert (silence == -80).all()
    if num_samples >= 1000:
        middle = sine[:, sine.shape[1] // 2]
        assert middle.argmax() / (len(middle) - 1) == pytest.approx(0.25, abs=0.01)
        assert middle.max() == pytest.approx(0, abs=0.2)


def test_without_matplotlib_the_error_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'synth_datamodule\[plots\]'"):
        plot_sounds({"": torch.zeros(1, 100)}, ["0"], 8000)
