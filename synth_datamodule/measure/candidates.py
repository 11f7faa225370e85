"""Candidates to be timed: calls that make a batch, its audio, parameters and labels."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.corpus.draws import noise_rows
from synth_datamodule.corpus.splits import is_train
from synth_datamodule.modules import Noise
from synth_datamodule.patching.finding import find_synth
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.patching.synth import AbstractSynth

MakeBatch = Callable[[int], tuple[Tensor, Tensor, Tensor]]
"""From a batch index to audio ``[B, N]``, parameters ``[B, P]`` and is_train ``[B]``."""

Candidate = Callable[[SynthRecipe, int, torch.device], MakeBatch]
"""From a recipe, a batch size and a device to the call that is timed."""

_KINDS = {
    "fused": ("fused", torch.float64),
    "program": ("program", torch.float64),
    "reference": ("reference", torch.float64),
    "reference-float32": ("reference", torch.float32),
    "compiled": ("reference", torch.float64),
    "compiled-float32": ("reference", torch.float32),
}

BACKENDS = tuple(_KINDS)
"""Names of candidates; ``compiled`` is ``torch.compile`` of the reference's ``render``."""


def candidates(names: tuple[str, ...], recipe: SynthRecipe) -> dict[str, Candidate]:
    """Return candidates by name, once the recipe's synth is known to have them.

    The name ``"auto"`` stands for the synth's own choice.
    """
    synth = replace(recipe, backend="auto").make()
    chosen = [synth.backend if name == "auto" else name for name in names]
    known = [name for name in BACKENDS if _KINDS[name][0] in synth.backends]
    for name in chosen:
        if name not in known:
            raise ValueError(
                f"backends of {type(synth).__name__} must be among {', '.join(known)}, got "
                f"{checks.shown(name)}"
            )
    return {name: partial(make, name) for name in chosen}


def make(name: str, recipe: SynthRecipe, batch_size: int, device: torch.device) -> MakeBatch:
    """Make one of ``BACKENDS``."""
    backend, dtype = _KINDS[name]
    config = recipe.config(batch_size=batch_size)
    kind = find_synth(recipe.synth)
    synth = kind(config, recipe.nebula, backend, dtype, **recipe.parameter_settings()).to(device)
    return _compiled(synth) if name.startswith("compiled") else synth


def _compiled(synth: AbstractSynth) -> MakeBatch:
    for part in synth.modules():
        if isinstance(part, Noise):
            part.table(synth.device)  # made by numpy, once: nothing to compile
    render, size = torch.compile(synth.render), synth.synthconfig.batch_size

    def make_batch(batch_idx: int) -> tuple[Tensor, Tensor, Tensor]:
        start = batch_idx * size
        numbers = torch.arange(start, start + size, dtype=torch.int64, device=synth.device)
        parameters = synth.draw(numbers)
        return render(parameters, noise_rows(numbers)), parameters, is_train(numbers)

    return make_batch
