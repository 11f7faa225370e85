"""Steps of oscillators: from control signals to pitches, phases and waves, a block at a time."""

from synth_datamodule.kernels.cpu.audio import mix
from synth_datamodule.kernels.cpu.lines import (
    BLOCK,
    PIECES,
    ROW,
    cut,
    lines_1,
    lines_2,
    lines_3,
    octaves_1,
    octaves_2,
    steps_of,
    wide_line,
)
from synth_datamodule.kernels.cpu.phases import folded, summed_1, summed_2, to_steps
from synth_datamodule.kernels.cpu.program.calling import (
    BITS,
    INPUTS,
    LINES,
    NUM_FRAMES,
    NUM_SAMPLES,
    OUT,
    QUARTER,
    SCRATCH,
    STATE,
    CompiledStep,
    Number,
    cell,
    doubles,
    doubles_at,
    integers,
    integers_at,
    number,
    rate,
    singles,
    step,
    words,
)
from synth_datamodule.kernels.exact.arithmetic import (
    flip,
    flipped,
    fold32,
    half_cycles,
    sine,
    sine64,
)
from synth_datamodule.kernels.exact.formulas import HALF, square_saw_wave
from synth_datamodule.kernels.exact.operations import float32, int32
from synth_datamodule.kernels.exact.parts import (
    bent,
    fm_step,
    fold64,
    phase_step64,
    signed,
    square_saw_wave64,
)
from synth_datamodule.numerics.compiled import inlined

# What is the same for all that is interpolated in a block: 0, 1, 2, ..., and its pieces.
LINES_BYTES = 8 * ROW + 8 * PIECES


@step
def pieces(row: int, start: int, count: int) -> None:
    """Cut a block at its control samples."""
    num_frames, num_samples = int(rate(row, NUM_FRAMES)), int(rate(row, NUM_SAMPLES))
    cut(start, count, num_frames, num_samples, integers_at(cell(row, OUT) + 8 * ROW, PIECES))


@inlined
def _cut(row: Number) -> Number:
    """A block's pieces, 0, 1, 2, ..., and how samples lie between control samples."""
    at = cell(row, LINES)
    steps = steps_of(rate(row, NUM_FRAMES), rate(row, NUM_SAMPLES))
    return integers_at(at + 8 * ROW, PIECES), doubles_at(at, ROW), steps


@inlined
def _control(row: Number, k: Number) -> Number:
    return doubles(row, INPUTS + k, int(rate(row, NUM_FRAMES)))


@step
def upsample_1_single(row: int, start: int, count: int) -> None:
    """Interpolate a control signal."""
    pieces, ramp, steps = _cut(row)
    lines_1(pieces, ramp, steps, _control(row, 0), singles(row, OUT, ROW))


@step
def upsample_2_single(row: int, start: int, count: int) -> None:
    """Interpolate two control signals."""
    pieces, ramp, steps = _cut(row)
    out = singles(row, OUT, ROW), singles(row, INPUTS + 2, ROW)
    lines_2(pieces, ramp, steps, _control(row, 0), _control(row, 1), *out)


@step
def upsample_3_single(row: int, start: int, count: int) -> None:
    """Interpolate three control signals."""
    pieces, ramp, steps = _cut(row)
    out = singles(row, OUT, ROW), singles(row, INPUTS + 3, ROW), singles(row, INPUTS + 4, ROW)
    lines_3(pieces, ramp, steps, _control(row, 0), _control(row, 1), _control(row, 2), *out)


@step
def upsample_double(row: int, start: int, count: int) -> None:
    """Interpolate a control signal."""
    pieces, ramp, steps = _cut(row)
    wide_line(pieces, ramp, steps, _control(row, 0), doubles(row, OUT, ROW))


@step
def octave_line_1(row: int, start: int, count: int) -> None:
    """Interpolate a pitch, clamped."""
    pieces, ramp, steps = _cut(row)
    bounds = number(row, 1), number(row, 2)
    octaves_1(pieces, ramp, steps, _control(row, 0), bounds, doubles(row, OUT, ROW))


