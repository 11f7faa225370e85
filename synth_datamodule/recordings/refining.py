"""From the nearest sounds to a nearer one: the search behind ``match`` and ``fit``."""

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor

from synth_datamodule.matching.inversion import invert
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.searching import refine
from synth_datamodule.voice import Voice

NUM_NEAREST = 32
"""Nearest sounds that a search begins with."""

_STEP_COST = 3  # renders of a step of a descent, with its way back


def refined(
    voice: AbstractSynth, audio: Tensor, noise_row: int, starts: Tensor, renders: int, seed: int
) -> Tensor:
    """Return parameters in [0, 1] whose sound is nearer than those of the starts, ``[P]``.

    For the Voice that is ``searching.refine``, which knows what its parameters do; another synth
    goes down the slope from the first start.

    Args:
        voice: Synth that renders, made with ``no_grad=False``.
        audio: Sound to come near to, in [-1, 1]. Shape ``[N]``.
        noise_row: Row of noise that guesses are rendered over.
        starts: Parameters to begin with, nearest first. Shape ``[K, P]``.
        renders: Renders that may be made, one with its gradient counted as three.
        seed: Seed of what is drawn.
    """
    rows = torch.full((1,), noise_row, dtype=torch.int64, device="cpu")
    if isinstance(voice, Voice) and type(voice).output is Voice.output:
        begun = starts[None, :renders]
        return refine(voice, audio[None], rows, begun, renders=renders, seed=seed).parameters[0]
    # The render before the first step has its gradient too.
    steps = renders // _STEP_COST - 1
    if steps < 1:
        return starts[0]
    descent = invert(voice, audio[None], starts[:1], num_steps=steps, noise_rows=rows, search=())
    return descent.parameters[0]


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let torch have one thread: several wait for each other over what is as small as a sound.

    On two cores that had other work a step of a search took 220 ms so, and 2,140 with two threads.
    """
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(num_threads)
