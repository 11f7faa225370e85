"""Which sounds are asked for: each once, in the order typed, and none of them in memory."""

import itertools

import pytest

from synth_datamodule import Split
from synth_datamodule.synths.selection import first_sounds, named_sounds


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["7"], [7]),
        (["5-8"], [5, 6, 7, 8]),
        (["0-0"], [0]),
        (["3", "1", "2"], [3, 1, 2]),
        (["6", "5-8", "synth1B1-0-3", "7"], [6, 5, 7, 8, 3]),
        (["5-8", "3-6", "0-9"], [5, 6, 7, 8, 3, 4, 0, 1, 2, 9]),
        (["2", "4", "6", "1-7", "4"], [2, 4, 6, 1, 3, 5, 7]),
        (["4294967294-4294967295"], [2**32 - 2, 2**32 - 1]),
    ],
)
def test_sounds_come_in_their_order_and_once(words, numbers):
    selected = named_sounds(words)
    assert list(selected) == numbers
    assert len(selected) == len(numbers)


def test_any_ranges_give_what_a_dict_of_their_numbers_gives():
    words = ["17-40", "3", "38-45", "0-2", "50", "41-60", "10-20", "3", "0-99"]
    ends = [word.split("-") for word in words]
    numbers = itertools.chain(*(range(int(end[0]), int(end[-1]) + 1) for end in ends))
    assert list(named_sounds(words)) == list(dict.fromkeys(numbers))


def test_a_corpus_is_all_of_its_sounds_and_counted_without_them():
    assert list(named_sounds(["synth1K1"])) == list(range(1000))
    everything = named_sounds(["synth1B1", "synth1K1", "0-999999999"])
    assert len(everything) == 10**9
    assert list(itertools.islice(everything, 3)) == [0, 1, 2]


def test_ten_thousand_words_are_read_at_once():
    words = [str(number) for number in range(20_000, 0, -2)]
    assert len(named_sounds([*words, "0-20000"])) == 20_001


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_the_first_sounds_of_a_split(split):
    selected = first_sounds(Split(split), sounds=1030)
    assert list(selected) == [Split(split).sounds(place) for place in range(1030)]
    assert len(first_sounds(Split(split), "synth1M1")) == Split(split).num_sounds(10**6)


def test_a_corpus_bounds_train_and_all_but_not_validation_and_test():
    assert list(first_sounds(None, "synth1K1", 3)) == [0, 1, 2]
    assert len(first_sounds(None, "synth1K1")) == 1000
    assert len(first_sounds(Split.train, 2000)) == 2000
    assert list(first_sounds(Split.val, "synth1K1", 2)) == [8192, 8193]
    for split in (None, Split.train):
        with pytest.raises(ValueError, match="sounds must be a whole number >= 1 and <= 2000, got"):
            first_sounds(split, 2000, 2001)
    with pytest.raises(ValueError, match="'synth1K1' has no test sounds of its own"):
        first_sounds(Split.test, "synth1K1")


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("x", "sound must be a number, a range .* or a preset's file .*, got 'x'"),
        ("", "got ''"),
        ("synth1K", "got 'synth1K'"),
        ("1.5", "got '1.5'"),
        ("0-", "got '0-'"),
        ("-3", "sound must be a number"),
        ("3-1", "a range of sounds must ascend, got '3-1'"),
        ("0-4294967296", "sound must be a whole number >= 0 and <= 4294967295, got 4294967296"),
        ("4294967296", "sound must be a whole number >= 0 and <= 4294967295, got 4294967296"),
        ("synth2B2-0-0", "sound must be a number or CORPUS-BATCH-SOUND"),
        ("synth1K1-7-104", "synth1K1 ends at 999"),
        ("1" * 400, "sound must be a"),
    ],
)
def test_a_word_that_names_no_sound_is_refused(word, message):
    with pytest.raises(ValueError, match=message) as error:
        named_sounds(["1", word])
    assert len(str(error.value)) <= 300