@step
def octave_line_2(row: int, start: int, count: int) -> None:
    """Interpolate two pitches, clamped."""
    pieces, ramp, steps = _cut(row)
    bounds_a, bounds_b = (number(row, 1), number(row, 2)), (number(row, 4), number(row, 5))
    a, b = _control(row, 0), _control(row, 3)
    out = doubles(row, OUT, ROW), doubles(row, INPUTS + 6, ROW)
    octaves_2(pieces, ramp, steps, a, bounds_a, b, bounds_b, *out)


@step
def octave(row: int, start: int, count: int) -> None:
    """Bend a pitch by audio, clamped."""
    out, mod = doubles(row, OUT, count), doubles(row, INPUTS, count)
    depth, centre, lowest, highest = number(row, 1), number(row, 2), number(row, 3), number(row, 4)
    for j in range(count):
        out[j] = bent(mod[j], depth, centre, lowest, highest)


@inlined
def _begun(row: Number, start: Number, k: Number, initial: Number) -> Number:
    """Where phase ``k`` of a step has come to; at a sound's start, where it begins."""
    return int(initial) if start == 0 else integers(row, STATE, k + 1)[k]


@inlined
def _shift(row: Number) -> Number:
    return int(rate(row, BITS)) - 33


@inlined
def _quarter(row: Number) -> Number:
    return int(rate(row, QUARTER))


@inlined
def _unit(row: Number) -> Number:
    """A unit of a phase in half cycles."""
    return HALF / rate(row, QUARTER)


@inlined
def _signs(row: Number, column: Number, count: Number) -> Number:
    """The second half of a phase's memory."""
    return words(row, column, BLOCK + count)[BLOCK:]


@inlined
def _fold(row: Number, column: Number, count: Number, steps: Number) -> None:
    folded(steps, _shift(row), words(row, column, count), _signs(row, column, count))


@step
def phase_1(row: int, start: int, count: int) -> None:
    """Add up the phase of an oscillator, from its pitch."""
    steps = integers(row, SCRATCH, count)
    to_steps(doubles(row, INPUTS, count), steps)
    integers(row, STATE, 1)[0] = summed_1(_begun(row, start, 0, number(row, 1)), steps)
    _fold(row, OUT, count, steps)


@step
def phase_2(row: int, start: int, count: int) -> None:
    """Add up the phases of two oscillators, from their pitches."""
    steps_a = integers(row, SCRATCH, count)
    steps_b = integers_at(cell(row, SCRATCH) + 8 * ROW, count)
    to_steps(doubles(row, INPUTS, count), steps_a)
    to_steps(doubles(row, INPUTS + 2, count), steps_b)
    before_a, before_b = (
        _begun(row, start, 0, number(row, 1)),
        _begun(row, start, 1, number(row, 3)),
    )
    state = integers(row, STATE, 2)
    state[0], state[1] = summed_2(before_a, before_b, steps_a, steps_b)
    _fold(row, OUT, count, steps_a)
    _fold(row, INPUTS + 4, count, steps_b)


@step
def fm(row: int, start: int, count: int) -> None:
    """Add up the phase of an oscillator that is bent in frequency."""
    mod, steps = doubles(row, INPUTS, count), integers(row, SCRATCH, count)
    carrier, swing, top = number(row, 1), number(row, 2), number(row, 3)
    for j in range(count):
        steps[j] = fm_step(mod[j], carrier, swing, top)
    integers(row, STATE, 1)[0] = summed_1(_begun(row, start, 0, number(row, 4)), steps)
    _fold(row, OUT, count, steps)


