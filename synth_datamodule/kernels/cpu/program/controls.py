"""Steps of control signals: whole sounds at once, in float64."""

from synth_datamodule.kernels.cpu import control
from synth_datamodule.kernels.cpu.program.calling import (
    CONTROL_RATE,
    CYCLES_PER_HZ,
    EPS,
    INPUTS,
    OUT,
    SCRATCH,
    doubles,
    integers,
    number,
    rate,
    together,
)
from synth_datamodule.kernels.exact import formulas
from synth_datamodule.kernels.exact.operations import float64, fma


def envelope(row: int, start: int, count: int) -> None:
    """Compute an ADSR."""
    control.envelope(
        number(row, 0),
        number(row, 1),
        number(row, 2),
        number(row, 3),
        number(row, 4),
        number(row, 5),
        rate(row, CONTROL_RATE),
        rate(row, EPS),
        doubles(row, OUT, count),
    )


def lfo(row: int, start: int, count: int) -> None:
    """Compute an LFO."""
    shares = number(row, 3), number(row, 4), number(row, 5), number(row, 6), number(row, 7)
    control.lfo(
        number(row, 0),
        number(row, 1),
        int(number(row, 2)),
        shares,
        doubles(row, INPUTS + 8, count),
        rate(row, CYCLES_PER_HZ),
        integers(row, SCRATCH, count),
        doubles(row, OUT, count),
    )


def weighted_1(row: int, start: int, count: int) -> None:
    """Weight a signal."""
    out, a, w_a = doubles(row, OUT, count), doubles(row, INPUTS, count), number(row, 1)
    for n in range(count):
        out[n] = w_a * a[n]


def weighted_2(row: int, start: int, count: int) -> None:
    """Add two signals at their weights."""
    out, a, w_a = doubles(row, OUT, count), doubles(row, INPUTS, count), number(row, 1)
    b, w_b = doubles(row, INPUTS + 2, count), number(row, 3)
    for n in range(count):
        out[n] = fma(w_b, b[n], w_a * a[n])


def weighted_3(row: int, start: int, count: int) -> None:
    """Add three signals at their weights."""
    out, a, w_a = doubles(row, OUT, count), doubles(row, INPUTS, count), number(row, 1)
    b, w_b = doubles(row, INPUTS + 2, count), number(row, 3)
    c, w_c = doubles(row, INPUTS + 4, count), number(row, 5)
    for n in range(count):
        out[n] = fma(w_c, c[n], fma(w_b, b[n], w_a * a[n]))


def weighted_4(row: int, start: int, count: int) -> None:
    """Add four signals at their weights."""
    out, a, w_a = doubles(row, OUT, count), doubles(row, INPUTS, count), number(row, 1)
    b, w_b = doubles(row, INPUTS + 2, count), number(row, 3)
    c, w_c = doubles(row, INPUTS + 4, count), number(row, 5)
    d, w_d = doubles(row, INPUTS + 6, count), number(row, 7)
    for n in range(count):
        out[n] = formulas.weighted(a[n], b[n], c[n], d[n], w_a, w_b, w_c, w_d)


def affine(row: int, start: int, count: int) -> None:
    """Multiply a signal by a number and add another, rounded once."""
    out, a = doubles(row, OUT, count), doubles(row, INPUTS, count)
    depth, centre = number(row, 1), number(row, 2)
    for n in range(count):
        out[n] = fma(depth, a[n], centre)


def gain(row: int, start: int, count: int) -> None:
    """Multiply a signal by a level, and round it to float32."""
    out, a, level = doubles(row, OUT, count), doubles(row, INPUTS + 1, count), number(row, 0)
    for n in range(count):
        out[n] = float64(formulas.gain(level, a[n]))


STEPS = together(
    "controls", *(envelope, lfo, weighted_1, weighted_2, weighted_3, weighted_4, affine, gain)
)
