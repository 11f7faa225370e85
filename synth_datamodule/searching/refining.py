"""refine: from recordings to parameters, by retrieval, breeding and descent, within a budget."""

from typing import NamedTuple

import torch
from torch import Tensor

from synth_datamodule import checks
from synth_datamodule.patching.synth import AbstractSynth
from synth_datamodule.searching.breeding import children
from synth_datamodule.searching.coordinates import Coordinates
from synth_datamodule.searching.descent import descend
from synth_datamodule.searching.ear import Ear
from synth_datamodule.searching.index import Index
from synth_datamodule.searching.notes import note_chances
from synth_datamodule.searching.semitones import Semitones
from synth_datamodule.searching.threads import each_on_one_thread
from synth_datamodule.voice import Voice

GRADIENT_RENDERS = 3
"""Renders that one render with its gradient counts as."""

LEAST_RENDERS, MOST_RENDERS = 1, 2**20

_CHUNK = 16  # candidates rendered at once


class Shares(NamedTuple):
    """What a budget of renders is spent on.

    Args:
        retrieved: Sounds of an index that are rendered, of each 400 renders.
        descent: Share of the renders that the descent takes.
        brood: Children bred at a time; 0 breeds none.
        parents: Candidates that are bred from.
    """

    retrieved: int = 32
    descent: float = 0.4
    brood: int = 16
    parents: int = 8


class Refined(NamedTuple):
    """What was found for each target.

    Args:
        parameters: Parameters in [0, 1], float32. Shape ``[B, P]``.
        distances: How far each sounds from its target; ``Ear`` says in what. Shape ``[B]``.
        renders: Renders taken for each, one with its gradient counted as 3, int64. Shape ``[B]``.
    """

    parameters: Tensor
    distances: Tensor
    renders: Tensor


def refine(
    voice: Voice,
    audio: Tensor,
    noise_rows: Tensor | None,
    starts: Index | Tensor,
    *,
    renders: int = 400,
    seed: int = 0,
    shares: Shares = Shares(),  # noqa: B008  # a NamedTuple
) -> Refined:
    """Return parameters that sound like targets, found with the renderer in the loop.

    The sounds of an index nearest to a target are rendered, transposed to where they are nearest;
    the best are bred: children take groups of parameters from two of them, and are moved to notes
    of the target's and by chance (``breeding``); the best of all goes down the slope
    (``descent``). The distance throughout is ``Ear``'s. Each target has a generator of its own, of
    the same seed, so what is found does not depend on the other targets.

    Args:
        voice: Voice that renders, made with ``no_grad=False``.
        audio: Targets in [-1, 1]. Shape ``[B, N]``.
        noise_rows: Row of the noise table that each is rendered over; None is row 0 for all. Shape
            ``[B]``.
        starts: Index to start from, or parameters to start from, K for each target, in [0, 1].
            Shape ``[B, K, P]``.
        renders: Most renders of a target, one with its gradient counted as 3.
        seed: Seed of what is left to chance.
        shares: What the renders are spent on.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If the voice has no gradient or another patch, a shape differs, or a number is
            out of range.

    Example:
        >>> from synth_datamodule import SynthConfig, Voice
        >>> from synth_datamodule.searching import index_of, refine
        >>> voice = Voice(SynthConfig(buffer_size_seconds=0.5, no_grad=False))
        >>> with torch.no_grad():
        ...     index = index_of([voice.render_sounds(range(32))], voice.sample_rate)
        ...     heard = voice.render_sounds([100])
        >>> found = refine(voice, heard.audio, heard.index % 32, index, renders=60)
        >>> found.parameters.shape, found.renders
        (torch.Size([1, 78]), tensor([60]))
    """
    _check_voice(voice)
    checks.float_tensor("audio", audio, "[B, N]", (None, voice.synthconfig.buffer_size))
    checks.within("audio", audio, always=True)
    renders = checks.whole_number("renders", renders, LEAST_RENDERS, MOST_RENDERS)
    seed = checks.whole_number("seed", seed, 0, 2**32 - 1)
    checks.instance("shares", shares, Shares)
    rows = _rows(noise_rows, audio)
    if isinstance(starts, Index):
        if starts.sample_rate != voice.sample_rate:
            raise ValueError(
                f"starts must be an index at the voice's {voice.sample_rate} Hz, got one at "
                f"{starts.sample_rate} Hz"
            )
    else:
        sizes = (len(audio), None, len(voice.parameter_table))
        checks.float_tensor("starts", starts, "[B, K, P]", sizes)
        checks.normalized("starts", starts, always=True)
    search = _Search(voice, audio.device, renders, seed, shares)

    def found(place: int) -> tuple[Tensor, Tensor, int]:
        start = starts if isinstance(starts, Index) else starts[place]
        return search(audio[place].detach(), rows[place], start)

    made = each_on_one_thread(found, len(audio))
    parameters, distances, counts = zip(*made, strict=True)
    return Refined(
        torch.stack(parameters),
        torch.stack(distances),
        torch.tensor(counts, dtype=torch.int64, device="cpu"),
    )


