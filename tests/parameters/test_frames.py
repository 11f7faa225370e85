"""Parameters as a pandas DataFrame, where pandas is there."""

import sys

import numpy as np
import pytest
import torch

from synth_datamodule import SynthConfig, Voice

VOICE = Voice(SynthConfig(2, 8000, 0.05, 100))
TABLE = VOICE.parameter_table


def test_a_batch_has_its_numbers_as_index_and_its_label_beside():
    pytest.importorskip("pandas")
    batch = VOICE.render_sounds([5, 9000, 9])
    frame = TABLE.frame(batch)
    assert frame.index.name == "index"
    assert list(frame.index) == [5, 9000, 9]
    assert list(frame.columns) == [*TABLE.names, "is_train"]
    assert list(frame["is_train"]) == batch.is_train.tolist()
    assert np.array_equal(frame[list(TABLE.names)], TABLE.to_physical(batch.parameters).numpy())


def test_parameters_alone_are_numbered_rows():
    pytest.importorskip("pandas")
    u = torch.rand(3, 78, requires_grad=True)
    frame = TABLE.frame(u)
    assert list(frame.index) == [0, 1, 2]
    assert list(frame.columns) == list(TABLE.names)
    assert frame.equals(TABLE.frame(u.detach().numpy()))


def test_one_sound_is_one_row():
    pytest.importorskip("pandas")
    frame = TABLE.frame(VOICE.sound(7))
    assert frame.shape == (1, 79)
    assert list(frame.index) == [7]
    assert TABLE.frame(torch.zeros(78)).shape == (1, 78)


def test_without_pandas_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'synth_datamodule\[tables\]'$"):
        TABLE.frame(torch.zeros(1, 78))


@pytest.mark.parametrize(
    ("sounds", "error", "message"),
    [
        (torch.zeros(2, 2, 78), ValueError, r"sounds must be \[B, P\] in shape, got \[2, 2, 78\]"),
        (torch.zeros(2, 77), ValueError, r"^sounds must be a float tensor .*got shape \[2, 77\]"),
        (torch.full((2, 78), 1.5), ValueError, r"must lie in \[0, 1\], got 1\.5"),
        ([0.5] * 78, TypeError, "^sounds must be a float tensor .*got list"),
    ],
)
def test_what_are_no_sounds_is_an_error_before_pandas_is_asked_for(sounds, error, message):
    with pytest.raises(error, match=message):
        TABLE.frame(sounds)
