"""Intervals of confidence: of a share of right answers, and of mean ratings."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """An estimate with the ends of its interval.

    Args:
        value: Estimate.
        low: Lower end.
        high: Upper end.
    """

    value: float
    low: float
    high: float


def share_interval(right: int, total: int) -> Interval:
    """Return a share with its interval of 95 %, exact (Clopper and Pearson, Biometrika 26, 1934).

    Args:
        right: Number of right answers.
        total: Number of answers, at least 1.

    Raises:
        ValueError: If there are more right answers than answers, or none at all.

    Example:
        >>> [round(end, 4) for end in share_interval(8, 10)]
        [0.8, 0.4439, 0.9748]
    """
    if not 0 <= right <= total or total < 1:
        raise ValueError(
            f"right must lie in [0, total] and total be positive, got {right}, {total}"
        )
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if right == 0 else _root(lambda p: at_least(right, total, p) - tail)
    high = 1.0 if right == total else _root(lambda p: at_least(right + 1, total, p) - (1 - tail))
    return Interval(right / total, low, high)


def at_least(right: int, total: int, chance: float = 0.5) -> float:
    """Return how probable so many right answers or more are by guessing.

    Args:
        right: Number of right answers.
        total: Number of answers.
        chance: Probability that a guess is right.

    Example:
        >>> at_least(9, 10)
        0.0107421875
    """
    if chance in (0.0, 1.0):
        return float(right <= total * chance)
    logs = (
        math.lgamma(total + 1)
        - math.lgamma(k + 1)
        - math.lgamma(total - k + 1)
        + k * math.log(chance)
        + (total - k) * math.log1p(-chance)
        for k in range(right, total + 1)
    )
    return min(1.0, round(math.fsum(map(math.exp, logs)), 13))


def mean_interval(values: Sequence[float]) -> Interval:
    """Return a mean with its interval of 95 % by Student's t; it has no ends for one value.

    Args:
        values: Values, at least one.

    Raises:
        ValueError: If there is none.

    Example:
        >>> [round(end, 3) for end in mean_interval([1.0, 2.0, 3.0])]
        [2.0, -0.484, 4.484]
    """
    if not values:
        raise ValueError("values must not be empty")
    mean = math.fsum(values) / len(values)
    if len(values) == 1:
        return Interval(mean, math.nan, math.nan)
    variance = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
    half = student_t(len(values) - 1) * math.sqrt(variance / len(values))
    return Interval(mean, mean - half, mean + half)


def student_t(degrees: int) -> float:
    """Return the t that 95 % of Student's distribution lie within, on both sides of 0.

    Args:
        degrees: Degrees of freedom, at least 1.

    Example:
        >>> round(student_t(10), 4)
        2.2281
    """
    inside = _root(lambda share: _within(share, degrees) - CONFIDENCE)
    return math.sqrt(degrees) * math.tan(inside * math.pi / 2)


def _within(share: float, degrees: int) -> float:
    """Probability of |t| < sqrt(n) tan(share pi/2): Abramowitz and Stegun 26.7.3 and 26.7.4."""
    angle = share * math.pi / 2
    odd = degrees % 2
    term = total = math.cos(angle) if odd else 1.0
    for k in range(2 + odd, degrees - 1, 2):
        term *= (k - 1) / k * math.cos(angle) ** 2
        total += term
    if odd:
        total = total if degrees > 1 else 0.0
        return 2 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total


def _root(rising: Callable[[float], float]) -> float:
    """Return where a function that rises over [0, 1] is 0."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2
