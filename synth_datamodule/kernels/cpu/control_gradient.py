"""Control signals from a sound's parameters, and back from their gradient, on the CPU.

The twin of ``kernels.differentiable`` and its autograd: nothing is kept from the way forth, which
takes 25 us a sound of 4 s.
"""

import numpy as np
import numpy.typing as npt

from synth_datamodule.kernels.cpu.control import (
    Floats,
    Integers,
    Singles,
    envelope,
    lfo,
    moving_frames,
    to_values,
)
from synth_datamodule.kernels.cpu.lines import first_sample
from synth_datamodule.kernels.exact.arithmetic import ONE, ZERO, larger, smaller
from synth_datamodule.kernels.exact.columns import (
    ADSR_1,
    ADSR_2,
    KEYBOARD,
    LFO_1,
    LFO_1_AMP,
    LFO_1_RATE,
    LFO_2,
    LFO_2_AMP,
    LFO_2_RATE,
    MATRIX,
    MIXER,
    VCO_1,
    VCO_2,
)
from synth_datamodule.kernels.exact.control_slopes import (
    lfo_waves,
    power_slopes,
    ramp_place,
    share_slope,
    steepness_slope,
    value_slope,
)
from synth_datamodule.kernels.exact.formulas import (
    LFO_SCALE,
    TURNS_PER_RADIAN,
    TWELFTH,
    fixed_phase,
    gain,
    held,
    octave_offset,
    octaves,
    share_of,
    slope,
    steepness,
    steepness64,
    weighted,
)
from synth_datamodule.kernels.exact.operations import fma
from synth_datamodule.numerics.compiled import kernel, stage, summing

# Envelopes by their first columns: of the matrix, then of both LFOs' rates and levels.
_ENVELOPES = (ADSR_1, ADSR_2, LFO_1_RATE, LFO_2_RATE, LFO_1_AMP, LFO_2_AMP)
_LFOS = (LFO_1, LFO_2)
# A ramp's rows: its level, and what that changes by per unit of length, start and exponent.
_LEVEL, _BY_LENGTH, _BY_START, _BY_ALPHA = range(4)


@stage
def _signals(
    u: Floats,
    table: Floats,
    rate: float,
    eps: float,
    values: Floats,
    envelopes: Floats,
    phases: Integers,
    lfos: Floats,
    signals: Floats,
) -> None:
    """Fill a sound's values ``[P]``, envelopes ``[6, C]``, LFOs' phases and levels ``[2, C]``.

    And the four signals of the matrix, ``[4, C]``.
    """
    to_values(u, table, values)
    for k in range(6):
        at = _ENVELOPES[k]
        envelope(
            values[KEYBOARD + 1],
            values[at],
            values[at + 1],
            values[at + 2],
            values[at + 3],
            values[at + 4],
            rate,
            eps,
            envelopes[k],
        )
    for k in range(2):
        at = _LFOS[k]
        shares, _, _ = _shares(values[at + 3 : at + 8])
        start = fixed_phase(values[at + 2], LFO_SCALE)
        mod, amp = envelopes[2 + k], envelopes[4 + k]
        lfo(values[at], values[at + 1], start, shares, mod, ONE / rate, phases[k], lfos[k])
        for n in range(amp.shape[0]):
            signals[k, n] = envelopes[k, n]
            signals[2 + k, n] = lfos[k, n] * amp[n]


@stage
def _shares(weights: Floats) -> tuple[tuple[float, float, float, float, float], float, float]:
    """Return an LFO's shares of its shapes, the largest of its weights, and their powers' sum."""
    largest = weights[0]
    for k in range(1, 5):
        largest = larger(weights[k], largest)
    sin, tri = share_of(weights[0], largest), share_of(weights[1], largest)
    saw, rsaw = share_of(weights[2], largest), share_of(weights[3], largest)
    sqr = share_of(weights[4], largest)
    total = sin + tri + saw + rsaw + sqr
    return (sin / total, tri / total, saw / total, rsaw / total, sqr / total), largest, total


@stage
def _sounding(values: Floats, rate: float, num_frames: int) -> int:
    """Return the control sample from which on all signals of the matrix have ended for good."""
    last = 0
    for k in (0, 1, 4, 5):
        release = values[_ENVELOPES[k] + 3]
        _, stop = moving_frames(values[KEYBOARD + 1] * rate, slope(release * rate), num_frames)
        last = max(last, stop)
    return last


