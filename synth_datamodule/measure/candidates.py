"""Candidates to be timed: calls that make a batch, its audio, parameters and labels."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.corpus.splits import is_train
from synth_datamodule.modules import Noise
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth, find_synth

MakeBatch = Callable[[int], tuple[Tensor, Tensor, Tensor]]
"""From a batch index to audio ``[B, N]``, parameters ``[B, P]`` and is_train ``[B]``."""

Candidate = Callable[[SynthRecipe, int, torch.device], MakeBatch]
"""From a recipe, a batch size and a device to the call that is timed."""

_KINDS = {
    "fused": ("fused", torch.float64),
    "reference": ("reference", torch.float64),
    "reference-float32": ("reference", torch.float32),
    "compiled": ("reference", torch.float64),
    "compiled-float32": ("reference", torch.float32),
}

BACKENDS = tuple(_KINDS)
"""Names of candidates; ``compiled`` is ``torch.compile`` of the reference's ``render``."""


def candidate(name: str) -> Candidate:
    """Return a candidate of a recipe's synth.

    Args:
        name: One of ``BACKENDS``.

    Example:
        >>> recipe = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.1)
        >>> make_batch = candidate("reference")(recipe, 2, torch.device("cpu"))
        >>> audio, parameters, train = make_batch(0)
        >>> audio.shape, parameters.shape, train.shape
        (torch.Size([2, 800]), torch.Size([2, 78]), torch.Size([2]))
    """

    def make(recipe: SynthRecipe, batch_size: int, device: torch.device) -> MakeBatch:
        backend, dtype = _KINDS[name]
        config = recipe.config(batch_size=batch_size)
        kind = find_synth(recipe.synth)
        synth = kind(config, recipe.nebula, backend, dtype, recipe.pinned).to(device)
        return _compiled(synth) if name.startswith("compiled") else synth

    return make


def candidates(names: tuple[str, ...], recipe: SynthRecipe) -> dict[str, Candidate]:
    """Return candidates by name, once they are known to exist.

    Args:
        names: Some of ``BACKENDS``, or ``"auto"``, which stands for the synth's own choice.
        recipe: Synth that is to be timed.

    Raises:
        TypeError: If the recipe's path leads to no synth.
        ValueError: If the synth cannot be made, or has no such backend.

    Example:
        >>> list(candidates(("auto", "reference"), SynthRecipe()))
        ['fused', 'reference']
    """
    synth = replace(recipe, backend="auto").make()
    chosen = [synth.backend if name == "auto" else name for name in names]
    known = [name for name in BACKENDS if _KINDS[name][0] in synth.backends]
    for name in chosen:
        if name not in known:
            raise ValueError(
                f"backends of {type(synth).__name__} must be among {', '.join(known)}, got {name!r}"
            )
    return {name: candidate(name) for name in chosen}


def _compiled(synth: AbstractSynth) -> MakeBatch:
    for part in synth.modules():
        if isinstance(part, Noise):
            part.table(synth.device)  # made by numpy, once: nothing to compile
    render, size = torch.compile(synth.render), synth.synthconfig.batch_size

    def make_batch(batch_idx: int) -> tuple[Tensor, Tensor, Tensor]:
        start = batch_idx * size
        numbers = torch.arange(start, start + size, device=synth.device)
        parameters = synth.draw(numbers)
        return render(parameters, noise_rows(numbers)), parameters, is_train(numbers)

    return make_batch
