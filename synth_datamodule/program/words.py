"""What modules are written in as steps: pitches, phases, weights."""

from collections.abc import Sequence
from functools import reduce

from synth_datamodule.program.builder import (
    AUDIO,
    CONTROL,
    MOST_MIXED,
    PHASE,
    VALUE,
    Builder,
    Signal,
)

TWELFTH = 1.0 / 12.0


def octaves(build: Builder, pitch: Signal, above: str = "offset") -> Signal:
    """Return a pitch in octaves.

    Args:
        build: Builder of the program.
        pitch: Pitch in semitones, a number.
        above: Number that they are added to: ``"offset"`` makes log2 of a phase step in units,
            ``"cutoff"`` log2 of a frequency as a share of the sample rate.
    """
    return build.value("octaves", pitch, build.rate(above))


def bent_octave(
    build: Builder, centre: Signal, depth: Signal, mod: Signal, lowest: Signal, highest: Signal
) -> Signal:
    """Return a pitch in octaves at audio rate, bent and clamped.

    Args:
        build: Builder of the program.
        centre: Pitch in octaves, a number.
        depth: Octaves per unit of ``mod``, a number.
        mod: Audio that bends it; where it is upsampled, it is bent at control rate.
        lowest: Lowest pitch in octaves.
        highest: Highest pitch in octaves.
    """
    build.expect(mod, AUDIO)
    numbers = [build.expect(one, VALUE) for one in (depth, centre)]
    line = build.line(mod)
    if line is None:
        return build.node("octave", AUDIO, [mod, *numbers, lowest, highest])
    bent = build.node("affine", CONTROL, [line, *numbers])
    return build.node("octave_line", AUDIO, [bent, lowest, highest])


def fixed_phase(build: Builder, radians: Signal, *, quarter: bool = False) -> Signal:
    """Return an initial phase in units, and a quarter ahead where the wave is a cosine.

    Args:
        build: Builder of the program.
        radians: Initial phase in radians, a number.
        quarter: Whether a quarter of a cycle is added.
    """
    phase = build.value("fixed_phase", radians, build.rate("bits"))
    return phase + build.rate("quarter") if quarter else phase


def bent_phase(
    build: Builder,
    pitch: Signal,
    depth: Signal,
    initial_phase: Signal,
    mod: Signal | None,
    *,
    quarter: bool = False,
) -> Signal:
    """Return the phase of an oscillator whose pitch may be bent.

    Args:
        build: Builder of the program.
        pitch: Pitch in semitones, a number.
        depth: Semitones per unit of ``mod``, a number.
        initial_phase: Initial phase in radians, a number.
        mod: Audio that bends the pitch; None is a pitch that rests, and is not clamped.
        quarter: Whether the phase is a quarter of a cycle ahead.
    """
    start = fixed_phase(build, initial_phase, quarter=quarter)
    if mod is None:
        cycles = build.value("exp2", octaves(build, pitch, "cutoff"))
        return steady_phase(build, cycles, start)
    centre, depth = octaves(build, pitch), depth * TWELFTH
    lowest, highest = build.rate("lowest"), build.rate("highest")
    octave = bent_octave(build, centre, depth, mod, lowest, highest)
    return build.node("phase", PHASE, [octave, start])


def steady_phase(build: Builder, cycles: Signal, start: Signal) -> Signal:
    """Return the phase of an oscillator whose pitch rests.

    Args:
        build: Builder of the program.
        cycles: Cycles per sample, a number.
        start: Phase before the first sample, in units.
    """
    step = build.value("turn", cycles, build.rate("bits"))
    return build.node("steady", PHASE, [step, start])


def fm_phase(build: Builder, pitch: Signal, depth: Signal, mod: Signal, start: Signal) -> Signal:
    """Return the phase of an oscillator that is bent in frequency.

    Args:
        build: Builder of the program.
        pitch: Pitch of the carrier in semitones, a number.
        depth: Peak deviation over the carrier's frequency, a number.
        mod: Modulating audio.
        start: Phase before the first sample, in units.
    """
    carrier = build.value("exp2", octaves(build, pitch))
    top = build.rate("nyquist")
    build.expect(mod, AUDIO)
    return build.node("fm", PHASE, [mod, carrier, carrier * depth, top, start])


def weighted(build: Builder, weights: Sequence[Signal], signals: Sequence[Signal]) -> Signal:
    """Return control signals at their weights, added in order.

    Args:
        build: Builder of the program.
        weights: Numbers, one for each signal.
        signals: Control signals.
    """
    terms: list[Signal] = []
    for weight, signal in zip(weights, signals, strict=True):
        terms += [build.expect(signal, CONTROL), build.expect(weight, VALUE)]
    most = 2 * MOST_MIXED
    made = build.node("weighted", CONTROL, terms[:most])
    for start in range(most, len(terms), most - 2):
        more = [made, build.constant(1.0), *terms[start : start + most - 2]]
        made = build.node("weighted", CONTROL, more)
    return made


def shares(build: Builder, weights: Sequence[Signal]) -> list[Signal]:
    """Return weights to the power e, scaled to sum to 1; equal ones where all are 0.

    Args:
        build: Builder of the program.
        weights: Numbers that are not negative.
    """
    largest = weights[0]
    for weight in weights[1:]:
        largest = build.value("larger", weight, largest)
    raised = [build.value("share", weight, largest) for weight in weights]
    total = reduce(build.add, raised)
    return [build.value("divide", one, total) for one in raised]


def first_largest(build: Builder, weights: Sequence[Signal]) -> list[Signal]:
    """Return 1 for the largest weight, the first of equals, and 0 for the others.

    Args:
        build: Builder of the program.
        weights: Numbers.
    """
    largest = weights[0]
    for weight in weights[1:]:
        largest = build.value("larger", weight, largest)
    chosen, before = [], build.constant(0.0)
    for weight in weights:
        reached = build.value("larger", before, build.value("equal", weight, largest))
        chosen.append(reached - before)
        before = reached
    return chosen
