"""Bounds: which sounds are too quiet or too loud."""

import numpy as np
import pytest

from synth_datamodule.loading.bounds import Bounds


def sounds(*rows):
    return np.array(rows, np.float32)


def test_silence_fails_and_the_bound_itself_passes():
    given = sounds([0, 0, 0, 0], [0.5, -0.5, 0.5, -0.5], [0.25, 0.25, -0.25, 0.25])
    assert Bounds(minimum_rms=0.5).passes(given).tolist() == [False, True, False]
    assert Bounds(minimum_rms=0.0).passes(given).tolist() == [True] * 3
    assert Bounds(loudest=0.25).passes(given).tolist() == [True, False, True]
    assert Bounds(0.1, 0.25).passes(given).tolist() == [False, False, True]


def test_the_squares_are_added_one_after_another():
    sound = np.random.default_rng(3).uniform(-1, 1, 5000).astype(np.float32)
    total = 0.0
    for sample in sound.tolist():
        total += sample * sample
    exact = float(np.sqrt(total / 5000))
    assert Bounds(minimum_rms=exact).passes(sound[None]).tolist() == [True]
    assert Bounds(minimum_rms=np.nextafter(exact, 1)).passes(sound[None]).tolist() == [False]


def test_what_is_no_number_does_not_pass():
    given = sounds([0.5, np.nan])
    for bounds in (Bounds(minimum_rms=0.1), Bounds(loudest=1.0), Bounds(0.0, 1.0)):
        assert bounds.passes(given).tolist() == [False]


def test_only_what_is_given_is_a_setting():
    assert Bounds().settings == {}
    assert Bounds(loudest=1).settings == {"loudest": 1.0}


@pytest.mark.parametrize("given", [{"minimum_rms": 1.5}, {"loudest": 0}, {"loudest": -1.0}])
def test_a_bound_outside_is_refused(given):
    with pytest.raises(ValueError, match="must lie in"):
        Bounds(**given)
