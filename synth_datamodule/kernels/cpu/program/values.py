"""The step of numbers, one for each sound: any formula of numbers, by its code."""

from synth_datamodule.kernels.cpu.program.calling import (
    CODE,
    DATA,
    INPUTS,
    NUM_FRAMES,
    OUT,
    Member,
    Number,
    cell,
    doubles,
    number,
    rate,
    step,
)
from synth_datamodule.kernels.exact import arithmetic, formulas, parts
from synth_datamodule.kernels.exact.arithmetic import ONE, ZERO, exp2
from synth_datamodule.kernels.exact.operations import float64
from synth_datamodule.numerics.compiled import inlined, stage

_OF_TWO = (
    *("add", "subtract", "multiply", "divide", "larger", "smaller", "equal"),
    *("octaves", "fixed_phase", "turn", "share", "gain"),
)
_OF_ONE = ("exp2", "steepness", "lfo_phase")
_ADD, _SUBTRACT, _MULTIPLY, _DIVIDE, _LARGER, _SMALLER, _EQUAL = range(7)
_OCTAVES, _FIXED_PHASE, _TURN, _SHARE, _GAIN = range(7, 12)
_EXP2, _STEEPNESS, _LFO_PHASE, _CHOOSE, _SOUNDING = range(12, 17)


@stage
def _of_two(code: int, a: Number, b: Number) -> Number:
    if code == _ADD:
        return a + b
    if code == _SUBTRACT:
        return a - b
    if code == _MULTIPLY:
        return a * b
    if code == _DIVIDE:
        return a / b
    if code == _LARGER:
        return arithmetic.larger(a, b)
    if code == _SMALLER:
        return arithmetic.smaller(a, b)
    if code == _EQUAL:
        return ONE if a == b else ZERO
    if code == _OCTAVES:
        return formulas.octaves(a, b)
    if code == _FIXED_PHASE:
        return float64(formulas.fixed_phase(a, exp2(b)))
    if code == _TURN:
        return float64(parts.turn(a, exp2(b)))
    if code == _SHARE:
        return formulas.share_of(a, b)
    return float64(formulas.gain(a, b))


@stage
def _of_one(code: int, a: Number) -> Number:
    if code == _EXP2:
        return exp2(a)
    if code == _STEEPNESS:
        return formulas.steepness64(a)
    return float64(formulas.fixed_phase(a, formulas.LFO_SCALE))


@inlined
def _chosen(row: Number, at: Number) -> Number:
    """Return the entry of a list that a number falls on; the list's length stands before it."""
    last = int(doubles(row, DATA, 1)[0]) - 1
    return doubles(row, DATA, last + 2)[1 + min(max(int(at), 0), last)]


@inlined
def _sounding(row: Number) -> Number:
    """Return the control sample from which on a control signal is 0."""
    control = doubles(row, INPUTS, int(rate(row, NUM_FRAMES)))
    end = control.shape[0]
    while end > 0 and control[end - 1] == 0.0:
        end -= 1
    return float64(end)


@step
def numbers(row: int, start: int, count: int) -> None:
    """Compute a number by the formula whose code the row holds."""
    out, code = doubles(row, OUT, 1), cell(row, CODE)
    if code == _SOUNDING:
        out[0] = _sounding(row)
    elif code == _CHOOSE:
        out[0] = _chosen(row, number(row, 0))
    elif code >= _EXP2:
        out[0] = _of_one(code, number(row, 0))
    else:
        out[0] = _of_two(code, number(row, 0), number(row, 1))


_KINDS = (*_OF_TWO, *_OF_ONE, "choose", "sounding")
STEPS = {kind: Member(numbers, code) for code, kind in enumerate(_KINDS)}
