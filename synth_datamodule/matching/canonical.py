"""Learning what can be heard of parameters: their canonical form, inert ones left out."""

from typing import NamedTuple

import torch
from torch import Tensor

from synth_datamodule.batch import SynthBatch
from synth_datamodule.matching.model import SoundMatcher
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.voice import Voice


class CanonicalTargets(NamedTuple):
    """What a network can learn of sounds' parameters.

    Args:
        parameters: Canonical form of the parameters, in [0, 1], float32. Shape ``[B, P]``.
        heard: Whether each parameter moves anything in its sound, bool. Shape ``[B, P]``.
    """

    parameters: Tensor
    heard: Tensor


def canonical_targets(synth: AbstractSynth, parameters: Tensor) -> CanonicalTargets:
    """Return the canonical form of parameters, and which of them a sound tells anything of.

    Args:
        synth: Synth that renders the sounds; of another patch than the Voice's every free parameter
            counts as heard.
        parameters: Numbers in [0, 1]. Shape ``[B, P]``.

    Raises:
        TypeError: If ``parameters`` is no float tensor.
        ValueError: If the shape differs, or (on the CPU) a number is out of range.

    Example:
        >>> voice = Voice()
        >>> targets = canonical_targets(voice, voice.draw([1]))
        >>> (~targets.heard).sum()
        tensor(4)
    """
    canonical = synth.canonical(parameters).detach()
    if isinstance(synth, Voice) and type(synth).output is Voice.output:
        return CanonicalTargets(canonical.float(), ~synth.inert(canonical))
    heard = torch.ones_like(canonical, dtype=torch.bool)
    heard[:, [synth.parameter_table.column(name) for name in synth.parameter_table.pinned]] = False
    return CanonicalTargets(canonical.float(), heard)


def heard_error(guess: Tensor, targets: CanonicalTargets) -> Tensor:
    """Return the mean absolute error of those parameters that are heard.

    ``sum m |g - t| / sum m``, m 1 where a parameter is heard and 0 where it is inert.

    Args:
        guess: Guesses in [0, 1]. Shape ``[B, P]``.
        targets: Targets of the same sounds.

    Returns:
        One number in [0, 1]; 0 where nothing is heard.

    Example:
        >>> targets = CanonicalTargets(torch.tensor([[0.5, 0.5]]), torch.tensor([[True, False]]))
        >>> heard_error(torch.tensor([[0.75, 0.0]]), targets)
        tensor(0.2500)
    """
    heard = targets.heard.to(guess.dtype)
    error = (guess - targets.parameters).abs() * heard
    return error.sum() / heard.sum().clamp(min=1)


class CanonicalMatcher(SoundMatcher):
    """SoundMatcher that learns the canonical form of parameters, of those that are heard.

    A regressor of parameters must go to the middle of all that sound the same; of a canonical form
    there is one.

    Example:
        >>> CanonicalMatcher(sample_rate=16000)(torch.zeros(2, 16000)).shape
        torch.Size([2, 78])
    """

    def loss(self, guess: Tensor, batch: SynthBatch) -> Tensor:
        """Return the mean absolute error of the canonical parameters that are heard."""
        return heard_error(guess, canonical_targets(self.data.voice, batch.parameters))
