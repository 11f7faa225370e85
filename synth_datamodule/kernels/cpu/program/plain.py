"""Steps of plain arithmetic, in float32 and in float64: sums, products, copies, mixes."""

from synth_datamodule.kernels.cpu.program.calling import (
    INPUTS,
    OUT,
    CompiledStep,
    Number,
    doubles,
    number,
    singles,
    step,
)
from synth_datamodule.kernels.exact.formulas import mixed
from synth_datamodule.kernels.exact.operations import float32, float64
from synth_datamodule.kernels.exact.parts import mixed_1, mixed_2, mixed_4
from synth_datamodule.numerics.compiled import stage


@stage
def _add(a: Number, b: Number, out: Number) -> None:
    for j in range(out.shape[0]):
        out[j] = a[j] + b[j]


@step
def add_single(row: int, start: int, count: int) -> None:
    """Add two signals."""
    a, b = singles(row, INPUTS, count), singles(row, INPUTS + 1, count)
    _add(a, b, singles(row, OUT, count))


@step
def add_double(row: int, start: int, count: int) -> None:
    """Add two signals."""
    a, b = doubles(row, INPUTS, count), doubles(row, INPUTS + 1, count)
    _add(a, b, doubles(row, OUT, count))


@stage
def _subtract(a: Number, b: Number, out: Number) -> None:
    for j in range(out.shape[0]):
        out[j] = a[j] - b[j]


@step
def subtract_single(row: int, start: int, count: int) -> None:
    """Subtract a signal from another."""
    a, b = singles(row, INPUTS, count), singles(row, INPUTS + 1, count)
    _subtract(a, b, singles(row, OUT, count))


@step
def subtract_double(row: int, start: int, count: int) -> None:
    """Subtract a signal from another."""
    a, b = doubles(row, INPUTS, count), doubles(row, INPUTS + 1, count)
    _subtract(a, b, doubles(row, OUT, count))


@stage
def _multiply(a: Number, b: Number, out: Number) -> None:
    for j in range(out.shape[0]):
        out[j] = a[j] * b[j]


@step
def multiply_single(row: int, start: int, count: int) -> None:
    """Multiply two signals."""
    a, b = singles(row, INPUTS, count), singles(row, INPUTS + 1, count)
    _multiply(a, b, singles(row, OUT, count))


@step
def multiply_double(row: int, start: int, count: int) -> None:
    """Multiply two signals."""
    a, b = doubles(row, INPUTS, count), doubles(row, INPUTS + 1, count)
    _multiply(a, b, doubles(row, OUT, count))


@stage
def _scale(a: Number, by: Number, out: Number) -> None:
    for j in range(out.shape[0]):
        out[j] = a[j] * by


@step
def scale_single(row: int, start: int, count: int) -> None:
    """Multiply a signal by a number."""
    _scale(singles(row, INPUTS, count), float32(number(row, 1)), singles(row, OUT, count))


@step
def scale_double(row: int, start: int, count: int) -> None:
    """Multiply a signal by a number."""
    _scale(doubles(row, INPUTS, count), number(row, 1), doubles(row, OUT, count))


@stage
def _shift(a: Number, by: Number, out: Number) -> None:
    for j in range(out.shape[0]):
        out[j] = a[j] + by


@step
def shift_single(row: int, start: int, count: int) -> None:
    """Add a number to a signal."""
    _shift(singles(row, INPUTS, count), float32(number(row, 1)), singles(row, OUT, count))


@step
def shift_double(row: int, start: int, count: int) -> None:
    """Add a number to a signal."""
    _shift(doubles(row, INPUTS, count), number(row, 1), doubles(row, OUT, count))


@stage
def _fill(by: Number, out: Number) -> None:
    for j in range(out.shape[0]):
        out[j] = by


@step
def fill_single(row: int, start: int, count: int) -> None:
    """Spread a number over samples."""
    _fill(float32(number(row, 0)), singles(row, OUT, count))


@step
def fill_double(row: int, start: int, count: int) -> None:
    """Spread a number over samples."""
    _fill(number(row, 0), doubles(row, OUT, count))


@stage
def _copy(a: Number, out: Number) -> None:
    for j in range(out.shape[0]):
        out[j] = a[j]


@step
def copy_single(row: int, start: int, count: int) -> None:
    """Copy a signal."""
    _copy(singles(row, INPUTS, count), singles(row, OUT, count))


@step
def copy_double(row: int, start: int, count: int) -> None:
    """Copy a signal."""
    _copy(doubles(row, INPUTS, count), doubles(row, OUT, count))


@step
def narrow_single(row: int, start: int, count: int) -> None:
    """Round a signal to float32."""
    out, a = singles(row, OUT, count), doubles(row, INPUTS, count)
    for j in range(count):
        out[j] = float32(a[j])


@step
def noise_double(row: int, start: int, count: int) -> None:
    """Read noise from its table."""
    out, a = doubles(row, OUT, count), singles(row, INPUTS, count)
    for j in range(count):
        out[j] = float64(a[j])