@kernel
def control_signals(
    u: npt.NDArray[np.float64],
    table: npt.NDArray[np.float64],
    sample_rate: float,
    control_rate: float,
    eps: float,
    bits: int,
    num_samples: int,
    pitches: npt.NDArray[np.float64],
    gains: npt.NDArray[np.float32],
    phases: npt.NDArray[np.int64],
    steeps: npt.NDArray[np.float32],
    shapes: npt.NDArray[np.float32],
    ends: npt.NDArray[np.int64],
) -> None:
    """Fill what ``audio_gradients`` takes, from parameters.

    Args:
        u: Parameters in [0, 1]. Shape ``[B, P]``.
        table: Minimum, width, maximum, exponent and symmetry of each. Shape ``[5, P]``.
        sample_rate: Audio rate in hertz.
        control_rate: Control rate in hertz.
        eps: Number that keeps ramps off zero, in control samples.
        bits: Bits of a phase's fraction.
        num_samples: Audio samples of a sound, N.
        pitches: Memory of pitches in octaves. Shape ``[B, 2, C]``.
        gains: Memory of the gains of both oscillators and the noise. Shape ``[B, 3, C]``.
        phases: Memory of both initial phases in units of ``2**-bits`` cycles. Shape ``[B, 2]``.
        steeps: Memory of the second oscillator's steepness. Shape ``[B]``.
        shapes: Memory of its shape knob. Shape ``[B]``.
        ends: Memory of the sample from which on a sound is silent for good. Shape ``[B]``.
    """
    num_sounds, _, num_frames = pitches.shape
    values = np.empty(u.shape[1])
    envelopes, signals = np.empty((6, num_frames)), np.empty((4, num_frames))
    lfo_phases, lfos = np.empty((2, num_frames), np.int64), np.empty((2, num_frames))
    offset = octave_offset(sample_rate, np.float64(bits))
    for sound in range(num_sounds):
        _signals(u[sound], table, control_rate, eps, values, envelopes, lfo_phases, lfos, signals)
        for k in range(2):
            at = VCO_1 if k == 0 else VCO_2
            centre = octaves(values[KEYBOARD] + values[at], offset)
            _bent(values, 2 * k, signals, values[at + 1] * TWELFTH, centre, pitches[sound, k])
        for k in range(3):
            _levelled(values, (1, 3, 4)[k], signals, values[MIXER + k], gains[sound, k])
        scale = np.float64(2.0) ** bits
        phases[sound, 0] = fixed_phase(values[VCO_1 + 2], scale) + (np.int64(1) << (bits - 2))
        phases[sound, 1] = fixed_phase(values[VCO_2 + 2], scale)
        highest = values[KEYBOARD] + values[VCO_2] + larger(values[VCO_2 + 1], ZERO)
        steeps[sound] = steepness(highest)
        shapes[sound] = np.float32(values[VCO_2 + 3])
        end = _sounding(values, control_rate, num_frames)
        ends[sound] = num_samples
        if end < num_frames:
            ends[sound] = first_sample(end, num_frames, num_samples)


@stage
def _bent(
    values: Floats, output: int, signals: Floats, depth: float, centre: float, out: Floats
) -> None:
    w = values[MATRIX + output : MATRIX + 20 : 5]
    w_1, w_2, w_3, w_4 = w[0], w[1], w[2], w[3]
    a, b, c, d = signals[0], signals[1], signals[2], signals[3]
    for n in range(out.shape[0]):
        out[n] = fma(depth, weighted(a[n], b[n], c[n], d[n], w_1, w_2, w_3, w_4), centre)


@stage
def _levelled(values: Floats, output: int, signals: Floats, level: float, out: Singles) -> None:
    w = values[MATRIX + output : MATRIX + 20 : 5]
    w_1, w_2, w_3, w_4 = w[0], w[1], w[2], w[3]
    a, b, c, d = signals[0], signals[1], signals[2], signals[3]
    for n in range(out.shape[0]):
        out[n] = gain(level, weighted(a[n], b[n], c[n], d[n], w_1, w_2, w_3, w_4))


@summing
def _dot(a: Floats, b: Floats) -> float:
    total = 0.0
    for n in range(a.shape[0]):
        total += a[n] * b[n]
    return total


@summing
def _sum(a: Floats) -> float:
    total = 0.0
    for n in range(a.shape[0]):
        total += a[n]
    return total


