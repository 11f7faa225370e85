"""A transform tried once: does what it makes of a sound depend on the sound's batch?"""

import copy
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from synth_datamodule.batch import all_tensors
from synth_datamodule.numerics.ambient import untouched_random_states


def warn_of_dependence(transform: Callable[[Tensor], Any], audio: Tensor) -> None:
    """Warn where a sound comes otherwise out of a transform in a batch than alone.

    A transform that differs between two equal calls is random, and is not held to it.

    Args:
        transform: Module or function; a copy of a module is tried, on the CPU.
        audio: Sounds that are loud, quiet and silent, at least two. Shape ``[B, N]``.
    """
    tried: Callable[[Tensor], Any] = transform
    if isinstance(transform, nn.Module):
        tried = copy.deepcopy(transform).to(audio.device)

    def made(sounds: Tensor) -> list[Tensor]:
        return all_tensors(tried(sounds.clone()))

    with untouched_random_states(), torch.no_grad():
        whole = made(audio)
        if not _same(whole, made(audio)):
            return
        try:
            alone = [made(sound) for sound in torch.split(audio, 1)]
            apart = [torch.cat(parts) for parts in zip(*alone, strict=True)]
        except Exception:  # such as a batch norm's, which refuses a sound alone
            apart = []
    if not _same(whole, apart):
        name = getattr(transform, "__name__", type(transform).__name__)
        warnings.warn(
            f"transform: what {name} makes of a sound depends on the other sounds of its batch, so "
            "batches of another size train on other data; treat each sound by itself",
            stacklevel=4,
        )


def _same(found: list[Tensor], expected: list[Tensor]) -> bool:
    return len(found) == len(expected) and all(
        torch.equal(one, other) or _both_nan(one, other)
        for one, other in zip(found, expected, strict=True)
    )


def _both_nan(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.allclose(one, other, 0, 0, equal_nan=True)
