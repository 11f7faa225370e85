"""Distance of audio from its definition: the float64 reference on a CPU."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.patching.recipe import SynthRecipe


@dataclass(frozen=True)
class Distance:
    """Distances of sounds: of each sound, the largest difference from its definition."""

    median: float
    percentile_99: float
    worst: float
    num_sounds: int


def definition(recipe: SynthRecipe, num_sounds: int) -> Tensor:
    """Return the first sounds as the reference computes them in float64. Shape ``[B, N]``."""
    synth = replace(recipe, backend="reference").make()
    numbers = torch.arange(num_sounds, dtype=torch.int64, device="cpu")
    return synth.synthesize(synth.draw(numbers), noise_rows(numbers))


def distance(audio: Tensor, defined: Tensor) -> Distance:
    """Compare sounds ``[B, N]`` with the definitions ``[b, N]`` of the first of them, on the CPU.

    NaN is no distance, and comes out as NaN. Fewer sounds than definitions, or sounds of another
    length, are a ValueError.
    """
    if len(audio) < len(defined) or audio.shape[1:] != defined.shape[1:]:
        raise ValueError(
            f"audio must hold the sounds that are defined, {list(defined.shape)}, got shape "
            f"{list(audio.shape)}"
        )
    furthest = (audio[: len(defined)].to("cpu", torch.float64) - defined).abs().amax(dim=1)
    shares = torch.tensor([0.5, 0.99, 1.0], dtype=torch.float64, device="cpu")
    median, percentile_99, worst = torch.quantile(furthest, shares).tolist()
    return Distance(median, percentile_99, worst, len(defined))
