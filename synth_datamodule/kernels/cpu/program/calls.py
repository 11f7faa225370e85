"""Which compiled steps a program is run by: one for each of its steps, or for several together.

What neighbours share is found once: how far a sample lies between two control samples, while one
phase waits for itself the other is added up, and a wave goes straight into its mix.
"""

from collections.abc import Sequence
from typing import NamedTuple

from synth_datamodule.program.program import CONTROL, DOUBLE, PHASE, SINGLE, VALUE, Program, Step

_TOGETHER = {("upsample", SINGLE): 3, ("octave_line", DOUBLE): 2, ("phase", PHASE): 2}
_PAIRED = {"mix", "weighted"}
# Not computed: it lies in memory, or is changed there.
_NOT_CALLED = {"constant", "parameter", "rate", "normalize"}
_WAVES = ("sine", "square_saw")
# Arithmetic that is the same at control rate and, in float64, at audio rate.
_PLAIN = {"add", "subtract", "multiply", "scale", "shift", "fill", "copy"}


class Call(NamedTuple):
    """A call of a compiled step.

    Args:
        name: Name of the compiled step.
        step: Computed step; of several, the first.
        gives: Places of the steps whose signals it gives.
        takes: Places of the steps whose signals it takes.
    """

    name: str
    step: Step
    gives: tuple[int, ...]
    takes: tuple[int, ...]


def calls_of(program: Program) -> Sequence[Call]:
    """Return what is called, in order, to compute a program.

    Args:
        program: The program.

    Example:
        >>> from synth_datamodule import Voice
        >>> [call.name for call in calls_of(Voice(backend="program").program)][-4:]
        ['upsample_3_single', 'octave_line_2', 'phase_2', 'mix_waves']
    """
    straight = _straight(program)
    mixed = {wave for waves in straight.values() for wave in waves}
    groups: list[list[int]] = []
    group_of: dict[int, int] = {}
    for number, step in enumerate(program.steps):
        known = max((_known(program, group_of, one) for one in step.inputs), default=-1)
        if step.kind in _NOT_CALLED or is_read(step) or number in mixed:
            continue
        together = (step.kind, step.rate) in _TOGETHER
        later = range(known + 1, len(groups)) if together else ()
        group_of[number] = next((k for k in later if _joins(program, step, groups[k])), len(groups))
        if group_of[number] == len(groups):
            groups.append([])
        groups[group_of[number]].append(number)
    return [_call(program, group, straight) for group in groups]


def is_read(step: Step) -> bool:
    """Return whether a signal is read where it lies, in a table.

    Args:
        step: The step that gives it.
    """
    return step.kind == "noise" and step.rate == SINGLE


def _known(program: Program, group_of: dict[int, int], place: int) -> int:
    """The call after which a signal is known."""
    if place in group_of:
        return group_of[place]
    return max((_known(program, group_of, one) for one in program.steps[place].inputs), default=-1)


def _joins(program: Program, step: Step, group: Sequence[int]) -> bool:
    first = program.steps[group[0]]
    most = _TOGETHER[step.kind, step.rate]
    same = (first.kind, first.rate, first.stage) == (step.kind, step.rate, step.stage)
    return same and len(group) < most


def _straight(program: Program) -> dict[int, tuple[int, int]]:
    """The mixes of a sine, a square and a third signal, with both waves that nothing else takes."""
    found = {}
    for number, step in enumerate(program.steps):
        if step.kind == "mix" and step.rate == SINGLE and len(step.inputs) == 6:
            waves = step.inputs[1], step.inputs[3]
            kinds = tuple(program.steps[one].kind for one in waves)
            same = all(program.steps[one].stage == step.stage for one in waves)
            if kinds == _WAVES and same and all(_taken_once(program, one) for one in waves):
                found[number] = waves
    return found


def _taken_once(program: Program, place: int) -> bool:
    times = sum(step.inputs.count(place) for step in program.steps)
    return times == 1 and place not in program.kept


def _call(program: Program, group: Sequence[int], straight: dict[int, tuple[int, int]]) -> Call:
    step = program.steps[group[0]]
    if group[0] in straight:
        gain_1, sine, gain_2, square, *third = step.inputs
        inputs = [program.steps[wave].inputs for wave in (sine, square)]
        takes = (gain_1, *inputs[0], gain_2, *inputs[1], *third)
        return Call("mix_waves", step, (group[0],), takes)
    takes = tuple(one for number in group for one in program.steps[number].inputs)
    return Call(_name(step, len(group)), step, tuple(group), takes)


def _name(step: Step, count: int) -> str:
    name = step.kind
    if step.rate == VALUE:
        return name
    if name in _PAIRED:
        name = f"{name}_{len(step.inputs) // 2}"
    elif (name, step.rate) in _TOGETHER:
        name = f"{name}_{count}"
    if step.rate == CONTROL:
        return f"{name}_double" if name in _PLAIN else name
    return name if step.rate == PHASE or name.startswith("octave") else f"{name}_{step.rate}"
