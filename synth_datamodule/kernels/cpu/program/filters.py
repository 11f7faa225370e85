"""Steps of filters."""

from synth_datamodule.kernels.cpu.lines import ROW
from synth_datamodule.kernels.cpu.program.calling import (
    AUX,
    INPUTS,
    OUT,
    SCRATCH,
    STATE,
    CompiledStep,
    Number,
    cell,
    doubles,
    doubles_at,
    number,
    singles,
    step,
)
from synth_datamodule.kernels.exact.arithmetic import ZERO
from synth_datamodule.kernels.exact.operations import (
    float64,
)
from synth_datamodule.kernels.exact.parts import filter_coefficients, filter_step, mean
from synth_datamodule.numerics.compiled import inlined, stage

SCRATCH_ROWS = 7


@inlined
def _work(row: Number, k: Number, count: Number) -> Number:
    return doubles_at(cell(row, SCRATCH) + 8 * ROW * k, count)


@stage
def _recurrence(
    m_11: Number,
    m_12: Number,
    m_22: Number,
    drive_1: Number,
    drive_2: Number,
    state: Number,
    v_1: Number,
    v_2: Number,
) -> None:
    """Go through a block's samples, and keep the means of neighbouring states."""
    s_1, s_2 = state[0], state[1]
    for j in range(m_11.shape[0]):
        next_1, next_2 = filter_step(s_1, s_2, m_11[j], m_12[j], m_22[j], drive_1[j], drive_2[j])
        v_1[j], v_2[j] = mean(s_1, next_1), mean(s_2, next_2)
        s_1, s_2 = next_1, next_2
    state[0], state[1] = s_1, s_2


@stage
def _coefficients(
    octave: Number,
    damping: float,
    audio: Number,
    m_11: Number,
    m_12: Number,
    m_22: Number,
    drive_1: Number,
    drive_2: Number,
) -> None:
    for j in range(m_11.shape[0]):
        m_11[j], a_2, m_22[j], a_3 = filter_coefficients(octave[j], damping)
        m_12[j] = a_2
        x = float64(audio[j])
        drive_1[j], drive_2[j] = a_2 * x, a_3 * x


@stage
def _steady_coefficients(
    octave: float,
    damping: float,
    audio: Number,
    m_11: Number,
    m_12: Number,
    m_22: Number,
    drive_1: Number,
    drive_2: Number,
) -> None:
    a_1, a_2, a_22, a_3 = filter_coefficients(octave, damping)
    for j in range(m_11.shape[0]):
        m_11[j], m_12[j], m_22[j] = a_1, a_2, a_22
        x = float64(audio[j])
        drive_1[j], drive_2[j] = a_2 * x, a_3 * x


@stage
def _taken(mode: int, damping: float, audio: Number, v_1: Number, v_2: Number, out: Number) -> None:
    """Fill ``out`` with low-pass, band-pass or high-pass, by ``MODES``'s order."""
    if mode == 0:
        for j in range(out.shape[0]):
            out[j] = out.dtype.type(v_2[j])
    elif mode == 1:
        for j in range(out.shape[0]):
            out[j] = out.dtype.type(damping * v_1[j])
    else:
        for j in range(out.shape[0]):
            out[j] = out.dtype.type(float64(audio[j]) - damping * v_1[j] - v_2[j])


@inlined
def _filter(row: Number, start: Number, count: Number, audio: Number, out: Number) -> None:
    if start == 0:
        doubles(row, STATE, 2)[0] = doubles(row, STATE, 2)[1] = ZERO
    octave, damping = doubles(row, INPUTS + 1, count), number(row, 2)
    m_11, m_12, m_22 = _work(row, 0, count), _work(row, 1, count), _work(row, 2, count)
    drive_1, drive_2 = _work(row, 3, count), _work(row, 4, count)
    v_1, v_2 = _work(row, 5, count), _work(row, 6, count)
    _coefficients(octave, damping, audio, m_11, m_12, m_22, drive_1, drive_2)
    _recurrence(m_11, m_12, m_22, drive_1, drive_2, doubles(row, STATE, 2), v_1, v_2)
    _taken(cell(row, AUX), damping, audio, v_1, v_2, out)


@inlined
def _steady_filter(row: Number, start: Number, count: Number, audio: Number, out: Number) -> None:
    if start == 0:
        doubles(row, STATE, 2)[0] = doubles(row, STATE, 2)[1] = ZERO
    octave, damping = number(row, 1), number(row, 2)
    m_11, m_12, m_22 = _work(row, 0, count), _work(row, 1, count), _work(row, 2, count)
    drive_1, drive_2 = _work(row, 3, count), _work(row, 4, count)
    v_1, v_2 = _work(row, 5, count), _work(row, 6, count)
    _steady_coefficients(octave, damping, audio, m_11, m_12, m_22, drive_1, drive_2)
    _recurrence(m_11, m_12, m_22, drive_1, drive_2, doubles(row, STATE, 2), v_1, v_2)
    _taken(cell(row, AUX), damping, audio, v_1, v_2, out)


@step
def filter_single(row: int, start: int, count: int) -> None:
    """Filter audio, the cutoff moving."""
    _filter(row, start, count, singles(row, INPUTS, count), singles(row, OUT, count))


@step
def filter_double(row: int, start: int, count: int) -> None:
    """Filter audio, the cutoff moving."""
    _filter(row, start, count, doubles(row, INPUTS, count), doubles(row, OUT, count))


@step
def steady_filter_single(row: int, start: int, count: int) -> None:
    """Filter audio, the cutoff at rest."""
    _steady_filter(row, start, count, singles(row, INPUTS, count), singles(row, OUT, count))


@step
def steady_filter_double(row: int, start: int, count: int) -> None:
    """Filter audio, the cutoff at rest."""
    _steady_filter(row, start, count, doubles(row, INPUTS, count), doubles(row, OUT, count))


STEPS = {name: one for name, one in vars().items() if isinstance(one, CompiledStep)}
