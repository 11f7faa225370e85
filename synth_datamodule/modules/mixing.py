"""What the two mixers share: inputs by name."""

from collections.abc import Sequence

from torch import Tensor


def one_each(inputs: Sequence[str], curves: Sequence[float]) -> list[tuple[str, float]]:
    """Return each input with its curve.

    Raises:
        ValueError: If there is not one curve per input.

    Example:
        >>> one_each(["vco", "noise"], [1.0, 0.5])
        [('vco', 1.0), ('noise', 0.5)]
    """
    if len(curves) != len(inputs):
        raise ValueError(f"curves must be {len(inputs)}, one per input, got {curves}")
    return list(zip(inputs, curves, strict=True))


def named_signals(inputs: Sequence[str], signals: Sequence[Tensor]) -> dict[str, Tensor]:
    """Return each input's signal by its name.

    Raises:
        ValueError: If there is not one signal per input.
    """
    if len(signals) != len(inputs):
        raise ValueError(f"this mixer has the inputs {tuple(inputs)}, got {len(signals)} signals")
    return dict(zip(inputs, signals, strict=True))