@stage
def _mix_1(
    a: Number,
    gain_a: Number,
    out: Number,
) -> None:
    for j in range(out.shape[0]):
        out[j] = mixed_1(a[j], gain_a[j])


@step
def mix_1_single(row: int, start: int, count: int) -> None:
    """Add a signal at its gain."""
    gain_a, a = singles(row, INPUTS + 0, count), singles(row, INPUTS + 1, count)
    _mix_1(a, gain_a, singles(row, OUT, count))


@step
def mix_1_double(row: int, start: int, count: int) -> None:
    """Add a signal at its gain."""
    gain_a, a = doubles(row, INPUTS + 0, count), doubles(row, INPUTS + 1, count)
    _mix_1(a, gain_a, doubles(row, OUT, count))


@stage
def _mix_2(
    a: Number,
    gain_a: Number,
    b: Number,
    gain_b: Number,
    out: Number,
) -> None:
    for j in range(out.shape[0]):
        out[j] = mixed_2(a[j], gain_a[j], b[j], gain_b[j])


@step
def mix_2_single(row: int, start: int, count: int) -> None:
    """Add two signals at their gains."""
    gain_a, a = singles(row, INPUTS + 0, count), singles(row, INPUTS + 1, count)
    gain_b, b = singles(row, INPUTS + 2, count), singles(row, INPUTS + 3, count)
    _mix_2(a, gain_a, b, gain_b, singles(row, OUT, count))


@step
def mix_2_double(row: int, start: int, count: int) -> None:
    """Add two signals at their gains."""
    gain_a, a = doubles(row, INPUTS + 0, count), doubles(row, INPUTS + 1, count)
    gain_b, b = doubles(row, INPUTS + 2, count), doubles(row, INPUTS + 3, count)
    _mix_2(a, gain_a, b, gain_b, doubles(row, OUT, count))


@stage
def _mix_3(
    a: Number,
    gain_a: Number,
    b: Number,
    gain_b: Number,
    c: Number,
    gain_c: Number,
    out: Number,
) -> None:
    for j in range(out.shape[0]):
        out[j] = mixed(a[j], gain_a[j], b[j], gain_b[j], c[j], gain_c[j])


@step
def mix_3_single(row: int, start: int, count: int) -> None:
    """Add three signals at their gains."""
    gain_a, a = singles(row, INPUTS + 0, count), singles(row, INPUTS + 1, count)
    gain_b, b = singles(row, INPUTS + 2, count), singles(row, INPUTS + 3, count)
    gain_c, c = singles(row, INPUTS + 4, count), singles(row, INPUTS + 5, count)
    _mix_3(a, gain_a, b, gain_b, c, gain_c, singles(row, OUT, count))


@step
def mix_3_double(row: int, start: int, count: int) -> None:
    """Add three signals at their gains."""
    gain_a, a = doubles(row, INPUTS + 0, count), doubles(row, INPUTS + 1, count)
    gain_b, b = doubles(row, INPUTS + 2, count), doubles(row, INPUTS + 3, count)
    gain_c, c = doubles(row, INPUTS + 4, count), doubles(row, INPUTS + 5, count)
    _mix_3(a, gain_a, b, gain_b, c, gain_c, doubles(row, OUT, count))


@stage
def _mix_4(
    a: Number,
    gain_a: Number,
    b: Number,
    gain_b: Number,
    c: Number,
    gain_c: Number,
    d: Number,
    gain_d: Number,
    out: Number,
) -> None:
    for j in range(out.shape[0]):
        out[j] = mixed_4(a[j], gain_a[j], b[j], gain_b[j], c[j], gain_c[j], d[j], gain_d[j])


@step
def mix_4_single(row: int, start: int, count: int) -> None:
    """Add four signals at their gains."""
    gain_a, a = singles(row, INPUTS + 0, count), singles(row, INPUTS + 1, count)
    gain_b, b = singles(row, INPUTS + 2, count), singles(row, INPUTS + 3, count)
    gain_c, c = singles(row, INPUTS + 4, count), singles(row, INPUTS + 5, count)
    gain_d, d = singles(row, INPUTS + 6, count), singles(row, INPUTS + 7, count)
    _mix_4(a, gain_a, b, gain_b, c, gain_c, d, gain_d, singles(row, OUT, count))


@step
def mix_4_double(row: int, start: int, count: int) -> None:
    """Add four signals at their gains."""
    gain_a, a = doubles(row, INPUTS + 0, count), doubles(row, INPUTS + 1, count)
    gain_b, b = doubles(row, INPUTS + 2, count), doubles(row, INPUTS + 3, count)
    gain_c, c = doubles(row, INPUTS + 4, count), doubles(row, INPUTS + 5, count)
    gain_d, d = doubles(row, INPUTS + 6, count), doubles(row, INPUTS + 7, count)
    _mix_4(a, gain_a, b, gain_b, c, gain_c, d, gain_d, doubles(row, OUT, count))


STEPS = {name: one for name, one in vars().items() if isinstance(one, CompiledStep)}