@stage
def _ramp(
    start: float, length: float, alpha: float, eps: float, falls: bool, rows: Floats
) -> tuple[int, int]:
    """Fill a ramp's rows ``[4, C]``, its slopes where it moves; return the frames where it does.

    Before these the slopes are those of frame 0, after them 0.
    """
    level = rows[_LEVEL]
    num_frames = level.shape[0]
    first, stop = (0, 0) if length <= 0.0 else moving_frames(start, slope(length), num_frames)
    for n in range(stop, num_frames):
        level[n] = ZERO if falls and length > 0.0 else ONE
    begin, end = 0, min(first, 1)
    for _ in range(2):
        _ramp_frames(begin, end, start, length, alpha, eps, falls, rows)
        begin, end = first, stop
    for n in range(1, first):
        level[n] = level[0]
    return first, stop


@stage
def _ramp_frames(
    first: int,
    stop: int,
    start: float,
    length: float,
    alpha: float,
    eps: float,
    falls: bool,
    rows: Floats,
) -> None:
    per_frame = slope(length)
    sign, base = (-per_frame, ONE) if falls else (per_frame, ZERO)
    direction = -ONE if falls else ONE
    level, by_length = rows[_LEVEL, first:stop], rows[_BY_LENGTH, first:stop]
    by_start, by_alpha = rows[_BY_START, first:stop], rows[_BY_ALPHA, first:stop]
    for j in range(level.shape[0]):
        place, steps, moves, started = ramp_place(
            np.float64(first + j), start, length, per_frame, eps
        )
        power, by_way, by_exponent = power_slopes(base + direction * place, alpha)
        by_step = by_way * sign if moves else ZERO
        level[j], by_alpha[j] = power, by_exponent
        by_length[j] = -by_step * steps * per_frame
        by_start[j] = -by_step if started else ZERO


@stage
def _through(incoming: Floats, rows: Floats, first: int, stop: int) -> tuple[float, float, float]:
    """Return the gradient by a ramp's length, start and exponent, from that by its level."""
    here = incoming[first:stop]
    by_length = _dot(here, rows[_BY_LENGTH, first:stop])
    by_start = _dot(here, rows[_BY_START, first:stop])
    by_alpha = _dot(here, rows[_BY_ALPHA, first:stop])
    if first > 0:
        before = _sum(incoming[:first])
        by_length += before * rows[_BY_LENGTH, 0]
        by_alpha += before * rows[_BY_ALPHA, 0]
    return by_length, by_start, by_alpha


@stage
def _envelope_back(
    values: Floats,
    at: int,
    rate: float,
    eps: float,
    incoming: Floats,
    ramps: Floats,
    work: Floats,
    spans: Integers,
    sums: Floats,
    found: Floats,
) -> None:
    """Add to the gradient by an ADSR's parameters and the note's duration, from that by it."""
    duration, attack, decay = values[KEYBOARD + 1], values[at], values[at + 1]
    sustain, release, alpha = values[at + 2], values[at + 3], values[at + 4]
    rest = duration - attack
    attack_cut = smaller(attack, duration)
    decay_cut = smaller(larger(rest, ZERO), decay)
    start = attack_cut * rate
    starts = (ZERO, start, duration * rate)
    lengths = (start, decay_cut * rate, release * rate)
    for k in range(3):
        spans[k, 0], spans[k, 1] = _ramp(starts[k], lengths[k], alpha, eps, k > 0, ramps[k])
    rises, falls, releases = ramps[0, _LEVEL], ramps[1, _LEVEL], ramps[2, _LEVEL]
    by_attack, by_decay, by_release = work[0], work[1], work[2]
    for n in range(incoming.shape[0]):
        level = held(falls[n], sustain)
        outer = incoming[n] * releases[n]
        by_attack[n] = outer * level
        by_decay[n] = outer * rises[n]
        by_release[n] = incoming[n] * rises[n] * level
    by_sustain = _sum(by_decay) - _dot(by_decay, falls)
    depth = ONE - sustain
    for k in range(3):
        sums[k, 0], sums[k, 1], sums[k, 2] = _through(work[k], ramps[k], spans[k, 0], spans[k, 1])
    found[at + 2] += by_sustain
    found[at + 3] += sums[2, 0] * rate
    found[at + 4] += sums[0, 2] + depth * sums[1, 2] + sums[2, 2]
    found[KEYBOARD + 1] += sums[2, 1] * rate
    by_cut = (sums[0, 0] + depth * sums[1, 1]) * rate
    found[KEYBOARD + 1 if attack > duration else at] += by_cut
    by_cut = depth * sums[1, 0] * rate
    if decay <= larger(rest, ZERO):
        found[at + 1] += by_cut
    elif rest >= 0.0:
        found[KEYBOARD + 1] += by_cut
        found[at] -= by_cut


