"""Checks of plain values: what was given, and what is allowed."""

import math
import reprlib
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import TypeVar

_Kind = TypeVar("_Kind")

_MOST_SHOWN = 100
_SHORT = reprlib.Repr()
_SHORT.maxlevel = 3
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxdict = 20
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 2 * _MOST_SHOWN


def shown(value: object) -> str:
    """Return a value as an error shows it, in one line: what is long lacks its middle.

    Args:
        value: Anything, of any size.

    Returns:
        At most 100 characters.

    Example:
        >>> shown([1, 2.5, "three"])
        "[1, 2.5, 'three']"
        >>> len(shown("9" * 10**6))
        100
    """
    try:
        text = " ".join(_SHORT.repr(value).split())
    except ValueError:  # Python spells no whole number of more than 4,300 digits
        text = f"a whole number of {int(value).bit_length()} bits"  # type: ignore[call-overload]
    if len(text) <= _MOST_SHOWN:
        return text
    return f"{text[: _MOST_SHOWN - 33]}...{text[-30:]}"


def instance(name: str, value: object, kind: type[_Kind]) -> _Kind:
    """Return ``value`` if it is of a class.

    Args:
        name: Name that the caller gives the value, for the message.
        value: The value to check.
        kind: The class.

    Raises:
        TypeError: If it is of another class.

    Example:
        >>> instance("name", "vco_1", str)
        'vco_1'
    """
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise TypeError(
            f"{name} must be {article} {kind.__name__}, got {shown(value)} ({type(value).__name__})"
        )
    return value


def whole_number(name: str, value: object, minimum: int, maximum: int | None = None) -> int:
    """Return ``value`` as a Python int within ``[minimum, maximum]``.

    Raises:
        TypeError: If ``value`` is not an integer (a bool is not).
        ValueError: If it lies outside the bounds.

    Example:
        >>> whole_number("batch_size", 32, minimum=1)
        32
        >>> whole_number("batch_size", 0, minimum=1)
        Traceback (most recent call last):
        ...
        ValueError: batch_size must be a whole number >= 1, got 0
    """
    rule = f"{name} must be a whole number >= {minimum}"
    if maximum is not None:
        rule += f" and <= {maximum}"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{rule}, got {shown(value)} ({type(value).__name__})")
    number = int(value)
    if number < minimum or (maximum is not None and number > maximum):
        raise ValueError(f"{rule}, got {shown(number)}")
    return number


def positive_number(name: str, value: object) -> float:
    """Return ``value`` as a finite Python float above zero.

    Raises:
        TypeError: If ``value`` is not a real number (a bool is not).
        ValueError: If it is not finite or not positive.

    Example:
        >>> positive_number("eps", 1)
        1.0
    """
    number = real_number(name, value)
    if number <= 0:
        raise ValueError(f"{name} must be a finite number > 0, got {shown(value)}")
    return number


def real_number(name: str, value: object) -> float:
    """Return ``value`` as a finite Python float.

    Raises:
        TypeError: If ``value`` is not a real number (a bool is not).
        ValueError: If it is not finite.

    Example:
        >>> real_number("keyboard.midi_f0", 60)
        60.0
    """
    rule = f"{name} must be a finite number"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{rule}, got {shown(value)} ({type(value).__name__})")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{rule}, got {shown(value)}")
    return number


def truth_value(name: str, value: object) -> bool:
    """Return ``value`` if it is a bool.

    Raises:
        TypeError: If it is anything else.

    Example:
        >>> truth_value("shuffle", True)
        True
    """
    if not isinstance(value, bool):
        raise TypeError(
            f"{name} must be True or False, got {shown(value)} ({type(value).__name__})"
        )
    return value


def one_of(name: str, value: object, allowed: Iterable[str]) -> str:
    """Return ``value`` if it is one of the ``allowed`` words.

    Raises:
        TypeError: If ``value`` is not a string.
        ValueError: If it is another word.

    Example:
        >>> one_of("backend", "auto", ("auto", "reference"))
        'auto'
    """
    words = tuple(allowed)
    rule = f"{name} must be one of {', '.join(map(repr, words))}"
    if not isinstance(value, str):
        raise TypeError(f"{rule}, got {shown(value)} ({type(value).__name__})")
    if value not in words:
        raise ValueError(f"{rule}, got {shown(value)}")
    return str.__str__(value)


def names(name: str, value: Iterable[str]) -> tuple[str, ...]:
    """Return ``value`` as a tuple of words, no two alike and at least one.

    Raises:
        TypeError: If it is one string, or holds anything but strings.
        ValueError: If it is empty or a word occurs twice.

    Example:
        >>> names("inputs", ["vco_1", "noise"])
        ('vco_1', 'noise')
    """
    rule = f"{name} must be one or more different names"
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"{rule}, got {shown(value)} ({type(value).__name__})")
    try:
        words = tuple(value)
    except TypeError as error:  # a tensor of one number is iterable, and then not
        raise TypeError(f"{rule}, got {shown(value)} ({type(value).__name__})") from error
    if not all(isinstance(word, str) for word in words):
        raise TypeError(f"{rule}, got {shown(words)}")
    if not words or len(set(words)) < len(words):
        raise ValueError(f"{rule}, got {shown(words)}")
    return words


def nearest(word: object, words: Iterable[str]) -> str:
    """Return a question about a word that is unknown: which of those there are was meant?

    Example:
        >>> nearest("atack", ["attack", "decay"]), nearest("x", ["attack", "decay"])
        ("did you mean 'attack'?", 'there are 2')
    """
    import difflib

    there = list(words)
    near = difflib.get_close_matches(str(word)[:100], there, n=3)
    return f"did you mean {' or '.join(map(repr, near))}?" if near else f"there are {len(there)}"


def plain(value: object) -> object:
    """Return ``value`` with numpy's numbers and words as Python's, also in a mapping or a sequence.

    ``torch.load(weights_only=True)`` refuses a checkpoint that holds numpy's.

    Example:
        >>> import numpy
        >>> plain({"batch_size": numpy.int64(4)})
        {'batch_size': 4}
    """
    if isinstance(value, Mapping):
        return {plain(name): plain(part) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(plain(part) for part in value)
    if isinstance(value, bool):
        return value
    if isinstance(value, str):  # a member of an Enum too
        return str.__str__(value)
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value
