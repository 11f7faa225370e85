"""Sound number <-> block <-> split, and the names of sounds."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule.corpus.splits import (
    CORPORA,
    NUM_SOUNDS,
    Split,
    corpus_size,
    is_train,
    sound_number,
    sound_numbers,
)

SETS = (Split.train, Split.val, Split.test)
DIVISORS = [2**power for power in range(11)]

law = settings(max_examples=200, deadline=None, derandomize=True, database=None)
sizes_of_corpora = st.integers(0, 50_000)
edges_of_blocks = st.builds(
    lambda block, place: block * 1024 + place,
    st.integers(0, NUM_SOUNDS // 1024 - 1),
    st.sampled_from([0, 1023]),
)
any_sound = st.integers(0, NUM_SOUNDS - 1) | edges_of_blocks


@law
@given(smaller=sizes_of_corpora, larger=sizes_of_corpora)
def test_splits_are_disjoint_complete_and_prefixes_of_a_larger_corpus(smaller, larger):
    smaller, larger = sorted([smaller, larger])

    def members(split, size):
        return split.sounds(np.arange(split.num_sounds(size))).tolist()

    everyone = [sound for split in SETS for sound in members(split, smaller)]
    assert sorted(everyone) == list(range(smaller))
    for split in SETS:
        in_smaller = members(split, smaller)
        assert in_smaller == members(split, larger)[: len(in_smaller)]
        assert all(Split.of(sound) is split for sound in in_smaller)


@law
@given(sound=any_sound)
def test_a_corpus_that_grows_by_a_sound_grows_in_that_sounds_split_alone(sound):
    for split in SETS:
        growth = split.num_sounds(sound + 1) - split.num_sounds(sound)
        assert growth == (Split.of(sound) is split)


@law
@given(split=st.sampled_from(SETS), data=st.data())
def test_a_sounds_place_counts_the_split_before_it(split, data):
    place = data.draw(st.integers(0, split.num_sounds(NUM_SOUNDS) - 1))
    sound = split.sounds(place)
    assert Split.of(sound) is split
    assert split.num_sounds(sound) == place


@pytest.mark.parametrize("name", CORPORA)
def test_splits_share_out_each_named_corpus(name):
    size = corpus_size(name)
    assert sum(split.num_sounds(size) for split in SETS) == size


@pytest.mark.parametrize(
    ("block", "split"),
    [(0, "train"), (7, "train"), (8, "val"), (9, "test"), (10, "train"), (18, "val"), (19, "test")],
)
def test_blocks_of_1024_take_turns(block, split):
    assert Split.of(block * 1024) is Split.of(block * 1024 + 1023) is Split(split)


@law
@given(sound=any_sound)
def test_test_is_torchsynths_and_validation_lies_in_its_train(sound):
    assert is_train(sound) is (sound // 1024 % 10 != 9)
    assert (Split.of(sound) is Split.test) is (not is_train(sound))


@pytest.mark.parametrize("kind", [torch.from_numpy, np.asarray], ids=["tensor", "array"])
def test_is_train_equals_torchsynths(golden, kind):
    data = golden("synth1b1")
    assert set(data["is_train"].tolist()) == {True, False}
    assert is_train(kind(data["indices"])).tolist() == data["is_train"].tolist()


@pytest.mark.parametrize("split", SETS, ids=str)
def test_sounds_come_in_the_type_and_shape_of_their_places(split):
    places = np.arange(9000, 9600).reshape(2, 300)
    expected = [[split.sounds(int(place)) for place in row] for row in places]
    for numbers in (split.sounds(places), split.sounds(torch.from_numpy(places))):
        assert numbers.tolist() == expected
    assert split.sounds(places).dtype == np.int64
    assert split.sounds(torch.from_numpy(places)).dtype == torch.int64
    assert all(type(number) is int for row in expected for number in row)


@pytest.mark.parametrize("split", SETS, ids=str)
@pytest.mark.parametrize("batch_size", DIVISORS)
def test_the_nth_batch_of_a_split_is_one_batch_of_the_corpus(split, batch_size):
    per_block = 1024 // batch_size
    last = split.num_sounds(NUM_SOUNDS) // batch_size - 1
    for place in (0, 1, per_block - 1, per_block, 8 * per_block, 12_345, last):
        batch = split.batch_index(place, batch_size)
        of_split = split.sounds(np.arange(place * batch_size, (place + 1) * batch_size))
        of_corpus = np.arange(batch * batch_size, (batch + 1) * batch_size)
        assert np.array_equal(of_split, of_corpus)
    message = f"place must be a whole number >= 0 and <= {last}, got {last + 1}"
    with pytest.raises(ValueError, match=message):
        split.batch_index(last + 1, batch_size)


@pytest.mark.parametrize("batch_size", [3, 96, 1000, 1536, 2048])
def test_a_batch_size_that_lies_across_blocks_has_no_batch_index(batch_size):
    with pytest.raises(ValueError, match=f"batch_size must divide 1024, got {batch_size}$"):
        Split.train.batch_index(0, batch_size)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Split("tran"), ValueError, r"split .* 'train', 'val', 'test', .*, got 'tran'"),
        (lambda: Split(3), TypeError, r"split must be one of 'train', .*, got 3 \(int\)"),
        (lambda: Split.of(NUM_SOUNDS), ValueError, rf"index .* <= {2**32 - 1}, got {2**32}$"),
        (lambda: Split.of(-1), ValueError, r"index .* >= 0 .*, got -1$"),
        (lambda: Split.of(1.0), TypeError, r"index .* whole number .*, got 1\.0 \(float\)"),
        (lambda: Split.val.num_sounds(-1), ValueError, r"first_sounds .* >= 0 .*, got -1$"),
        (
            lambda: Split.val.num_sounds(NUM_SOUNDS + 1),
            ValueError,
            rf"first_sounds .* <= {2**32}, got {2**32 + 1}$",
        ),
        (lambda: Split.val.num_sounds(1e6), TypeError, r"first_sounds .*, got 1000000\.0 \(float"),
        (lambda: Split.val.batch_index(-1, 32), ValueError, r"place .* >= 0 and <= .*, got -1$"),
        (lambda: Split.val.batch_index(True, 32), TypeError, r"place .*, got True \(bool\)"),
        (lambda: Split.val.batch_index(0, 0), ValueError, r"batch_size .* >= 1, got 0$"),
        (lambda: Split.val.batch_index(0, 32.0), TypeError, r"batch_size .*, got 32\.0 \(float\)"),
        (lambda: Split.predict.num_sounds(10), ValueError, "predict is a range .* no blocks"),
        (lambda: Split.predict.sounds(0), ValueError, "predict is a range .* no blocks"),
        (lambda: Split.predict.batch_index(0, 32), ValueError, "predict is a range .* no blocks"),
    ],
    ids=[
        "misspelt",
        "a-number",
        "of-beyond",
        "of-negative",
        "of-float",
        "first-sounds-negative",
        "first-sounds-beyond",
        "first-sounds-float",
        "place-negative",
        "place-bool",
        "batch-size-0",
        "batch-size-float",
        "predict-num-sounds",
        "predict-sounds",
        "predict-batch-index",
    ],
)
def test_an_error_of_a_split_says_what_is_allowed(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("split", Split, ids=str)
def test_a_split_is_its_own_word(split):
    assert Split(split.value) is split
    assert split == str(split) == f"{split}" == split.value == split.name


@pytest.mark.parametrize(
    ("corpus", "size"),
    [
        ("synth1K1", 10**3),
        ("synth1M1", 10**6),
        ("synth10M1", 10**7),
        ("synth1B1", 10**9),
        (1, 1),
        (2**32, 2**32),
        (np.int64(5000), 5000),
    ],
    ids=str,
)
def test_a_corpus_is_known_by_name_or_size(corpus, size):
    assert corpus_size(corpus) == size
    assert type(corpus_size(corpus)) is int


NO_CORPORA = [
    ("synth1B2", ValueError, r"'synth1K1', 'synth1M1', 'synth10M1', 'synth1B1', got 'synth1B2"),
    ("1000", ValueError, r"corpus must be one of 'synth1K1', .*, got '1000'"),
    (0, ValueError, rf"corpus .* >= 1 and <= {2**32}, got 0$"),
    (2**32 + 1, ValueError, rf"corpus .* <= {2**32}, got {2**32 + 1}$"),
    (1e6, TypeError, r"corpus must be a whole number .*, got 1000000\.0 \(float\)"),
    (None, TypeError, r"corpus must be a whole number .*, got None"),
]


@pytest.mark.parametrize(
    ("corpus", "error", "message"), NO_CORPORA, ids=[repr(case[0]) for case in NO_CORPORA]
)
def test_a_corpus_that_is_unknown_is_an_error(corpus, error, message):
    with pytest.raises(error, match=message):
        corpus_size(corpus)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("synth1B1-312-6", 312 * 128 + 6),
        ("synth1K1-0-0", 0),
        ("synth1K1-7-103", 999),
        ("synth1B1-7812499-127", 10**9 - 1),
        ("312", 312),
        ("4294967295", 2**32 - 1),
        (312, 312),
        (np.int64(312), 312),
    ],
    ids=str,
)
def test_a_sounds_name_gives_its_number(name, number):
    assert sound_number(name) == number
    assert type(sound_number(name)) is int


@law
@given(batch=st.integers(0, 10**6 // 128 - 1), place=st.integers(0, 127))
def test_a_name_counts_batches_of_128_in_any_corpus_that_holds_it(batch, place):
    for corpus in ("synth1M1", "synth10M1", "synth1B1"):
        assert sound_number(f"{corpus}-{batch}-{place}") == batch * 128 + place


NO_NAMES = [
    ("synth1B1", ValueError, "sound must be a number or CORPUS-BATCH-SOUND .* got 'synth1B1'"),
    ("synth1B1-312", ValueError, r"synth1K1, synth1M1, synth10M1, synth1B1, .* got 'synth1B1-"),
    ("synth1b1-0-0", ValueError, "CORPUS-BATCH-SOUND .* got 'synth1b1-0-0'"),
    ("synth2B1-0-0", ValueError, "CORPUS-BATCH-SOUND .* got 'synth2B1-0-0'"),
    ("synth1B1--1-0", ValueError, "CORPUS-BATCH-SOUND .* got 'synth1B1--1-0'"),
    ("-3", ValueError, "CORPUS-BATCH-SOUND .* got '-3'"),
    (" 3", ValueError, "CORPUS-BATCH-SOUND .* got ' 3'"),
    ("٣", ValueError, "CORPUS-BATCH-SOUND .* got '٣'"),
    ("", ValueError, "CORPUS-BATCH-SOUND .* got ''"),
    ("synth1B1-0-128", ValueError, "batches of 128, got sound 128 in 'synth1B1-0-128'"),
    ("synth1K1-7-104", ValueError, "'synth1K1-7-104' is sound 1000, but synth1K1 ends at 999"),
    ("synth1B1-7812500-0", ValueError, "is sound 1000000000, but synth1B1 ends at 999999999"),
    ("4294967296", ValueError, rf"sound .* >= 0 and <= {2**32 - 1}, got {2**32}$"),
    (-1, ValueError, rf"sound .* >= 0 and <= {2**32 - 1}, got -1$"),
    (3.0, TypeError, r"sound must be a whole number .*, got 3\.0 \(float\)"),
    (True, TypeError, r"sound must be a whole number .*, got True \(bool\)"),
    (None, TypeError, r"sound must be a whole number .*, got None \(NoneType\)"),
]


@pytest.mark.parametrize(
    ("name", "error", "message"), NO_NAMES, ids=[repr(case[0]) for case in NO_NAMES]
)
def test_a_name_of_no_sound_is_an_error(name, error, message):
    with pytest.raises(error, match=message):
        sound_number(name)


@pytest.mark.parametrize(
    "given_as",
    [list, tuple, np.array, torch.tensor, lambda sounds: np.array(sounds, np.uint32)],
    ids=["list", "tuple", "array", "tensor", "uint32-array"],
)
def test_sound_numbers_may_be_given_in_any_usual_form(given_as):
    sounds = [5, 0, 2**32 - 1, 5]
    numbers = sound_numbers(given_as(sounds))
    assert numbers.tolist() == sounds
    assert numbers.dtype == torch.int64


def test_sound_numbers_of_a_range_are_its_numbers():
    assert sound_numbers(range(7, 30, 5)).tolist() == [7, 12, 17, 22, 27]


RULE = re.escape(f"sound numbers must be whole numbers in [0, {2**32}), shape [B]")


NO_NUMBERS = [
    (torch.tensor([0, 2**32]), ValueError, rf"{RULE}, got {2**32}$"),
    (torch.tensor([3, -1]), ValueError, rf"{RULE}, got -1$"),
    (np.array([2**32]), ValueError, rf"{RULE}, got {2**32}$"),
    ([3, 2**32], ValueError, rf"sound number .* <= {2**32 - 1}, got {2**32}$"),
    (torch.tensor([0.0]), TypeError, rf"{RULE}, as an int64 tensor, got dtype torch\.float32"),
    (torch.tensor([True]), TypeError, rf"{RULE}, as an int64 tensor, got dtype torch\.bool"),
    (torch.tensor([1], dtype=torch.int32), TypeError, rf"{RULE}, .* got dtype torch\.int32"),
    (np.array([0.0]), TypeError, rf"{RULE}, got an array of dtype float64"),
    (np.array([True]), TypeError, rf"{RULE}, got an array of dtype bool"),
    ([0.0], TypeError, r"sound number must be a whole number .*, got 0\.0 \(float\)"),
    ([True], TypeError, r"sound number must be a whole number .*, got True \(bool\)"),
    (torch.tensor([], dtype=torch.int64), ValueError, rf"{RULE}, got shape \[0\]"),
    ([], ValueError, rf"{RULE}, got shape \[0\]"),
    (torch.tensor(3), ValueError, rf"{RULE}, got shape \[\]"),
    (torch.tensor([[3, 4]]), ValueError, rf"{RULE}, got shape \[1, 2\]"),
    (np.array([[3, 4]]), ValueError, rf"{RULE}, got shape \[1, 2\]"),
    (3, TypeError, rf"{RULE}, got 3 \(int\)"),
    ("3", TypeError, rf"{RULE}, got '3' \(str\)"),
    (None, TypeError, rf"{RULE}, got None \(NoneType\)"),
]


@pytest.mark.parametrize(
    ("indices", "error", "message"), NO_NUMBERS, ids=[repr(case[0]) for case in NO_NUMBERS]
)
def test_anything_else_than_sound_numbers_is_an_error(indices, error, message):
    with pytest.raises(error, match=message):
        sound_numbers(indices)
