"""How near a match is, in decibels while either sound is heard, and in words."""

import torch
from torch import Tensor
from torch.nn import functional

from synth_datamodule import checks
from synth_datamodule.features import LogMel

NEAR = 5.0
"""Decibels up to which a match is near: between those of the synth's own sounds, of which eleven
in twelve are matched within 4.5, and those of speech, none of three within 6
(``results/matching/recordings.json``)."""

DECIBELS = 80.0
"""Decibels that the unit of a log-mel stands for."""

_NUM_MELS, _WINDOW, _HOP = 96, 2048, 512  # as SpectralDistance's log-mel
_DEPTH = 60.0  # decibels below the target's loudest band that are told apart
_SOUNDING = 40.0  # decibels below it in which a frame is heard


def heard_difference(guess: Tensor, target: Tensor, sample_rate: int) -> Tensor:
    """Return how far a guess is off while it or its target sounds, in decibels.

    It is the mean of ``|max(G, m - 60) - max(S, m - 60)|`` over the mel bands of the frames in
    which any band of the levels G of the guess or S of the target lies above ``m - 40``, m being
    the target's loudest: silence behind a short sound counts neither for nor against it.

    Args:
        guess: Sounds in [-1, 1]. Shape ``[B, N]``.
        target: Sounds that they are held against. Shape ``[B, N]``.
        sample_rate: Sample rate in hertz.

    Returns:
        Decibels, from 0 to 60. Shape ``[B]``.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If a shape differs.

    Example:
        >>> sound = torch.sin(torch.arange(8000) * 0.1)[None]
        >>> round(heard_difference(0.5 * sound, sound, 8000).item())
        1
    """
    checks.float_tensor("target", target, "[B, N]", (None, None))
    checks.float_tensor("guess", guess, "[B, N]", tuple(target.shape))
    log_mel = LogMel(sample_rate, _NUM_MELS, _WINDOW, _HOP)
    least = max(_WINDOW - target.shape[1], 0)
    with torch.no_grad():
        g, s = (
            DECIBELS * log_mel(functional.pad(audio.float().cpu(), (0, least)))
            for audio in (guess, target)
        )
    return off_while_sounding(g, s).to(guess.device)


def off_while_sounding(g: Tensor, s: Tensor) -> Tensor:
    """Return what ``heard_difference`` does of levels in decibels, ``[B, F, T]`` each."""
    loudest = s.amax((1, 2), keepdim=True)
    sounds = torch.maximum(g, s).amax(1, keepdim=True) > loudest - _SOUNDING
    floor = loudest - _DEPTH
    off = (torch.maximum(g, floor) - torch.maximum(s, floor)).abs().mean(1, keepdim=True)
    found: Tensor = (off * sounds).sum((1, 2)) / sounds.sum((1, 2))
    return found


def is_near(decibels: float) -> bool:
    """Return whether a match is near, by its difference while it sounds, in decibels.

    Example:
        >>> is_near(3.0), is_near(12.0)
        (True, False)
    """
    return decibels <= NEAR


def words(decibels: float) -> str:
    """Return how near a match is, in words, by its difference while it sounds, in decibels.

    Example:
        >>> words(12.0)
        'nothing near'
    """
    return "near" if is_near(decibels) else "nothing near"
