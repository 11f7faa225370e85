"""What a meter shows: how strong the signals of a patch are over time, in few bins."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional

NUM_BINS = 120
"""Bins that a sound's length is divided into."""

_STEPS = 99  # that a level is told in


def levels(signals: Mapping[str, Tensor], nodes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the strength of each node's signals over time, in JSON's types.

    A node with several signals has the strongest's. What is a number for the whole sound, ``[1]``,
    has none.

    Args:
        signals: Signals by name, of one sound: ``[1, C]``, ``[1, N]`` or ``[1]``.
        nodes: Names of the diagram's nodes; ``"output"`` has the audio.

    Returns:
        By node: ``peak``, the largest magnitude, and ``levels``, from 0 to 99 for that.

    Example:
        >>> import torch
        >>> levels({"vco": torch.tensor([[0.0, -0.5]])}, ["vco"])["vco"]["peak"]
        0.5
    """
    found: dict[str, Tensor] = {}
    for name, signal in signals.items():
        owner = "output" if name == "audio" else _node(name, nodes)
        if owner is None or signal.ndim < 2 or not signal.numel():
            continue
        strength = signal.detach().cpu().float().abs().nan_to_num(0.0, 0.0, 0.0).reshape(1, -1)
        binned = functional.adaptive_max_pool1d(strength, NUM_BINS)[0]
        before = found.get(owner)
        found[owner] = binned if before is None else before.maximum(binned)
    told = {}
    for node, strength in found.items():
        peak = float(strength.max())
        steps = (strength / peak * _STEPS).round().int() if peak > 0 else strength.int()
        told[node] = {"peak": peak, "levels": steps.tolist()}
    return told


def _node(name: str, nodes: Sequence[str]) -> str | None:
    owners = [node for node in nodes if name == node or name.startswith(f"{node}.")]
    return max(owners, key=len, default=None)
