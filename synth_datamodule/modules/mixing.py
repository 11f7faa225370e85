"""What the two mixers share: inputs by name."""

from collections.abc import Sequence
from typing import TypeVar

from synth_datamodule import checks


def one_each(inputs: Sequence[str], curves: Sequence[float]) -> list[tuple[str, float]]:
    """Return each input with its curve.

    Raises:
        TypeError: If ``curves`` is not a sequence.
        ValueError: If there is not one curve per input.

    Example:
        >>> one_each(["vco", "noise"], [1.0, 0.5])
        [('vco', 1.0), ('noise', 0.5)]
    """
    rule = f"curves must be {len(inputs)} numbers, one per input"
    if isinstance(curves, (str, bytes)) or not isinstance(curves, Sequence):
        raise TypeError(f"{rule}, got {checks.shown(curves)} ({type(curves).__name__})")
    if len(curves) != len(inputs):
        raise ValueError(f"{rule}, got {checks.shown(curves)}")
    return list(zip(inputs, curves, strict=True))


_Signal = TypeVar("_Signal")


def named_signals(inputs: Sequence[str], signals: Sequence[_Signal]) -> dict[str, _Signal]:
    """Return each input's signal by its name.

    Raises:
        ValueError: If there is not one signal per input.
    """
    if len(signals) != len(inputs):
        raise ValueError(f"this mixer has the inputs {tuple(inputs)}, got {len(signals)} signals")
    return dict(zip(inputs, signals, strict=True))
