"""From the nearest sounds to a nearer one: the search behind ``match`` and ``fit``."""

import torch
from torch import Tensor

from synth_datamodule.matching.inversion import invert
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.recordings.closeness import Closeness, Spectra
from synth_datamodule.recordings.evolution import evolve

NUM_NEAREST = 16
"""Nearest sounds that a search begins with."""

_STEP_COST = 3  # renders of a step of a descent, with its way back
_EVOLVED = 0.6  # share of the renders before the descent
_LEARNING_RATE = 0.01
_AT_A_TIME = 4  # guesses: the spectra of more fall out of the cache


def refined(
    voice: AbstractSynth, audio: Tensor, noise_row: int, starts: Tensor, renders: int, seed: int
) -> Tensor:
    """Return parameters in [0, 1] whose sound is nearer than those of the starts, ``[P]``.

    A population is crossed and moved, then its best goes down the gradient.

    Args:
        voice: Synth that renders, made with ``no_grad=False``.
        audio: Sound to come near to, in [-1, 1]. Shape ``[N]``.
        noise_row: Row of noise that guesses are rendered over.
        starts: Parameters to begin with, nearest first. Shape ``[K, P]``.
        renders: Renders that may be made, one with its gradient counted as three.
        seed: Seed of what is drawn.
    """
    row = torch.full((1,), noise_row, dtype=torch.int64, device="cpu")
    closeness = Closeness(voice.sample_rate)
    with torch.no_grad():
        target = closeness.spectra(audio[None])

    def off(parameters: Tensor) -> Tensor:
        with torch.no_grad():
            return torch.cat(
                [
                    _off(closeness, voice.render(few, row.expand(len(few))), target)
                    for few in torch.split(parameters, _AT_A_TIME)
                ]
            )

    generator = torch.Generator("cpu").manual_seed(seed)
    table = voice.parameter_table
    evolved = max(round(_EVOLVED * renders), min(renders, len(starts)))
    best, lowest = evolve(table, starts, off, evolved, generator)
    # The render before the first step of a descent has a gradient too.
    steps = (renders - evolved) // _STEP_COST - 1
    if steps >= 1:
        descent = invert(
            voice,
            audio[None],
            best[None],
            num_steps=steps,
            learning_rate=_LEARNING_RATE,
            loss=lambda guess, _: _off(closeness, guess, target),
            noise_rows=row,
            search=(),
        )
        if bool(descent.losses.min() < lowest):
            best = descent.parameters[0]
    return table.pin(best)


def _off(closeness: Closeness, guess: Tensor, target: Spectra) -> Tensor:
    found: Tensor = closeness(closeness.spectra(guess), target)
    return found