@step
def steady(row: int, start: int, count: int) -> None:
    """Find the phase of an oscillator whose pitch rests."""
    folded, sign = words(row, OUT, count), _signs(row, OUT, count)
    by, shift = int(number(row, 0)), _shift(row)
    before = int(number(row, 1)) + start * by
    for j in range(count):
        half = half_cycles(before + (j + 1) * by, shift)
        folded[j] = int32(half)
        sign[j] = flip(half)


@step
def phase_wide(row: int, start: int, count: int) -> None:
    """Add up the phase of an oscillator, from its pitch; no bit is lost."""
    pitch, steps = doubles(row, INPUTS, count), integers(row, OUT, count)
    for j in range(count):
        steps[j] = phase_step64(pitch[j])
    integers(row, STATE, 1)[0] = summed_1(_begun(row, start, 0, number(row, 1)), steps)


@step
def fm_wide(row: int, start: int, count: int) -> None:
    """Add up the phase of an oscillator that is bent in frequency; no bit is lost."""
    mod, steps = doubles(row, INPUTS, count), integers(row, OUT, count)
    carrier, swing, top = number(row, 1), number(row, 2), number(row, 3)
    for j in range(count):
        steps[j] = fm_step(mod[j], carrier, swing, top)
    integers(row, STATE, 1)[0] = summed_1(_begun(row, start, 0, number(row, 4)), steps)


@step
def steady_wide(row: int, start: int, count: int) -> None:
    """Find the phase of an oscillator whose pitch rests; no bit is lost."""
    phases, by = integers(row, OUT, count), int(number(row, 0))
    before = int(number(row, 1)) + start * by
    for j in range(count):
        phases[j] = before + (j + 1) * by


@step
def sine_single(row: int, start: int, count: int) -> None:
    """Take the sine of a phase."""
    folded, sign = words(row, INPUTS, count), _signs(row, INPUTS, count)
    out = singles(row, OUT, count)
    for j in range(count):
        out[j] = flipped(sine(fold32(folded[j])), sign[j])


@step
def sine_double(row: int, start: int, count: int) -> None:
    """Take the sine of a phase."""
    phases, out = integers(row, INPUTS, count), doubles(row, OUT, count)
    quarter, unit = _quarter(row), _unit(row)
    for j in range(count):
        out[j] = signed(sine64(fold64(phases[j], quarter, unit)), phases[j], quarter)


@step
def square_saw_single(row: int, start: int, count: int) -> None:
    """Take the wave between square and saw of a phase."""
    folded, sign = words(row, INPUTS, count), _signs(row, INPUTS, count)
    steep, shape, level = float32(number(row, 1)), float32(number(row, 2)), float32(number(row, 3))
    out = singles(row, OUT, count)
    for j in range(count):
        out[j] = square_saw_wave(fold32(folded[j]), sign[j], steep, shape, level)


@step
def square_saw_double(row: int, start: int, count: int) -> None:
    """Take the wave between square and saw of a phase."""
    phases, out = integers(row, INPUTS, count), doubles(row, OUT, count)
    steep, shape, level = number(row, 1), number(row, 2), number(row, 3)
    quarter, unit = _quarter(row), _unit(row)
    for j in range(count):
        out[j] = square_saw_wave64(phases[j], quarter, unit, steep, shape, level)


@step
def mix_waves(row: int, start: int, count: int) -> None:
    """Mix the sine of a phase, the wave between square and saw of another, and a signal."""
    steep, shape, level = float32(number(row, 4)), float32(number(row, 5)), float32(number(row, 6))
    mix(
        (words(row, INPUTS + 1, count), _signs(row, INPUTS + 1, count)),
        (words(row, INPUTS + 3, count), _signs(row, INPUTS + 3, count)),
        (steep, shape, level),
        singles(row, INPUTS, count),
        singles(row, INPUTS + 2, count),
        singles(row, INPUTS + 7, count),
        singles(row, INPUTS + 8, count),
        singles(row, OUT, count),
    )


STEPS = {name: one for name, one in vars().items() if isinstance(one, CompiledStep)}
