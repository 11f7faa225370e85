"""Contrast: two views of a sound lie near each other, those of others further off."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from synth_datamodule import checks


def contrast(first: Tensor, second: Tensor, temperature: float = 0.1) -> Tensor:
    """Return how badly each view tells its other view from those of other sounds.

    ``-log(exp(s_ij / T) / sum_k exp(s_ik / T))``, s the cosine of two views, j the other view of
    sound i, k all views but i; a mean over both views of all sounds.

    Chen, Kornblith, Norouzi and Hinton, "A Simple Framework for Contrastive Learning of Visual
    Representations", ICML 2020, https://arxiv.org/abs/2002.05709, equation 1.

    Args:
        first: Representations of one view of each sound. Shape ``[B, D]``.
        second: Representations of the other. Shape ``[B, D]``.
        temperature: Divisor T of cosines.

    Returns:
        One number >= 0; ``log(2 B - 1)`` where all views are alike.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If shapes differ, or ``temperature`` is not positive.

    Example:
        >>> alike = torch.ones(4, 8)
        >>> contrast(alike, alike).exp()
        tensor(7.0000)
    """
    checks.float_tensor("first", first, "[B, D]", (None, None))
    checks.float_tensor("second", second, "[B, D]", tuple(first.shape))
    checks.positive_number("temperature", temperature)
    num_sounds = len(first)
    views = normalize(torch.cat((first, second)), dim=1)
    scores = views @ views.T / temperature
    places = torch.arange(2 * num_sounds, dtype=torch.int64, device=views.device)
    itself = places[:, None] == places
    return cross_entropy(
        scores.masked_fill(itself, -torch.inf), (places + num_sounds) % (2 * num_sounds)
    )
