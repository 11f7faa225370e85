"""Intervals over sounds: how far a mean depends on which sounds are tested."""

import numpy as np
from torch import Tensor

_RESAMPLES = 1000
_ENDS = (0.025, 0.975)


def bootstrap(values: Tensor, weights: Tensor | None = None) -> tuple[float, float]:
    r"""Return the ends of an interval of 95 % of a mean, by resampling the sounds.

    .. math:: \sum_i v_i / \sum_i w_i

    over T sounds drawn with replacement, 1,000 times by one fixed seed; the ends are the quantiles
    at 2.5 and 97.5 %. Efron, "Bootstrap methods: another look at the jackknife", Annals of
    Statistics 7 (1979).

    Args:
        values: Values of the sounds. Shape ``[T]``.
        weights: Weights of the sounds, whose values are already multiplied by them; None is 1 for
            all. Shape ``[T]``.

    Example:
        >>> import torch
        >>> low, high = bootstrap(torch.tensor([0.0, 1.0] * 50))
        >>> 0.38 < low < 0.42 and 0.58 < high < 0.62
        True
    """
    numbers = values.double().cpu().numpy()
    # The stream of RandomState is the same in every version of numpy.
    chosen = np.random.RandomState(0).randint(len(numbers), size=(_RESAMPLES, len(numbers)))
    sums = numbers[chosen].sum(1)
    if weights is None:
        found = sums / len(numbers)
    else:
        found = sums / np.maximum(weights.double().cpu().numpy()[chosen].sum(1), 1)
    low, high = np.quantile(found, _ENDS)
    return float(low), float(high)
