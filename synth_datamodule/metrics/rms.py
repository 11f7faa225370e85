"""RMS: how alike the envelopes of two sounds are."""

import torch
from torch import Tensor

from synth_datamodule.metrics.frames import samples

_WINDOW, _HOP = 0.050, 0.025  # seconds


def rms_similarity(guess: Tensor, target: Tensor, sample_rate: int) -> Tensor:
    r"""Return the cosine of the angle between two sounds' envelopes, blind to level.

    .. math:: \frac{r_g \cdot r_t}{|r_g| |r_t|}, \quad r = \sqrt{\mathrm{mean}\, x^2}

    over frames of 50 ms, one each 25 ms. Hayes, Saitis and Fazekas, ISMIR 2025,
    https://arxiv.org/abs/2506.07199, as their evaluation script computes it.

    Args:
        guess: Sound of the guess. Shape ``[N]``.
        target: Sound of the target. Shape ``[N]``.
        sample_rate: Audio rate in hertz.

    Returns:
        Similarity in [0, 1], 1 for envelopes of one form, 0 where either is silent; float64.

    Example:
        >>> sound = torch.sin(torch.arange(4000) * 0.1)
        >>> round(rms_similarity(0.5 * sound, sound, 16000).item(), 6)
        1.0
    """
    ours, theirs = (_envelope(audio, sample_rate) for audio in (guess, target))
    product = (ours @ ours).sqrt() * (theirs @ theirs).sqrt()
    found = ours @ theirs / torch.where(product > 0, product, torch.ones_like(product))
    return found.clamp(max=1)


def _envelope(audio: Tensor, sample_rate: int) -> Tensor:
    size = samples(_WINDOW, sample_rate)
    padded = torch.nn.functional.pad(audio.double(), (size // 2, size // 2))
    return padded.unfold(0, size, samples(_HOP, sample_rate)).square().mean(1).sqrt()
