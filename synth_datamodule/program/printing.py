"""A program as text: a line a step, by the patch's own names."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from synth_datamodule.program.builder import OWN


class Printed(Protocol):
    """What is told of a step."""

    @property
    def kind(self) -> str:
        """Which formula it computes."""
        ...

    @property
    def rate(self) -> str:
        """Rate of what it gives."""
        ...

    @property
    def inputs(self) -> tuple[int, ...]:
        """Places of the steps whose signals it takes."""
        ...

    @property
    def data(self) -> tuple[object, ...]:
        """Plain values that it takes."""
        ...


def printed(steps: Sequence[Printed], labels: Mapping[int, str], audio: int) -> str:
    """Return the steps of a program, a line each, after what they are called.

    Args:
        steps: Steps of the program.
        labels: Names of some of them.
        audio: Place of the one that gives the audio.

    Example:
        >>> from synth_datamodule.synths import OneOscillator
        >>> print(str(OneOscillator().program).splitlines()[0])
        value    mixer.vco = parameter 11
    """
    names: dict[int, str] = {}
    lines = []
    for place, step in enumerate(steps):
        if step.kind == "constant":
            names[place] = f"{float(str(step.data[0])):g}"
            continue
        if step.kind == "rate":
            names[place] = str(step.data[0])
            continue
        name = labels.get(place, f"{step.rate}_{place}")
        names[place] = f"{name}" if name not in names.values() else f"{name}_{place}"
        given = [names[one] for one in step.inputs]
        if step.kind == OWN:
            kind = str(step.data[0])
        else:
            kind, given = step.kind, given + [str(one) for one in step.data]
        formula = f"{kind}({', '.join(given)})" if step.inputs else f"{kind} {given[0]}"
        lines.append(f"{step.rate:8} {names[place]} = {formula}")
    lines.append(f"audio    {names[audio]}")
    return "\n".join(lines)
