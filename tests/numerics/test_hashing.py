import numpy as np
import pytest
from scipy.stats import chi2, kstest

from synth_datamodule.numerics.hashing import mix, uniform


def test_mixing_gives_the_published_stream():
    # The first outputs of SplitMix64 seeded with 1234567, as Rosetta Code lists them.
    steps = np.uint64(0x9E3779B97F4A7C15) * np.arange(5, dtype=np.uint64)
    assert mix(np.uint64(1234567) + steps).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_numbers_are_a_function_of_key_sound_and_place_alone():
    whole = uniform((1, 2), np.arange(100), 5)
    assert np.array_equal(uniform((1, 2), np.arange(40, 60), 5), whole[40:60])
    assert np.array_equal(uniform((1, 2), np.arange(100), 3), whole[:, :3])


@pytest.mark.parametrize("other", [(2, 1), (1, 3), (1,), (1, 2, 0)], ids=str)
def test_another_key_gives_other_numbers(other):
    assert not (uniform((1, 2), np.arange(50), 4) == uniform(other, np.arange(50), 4)).any()


def test_numbers_are_uniform_over_sounds_and_over_places():
    for numbers in (
        uniform((3,), np.arange(20_000), 1)[:, 0],
        uniform((3,), np.array([9]), 20_000)[0],
    ):
        assert numbers.dtype == np.float32
        assert numbers.min() >= 0
        assert numbers.max() < 1
        # One in a thousand fair streams would fail.
        assert kstest(numbers, "uniform").pvalue > 1e-3


def test_neighbouring_sounds_are_independent():
    cells = (uniform((4,), np.arange(40_001), 1)[:, 0] * 10).astype(int)
    pairs = np.bincount(cells[:-1] * 10 + cells[1:], minlength=100)
    assert ((pairs - 400) ** 2 / 400).sum() < chi2.isf(1e-3, 99)