@stage
def _lfo_back(
    values: Floats,
    at: int,
    phase: Integers,
    mod: Floats,
    rate: float,
    incoming: Floats,
    by_phase: Floats,
    waves: Floats,
    by_mod: Floats,
    found: Floats,
) -> None:
    """Add to the gradient by an LFO's parameters, fill that by its modulation, from that by it."""
    shares, largest, total = _shares(values[at + 3 : at + 8])
    sums = _by_shapes(phase, shares, incoming, by_phase, waves)
    mean = ZERO
    for k in range(5):
        mean += shares[k] * sums[k]
    for k in range(5):
        by_power = (sums[k] - mean) / total
        found[at + 3 + k] += by_power * share_slope(values[at + 3 + k], largest)
    frequency, depth, cycles = values[at], values[at + 1], ONE / rate
    suffix, by_frequency, by_depth = ZERO, ZERO, ZERO
    for n in range(by_phase.shape[0] - 1, -1, -1):
        suffix += by_phase[n]
        by_phase[n] = suffix
    found[at + 2] += suffix * TURNS_PER_RADIAN
    for n in range(by_phase.shape[0]):
        moves = fma(depth, mod[n], frequency) >= 0.0
        by_phase[n] = by_phase[n] * cycles if moves else ZERO
        by_mod[n] = by_phase[n] * depth
    by_frequency, by_depth = _sum(by_phase), _dot(by_phase, mod)
    found[at] += by_frequency
    found[at + 1] += by_depth


@stage
def _by_shapes(
    phase: Integers,
    shares: tuple[float, float, float, float, float],
    incoming: Floats,
    by_phase: Floats,
    waves: Floats,
) -> tuple[float, float, float, float, float]:
    """Return the sums of the five shapes times a gradient; fill that by each phase, in cycles."""
    sin, tri, saw, rsaw, _ = shares
    of_sin, of_tri, of_saw, of_sqr = waves[0], waves[1], waves[2], waves[3]
    for n in range(phase.shape[0]):
        sinusoid, triangle, ramp, square, by_sinusoid, by_triangle = lfo_waves(phase[n])
        of_sin[n], of_tri[n], of_saw[n], of_sqr[n] = sinusoid, triangle, ramp, square
        by_phase[n] = incoming[n] * (sin * by_sinusoid + tri * by_triangle + (saw - rsaw))
    by_saw = _dot(incoming, of_saw)
    by_rsaw = _sum(incoming) - by_saw
    return _dot(incoming, of_sin), _dot(incoming, of_tri), by_saw, by_rsaw, _dot(incoming, of_sqr)


