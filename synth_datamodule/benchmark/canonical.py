"""Errors of parameters without what no sound shows, beside those of the train median."""

import numpy as np
import torch
from torch import Tensor

from synth_datamodule.benchmark.heard import heard
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.corpus.splits import Split
from synth_datamodule.voice import Voice

MEDIAN_OF = 1024
"""Number of train sounds, the first, whose medians are told beside a guess's errors."""


def canonical_errors(voice: Voice, guess: Tensor, target: Tensor) -> dict[str, Tensor]:
    """Return absolute errors of guesses in the targets' canonical form, float64 ``[B, P]``.

    ``canonical_error``: of ``voice.aligned(guess, target)`` against ``voice.canonical(target)``.
    ``unmasked``: which of the target's parameters are not inert, 1 or 0.

    Args:
        voice: Voice whose parameters are told.
        guess: Guesses in [0, 1]. Shape ``[B, P]``.
        target: Targets in [0, 1]. Shape ``[B, P]``.
    """
    wanted = voice.canonical(target.double())
    return {
        "canonical_error": (voice.aligned(guess.double(), target.double()) - wanted).abs(),
        "unmasked": (~voice.inert(wanted)).double(),
    }


def over_sounds(errors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the errors of each sound, over all parameters and over those that are not inert.

    Args:
        errors: Errors as ``canonical_errors`` gives them.

    Example:
        >>> over_sounds({"canonical_error": torch.ones(1, 2), "unmasked": torch.ones(1, 2)})
        {'canonical_error': tensor([1.]), 'heard_parameter_error': tensor([1.])}
    """
    error, mask = errors["canonical_error"], errors["unmasked"]
    return {
        "canonical_error": error.mean(1),
        "heard_parameter_error": (error * mask).sum(1) / mask.sum(1).clamp(min=1),
    }


class Medians:
    """Medians over the first train sounds: what is guessed where nothing is heard.

    Args:
        parameters: Medians of the parameters in [0, 1]. Shape ``[P]``.
        canonical: Medians of their canonical form. Shape ``[P]``.
        gains: Medians of the three gains at each frame. Shape ``[3, C]``.
    """

    def __init__(self, parameters: Tensor, canonical: Tensor, gains: Tensor) -> None:
        self.parameters, self.canonical, self.gains = parameters, canonical, gains


def medians(voice: Voice, device: torch.device) -> Medians:
    """Return the medians over the first 1,024 train sounds of a Voice.

    Args:
        voice: Voice that renders.
        device: Device to render on.

    Example:
        >>> from synth_datamodule import SynthConfig
        >>> voice = Voice(SynthConfig(sample_rate=8000, buffer_size_seconds=0.5, control_rate=100))
        >>> medians(voice, torch.device("cpu")).gains.shape
        torch.Size([3, 50])
    """
    numbers = torch.from_numpy(np.asarray(Split.train.sounds(np.arange(MEDIAN_OF))))
    parameters = voice.draw(numbers).cpu()
    found = heard(voice, parameters, noise_rows(numbers), device)
    return Medians(
        parameters.double().median(0).values,
        voice.canonical(parameters.double()).median(0).values,
        found.gains.median(0).values,
    )
