"""Argument checks that every room shares: what was given, and what is allowed."""

import math
from collections.abc import Iterable, Mapping
from numbers import Integral, Real

import torch
from torch import Tensor

from synth_datamodule.numerics import tracing


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
        raise TypeError(f"{rule}, got {value!r} ({type(value).__name__})")
    number = int(value)
    if number < minimum or (maximum is not None and number > maximum):
        raise ValueError(f"{rule}, got {number}")
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
        raise ValueError(f"{name} must be a finite number > 0, got {value!r}")
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
        raise TypeError(f"{rule}, got {value!r} ({type(value).__name__})")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{rule}, got {value!r}")
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
        raise TypeError(f"{name} must be True or False, got {value!r} ({type(value).__name__})")
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
        raise TypeError(f"{rule}, got {value!r} ({type(value).__name__})")
    if value not in words:
        raise ValueError(f"{rule}, got {value!r}")
    return value


def float_tensor(name: str, tensor: object, shape: str, sizes: tuple[int | None, ...]) -> Tensor:
    """Return ``tensor`` if it is a floating point tensor of the given sizes.

    Args:
        name: Name that the caller gives the value, for the message.
        tensor: The value to check.
        shape: The shape in words, for the message: ``"[B, N]"``.
        sizes: One size per axis; None allows any size but 0.

    Raises:
        TypeError: If it is not a tensor, or not of a floating point dtype.
        ValueError: If its shape differs.

    Example:
        >>> float_tensor("audio", torch.zeros(2, 4), "[B, N]", (None, 4)).shape
        torch.Size([2, 4])
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name} must be a float tensor {shape}, got {type(tensor).__name__}")
    if not tensor.is_floating_point():
        raise TypeError(f"{name} must be a float tensor {shape}, got dtype {tensor.dtype}")
    fits = tensor.ndim == len(sizes) and all(
        given == size if size is not None else given > 0
        for given, size in zip(tensor.shape, sizes, strict=False)
    )
    if not fits:
        wanted = [size if size is not None else "any" for size in sizes]
        sizes_in_words = f"[{', '.join(map(str, wanted))}]"
        raise ValueError(
            f"{name} must be a float tensor {shape} of sizes {sizes_in_words}, "
            f"got shape {list(tensor.shape)}"
        )
    return tensor


def per_sound(**tensors: object) -> int:
    """Check that every argument is a float tensor ``[B]`` of one batch size; return it.

    Raises:
        TypeError: If one is not a floating point tensor.
        ValueError: If one is empty, not one-dimensional, or of another batch size.

    Example:
        >>> per_sound(attack=torch.zeros(3), decay=torch.ones(3))
        3
    """
    num_sounds: int | None = None
    for name, tensor in tensors.items():
        num_sounds = len(float_tensor(name, tensor, "[B]", (num_sounds,)))
    assert num_sounds is not None, "per_sound() is called with at least one tensor"
    return num_sounds


def normalized(name: str, parameters: Tensor, *, always: bool) -> None:
    """Check that all values lie in [0, 1]; NaN does not.

    Reading values back from a GPU stalls it, so there the check runs only with ``always``; under
    torch.compile and torch.func, which have none to read, it never runs.

    Raises:
        ValueError: If a value lies outside; it names the first place and value.

    Example:
        >>> normalized("parameters", torch.tensor([[0.5, 1.5]]), always=False)
        Traceback (most recent call last):
        ...
        ValueError: parameters must lie in [0, 1], got 1.5 at [0, 1]
    """
    if (parameters.device.type != "cpu" and not always) or not tracing.readable(parameters):
        return
    outside = ~((parameters >= 0) & (parameters <= 1))
    if bool(outside.any()):
        place = outside.nonzero()[0].tolist()
        value = parameters[tuple(place)].item()
        raise ValueError(f"{name} must lie in [0, 1], got {value!r} at {place}")


def device(name: str, value: object) -> torch.device:
    """Return ``value`` as a device.

    Raises:
        TypeError: If it is not a device, a string or a CUDA device's number.
        ValueError: If a string names no device.

    Example:
        >>> device("device", "cpu")
        device(type='cpu')
    """
    rule = f"{name} must be a device, such as 'cpu' or 'cuda:0'"
    if isinstance(value, bool) or not isinstance(value, (torch.device, str, int)):
        raise TypeError(f"{rule}, got {value!r} ({type(value).__name__})")
    try:
        return torch.device(value)
    except RuntimeError as error:
        raise ValueError(f"{rule}, got {value!r}") from error


def compute_device(name: str, value: object) -> torch.device:
    """Return ``value`` as a device of this machine that sounds can be rendered on.

    Args:
        name: The argument's name, for the message.
        value: The CPU or a CUDA device: a device, a string or a CUDA device's number.

    Raises:
        TypeError: If it is not a device, a string or a CUDA device's number.
        ValueError: If it is a device of another kind, or not there.

    Example:
        >>> compute_device("device", "cpu")
        device(type='cpu')
    """
    found = device(name, value)
    if found.type not in ("cpu", "cuda"):
        raise ValueError(f"{name} must be 'cpu' or a CUDA device, got {str(value)!r}")
    if found.type == "cuda" and (found.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"{name} must be there, got {str(value)!r} and {torch.cuda.device_count()} CUDA devices"
        )
    return found


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
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{rule}, got {value!r} ({type(value).__name__})")
    words = tuple(value)
    if not all(isinstance(word, str) for word in words):
        raise TypeError(f"{rule}, got {words}")
    if not words or len(set(words)) < len(words):
        raise ValueError(f"{rule}, got {words}")
    return words


def plain(value: object) -> object:
    """Return ``value`` with numpy's numbers as Python's, also inside a mapping or a sequence.

    ``torch.load(weights_only=True)`` refuses a checkpoint that holds numpy's.

    Example:
        >>> import numpy
        >>> plain({"batch_size": numpy.int64(4)})
        {'batch_size': 4}
    """
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(plain(part) for part in value)
    if isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value