@stage
def _matrix_back(
    values: Floats,
    signals: Floats,
    by_pitch: Floats,
    by_gain: Floats,
    mods: Floats,
    by_signals: Floats,
    found: Floats,
) -> None:
    """Add to the gradient by the matrix, the bends and the levels; fill that by the signals."""
    for output in range(5):
        # Pitch 1, gain 1, pitch 2, gain 2, the noise's gain.
        bends = output == 0 or output == 2
        incoming = by_pitch[output // 2] if bends else by_gain[output // 2]
        at = MIXER + output // 2
        if bends:
            at = (VCO_1 if output == 0 else VCO_2) + 1
        factor = values[at] * TWELFTH if bends else values[at]
        w = values[MATRIX + output : MATRIX + 20 : 5]
        w_1, w_2, w_3, w_4 = w[0], w[1], w[2], w[3]
        a, b, c, d = signals[0], signals[1], signals[2], signals[3]
        by_a, by_b, by_c, by_d = by_signals[0], by_signals[1], by_signals[2], by_signals[3]
        mod = mods[0]
        if output == 0:
            for k in range(4):
                for n in range(mod.shape[0]):
                    by_signals[k, n] = ZERO
        for n in range(mod.shape[0]):
            mod[n] = weighted(a[n], b[n], c[n], d[n], w_1, w_2, w_3, w_4)
        by_factor = _dot(incoming, mod)
        if bends:
            by_centre = _sum(incoming) * TWELFTH
            by_factor *= TWELFTH
            found[at - 1] += by_centre
            found[KEYBOARD] += by_centre
        found[at] += by_factor
        for n in range(mod.shape[0]):
            back = incoming[n] * factor
            mod[n] = back
            by_a[n] = fma(w_1, back, by_a[n])
            by_b[n] = fma(w_2, back, by_b[n])
            by_c[n] = fma(w_3, back, by_c[n])
            by_d[n] = fma(w_4, back, by_d[n])
        for k in range(4):
            found[MATRIX + 5 * k + output] += _dot(mod, signals[k])


@kernel
def control_gradients(
    u: npt.NDArray[np.float64],
    table: npt.NDArray[np.float64],
    control_rate: float,
    eps: float,
    by_pitch: npt.NDArray[np.float64],
    by_gain: npt.NDArray[np.float64],
    by_constant: npt.NDArray[np.float64],
    found: npt.NDArray[np.float64],
) -> None:
    """Fill the gradient by parameters, from that by control signals as ``audio_gradients`` has it.

    Args:
        u: Parameters in [0, 1]. Shape ``[B, P]``.
        table: Minimum, width, maximum, exponent and symmetry of each. Shape ``[5, P]``.
        control_rate: Control rate in hertz.
        eps: Number that keeps ramps off zero, in control samples.
        by_pitch: Gradient by pitch in octaves. Shape ``[B, 2, C]``.
        by_gain: Gradient by the gains of both oscillators and the noise. Shape ``[B, 3, C]``.
        by_constant: Gradient by both initial phases in cycles, by steepness and by shape. Shape
            ``[B, 4]``.
        found: Memory of the gradient. Shape ``[B, P]``.
    """
    num_sounds, _, num_frames = by_pitch.shape
    values = np.empty(u.shape[1])
    envelopes, signals = np.empty((6, num_frames)), np.empty((4, num_frames))
    phases, lfos = np.empty((2, num_frames), np.int64), np.empty((2, num_frames))
    by_signals, ramps = np.empty((4, num_frames)), np.empty((3, 4, num_frames))
    work, by_envelopes = np.empty((3, num_frames)), np.empty((6, num_frames))
    spans, sums = np.empty((3, 2), np.int64), np.empty((3, 3))
    for sound in range(num_sounds):
        _signals(u[sound], table, control_rate, eps, values, envelopes, phases, lfos, signals)
        by_value = found[sound]
        for column in range(by_value.shape[0]):
            by_value[column] = ZERO
        _matrix_back(values, signals, by_pitch[sound], by_gain[sound], work, by_signals, by_value)
        for k in range(2):
            back, amp, wave = by_signals[2 + k], envelopes[4 + k], lfos[k]
            for n in range(num_frames):
                by_envelopes[4 + k, n] = wave[n] * back[n]
                by_envelopes[k, n] = by_signals[k, n]
                back[n] *= amp[n]
            _lfo_back(
                values,
                _LFOS[k],
                phases[k],
                envelopes[2 + k],
                control_rate,
                back,
                work[0],
                ramps[0],
                by_envelopes[2 + k],
                by_value,
            )
        for k in range(6):
            _envelope_back(
                values,
                _ENVELOPES[k],
                control_rate,
                eps,
                by_envelopes[k],
                ramps,
                work,
                spans,
                sums,
                by_value,
            )
        _constants_back(values, by_constant[sound], by_value)
        for column in range(by_value.shape[0]):
            by_value[column] *= value_slope(
                u[sound, column], table[1, column], table[3, column], table[4, column]
            )


@stage
def _constants_back(values: Floats, by_constant: Floats, found: Floats) -> None:
    """Add to the gradient by what is constant in a sound."""
    found[VCO_1 + 2] += by_constant[0] * TURNS_PER_RADIAN
    found[VCO_2 + 2] += by_constant[1] * TURNS_PER_RADIAN
    found[VCO_2 + 3] += by_constant[3]
    bend = values[VCO_2 + 1]
    highest = values[KEYBOARD] + values[VCO_2] + larger(bend, ZERO)
    by_pitch = by_constant[2] * steepness_slope(highest, steepness64(highest))
    found[KEYBOARD] += by_pitch
    found[VCO_2] += by_pitch
    if bend >= 0.0:
        found[VCO_2 + 1] += by_pitch
