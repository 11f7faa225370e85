"""What is asked of parameters by name: frozen, compared by value, narrowed."""

import copy
import json
import pickle

import numpy as np
import pytest
import torch

from synth_datamodule.parameters import ParameterRange, ParameterTable
from synth_datamodule.parameters.settings import (
    MOST_VALUES,
    Pinned,
    Ranges,
    Values,
    note_values,
    with_notes,
)

NOTE = ParameterRange("keyboard.midi_f0", 0.0, 127.0, unit="semitones")
TUNING = ParameterRange("vco_1.tuning", -24.0, 24.0, curve=0.5, symmetric=True)


@pytest.mark.parametrize(
    ("kind", "one", "same", "other"),
    [
        (Pinned, {"b": 1, "a": -0.0}, {"a": 0, "b": 1.0}, {"a": 0, "b": 2}),
        (Ranges, {"b": [1, 2], "a": (-0.0, 1)}, {"a": [0, 1], "b": (1.0, 2)}, {"b": (1, 2)}),
        (
            Values,
            {"b": [1], "a": range(2)},
            {"a": np.arange(2), "b": (1,)},
            {"b": [1], "a": [1, 0]},
        ),
    ],
)
def test_they_are_compared_and_hashed_by_value_whatever_their_order(kind, one, same, other):
    assert kind(one) == kind(same)
    assert hash(kind(one)) == hash(kind(same))
    assert repr(kind(one)) == repr(kind(same))
    assert kind(one) != kind(other)
    assert pickle.loads(pickle.dumps(kind(one))) == copy.deepcopy(kind(one)) == kind(kind(one))


def test_they_are_plain_for_json():
    assert Pinned({"a": 1}).plain() == {"a": 1.0}
    assert Ranges({"a": (1, 2)}).plain() == {"a": [1.0, 2.0]}
    assert json.loads(json.dumps(Values({"a": torch.tensor([1, 2])}).plain())) == {"a": [1, 2]}
    assert Ranges().plain() == Values(None).plain() == {}


def test_a_range_is_narrowed_and_its_curve_spans_it():
    note, tuning = Ranges({"vco_1.tuning": (0, 12)}).narrow([NOTE, TUNING])
    assert note is NOTE
    assert (tuning.minimum, tuning.maximum) == (0.0, 12.0)
    assert (tuning.curve, tuning.symmetric) == (0.5, True)
    table = ParameterTable([note, tuning])
    middle = table.to_physical(torch.full((1, 2), 0.5))
    assert middle.tolist() == [[63.5, 6.0]]


def test_nothing_asked_changes_nothing():
    assert Ranges().narrow([NOTE, TUNING]) == (NOTE, TUNING)


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({"keyboard.midi": (0, 1)}, "no parameter is named 'keyboard.midi'; did you mean"),
        (
            {"keyboard.midi_f0": (-1, 60)},
            r"must lie in \[0, 127\] semitones, got -1",
        ),
        ({"keyboard.midi_f0": (60, 128)}, r"must lie in \[0, 127\] semitones, got 128"),
    ],
)
def test_a_range_lies_within_that_of_its_module(ranges, message):
    with pytest.raises(ValueError, match=message):
        Ranges(ranges).narrow([NOTE, TUNING])


def test_a_list_has_as_many_values_as_draws_tell_apart():
    assert len(Values({"a": [0.0] * MOST_VALUES})["a"]) == MOST_VALUES
    with pytest.raises(ValueError, match="the values of a must be 1 to 65536 numbers, got 65537"):
        Values({"a": [0.0] * (MOST_VALUES + 1)})


def test_notes_are_values_of_the_keyboards_note():
    both = with_notes({"vco_1.tuning": [0, 12]}, np.array([60, 61]))
    assert both.plain() == {"keyboard.midi_f0": [60.0, 61.0], "vco_1.tuning": [0.0, 12.0]}
    assert with_notes(None, None) == Values()
    assert note_values(None) is None
    with pytest.raises(ValueError, match="notes must not be given beside values"):
        with_notes({"keyboard.midi_f0": [60]}, [61])
