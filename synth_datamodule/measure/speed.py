"""The measurement: at each batch size, each candidate's speed, memory and distance."""

import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from synth_datamodule.measure.candidates import Candidate, MakeBatch
from synth_datamodule.measure.distance import Distance, definition, distance
from synth_datamodule.measure.machine import this_machine
from synth_datamodule.measure.memory import peak_bytes
from synth_datamodule.measure.results import Failure, Measured, Row
from synth_datamodule.measure.timing import take_turns, timed
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.reporting import Advance, progress

_CALLS_BEFORE = 3
"""Calls of a candidate that no median counts: the first, the one for memory, a round to warm up."""


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

    Args:
        recipe: Synth that makes the sounds.
        candidates: Candidates to time, by name.
        batch_sizes: Sounds per batch, each size for itself.
        device: Device to render on.
        num_rounds: Number of rounds that each candidate is timed.
        accuracy_sounds: Most sounds of a batch to be held against the definition.
        other_sounds: Names of candidates whose sounds are not the recipe's.

    Returns:
        The results, by batch size, then candidate. A candidate that raises an error has a
        ``Failure`` there, and the others are measured all the same.

    Example:
        >>> from synth_datamodule.measure.candidates import candidate
        >>> recipe = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.1)
        >>> some = {"fused": candidate("fused")}
        >>> [row.candidate for row in measure(recipe, some, [2], torch.device("cpu")).rows]
        ['fused']
    """
    rows: list[Row | Failure] = []
    total = sum(batch_sizes) * len(candidates) * (num_rounds + _CALLS_BEFORE)
    with progress("the definition", total) as advance:
        defined = definition(recipe, min(accuracy_sounds, max(batch_sizes)))
        for batch_size in batch_sizes:
            batch = _Batch(recipe, batch_size, device, num_rounds, advance)
            if any(name.startswith("compiled") for name in candidates):
                torch.compiler.reset()  # or a batch size would run code made for another
            compared = {
                name: None if name in other_sounds else defined[:batch_size] for name in candidates
            }
            rows += batch.rows(candidates, compared)
    return Measured(this_machine(device), recipe, num_rounds, accuracy_sounds, rows)


@dataclass(frozen=True)
class _Ready:
    """A candidate that has made its first batch."""

    make_batch: MakeBatch
    first_call: float
    peak_bytes: int | None
    output_bytes: int
    distance: Distance | None


@dataclass(frozen=True)
class _Batch:
    """The measurement at one batch size."""

    recipe: SynthRecipe
    batch_size: int
    device: torch.device
    num_rounds: int
    advance: Advance

    def rows(
        self, candidates: Mapping[str, Candidate], compared: Mapping[str, Tensor | None]
    ) -> list[Row | Failure]:
        ready: dict[str, _Ready] = {}
        failures: dict[str, Row | Failure] = {}
        for name, made in candidates.items():
            self._say(name, 0)
            try:
                ready[name] = self._get_ready(made, compared[name])
                self._say(name, 2)
            except Exception as error:
                failures[name] = Failure(self.batch_size, name, _in_one_line(error))
                self._say(name, self.num_rounds + _CALLS_BEFORE)
        rounds = take_turns(
            {name: made.make_batch for name, made in ready.items()},
            self.num_rounds,
            self.device,
            lambda name: self._say(name, 1),
        )
        found = {name: self._row(name, made, rounds[name]) for name, made in ready.items()}
        return [(failures | found)[name] for name in candidates]

    def _say(self, name: str, calls: int) -> None:
        # A call's time is about that of its sounds, and so is what is left.
        self.advance(calls * self.batch_size, f"batch {self.batch_size}: {name}")

    def _get_ready(self, made: Candidate, defined: Tensor | None) -> _Ready:
        make_batch = made(self.recipe, self.batch_size, self.device)
        first_call, (audio, *_) = timed(lambda: make_batch(0), self.device)
        num_bytes = audio.nbytes
        far = None if defined is None else distance(audio, defined)
        del audio
        peak = peak_bytes(lambda: make_batch(0), self.device)
        return _Ready(make_batch, first_call, peak, num_bytes, far)

    def _row(self, name: str, made: _Ready, rounds: list[float]) -> Row:
        seconds = statistics.median(rounds)
        return Row(
            batch_size=self.batch_size,
            candidate=name,
            seconds=seconds,
            rounds=rounds,
            first_call=made.first_call,
            sounds_per_second=self.batch_size / seconds,
            realtime=self.batch_size * self.recipe.buffer_size_seconds / seconds,
            output_bytes=made.output_bytes,
            peak_bytes=made.peak_bytes,
            distance=made.distance,
        )


def _in_one_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
