"""``synth-datamodule speed``: measure this machine, print the table."""

from dataclasses import dataclass
from pathlib import Path

import torch

from synth_datamodule import checks
from synth_datamodule.measure.candidates import BACKENDS, candidates
from synth_datamodule.measure.report import outputs, show, write
from synth_datamodule.measure.speed import Failure, measure
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.reporting import check_outputs, say_written

_MOST_SOUNDS = 2**31 - 1  # of a batch
_MOST_ROUNDS = 10**6


@dataclass(frozen=True)
class Speed:
    """Time batches of sounds on this machine, with peak memory and distance to the definition.

    By default the synth's own renderer is timed, in seconds. The readable modules (``reference``)
    and the compiled ones take minutes, and are timed where they are named.

    Args:
        batch_sizes: Sounds per batch, one row of the table for each candidate.
        backends: Candidates to time: auto (what the synth chooses: fused for the Voice), fused,
            reference, reference-float32, compiled or compiled-float32 (by torch.compile).
        rounds: Number of rounds that each candidate is timed, of which the median counts.
        accuracy_sounds: Sounds of each batch that are held against the float64 reference.
        device: Device to render on, cpu or cuda; by default a GPU where there is one.
        recipe: Synth that makes the sounds.
        out: Folder of speed.json, speed.md and speed.png; by default nothing is written.
        overwrite: Whether files of another run may be replaced.

    Raises:
        TypeError: If a value is of another type.
        ValueError: If a value is out of range, or the device is not there.

    Example:
        >>> Speed(batch_sizes=(32,), device="cpu").rounds
        9
    """

    batch_sizes: tuple[int, ...] = (32, 128, 1024)
    backends: tuple[str, ...] = ("auto",)
    rounds: int = 9
    accuracy_sounds: int = 32
    device: str | None = None
    recipe: SynthRecipe = SynthRecipe()  # noqa: RUF009  # frozen
    out: Path | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        if not self.batch_sizes:
            raise ValueError("batch_sizes must be one or more whole numbers >= 1, got none")
        for batch_size in self.batch_sizes:
            checks.whole_number("batch_sizes", batch_size, 1, _MOST_SOUNDS)
            self.recipe.config(batch_size=batch_size, reproducible=False)  # or too many samples
        if len(set(self.batch_sizes)) < len(self.batch_sizes):
            raise ValueError(
                f"batch_sizes must all differ, got {checks.shown(list(self.batch_sizes))}"
            )
        for name in checks.names("backends", self.backends):
            checks.one_of("backends", name, ("auto", *BACKENDS))
        if self.recipe.backend != "auto":
            raise ValueError(
                "backend must be 'auto' here, for backends names what is timed, "
                f"got {checks.shown(self.recipe.backend)}"
            )
        checks.whole_number("rounds", self.rounds, 1, _MOST_ROUNDS)
        checks.whole_number("accuracy_sounds", self.accuracy_sounds, 1, _MOST_SOUNDS)
        if self.device is not None:
            checks.compute_device("device", self.device)

    def __call__(self) -> int:
        """Measure, print the table, write the files; return 0, the exit status."""
        if self.out is not None:
            check_outputs(*outputs(self.out), overwrite=self.overwrite)
        device = self.device or ("cuda" if torch.cuda.is_available() else "cpu")
        measured = measure(
            self.recipe,
            candidates(self.backends, self.recipe),
            self.batch_sizes,
            torch.device(device),
            num_rounds=self.rounds,
            accuracy_sounds=self.accuracy_sounds,
        )
        show(measured)
        failures = [row for row in measured.rows if isinstance(row, Failure)]
        if len(failures) == len(measured.rows):
            raise ValueError(f"nothing could be measured: {failures[0].reason}")
        if self.out is not None:
            say_written(write(measured, self.out, overwrite=self.overwrite))
        return 0
