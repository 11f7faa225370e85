import re
from types import SimpleNamespace

import pytest
import torch

from synth_datamodule import SynthDataModule
from synth_datamodule.features import LogMel
from synth_datamodule.plotting.players import show_players

pytest.importorskip("matplotlib")
SHORT = {"sample_rate": 8000, "buffer_size_seconds": 0.2, "control_rate": 100, "val_sounds": 3}


@pytest.fixture
def shown(monkeypatch):
    """What a notebook is given to show, as HTML."""
    ipython = pytest.importorskip("IPython")
    given, formats = [], SimpleNamespace(formatters={})
    shell = SimpleNamespace(kernel=None, display_formatter=formats)
    monkeypatch.setattr("IPython.core.pylabtools.select_figure_formats", lambda *_: None)
    monkeypatch.setattr(ipython, "get_ipython", lambda: shell)
    monkeypatch.setattr("IPython.display.display", lambda one: given.append(one.data))
    return given


def titles(figure):
    return [axis.get_title() for axis in figure.axes if axis.get_title()]


def test_elsewhere_the_first_sounds_of_a_split_are_a_figure():
    dm = SynthDataModule(4, **SHORT)
    assert titles(dm.show_batch(split="val")) == ["sound 8192", "sound 8193", "sound 8194"]
    first = next(iter(dm.train_dataloader())).index
    assert titles(dm.show_batch(most=2)) == [f"sound {number}" for number in first[:2].tolist()]


def test_in_a_notebook_each_sound_has_a_player_under_its_picture(shown):
    assert SynthDataModule(4, **SHORT).show_batch(split="val", most=2) is None
    (page,) = shown
    assert page.count("<audio") == page.count("<img") == 2
    assert re.findall(r'alt="(sound \d+)', page) == ["sound 8192", "sound 8193"]
    assert not re.findall(r'(?:src|href)="(?!data:)', page)


def test_a_sound_beyond_full_scale_is_turned_down_and_says_so(shown):
    show_players(torch.tensor([[0.5, -1.5], [0.5, -1.0]]), ["loud", "fair"], 8000)
    assert re.findall(r'alt="([^:]*):', shown[0]) == ["loud, 1.5 times as loud", "fair"]


def test_a_pair_is_shown_as_its_views():
    dm = SynthDataModule(4, paired_delta=0.1, **SHORT)
    assert titles(dm.show_batch(split="val", most=1)) == ["sound 8192 first", "sound 8192 second"]


def test_what_a_transform_makes_is_shown_as_the_sound_it_is_made_of():
    dm = SynthDataModule(4, transform=LogMel(8000), **SHORT)
    assert titles(dm.show_batch(split="val", most=1)) == ["sound 8192"]
    batch = next(iter(dm.val_dataloader())).to("cpu")
    with pytest.raises(ValueError, match="num_samples is of audio, and LogMel makes"):
        dm.show_batch(batch)


def test_a_given_batch_is_shown_and_no_position_moves():
    dm = SynthDataModule(4, train_sounds=8, **SHORT)
    batch = next(iter(dm.val_dataloader())).to("cpu")
    assert titles(dm.show_batch(batch, most=1)) == ["sound 8192"]
    before = [numbers.index.tolist() for numbers in dm.train_dataloader()]
    dm.show_batch()
    assert [numbers.index.tolist() for numbers in dm.train_dataloader()] == before


def test_the_notes_of_a_sound_stay_together():
    dm = SynthDataModule(4, notes_per_sound=2, **SHORT)
    assert titles(dm.show_batch(split="val", most=3)) == ["sound 8192", "sound 8192"]


def test_a_split_without_sounds_says_so():
    dm = SynthDataModule(4, **{**SHORT, "val_sounds": 0})
    with pytest.raises(ValueError, match="show_batch needs sounds, there are none of split 'val'"):
        dm.show_batch(split="val")
