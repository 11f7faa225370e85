"""The pitch that a sound is heard at, where it has one."""

import torch
from torch import Tensor

from synth_datamodule import checks

LOWEST, HIGHEST = 27.5, 4186.0
"""Pitches that are looked for, in hertz: those of a piano."""

_CLEAR = 0.15  # of the difference: as clearly periodic as de Cheveigné and Kawahara ask for (0.1)
_FRAMES = 12  # looked at in a sound: the loudest of all
_SECONDS = 0.0925  # of a frame: 2.5 periods of the lowest pitch


def pitch(audio: Tensor, sample_rate: int) -> Tensor:
    r"""Return the pitch of sounds, the median over their loudest frames.

    .. math:: d'(\tau) = d(\tau) \tau / \sum_{j=1}^{\tau} d(j), \quad
        d(\tau) = \sum_t (x_t - x_{t+\tau})^2

    A frame's period is the first dip of d' below 0.15. A sound has a pitch where half of its
    loudest 12 frames have one.

    De Cheveigné and Kawahara, "YIN, a fundamental frequency estimator for speech and music", JASA
    111 (2002), steps 1 to 5.

    Args:
        audio: Sounds in [-1, 1]. Shape ``[B, N]``.
        sample_rate: Sample rate in hertz.

    Returns:
        Pitch in hertz; NaN for a sound without. Shape ``[B]``.

    Raises:
        TypeError: If ``audio`` is not a float tensor.
        ValueError: If it is not ``[B, N]``.

    Example:
        >>> time = torch.arange(16000) / 16000
        >>> round(pitch(torch.sin(2 * torch.pi * 440 * time)[None], 16000).item())
        440
    """
    checks.float_tensor("audio", audio, "[B, N]", (None, None))
    size = int(_SECONDS * sample_rate)
    if audio.shape[1] < size:
        audio = torch.nn.functional.pad(audio, (0, size - audio.shape[1]))
    frames = audio.float().unfold(1, size, size // 2)
    loudness = frames.square().sum(-1)
    loudest = loudness.topk(min(_FRAMES, loudness.shape[1]), dim=1).indices
    chosen = frames.gather(1, loudest[..., None].expand(-1, -1, size))
    found = _of_frames(chosen, sample_rate)
    clear = found.isfinite()
    enough = clear.sum(1) * 2 >= found.shape[1]
    middle = found.nanmedian(1).values
    return torch.where(enough, middle, torch.full_like(middle, torch.nan))


def _of_frames(frames: Tensor, sample_rate: int) -> Tensor:
    """Return the pitch of frames ``[B, K, W]``, NaN where there is none. Shape ``[B, K]``."""
    size = frames.shape[-1]
    longest = min(int(sample_rate / LOWEST) + 2, size // 2)
    shortest = max(int(sample_rate / HIGHEST), 2)
    window = size - longest
    spectrum = torch.fft.rfft(frames, 2 * size)
    head = torch.fft.rfft(frames[..., :window], 2 * size)
    product = torch.fft.irfft(spectrum * head.conj(), 2 * size)[..., :longest]
    power = torch.nn.functional.pad(frames.double().square().cumsum(-1), (1, 0))
    energy = power[..., window : window + longest] - power[..., :longest]
    difference = (energy[..., :1] + energy - 2 * product.double()).clamp(min=0)
    lags = torch.arange(1, longest, dtype=torch.float64, device=frames.device)
    total = difference[..., 1:].cumsum(-1)
    # Silence has no period: its difference is 0 at every lag.
    mean = difference[..., 1:] * lags / total.clamp(min=1e-12)
    mean = torch.where(total > 1e-9, mean, torch.ones_like(mean))
    inner = mean[..., 1:-1]
    dips = (inner < _CLEAR) & (inner <= mean[..., :-2]) & (inner <= mean[..., 2:])
    dips[..., : shortest - 2] = False
    first = dips.to(torch.uint8).argmax(-1, keepdim=True)
    left, here, right = (mean.gather(-1, first + place)[..., 0] for place in range(3))
    bend = left - 2 * here + right
    shift = torch.where(bend > 0, (left - right) / (2 * bend.clamp(min=1e-12)), bend * 0)
    found = sample_rate / (first[..., 0] + 2 + shift.clamp(-1, 1))
    return torch.where(dips.any(-1), found, torch.full_like(found, torch.nan)).to(torch.float64)
