"""The measurement: at each batch size, each candidate's speed, memory and distance."""

import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from synth_datamodule.measure.candidates import Candidate, MakeBatch
from synth_datamodule.measure.distance import Distance, definition, distance
from synth_datamodule.measure.machine import Machine, this_machine
from synth_datamodule.measure.memory import peak_bytes
from synth_datamodule.measure.timing import take_turns, timed
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.reporting import Advance, progress

_CALLS_BEFORE = 3
"""Calls of a candidate that no median counts: the first, the one for memory, a round to warm up."""


@dataclass(frozen=True)
class Row:
    """Time, memory and distance of a candidate at a batch size, as the JSON file holds them.

    ``seconds`` are those of a batch, the median of the rounds; ``realtime`` is seconds of sound per
    second. ``peak_bytes`` is None where the system does not tell, ``distance`` where the
    candidate's sounds are not the recipe's.
    """

    batch_size: int
    candidate: str
    seconds: float
    rounds: list[float]
    first_call: float
    sounds_per_second: float
    realtime: float
    output_bytes: int
    peak_bytes: int | None
    distance: Distance | None


@dataclass(frozen=True)
class Failure:
    """A candidate that does not run at a batch size, and its error in one line."""

    batch_size: int
    candidate: str
    reason: str


@dataclass(frozen=True)
class Measured:
    """All that was measured, by batch size, then candidate; on what, how, and further notes."""

    machine: Machine
    recipe: SynthRecipe
    num_rounds: int
    accuracy_sounds: int
    rows: list[Row | Failure]
    notes: tuple[str, ...] = ()


def measure(
    recipe: SynthRecipe,
    candidates: Mapping[str, Candidate],
    batch_sizes: Sequence[int],
    device: torch.device,
    *,
    num_rounds: int = 9,
    accuracy_sounds: int = 32,
    other_sounds: Collection[str] = (),
) -> Measured:
    """Measure every candidate at every batch size, with progress on standard error.

    The first ``accuracy_sounds`` of a batch are held against the definition, but for the candidates
    whose sounds are not the recipe's (``other_sounds``). One that raises an error has a ``Failure``
    for a row, and the others are measured all the same.
    """
    rows: list[Row | Failure] = []
    total = sum(batch_sizes) * len(candidates) * (num_rounds + _CALLS_BEFORE)
    with progress("the definition", total) as advance:
        defined = definition(recipe, min(accuracy_sounds, max(batch_sizes)))
        for batch_size in batch_sizes:
            if any(name.startswith("compiled") for name in candidates):
                torch.compiler.reset()  # or a batch size would run code made for another
            compared = dict.fromkeys(candidates.keys() - other_sounds, defined[:batch_size])
            rows += _rows(recipe, candidates, batch_size, device, num_rounds, compared, advance)
    return Measured(this_machine(device), recipe, num_rounds, accuracy_sounds, rows)


def _rows(
    recipe: SynthRecipe,
    candidates: Mapping[str, Candidate],
    batch_size: int,
    device: torch.device,
    num_rounds: int,
    compared: Mapping[str, Tensor],
    advance: Advance,
) -> list[Row | Failure]:
    """Measure the candidates at one batch size."""

    def done(name: str, calls: int = 1) -> None:
        # A call's time is about that of its sounds, and so is what is left.
        advance(calls * batch_size, f"batch {batch_size}: {name}")

    rows: dict[str, Row | Failure] = {}
    ready: dict[str, MakeBatch] = {}
    found: dict[str, Callable[..., Row]] = {}
    for name, made in candidates.items():
        done(name, 0)
        try:
            make_batch = made(recipe, batch_size, device)
            first_call, (audio, *_) = timed(partial(make_batch, 0), device)
            far = distance(audio, compared[name]) if name in compared else None
            size = audio.nbytes
            del audio
            peak = peak_bytes(partial(make_batch, 0), device)
            found[name] = partial(
                Row, first_call=first_call, output_bytes=size, peak_bytes=peak, distance=far
            )
            ready[name] = make_batch
            done(name, 2)
        except Exception as error:
            reason, *_ = f"{type(error).__name__}: {str(error).strip()}".splitlines()
            rows[name] = Failure(batch_size, name, reason.removesuffix(": "))
            done(name, num_rounds + _CALLS_BEFORE)
    for name, rounds in take_turns(ready, num_rounds, device, done).items():
        seconds = statistics.median(rounds)
        rows[name] = found[name](
            batch_size=batch_size,
            candidate=name,
            seconds=seconds,
            rounds=rounds,
            sounds_per_second=batch_size / seconds,
            realtime=batch_size * recipe.buffer_size_seconds / seconds,
        )
    return [rows[name] for name in candidates]
