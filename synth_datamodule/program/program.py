"""A program: the steps that make a patch's audio, in their order."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from synth_datamodule.program.printing import printed

VALUE = "value"
CONTROL = "control"
SINGLE = "single"
"""Audio in float32."""
DOUBLE = "double"
"""Audio in float64: what bends a pitch."""
PHASE = "phase"
"""A phase for waves in float32: of its fraction 33 bits are kept."""
WIDE = "wide"
"""A phase for waves in float64, with all bits of its fraction."""


@dataclass(frozen=True)
class Step:
    """A step: one signal from others.

    Args:
        kind: Which formula it computes.
        rate: Rate: ``"value"``, ``"control"``, ``"single"``, ``"double"``, ``"phase"`` or
            ``"wide"``.
        inputs: Places of the steps whose signals it takes.
        data: Plain values that it takes.
        stage: Part of the audio that it belongs to. A sound's peak is known at the end of one.
    """

    kind: str
    rate: str
    inputs: tuple[int, ...] = ()
    data: tuple[object, ...] = ()
    stage: int = 0

    @property
    def is_audio(self) -> bool:
        """Whether it gives a number for each audio sample."""
        return self.rate in (SINGLE, DOUBLE, PHASE, WIDE)


@dataclass(frozen=True)
class Program:
    """A patch as a list of exact steps. Equal patches have equal programs.

    Args:
        steps: All steps; each takes signals of earlier ones alone.
        audio: Place of the step that gives the audio, in float32.
        ends: For each stage, the place of the step that tells at which control sample all that is
            heard of it has ended; None where it never does.
        extras: Place of each signal that is returned beside the audio, by name.
        checks: Numbers that must lie within bounds, computed in the patch: the place of each, its
            bounds, and its name.
        labels: Names of some steps in the patch, for whoever reads the program.

    Example:
        >>> from synth_datamodule.synths import OneOscillator
        >>> program = OneOscillator().program
        >>> len(program.steps) > 10, program == OneOscillator().program
        (True, True)
    """

    steps: tuple[Step, ...]
    audio: int
    ends: tuple[int | None, ...] = (None,)
    extras: tuple[tuple[str, int], ...] = ()
    checks: tuple[tuple[int, float, float, str], ...] = ()
    labels: Mapping[int, str] = field(default_factory=dict, compare=False)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the steps, as 16 hexadecimal digits."""
        told = repr((self.steps, self.audio, self.ends, self.extras, self.checks))
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def handed(self) -> tuple[tuple[str, int], ...]:
        """Name and place of all that is handed out beside the audio: extras, then checks."""
        return (*self.extras, *((name, place) for place, _, _, name in self.checks))

    @cached_property
    def last_use(self) -> Sequence[int]:
        """Place of the last step that takes each step's signal; its own where none does."""
        last = list(range(len(self.steps)))
        for place, step in enumerate(self.steps):
            for taken in step.inputs:
                last[taken] = place
        return last

    @cached_property
    def kept(self) -> frozenset[int]:
        """Places of the audio signals that are taken in a later stage, or handed out."""
        kept = {self.audio} | {place for _, place in self.handed}
        for step in self.steps:
            for taken in step.inputs:
                earlier = self.steps[taken]
                ends_stage = step.kind == "normalize"
                if earlier.is_audio and (earlier.stage < step.stage or ends_stage):
                    kept.add(taken)
        kept |= {place for place, step in enumerate(self.steps) if step.kind == "normalize"}
        return frozenset(place for place in kept if self.steps[place].is_audio)

    def __str__(self) -> str:
        """Return the steps, one a line, as the patch has them."""
        return printed(self.steps, self.labels, self.audio)
