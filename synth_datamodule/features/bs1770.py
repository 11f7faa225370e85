"""Loudness as broadcasting measures it, by ITU-R BS.1770: K-weighted, in blocks, gated."""

import functools
import math

import numpy as np
import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.config import MOST_SAMPLES
from synth_datamodule.features.base import in_full
from synth_datamodule.numerics.ambient import torchs_own_defaults
from synth_datamodule.numerics.sums import pairwise_sum

LEAST_RATE = 4000
"""Least sample rate in hertz: K-weighting has its shelf at 1.7 kHz, which must be below half."""

_OFFSET = 10**-0.0691  # of the recommendation: -0.691 dB, so that a full sine of 997 Hz is -3.01
_GATE = 10**-7.0  # absolute: -70 LUFS
_BELOW = 0.1  # relative: 10 LU below the blocks that pass the first
_HOPS = 4  # of 100 ms in a block of 400 ms


def integrated_loudness(audio: Tensor, sample_rate: int) -> Tensor:
    r"""Return the integrated loudness of sounds, by ITU-R BS.1770-5 for one channel.

    .. math:: L = -0.691 + 10 \log_{10} \overline{z_j}

    z_j is the mean square of the K-weighted sound in block j of 400 ms, one every 100 ms. The mean
    goes over the blocks above -70 LUFS, and of these over those at most 10 LU below their mean. A
    sound shorter than a block is one block. A sound's bits do not depend on its batch.

    Args:
        audio: Sounds in [-1, 1]. Shape ``[B, N]``.
        sample_rate: Sample rate in hertz, at least 4000.

    Returns:
        Loudness in LUFS; minus infinity for a sound without a block above -70. Shape ``[B]``.

    Raises:
        TypeError: If ``audio`` is not a float tensor, or the rate not an integer.
        ValueError: If ``audio`` is not ``[B, N]``, or the rate is below 4000.

    Example:
        >>> time = torch.arange(48000) / 48000
        >>> integrated_loudness(torch.sin(2 * torch.pi * 997 * time)[None], 48000)
        tensor([-3.01...])
    """
    checks.float_tensor("audio", audio, "[B, N]", (None, None))
    checks.whole_number("sample_rate", sample_rate, LEAST_RATE, MOST_SAMPLES)
    power = gated_power(in_full(audio), sample_rate)
    return (10 * torch.log10(power)).to(audio.dtype)


def gated_power(audio: Tensor, sample_rate: int) -> Tensor:
    """Return the power that integrated loudness is the level of, 0 where no block is loud enough.

    Args:
        audio: Sounds, float32 or float64. Shape ``[B, N]``.
        sample_rate: Sample rate in hertz.

    Returns:
        Power; 10 log10 of it is the loudness in LUFS. Shape ``[B]``.
    """
    hop = round(sample_rate / 10)
    with torch.autocast(audio.device.type, enabled=False):
        squares = _weighted(audio, sample_rate).square()
    whole = squares.shape[-1] // hop
    if whole < _HOPS:
        blocks = pairwise_sum(squares)[:, None] / squares.shape[-1]
    else:
        hops = pairwise_sum(squares[:, : whole * hop].reshape(len(squares), whole, hop))
        blocks = pairwise_sum(hops.unfold(-1, _HOPS, 1)) / (_HOPS * hop)
    blocks = blocks * _OFFSET
    loud = blocks > _GATE
    kept = loud & (blocks > _BELOW * _mean_of(blocks, loud)[:, None])
    return _mean_of(blocks, kept)


def _mean_of(blocks: Tensor, kept: Tensor) -> Tensor:
    """Mean of the kept blocks of each sound; 0 where there is none."""
    total = pairwise_sum(torch.where(kept, blocks, 0.0))
    return total / kept.sum(-1).clamp(min=1)


def _weighted(audio: Tensor, sample_rate: int) -> Tensor:
    """Audio after the K-weighting filter, which starts from rest."""
    num_samples = audio.shape[-1]
    # Its response to a sample is below 1e-10 after 100 ms, so that what comes round is nothing.
    length = _fast_length(num_samples + round(sample_rate / 10))
    response = _response(sample_rate, length, audio.dtype, audio.device)
    # One by one: torch's transform of a sound rounds otherwise among others than alone.
    filtered = [
        torch.fft.irfft(torch.fft.rfft(sound, length) * response, length)[:, :num_samples]
        for sound in torch.split(audio, 1)
    ]
    return torch.cat(filtered)


def _fast_length(least: int) -> int:
    """A length of small prime factors, at most a quarter above the least."""
    shift = max(least.bit_length() - 4, 0)
    return next(size << shift for size in (8, 9, 10, 12, 15, 16) if size << shift >= least)


@functools.lru_cache(maxsize=8)
def _response(sample_rate: int, length: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The filter's frequency response, as ``torch.fft.rfft`` has its frequencies."""
    steps = np.exp(-2j * np.pi * np.arange(length // 2 + 1) / length)
    response = np.ones(len(steps), np.complex128)
    for above, below in k_weighting(sample_rate):
        response *= np.polyval(above[::-1], steps) / np.polyval(below[::-1], steps)
    with torch.inference_mode(False), torchs_own_defaults():
        return torch.from_numpy(response).to(device, dtype.to_complex())


def k_weighting(sample_rate: int) -> tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]:
    """Return the two filters of K-weighting at a sample rate: a head's shelf, and a high-pass.

    The recommendation has numbers for 48 kHz alone; these are its analogue filters, which give its
    numbers there. De Man, "Evaluation of Implementations of the EBU R128 Loudness Measurement",
    AES 145, 2018.

    Args:
        sample_rate: Sample rate in hertz.

    Returns:
        Numerator and denominator of each in powers of 1/z, from the 0th.

    Example:
        >>> [round(number, 11) for number in k_weighting(48000)[0][0]]
        [1.53512485959, -2.69169618941, 1.19839281085]
    """
    gain, power, quality = 3.999843853973347, 0.4996667741545416, 0.7071752369554196
    step = math.tan(math.pi * 1681.974450955533 / sample_rate)
    high = 10 ** (gain / 20)
    band = high**power
    shelf = (
        (high + band * step / quality + step**2, 2 * (step**2 - high)),
        (1 + step / quality + step**2, 2 * (step**2 - 1)),
    )
    ends = high - band * step / quality + step**2, 1 - step / quality + step**2
    head = tuple(
        tuple(part / shelf[1][0] for part in (*two, last))
        for two, last in zip(shelf, ends, strict=True)
    )
    step, quality = math.tan(math.pi * 38.13547087602444 / sample_rate), 0.5003270373238773
    first = 1 + step / quality + step**2
    below = 1.0, 2 * (step**2 - 1) / first, (1 - step / quality + step**2) / first
    return (head[0], head[1]), ((1.0, -2.0, 1.0), below)