class _Search:
    """The search for one target after another."""

    def __init__(
        self, voice: Voice, device: torch.device, renders: int, seed: int, shares: Shares
    ) -> None:
        self.voice, self.renders, self.seed, self.shares = voice, renders, seed, shares
        self.ear = Ear(voice.sample_rate).to(device)
        self.semitones = Semitones(voice.sample_rate).to(device)
        self.coordinates = Coordinates(voice.parameter_table)

    def __call__(
        self, audio: Tensor, row: Tensor, starts: Index | Tensor
    ) -> tuple[Tensor, Tensor, int]:
        target, taken = self.ear.target(audio), 0

        def heard(parameters: Tensor) -> Tensor:
            nonlocal taken
            taken += len(parameters) * (GRADIENT_RENDERS if parameters.requires_grad else 1)
            made = [
                self.ear(self.voice.render(part, row.expand(len(part))), target)
                for part in parameters.split(_CHUNK)
            ]
            return torch.cat(made)

        shares = self.shares
        num_steps = int(shares.descent * self.renders) // GRADIENT_RENDERS
        left = self.renders - num_steps * GRADIENT_RENDERS
        with torch.no_grad():
            first = self._starts(audio, starts, max(min(left, shares.retrieved), 1))
            first = first[:left]
            pool, distances = _best(first, heard(first), shares.parents)
            notes = note_chances(self.semitones(audio[None])[0])
            generator = torch.Generator("cpu").manual_seed(self.seed)
            while shares.brood and taken < left and distances[0] > 0:
                count = min(shares.brood, left - taken)
                one, other, third = (
                    torch.randint(
                        len(pool), (count,), generator=generator, dtype=torch.int64, device="cpu"
                    ).to(audio.device)
                    for _ in range(3)
                )
                # The better of two is the one that most is taken of.
                parents = pool[torch.minimum(one, other)], pool[third]
                born = children(*parents, self.coordinates, notes, generator)
                pool, distances = _best(
                    torch.cat((pool, born)),
                    torch.cat((distances, heard(born))),
                    shares.parents,
                )
        best, least = pool[0], distances[0]
        if num_steps and least > 0:
            table = self.voice.parameter_table
            down, lowest = descend(heard, best[None], table, num_steps)
            if lowest[0] < least:
                best, least = down[0], lowest[0]
        return best, least, taken

    def _starts(self, audio: Tensor, starts: Index | Tensor, count: int) -> Tensor:
        if isinstance(starts, Tensor):
            return self.voice.parameter_table.pin(starts.detach().float().clamp(0, 1))
        near = starts.nearest(audio, min(count, len(starts.parameters)))
        pitches = self.coordinates.pitches(near.parameters) + near.shifts[:, None]
        moved = self.coordinates.at_pitches(near.parameters, pitches)
        # What is not transposed stays as it is to the bit: a sound of the index is found exactly.
        return torch.where(near.shifts[:, None] == 0, near.parameters, moved)


def _best(parameters: Tensor, distances: Tensor, count: int) -> tuple[Tensor, Tensor]:
    order = distances.argsort(stable=True)[:count]
    return parameters[order], distances[order]


def _rows(noise_rows: Tensor | None, audio: Tensor) -> Tensor:
    if noise_rows is None:
        return torch.zeros(len(audio), dtype=torch.int64, device=audio.device)
    rule = f"noise_rows must be an int64 tensor [B] of sizes [{len(audio)}]"
    if checks.integer_tensor(rule, noise_rows).shape != audio.shape[:1]:
        raise ValueError(f"{rule}, got shape {list(noise_rows.shape)}")
    return noise_rows.to(audio.device)


def _check_voice(voice: Voice) -> None:
    checks.instance("voice", voice, AbstractSynth)
    if not isinstance(voice, Voice) or type(voice).output is not Voice.output:
        raise ValueError(
            f"voice must be a Voice with its own patch, got {type(voice).__name__}: the search "
            "knows what the Voice's parameters do"
        )
    if voice.synthconfig.no_grad:
        raise ValueError("voice must have a gradient: make it with SynthConfig(no_grad=False)")
