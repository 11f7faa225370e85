"""How near a match is, in words: bounds that were measured, not felt."""

NEAR = 6.0
"""Log-mel distance in decibels up to which a match is near."""


def is_near(log_mel: float) -> bool:
    """Return whether a match is near, by its log-mel distance in decibels.

    Example:
        >>> is_near(3.0), is_near(12.0)
        (True, False)
    """
    return log_mel <= NEAR


def words(log_mel: float) -> str:
    """Return how near a match is, in words, by its log-mel distance in decibels.

    Example:
        >>> words(12.0)
        'nothing near'
    """
    return "near" if is_near(log_mel) else "nothing near"
