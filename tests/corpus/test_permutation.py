"""A shuffle of any size in constant memory."""

import math
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from synth_datamodule.corpus.permutation import Permutation

law = settings(max_examples=50, deadline=None, derandomize=True, database=None)
keys = st.lists(st.integers(0, 2**64 - 1), max_size=3).map(tuple)


def order(size, *key):
    return Permutation(size, key)(np.arange(size))


@pytest.mark.parametrize("key", [(0,), (1, 2), (2**64 - 1, 0)], ids=str)
def test_every_place_of_a_small_size_maps_to_its_own_item(key):
    for size in range(1, 201):
        assert sorted(order(size, *key)) == list(range(size)), size


@pytest.mark.parametrize("size", [4096, 4097, 4160, 65**2, 65**2 + 1, 99_991, 2**17])
def test_every_place_of_a_large_size_maps_to_its_own_item(size):
    assert np.array_equal(np.sort(order(size, 0, 3)), np.arange(size))


def test_the_shuffle_is_frozen():
    # Orders of training sets depend on it: a change here is a new major version.
    assert order(12, 0, 3).tolist() == [6, 0, 10, 9, 1, 7, 4, 11, 5, 8, 3, 2]
    assert order(5000, 0, 3)[:6].tolist() == [1013, 1775, 3635, 4305, 2041, 468]
    places = np.array([0, 1, 2**32 - 1])
    assert Permutation(2**32, (1, 2))(places).tolist() == [430693946, 3757645186, 1117798112]


@law
@given(size=st.integers(1, 2**32), key=keys, data=st.data())
def test_an_item_depends_on_its_place_alone(size, key, data):
    places = np.array(data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=20)))
    cut = data.draw(st.integers(0, len(places)))
    together = Permutation(size, key)(places)
    apart = Permutation(size, key)
    assert np.array_equal(together, np.concatenate([apart(places[:cut]), apart(places[cut:])]))
    assert together.dtype == np.int64
    assert together.min() >= 0
    assert together.max() < size


def test_the_places_given_are_left_as_they_are():
    places = np.arange(1000)
    Permutation(1000, (5,))(places)
    assert np.array_equal(places, np.arange(1000))


@pytest.mark.parametrize("other", [(0, 4), (1, 3), (3, 0), (3,), (0, 0, 3), ()], ids=str)
def test_another_key_is_another_shuffle(other):
    shared = order(10_000, 0, 3) == order(10_000, *other)
    # Unrelated orders share one place on average, Poisson distributed: more than 10 in 1e-8.
    assert shared.sum() <= 10


@pytest.mark.parametrize("size", [4, 5])
def test_every_order_of_a_few_items_is_equally_likely(size):
    num_keys, num_orders = 4000, math.factorial(size)
    counts = Counter(tuple(order(size, key, 7).tolist()) for key in range(num_keys))
    expected = num_keys / num_orders
    seen = sum((count - expected) ** 2 / expected for count in counts.values())
    never_seen = (num_orders - len(counts)) * expected
    # Exceeded once in a thousand by a fair shuffle; by a network of 8 rounds at 5 items too.
    assert seen + never_seen < chi2.isf(1e-3, num_orders - 1)


@pytest.mark.parametrize("size", [9, 10])
def test_even_and_odd_orders_are_equally_likely(size):
    num_keys = 400
    orders = np.stack([order(size, key) for key in range(num_keys)])
    first, second = np.triu_indices(size, 1)
    inversions = (orders[:, first] > orders[:, second]).sum(axis=1)
    # Four standard deviations of a fair coin.
    assert abs((inversions % 2).sum() - num_keys / 2) < 4 * math.sqrt(num_keys / 4)


@pytest.mark.parametrize("size", [7, 13])
def test_every_item_is_equally_likely_at_every_place(size):
    num_keys = 1000
    counts = np.zeros((size, size))
    for key in range(num_keys):
        counts[np.arange(size), order(size, key, 7)] += 1
    expected = num_keys / size
    # A table of permutation matrices has (n - 1)^2 degrees of freedom, each of weight n / (n - 1).
    statistic = ((counts - expected) ** 2 / expected).sum() * (size - 1) / size
    assert statistic < chi2.isf(1e-3, (size - 1) ** 2)


@pytest.mark.parametrize("size", [70**2, 5000, 2**32], ids=["fills-its-grid", "walks", "largest"])
def test_items_and_their_distances_are_equally_likely_over_keys(size):
    num_keys, num_bins = 1000, 10
    side = math.isqrt(size - 1) + 1
    places = np.array([0, 1, side, size - 1])  # the first, and its neighbours in a square grid
    items = np.stack([Permutation(size, (key, 7))(places) for key in range(num_keys)])
    distances = (items[:, 1:] - items[:, :1]) % size
    expected = num_keys / num_bins
    for column in np.concatenate([items, distances], axis=1).T:
        counts = np.bincount(column * num_bins // size, minlength=num_bins)
        # Exceeded once in a thousand by a fair shuffle; a network of 2 rounds exceeds it 300-fold.
        assert ((counts - expected) ** 2 / expected).sum() < chi2.isf(1e-3, num_bins - 1)


@pytest.mark.parametrize("size", [10**5, 316**2], ids=["walks", "fills-its-grid"])
@pytest.mark.parametrize("key", [(0,), (1,), (0, 1)], ids=str)
def test_items_follow_neither_their_place_nor_their_neighbour(size, key):
    items = order(size, *key)
    # Both are Spearman's rank correlations, normal of deviation 1 / sqrt(n) for a fair shuffle.
    limit = 4 / math.sqrt(size)
    assert abs(np.corrcoef(np.arange(size), items)[0, 1]) < limit
    assert abs(np.corrcoef(items[1:], items[:-1])[0, 1]) < limit


def test_memory_does_not_grow_with_size():
    places = np.arange(0, 2**32, 2**22)
    tracemalloc.start()
    try:
        items = Permutation(2**32, (0,))(places)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(set(items.tolist())) == len(places) == 1024
    assert peak < 40 * places.nbytes


@pytest.mark.parametrize(
    ("size", "key", "error", "message"),
    [
        (0, (0,), ValueError, rf"size .* >= 1 and <= {2**32}, got 0$"),
        (2**32 + 1, (0,), ValueError, rf"size .* >= 1 and <= {2**32}, got {2**32 + 1}$"),
        (10.0, (0,), TypeError, r"size must be a whole number .*, got 10\.0 \(float\)"),
        (10, (0, -1), ValueError, rf"key .* >= 0 and <= {2**64 - 1}, got -1$"),
        (10, (2**64,), ValueError, rf"key .* >= 0 and <= {2**64 - 1}, got {2**64}$"),
        (10, (0.5,), TypeError, r"key must be a whole number .*, got 0\.5 \(float\)"),
        (10, (True,), TypeError, r"key must be a whole number .*, got True \(bool\)"),
    ],
    ids=["0", "too-large", "float", "key-negative", "key-too-large", "key-float", "key-bool"],
)
def test_size_and_key_must_be_whole_numbers_in_range(size, key, error, message):
    with pytest.raises(error, match=message):
        Permutation(size, key)


@pytest.mark.parametrize("place", [-1, 10, 2**40])
def test_a_place_must_lie_inside(place):
    with pytest.raises(ValueError, match=rf"places must lie in \[0, 10\), got .*{place}"):
        Permutation(10, (0,))(np.array([0, place]))
