import numpy as np
import pytest

from synth_datamodule.metrics.warping import warped_distance


def by_definition(one, other):
    """Return the least weighted sum over all paths, each followed to its end."""
    cost = np.abs(one[:, None] - other[None]).mean(-1)

    def least(i, j):
        if (i, j) == (0, 0):
            return cost[0, 0]
        ways = []
        if i:
            ways.append(least(i - 1, j) + cost[i, j])
        if j:
            ways.append(least(i, j - 1) + cost[i, j])
        if i and j:
            ways.append(least(i - 1, j - 1) + 2 * cost[i, j])
        return min(ways)

    return least(len(one) - 1, len(other) - 1) / (len(one) + len(other))


@pytest.mark.parametrize("sizes", [(1, 1), (1, 4), (4, 1), (5, 5), (6, 4)])
def test_the_distance_is_the_least_of_all_paths(sizes):
    random = np.random.default_rng(sum(sizes))
    one, other = (random.normal(size=(size, 3)) for size in sizes)
    assert warped_distance(one, other) == pytest.approx(by_definition(one, other), rel=1e-12)
    assert warped_distance(one, other) == pytest.approx(warped_distance(other, one), rel=1e-12)


def test_a_sequence_that_waits_is_no_further_away():
    ramp = np.arange(6.0)[:, None]
    assert warped_distance(ramp, np.repeat(ramp, 3, axis=0)) == 0
    assert warped_distance(ramp, ramp + 1) > 0
