"""What is predicted: ranges and lists of sound numbers."""

import numpy as np
import pytest
import torch

from synth_datamodule import Split
from synth_datamodule.loading import SoundSet
from synth_datamodule.loading.predicted import plain_asked, predict_set


def test_a_predict_set_goes_up_to_the_end_of_its_corpus():
    assert predict_set(2048, (2040, 2048)) == SoundSet(Split.predict, 8, start=2040)
    assert predict_set(2048, (0, 1)) == SoundSet(Split.predict, 1)


def test_a_range_of_pythons_is_its_ends():
    assert predict_set(2048, range(5, 9)) == predict_set(2048, (5, 9))
    assert predict_set(2048, range(5, 9)).numbers(0, 0, 4).tolist() == [5, 6, 7, 8]


@pytest.mark.parametrize("two", [torch.tensor([9, 5]), np.array([9, 5]), "[9, 5]"])
def test_two_sounds_that_can_be_no_range_are_two_sounds(two):
    assert predict_set(2048, two).numbers(0, 0, 2).tolist() == [9, 5]


@pytest.mark.parametrize("call", [plain_asked, lambda two: predict_set(2048, two)])
def test_a_list_of_two_is_asked_back(call):
    with pytest.raises(ValueError, match=r"^predict_sounds must say whether two numbers") as raised:
        call([5, 9])
    for way in ("(5, 9)", "range(5, 9)", '"[5, 9]"', "got the list [5, 9]"):
        assert way in str(raised.value)


def test_what_is_written_down_means_one_thing():
    assert plain_asked(range(5, 9)) == plain_asked((5, 9)) == (5, 9)
    assert plain_asked("[5, 9]") == plain_asked(np.array([5, 9])) == "[5,9]"
    assert plain_asked(None) is None


RULE = (
    r"^predict_sounds must be \(start, stop\), range\(start, stop\), a list of sound numbers, or "
    r"None for the test set, got "
)


@pytest.mark.parametrize(
    ("sounds", "error", "message"),
    [
        ({3}, TypeError, RULE + r"\{3\} \(set\)$"),
        (
            range(0, 9, 2),
            ValueError,
            RULE + r"range\(0, 9, 2\): list\(range\(0, 9, 2\)\) is the list",
        ),
        (range(5, 5), ValueError, "^predict_sounds stop must be a whole number >= 6, got 5$"),
        (range(9, 5), ValueError, "^predict_sounds stop must be a whole number >= 10, got 5$"),
        (range(10**9), ValueError, "^predict_sounds must end at 2048, the size of 2048, or before"),
        ((0, 3, 4), ValueError, RULE + r"\(0, 3, 4\)$"),
        ((-1, 3), ValueError, "^predict_sounds start must be a whole number >= 0, got -1$"),
        ((3, 3), ValueError, "^predict_sounds stop must be a whole number >= 4, got 3$"),
        (
            (3, 2049),
            ValueError,
            "^predict_sounds must end at 2048, the size of 2048, or before, got 2049$",
        ),
    ],
)
def test_what_is_no_range_of_a_corpus_is_refused(sounds, error, message):
    with pytest.raises(error, match=message):
        predict_set(2048, sounds)
