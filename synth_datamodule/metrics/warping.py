"""Dynamic time warping: the least distance of two sequences that may stretch in time."""

import numpy as np
import numpy.typing as npt

from synth_datamodule.numerics.native import entry

Doubles = npt.NDArray[np.float64]


@entry
def _warp(ours: Doubles, theirs: Doubles, costs: Doubles, sums: Doubles, found: Doubles) -> None:
    """Put the least sum over paths into ``found``; ``ours`` is [N, K], ``theirs`` [K, M]."""
    width = theirs.shape[1]
    for i in range(ours.shape[0]):
        for j in range(width):
            costs[j] = 0.0
        for k in range(theirs.shape[0]):
            for j in range(width):
                costs[j] += abs(ours[i, k] - theirs[k, j])
        corner = sums[0]
        for j in range(width):
            cost = costs[j] / theirs.shape[0]
            above = sums[j]
            if i == 0 and j == 0:
                best = cost
            elif i == 0:
                best = sums[j - 1] + cost
            elif j == 0:
                best = above + cost
            else:
                best = min(corner + 2 * cost, above + cost, sums[j - 1] + cost)
            corner = above
            sums[j] = best
    found[0] = sums[width - 1]


def warped_distance(one: Doubles, other: Doubles) -> float:
    r"""Return the distance of two sequences by dynamic time warping, a mean along the path.

    .. math:: \frac{1}{N + M} \min_{\mathrm{paths}} \sum_k w_k \, \mathrm{mean}|a_{i_k} - b_{j_k}|

    A path goes from both beginnings to both ends by steps in one sequence, which weigh 1, or in
    both, which weigh 2; its first place weighs 1. Sakoe and Chiba, "Dynamic programming algorithm
    optimization for spoken word recognition", IEEE Transactions on Acoustics, Speech, and Signal
    Processing 26 (1978), the symmetric form.

    Args:
        one: Frames of one sequence, float64. Shape ``[N, K]``.
        other: Frames of the other. Shape ``[M, K]``.

    Example:
        >>> ramp = np.arange(4.0)[:, None]
        >>> warped_distance(ramp, np.repeat(ramp, 2, axis=0))
        0.0
    """
    width = len(other)
    costs, sums, found = np.empty(width), np.empty(width), np.empty(1)
    _warp(np.ascontiguousarray(one), np.ascontiguousarray(other.T), costs, sums, found)
    return float(found[0]) / (len(one) + width)
