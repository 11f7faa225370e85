"""From the nearest sounds to a nearer one: the search behind ``match`` and ``fit``."""

import torch
from torch import Tensor

from synth_datamodule.matching.inversion import invert, multi_resolution_stft
from synth_datamodule.patching.synth import AbstractSynth

NUM_NEAREST = 8
"""Nearest sounds that a search begins with."""

_STEP_COST = 3  # renders of a step of a descent, with its way back


def refined(
    voice: AbstractSynth, audio: Tensor, noise_rows: Tensor, starts: Tensor, renders: int, seed: int
) -> Tensor:
    """Return parameters in [0, 1] whose sounds are nearer than those of the starts, ``[B, P]``.

    Args:
        voice: Synth that renders, made with ``no_grad=False``.
        audio: Sounds in [-1, 1]. Shape ``[B, N]``.
        noise_rows: Row of noise of each. Shape ``[B]``.
        starts: Parameters to begin with, nearest first. Shape ``[B, K, P]``.
        renders: Renders that each sound may take, one with its gradient counted as three.
        seed: Seed of what is drawn.
    """
    loss = multi_resolution_stft((256, 1024, 4096))
    found = []
    for one, row, begun in zip(audio, noise_rows, starts, strict=True):
        with torch.no_grad():
            made = voice.render(begun, row.expand(len(begun)))
            first = int(loss(made, one.expand_as(made)).argmin())
        steps = (renders - len(begun)) // _STEP_COST
        best = begun[first : first + 1]
        if steps >= 1:
            descent = invert(
                voice,
                one[None],
                best,
                num_steps=steps,
                learning_rate=0.02,
                loss=loss,
                noise_rows=row[None],
                search=(),
            )
            best = descent.parameters
        found.append(best)
    return torch.cat(found)
