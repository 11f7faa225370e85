"""How far audio is from the definition: the float64 reference on a CPU."""

from dataclasses import dataclass

import torch
from torch import Tensor

from synth_datamodule.config import SynthConfig
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.voice import Voice


@dataclass(frozen=True)
class Distance:
    """Over sounds, each sound's largest difference from the definition.

    Args:
        median: Half of the sounds are nearer.
        percentile_99: 99 % of the sounds are nearer.
        worst: No sound is further.
        num_sounds: How many were compared.
    """

    median: float
    percentile_99: float
    worst: float
    num_sounds: int


def definition(config: SynthConfig, num_sounds: int) -> Tensor:
    """Return the first sounds as the reference computes them in float64. Shape ``[B, N]``.

    Args:
        config: Of the sounds.
        num_sounds: 0 to this, exclusive.

    Example:
        >>> definition(SynthConfig(sample_rate=8000, buffer_size_seconds=0.1), 2).dtype
        torch.float64
    """
    voice = Voice(config, backend="reference", dtype=torch.float64)
    numbers = torch.arange(num_sounds)
    return voice.synthesize(voice.draw(numbers), noise_rows(numbers))


def distance(audio: Tensor, defined: Tensor) -> Distance:
    """Compare sounds with their definition; NaN is no distance, and comes out as NaN.

    Args:
        audio: At least the sounds of ``defined``, in their order, on any device. Shape ``[B, N]``.
        defined: float64, on the CPU. Shape ``[b, N]``.

    Raises:
        ValueError: If there are fewer sounds, or they are of another length.

    Example:
        >>> distance(torch.tensor([[0.0, 0.5]]), torch.zeros(1, 2, dtype=torch.float64)).worst
        0.5
    """
    if len(audio) < len(defined) or audio.shape[1:] != defined.shape[1:]:
        raise ValueError(
            f"audio must hold the sounds that are defined, {list(defined.shape)}, got shape "
            f"{list(audio.shape)}"
        )
    heard = audio[: len(defined)].to("cpu", torch.float64)
    furthest = (heard - defined).abs().amax(dim=1)
    shares = torch.tensor([0.5, 0.99, 1.0], dtype=torch.float64)
    median, percentile_99, worst = torch.quantile(furthest, shares).tolist()
    return Distance(median, percentile_99, worst, len(defined))
