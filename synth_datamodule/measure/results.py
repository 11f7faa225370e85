"""Results of a measurement: plain values, as they are written to the JSON file."""

from dataclasses import dataclass

from synth_datamodule.measure.distance import Distance
from synth_datamodule.measure.machine import Machine
from synth_datamodule.patching.recipe import SynthRecipe


@dataclass(frozen=True)
class Row:
    """Time, memory and distance of a candidate at a batch size.

    Args:
        batch_size: Sounds per batch.
        candidate: Name of the candidate.
        seconds: Seconds per batch, the median of the rounds.
        rounds: Seconds per batch of each round.
        first_call: Seconds of the first call, its compilation included.
        sounds_per_second: Sounds per second at ``seconds``.
        realtime: Seconds of sound per second at ``seconds``.
        output_bytes: Size of the audio in bytes.
        peak_bytes: Largest size in bytes held at once, the audio included; None where the system
            does not tell.
        distance: Distance to the definition; None where the candidate makes other sounds.
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
    """A candidate that does not run at a batch size.

    Args:
        batch_size: Sounds per batch.
        candidate: Name of the candidate.
        reason: The error, in one line.
    """

    batch_size: int
    candidate: str
    reason: str


@dataclass(frozen=True)
class Measured:
    """All that was measured, and on what.

    Args:
        machine: Machine it was measured on.
        recipe: Synth that made the sounds.
        num_rounds: Number of rounds that each candidate was timed.
        accuracy_sounds: Most sounds of a batch that were held against the definition.
        rows: Results by batch size, then candidate.
        notes: Sentences to stand below the table.
    """

    machine: Machine
    recipe: SynthRecipe
    num_rounds: int
    accuracy_sounds: int
    rows: list[Row | Failure]
    notes: tuple[str, ...] = ()

    @property
    def on_a_gpu(self) -> bool:
        """Whether it was measured on a GPU, which has a name of its own."""
        return self.machine.device != self.machine.processor
