"""Rosters: which numbers a split has, ascending."""

import numpy as np
import pytest

from synth_datamodule import Split
from synth_datamodule.corpus.rosters import CODED, CORPUS, Listed, Rows, rule_of


def all_of(roster, split):
    return roster.sounds(split, np.arange(roster.num_sounds(split)))


def test_the_corpus_has_the_splits_blocks():
    places = np.arange(5000)
    for split in CODED:
        assert np.array_equal(CORPUS.sounds(split, places), split.sounds(places))
        assert CORPUS.num_sounds(split, 10**6) == split.num_sounds(10**6)
    numbers = np.array([0, 8191, 8192, 9215, 9216, 10240, 4 * 10**9])
    expected = [Split.of(int(number)) for number in numbers]
    assert [CODED[code] for code in CORPUS.codes(numbers)] == expected
    assert CORPUS.settings == {}


@pytest.mark.parametrize("num_rows", [1, 8, 9, 10, 11, 19, 20, 1237])
def test_rows_are_split_by_their_place_in_ten(num_rows):
    rows, numbers = Rows(num_rows), np.arange(num_rows)
    places = numbers % 10
    for split, kept in zip(CODED, (places < 8, places == 8, places == 9), strict=True):
        assert all_of(rows, split).tolist() == numbers[kept].tolist()
    assert all_of(rows, Split.predict).tolist() == numbers.tolist()
    joined = np.concatenate([all_of(rows, split) for split in CODED])
    codes = np.concatenate([np.full(rows.num_sounds(split), k) for k, split in enumerate(CODED)])
    assert rows.codes(joined).tolist() == codes.tolist()


def test_rows_may_say_which_split_they_are_of():
    rows = Rows(5, np.array([2, 0, 1, 0, 2], np.int8))
    assert [all_of(rows, split).tolist() for split in CODED] == [[1, 3], [2], [0, 4]]
    assert rows.codes(np.array([4, 3, 2])).tolist() == [2, 0, 1]
    assert rows.settings["split"].startswith("sha256:")
    assert rows != Rows(5)
    assert rows == Rows(5, np.array([2, 0, 1, 0, 2], np.int8))


def test_a_list_keeps_the_splits_of_its_numbers_and_ascends():
    listed = Listed(CORPUS, np.array([9216, 77, 8192, 5, 10**9]))
    assert all_of(listed, Split.train).tolist() == [5, 77, 10**9]
    assert all_of(listed, Split.val).tolist() == [8192]
    assert all_of(listed, Split.test).tolist() == [9216]
    assert all_of(listed, Split.predict).tolist() == [9216, 77, 8192, 5, 10**9]
    rows = Listed(Rows(100), np.array([18, 9, 7]))
    assert [all_of(rows, split).tolist() for split in CODED] == [[7], [18], [9]]


def test_the_order_of_a_list_is_no_part_of_what_it_is():
    one, other = (Listed(CORPUS, np.array(numbers)) for numbers in ([5, 9], [9, 5]))
    assert one == other
    assert hash(one) == hash(other)
    assert one != Listed(CORPUS, np.array([5, 10]))


@pytest.mark.parametrize(
    ("settings", "split", "rule"),
    [
        (
            {},
            Split.val,
            "the first 3 sounds, ascending, of the blocks k with k mod 10 = 8; block k holds the "
            "sounds 1024 k to 1024 k + 1023",
        ),
        (Rows(20).settings, Split.test, "the first 3 rows, ascending, of the 20 rows i with "
         "i mod 10 = 9"),
        ({}, Split.predict, "the sounds 4 to 6"),
        (Rows(20).settings, Split.predict, "the rows 4 to 6"),
        (
            {"minimum_rms": 0.01, "loudest": 0.9},
            Split.train,
            "the first 3 sounds with an RMS of 0.01 or more and a peak of 0.9 or less, ascending, "
            "of the blocks k with k mod 10 < 8; block k holds the sounds 1024 k to 1024 k + 1023",
        ),
    ],
)  # fmt: skip
def test_the_rule_is_said_in_words(settings, split, rule):
    assert rule_of(settings, split, 3, start=4) == rule
