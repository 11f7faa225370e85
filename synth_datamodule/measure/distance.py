"""Distance of audio from its definition: the float64 reference on a CPU."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.patching.recipe import SynthRecipe


@dataclass(frozen=True)
class Distance:
    """Distances of sounds: of each sound, the largest difference from its definition.

    Args:
        median: Median of the sounds' distances.
        percentile_99: Distance that 99 % of the sounds do not exceed.
        worst: Largest distance of a sound.
        num_sounds: Number of sounds that were compared.
    """

    median: float
    percentile_99: float
    worst: float
    num_sounds: int


def definition(recipe: SynthRecipe, num_sounds: int) -> Tensor:
    """Return the first sounds as the reference computes them in float64. Shape ``[B, N]``.

    Args:
        recipe: Synth that makes the sounds.
        num_sounds: Number of sounds, from sound 0 on.

    Example:
        >>> definition(SynthRecipe(sample_rate=8000, buffer_size_seconds=0.1), 2).dtype
        torch.float64
    """
    synth = replace(recipe, backend="reference").make()
    numbers = torch.arange(num_sounds)
    return synth.synthesize(synth.draw(numbers), noise_rows(numbers))


def distance(audio: Tensor, defined: Tensor) -> Distance:
    """Compare sounds with their definition; NaN is no distance, and comes out as NaN.

    Args:
        audio: Sounds on any device, those of ``defined`` first and in their order. Shape
            ``[B, N]``.
        defined: Definitions of ``b`` sounds, float64, on the CPU. Shape ``[b, N]``.

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
