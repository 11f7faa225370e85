"""Sound numbers as they are listed: in Python, as a JSON text, or in a file."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.corpus.splits import NUM_SOUNDS, sound_numbers
from synth_datamodule.numerics.hashing import Integers
from synth_datamodule.reporting import FromFile, is_file, json_of, read_text
from synth_datamodule.reporting.files import load_array

NumberList: TypeAlias = str | Path | Sequence[int] | Tensor | Integers

_RULE = f"different sound numbers in [0, {NUM_SOUNDS}), or a file of such"


def listed_numbers(name: str, given: Any) -> Integers:  # noqa: ANN401  # what is checked here
    """Return sound numbers of a list, in its order.

    Args:
        name: Name that the caller gives the list, for messages.
        given: A sequence, an array or an int64 tensor of whole numbers, a JSON text ``"[5, 9]"``,
            or the path of a file: ``.npy``, ``.json``, or text with one number a line.

    Returns:
        int64. Shape ``[K]``.

    Raises:
        OSError: If a file cannot be read.
        TypeError: If it is something else.
        ValueError: If there is none, one is out of range, or one occurs twice.

    Example:
        >>> listed_numbers("sounds", "[77, 5]")
        array([77,  5])
    """
    rule = f"{name} must be {_RULE}"
    if isinstance(given, str | os.PathLike):
        given = _read(name, given)
    try:
        numbers: Integers = sound_numbers(given).cpu().numpy().copy()
    except (TypeError, ValueError) as error:
        got = str(error).partition(", got ")[2]  # a shape or a list has commas of its own
        raise type(error)(f"{rule}, got {got}") from error
    values, counts = np.unique(numbers, return_counts=True)
    if len(values) < len(numbers):
        raise ValueError(f"{rule}, got {values[counts > 1][0]} twice")
    return numbers


def _read(name: str, given: str | os.PathLike[str]) -> Any:  # noqa: ANN401  # of any type
    text = os.fspath(given)
    if text.startswith("["):
        return json_of(text, name)
    path = Path(given)
    if isinstance(given, FromFile) or not is_file(path):
        why = " (a file opens no other)" if isinstance(given, FromFile) else ""
        raise ValueError(f"{name} must be {_RULE}{why}, got {checks.shown(text)}")
    source = f"{name} file {path}"
    if path.suffix == ".npy":
        return load_array(path, source)
    content = read_text(path, source)
    if path.suffix == ".json":
        return json_of(content, source)
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    wrong = next((line for line in lines if not (line.isdecimal() and len(line) < 20)), None)
    if wrong is not None:
        raise ValueError(f"{source} must hold one whole number a line, got {checks.shown(wrong)}")
    return list(map(int, lines))


def list_text(numbers: Integers) -> str:
    """Return numbers as the JSON text that ``listed_numbers`` reads."""
    return f"[{','.join(map(str, numbers.tolist()))}]"
