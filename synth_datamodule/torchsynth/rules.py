"""What torchsynth asserted: an error here that both kinds of ``except`` catch."""

import contextlib
from collections.abc import Iterator


class RuleError(ValueError, AssertionError):
    """An argument breaks a rule: a ValueError as everywhere here, and torchsynth's AssertionError.

    Example:
        >>> issubclass(RuleError, ValueError), issubclass(RuleError, AssertionError)
        (True, True)
    """


@contextlib.contextmanager
def asserted() -> Iterator[None]:
    """Let a ValueError of the block be a RuleError, with the same words."""
    try:
        yield
    except ValueError as error:
        raise RuleError(str(error)) from error
