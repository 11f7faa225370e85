"""The four metrics that papers on sound matching report, of many pairs."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from synth_datamodule import checks
from synth_datamodule.config import MOST_SAMPLES
from synth_datamodule.metrics.mss import MSS
from synth_datamodule.metrics.rms import rms_similarity
from synth_datamodule.metrics.sot import SpectralTransport
from synth_datamodule.metrics.wmfcc import WarpedMFCC
from synth_datamodule.numerics.cores import a_sound_on_each_core

_LEAST_RATE = 1000  # a window of 10 ms has some samples


class SoundDistances(NamedTuple):
    """How guesses sound beside their targets, float64 ``[B]`` each, on the CPU.

    Args:
        mss: Multi-scale spectral distance in decibels, blind to level.
        wmfcc: Distance of cepstra, warped in time.
        sot: Spectral optimal transport, a share of half the sample rate.
        rms: Similarity of the envelopes, 1 where they have one form.
    """

    mss: Tensor
    wmfcc: Tensor
    sot: Tensor
    rms: Tensor


class SoundMetrics(nn.Module):
    """MSS, wMFCC, SOT and RMS, as the evaluation of Hayes, Saitis and Fazekas has them.

    Each from its formula, pair by pair: a pair's figures do not depend on the others.
    ISMIR 2025, https://arxiv.org/abs/2506.07199; its ``scripts/compute_audio_metrics.py``.

    Args:
        sample_rate: Audio rate in hertz, at least 1000.

    Raises:
        TypeError: If ``sample_rate`` is no integer.
        ValueError: If it is out of range.

    Example:
        >>> sound = torch.sin(torch.arange(16000) * 0.1)[None]
        >>> [round(value.item(), 3) for value in SoundMetrics(16000)(sound, sound)]
        [0.0, 0.0, 0.0, 1.0]
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        checks.whole_number("sample_rate", sample_rate, _LEAST_RATE, MOST_SAMPLES)
        self.sample_rate = sample_rate
        self.mss = MSS(sample_rate)
        self.wmfcc = WarpedMFCC(sample_rate)
        self.sot = SpectralTransport(sample_rate)

    def forward(self, guess: Tensor, target: Tensor) -> SoundDistances:
        """Return the figures of each guess beside its target.

        Args:
            guess: Sounds of the guesses in [-1, 1]. Shape ``[B, N]``.
            target: Sounds of the targets. Shape ``[B, N]``.

        Raises:
            TypeError: If either is no float tensor.
            ValueError: If either is not ``[B, N]``, or they have different shapes or no samples.
        """
        checks.float_tensor("target", target, "[B, N]", (None, None))
        checks.float_tensor("guess", guess, "[B, N]", tuple(target.shape))
        ours, theirs = guess.detach().float(), target.detach().float()
        with a_sound_on_each_core() as over:
            rows = over(lambda place: self.pair(ours[place], theirs[place]), len(theirs))
        found = torch.tensor(rows, dtype=torch.float64, device="cpu").reshape(-1, 4)
        return SoundDistances(*found.unbind(1))

    def pair(self, guess: Tensor, target: Tensor) -> tuple[float, float, float, float]:
        """Return MSS, wMFCC, SOT and RMS of one guess and its target, audio ``[N]``, unchecked."""
        # A thread of its own has its own autocast.
        with torch.no_grad(), torch.autocast(target.device.type, enabled=False):
            return (
                self.mss(guess, target).item(),
                self.wmfcc(guess, target),
                self.sot(guess, target).item(),
                rms_similarity(guess, target, self.sample_rate).item(),
            )
