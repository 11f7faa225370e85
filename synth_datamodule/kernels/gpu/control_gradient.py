"""Back from the gradient of a sound's control signals to its parameters', on the GPU.

A program a sound: the twin of ``kernels.cpu.control_gradient``, of the same formulas. All that it
adds up is linear in what comes in, so each tile of control samples adds to the gradient by values.
"""

import triton
import triton.language as tl

from synth_datamodule.kernels.gpu.control import adsr, lfo_shares, lfo_steps, matrix_mod
from synth_datamodule.kernels.gpu.formulas import v


@triton.jit
def _plus(found, column, at, x):
    """Return the gradient by values ``[WIDTH]`` with a number added in one column."""
    return found + tl.where(column == at, x, v.ZERO)


@triton.jit
def _ramp(frame, start, length, alpha, eps, FALLS: tl.constexpr):
    """Return a ramp's level at some frames, and its slopes by length, start and exponent."""
    per_frame = v.slope(length)
    place, steps, moves, started = v.ramp_place(frame, start, length, per_frame, eps)
    if FALLS:
        level, by_base, by_alpha = v.power_slopes(v.ONE - place, alpha)
        by_step = v.ZERO - by_base * per_frame
    else:
        level, by_base, by_alpha = v.power_slopes(place, alpha)
        by_step = by_base * per_frame
    # A ramp of no length does not exist: it is 1 and nothing moves it.
    exists = length > 0.0
    level = tl.where(exists, level, v.ONE)
    by_alpha = tl.where(exists, by_alpha, v.ZERO)
    by_step = tl.where(exists, tl.where(moves, by_step, v.ZERO), v.ZERO)
    by_start = tl.where(started, v.ZERO - by_step, v.ZERO)
    return level, (v.ZERO - by_step) * steps * per_frame, by_start, by_alpha


@triton.jit
def _adsr_back(found, column, values, at: tl.constexpr, incoming, frame, rate, eps):
    """Add to the gradient by an ADSR's parameters and the note's duration, from that by it."""
    duration = tl.load(values + v.KEYBOARD + 1)
    attack = tl.load(values + at)
    decay = tl.load(values + at + 1)
    sustain = tl.load(values + at + 2)
    release = tl.load(values + at + 3)
    alpha = tl.load(values + at + 4)
    rest = duration - attack
    left = v.larger(rest, v.ZERO)
    start = v.smaller(attack, duration) * rate
    length = v.smaller(left, decay) * rate
    rises, a_length, _, a_alpha = _ramp(frame, v.ZERO, start, alpha, eps, False)
    falls, d_length, d_start, d_alpha = _ramp(frame, start, length, alpha, eps, True)
    ends, r_length, r_start, r_alpha = _ramp(
        frame, duration * rate, release * rate, alpha, eps, True
    )
    level = v.held(falls, sustain)
    depth = v.ONE - sustain
    by_attack = incoming * ends * level
    by_fall = incoming * ends * rises
    by_decay = by_fall * depth
    by_release = incoming * rises * level
    found = _plus(found, column, at + 2, tl.sum(by_fall, 0) - tl.sum(by_fall * falls, 0))
    found = _plus(found, column, at + 3, tl.sum(by_release * r_length, 0) * rate)
    by_alpha = by_attack * a_alpha + by_decay * d_alpha + by_release * r_alpha
    found = _plus(found, column, at + 4, tl.sum(by_alpha, 0))
    by_duration = tl.sum(by_release * r_start, 0) * rate
    by_cut = tl.sum(by_attack * a_length + by_decay * d_start, 0) * rate
    by_own = tl.where(attack > duration, v.ZERO, by_cut)
    by_duration += tl.where(attack > duration, by_cut, v.ZERO)
    by_cut = tl.sum(by_decay * d_length, 0) * rate
    whole = decay <= left
    found = _plus(found, column, at + 1, tl.where(whole, by_cut, v.ZERO))
    by_rest = tl.where(whole, v.ZERO, tl.where(rest >= 0.0, by_cut, v.ZERO))
    found = _plus(found, column, at, by_own - by_rest)
    return _plus(found, column, v.KEYBOARD + 1, by_duration + by_rest)


@triton.jit
def _lfo_back(found, column, values, at: tl.constexpr, incoming, phase, mod, later, rate):
    """Add to the gradient by an LFO's parameters; return that by its modulation and phase, too.

    ``later`` is what the frames after these add to the gradient by the phase, in cycles.
    """
    sin, tri, saw, rsaw, sqr, largest, total = lfo_shares(values, at)
    sinusoid, triangle, ramp, square, by_sinusoid, by_triangle = v.lfo_waves(phase)
    of_sin = tl.sum(incoming * sinusoid, 0)
    of_tri = tl.sum(incoming * triangle, 0)
    of_saw = tl.sum(incoming * ramp, 0)
    of_rsaw = tl.sum(incoming, 0) - of_saw
    of_sqr = tl.sum(incoming * square, 0)
    mean = sin * of_sin + tri * of_tri + saw * of_saw + rsaw * of_rsaw + sqr * of_sqr
    found = _by_share(found, column, values, at + 3, (of_sin - mean) / total, largest)
    found = _by_share(found, column, values, at + 4, (of_tri - mean) / total, largest)
    found = _by_share(found, column, values, at + 5, (of_saw - mean) / total, largest)
    found = _by_share(found, column, values, at + 6, (of_rsaw - mean) / total, largest)
    found = _by_share(found, column, values, at + 7, (of_sqr - mean) / total, largest)
    by_phase = incoming * (sin * by_sinusoid + tri * by_triangle + (saw - rsaw))
    here = tl.sum(by_phase, 0)
    found = _plus(found, column, at + 2, here * v.TURNS_PER_RADIAN)
    frequency = tl.load(values + at)
    depth = tl.load(values + at + 1)
    suffix = tl.cumsum(by_phase, 0, reverse=True) + later
    moves = v.fma(depth, mod, frequency) >= 0.0
    by_hertz = tl.where(moves, suffix * (v.ONE / rate), v.ZERO)
    found = _plus(found, column, at, tl.sum(by_hertz, 0))
    found = _plus(found, column, at + 1, tl.sum(by_hertz * mod, 0))
    return found, by_hertz * depth, later + here


@triton.jit
def _by_share(found, column, values, at: tl.constexpr, by_power, largest):
    return _plus(found, column, at, by_power * v.share_slope(tl.load(values + at), largest))


@triton.jit
def _output_back(
    found,
    column,
    values,
    output: tl.constexpr,
    at: tl.constexpr,
    incoming,
    unit,
    adsr_1,
    adsr_2,
    lfo_1,
    lfo_2,
):
    """Add to the gradient by one output of the matrix: by its weights and its factor.

    The factor is the parameter in column ``at`` times a unit.

    Returns:
        The gradient by values, and that by the output's sum of weighted signals.
    """
    mod = matrix_mod(values, output, adsr_1, adsr_2, lfo_1, lfo_2)
    found = _plus(found, column, at, tl.sum(incoming * mod, 0) * unit)
    back = incoming * (tl.load(values + at) * unit)
    found = _plus(found, column, v.MATRIX + output, tl.sum(back * adsr_1, 0))
    found = _plus(found, column, v.MATRIX + output + 5, tl.sum(back * adsr_2, 0))
    found = _plus(found, column, v.MATRIX + output + 10, tl.sum(back * lfo_1, 0))
    return _plus(found, column, v.MATRIX + output + 15, tl.sum(back * lfo_2, 0)), back


@triton.jit
def _signal_back(values, row: tl.constexpr, back_1, back_2, back_3, back_4, back_5):
    """Return the gradient by one of the matrix's signals, from those by its outputs."""
    weights = values + v.MATRIX + 5 * row
    out = tl.load(weights) * back_1
    out = v.fma(tl.load(weights + 1), back_2, out)
    out = v.fma(tl.load(weights + 2), back_3, out)
    out = v.fma(tl.load(weights + 3), back_4, out)
    return v.fma(tl.load(weights + 4), back_5, out)


@triton.jit
def _constants_back(found, column, values, by_constant):
    """Add to the gradient by what is constant in a sound."""
    by_phase = tl.load(by_constant) * v.TURNS_PER_RADIAN
    found = _plus(found, column, v.VCO_1 + 2, by_phase)
    by_phase = tl.load(by_constant + 1) * v.TURNS_PER_RADIAN
    found = _plus(found, column, v.VCO_2 + 2, by_phase)
    found = _plus(found, column, v.VCO_2 + 3, tl.load(by_constant + 3))
    bend = tl.load(values + v.VCO_2 + 1)
    highest = tl.load(values + v.KEYBOARD) + tl.load(values + v.VCO_2) + v.larger(bend, v.ZERO)
    slope = v.steepness_slope(highest, v.steepness64(highest))
    by_pitch = tl.load(by_constant + 2) * slope
    found = _plus(found, column, v.KEYBOARD, by_pitch)
    found = _plus(found, column, v.VCO_2, by_pitch)
    return _plus(found, column, v.VCO_2 + 1, tl.where(bend >= 0.0, by_pitch, v.ZERO))


@triton.jit
def control_gradient_kernel(
    parameters,
    table,
    rates,
    values,
    by_pitch,
    by_gain,
    by_constant,
    grad,
    num_frames,
    NUM_PARAMETERS: tl.constexpr,
    WIDTH: tl.constexpr,
    FRAMES: tl.constexpr,
    NUM_TILES: tl.constexpr,
):
    """Turn the gradient of control signals into that of parameters ``[B, P]``, float64.

    After control_kernel has filled ``values`` ``[B, WIDTH]``. The gradient comes by pitches in
    octaves ``[B, 2, C]``, by gains ``[B, 3, C]``, and by both initial phases in cycles, steepness
    and shape ``[B, 4]``.
    """
    sound = tl.program_id(0).to(tl.int64)
    values += sound * WIDTH
    by_pitch += sound * 2 * num_frames
    by_gain += sound * 3 * num_frames
    rate = tl.load(rates + 1)
    eps = tl.load(rates + 2)
    duration = tl.load(values + v.KEYBOARD + 1)
    cycles_per_hz = v.ONE / rate
    # Forth, to the phases at the end; back from there they are whole numbers, and exact.
    phase_1 = v.fixed_phase(tl.load(values + v.LFO_1 + 2), v.LFO_SCALE)
    phase_2 = v.fixed_phase(tl.load(values + v.LFO_2 + 2), v.LFO_SCALE)
    for tile in range(NUM_TILES):
        n = tile * FRAMES + tl.arange(0, FRAMES)
        frame = n.to(tl.float64)
        inside = n < num_frames
        mod = adsr(frame, values, v.LFO_1_RATE, duration, rate, eps)
        phase_1 += tl.sum(tl.where(inside, lfo_steps(values, v.LFO_1, mod, cycles_per_hz), 0), 0)
        mod = adsr(frame, values, v.LFO_2_RATE, duration, rate, eps)
        phase_2 += tl.sum(tl.where(inside, lfo_steps(values, v.LFO_2, mod, cycles_per_hz), 0), 0)
    column = tl.arange(0, WIDTH)
    found = tl.zeros([WIDTH], tl.float64)
    later_1 = rate - rate
    later_2 = rate - rate
    for turn in range(NUM_TILES):
        n = (NUM_TILES - 1 - turn) * FRAMES + tl.arange(0, FRAMES)
        frame = n.to(tl.float64)
        inside = n < num_frames
        rate_1 = adsr(frame, values, v.LFO_1_RATE, duration, rate, eps)
        steps = tl.where(inside, lfo_steps(values, v.LFO_1, rate_1, cycles_per_hz), 0)
        phase_1 -= tl.sum(steps, 0)
        phases_1 = tl.cumsum(steps, 0) + phase_1
        rate_2 = adsr(frame, values, v.LFO_2_RATE, duration, rate, eps)
        steps = tl.where(inside, lfo_steps(values, v.LFO_2, rate_2, cycles_per_hz), 0)
        phase_2 -= tl.sum(steps, 0)
        phases_2 = tl.cumsum(steps, 0) + phase_2
        amp_1 = adsr(frame, values, v.LFO_1_AMP, duration, rate, eps)
        amp_2 = adsr(frame, values, v.LFO_2_AMP, duration, rate, eps)
        sin, tri, saw, rsaw, sqr, _, _ = lfo_shares(values, v.LFO_1)
        wave_1 = v.lfo_shape(phases_1, sin, tri, saw, rsaw, sqr)
        sin, tri, saw, rsaw, sqr, _, _ = lfo_shares(values, v.LFO_2)
        wave_2 = v.lfo_shape(phases_2, sin, tri, saw, rsaw, sqr)
        a = adsr(frame, values, v.ADSR_1, duration, rate, eps)
        b = adsr(frame, values, v.ADSR_2, duration, rate, eps)
        c = wave_1 * amp_1
        d = wave_2 * amp_2

        back = tl.load(by_pitch + n, mask=inside, other=0.0)
        by_centre = tl.sum(back, 0) * v.TWELFTH
        found = _plus(found, column, v.VCO_1, by_centre)
        found = _plus(found, column, v.KEYBOARD, by_centre)
        found, back_1 = _output_back(
            found, column, values, 0, v.VCO_1 + 1, back, v.TWELFTH, a, b, c, d
        )
        back = tl.load(by_gain + n, mask=inside, other=0.0)
        found, back_2 = _output_back(found, column, values, 1, v.MIXER, back, v.ONE, a, b, c, d)
        back = tl.load(by_pitch + num_frames + n, mask=inside, other=0.0)
        by_centre = tl.sum(back, 0) * v.TWELFTH
        found = _plus(found, column, v.VCO_2, by_centre)
        found = _plus(found, column, v.KEYBOARD, by_centre)
        found, back_3 = _output_back(
            found, column, values, 2, v.VCO_2 + 1, back, v.TWELFTH, a, b, c, d
        )
        back = tl.load(by_gain + num_frames + n, mask=inside, other=0.0)
        found, back_4 = _output_back(found, column, values, 3, v.MIXER + 1, back, v.ONE, a, b, c, d)
        back = tl.load(by_gain + 2 * num_frames + n, mask=inside, other=0.0)
        found, back_5 = _output_back(found, column, values, 4, v.MIXER + 2, back, v.ONE, a, b, c, d)

        back = _signal_back(values, 0, back_1, back_2, back_3, back_4, back_5)
        found = _adsr_back(found, column, values, v.ADSR_1, back, frame, rate, eps)
        back = _signal_back(values, 1, back_1, back_2, back_3, back_4, back_5)
        found = _adsr_back(found, column, values, v.ADSR_2, back, frame, rate, eps)
        back = _signal_back(values, 2, back_1, back_2, back_3, back_4, back_5)
        found = _adsr_back(found, column, values, v.LFO_1_AMP, back * wave_1, frame, rate, eps)
        found, back, later_1 = _lfo_back(
            found, column, values, v.LFO_1, back * amp_1, phases_1, rate_1, later_1, rate
        )
        found = _adsr_back(found, column, values, v.LFO_1_RATE, back, frame, rate, eps)
        back = _signal_back(values, 3, back_1, back_2, back_3, back_4, back_5)
        found = _adsr_back(found, column, values, v.LFO_2_AMP, back * wave_2, frame, rate, eps)
        found, back, later_2 = _lfo_back(
            found, column, values, v.LFO_2, back * amp_2, phases_2, rate_2, later_2, rate
        )
        found = _adsr_back(found, column, values, v.LFO_2_RATE, back, frame, rate, eps)
    found = _constants_back(found, column, values, by_constant + sound * 4)
    exists = column < NUM_PARAMETERS
    slope = v.value_slope(
        tl.load(parameters + sound * NUM_PARAMETERS + column, mask=exists, other=0.0).to(
            tl.float64
        ),
        tl.load(table + NUM_PARAMETERS + column, mask=exists, other=0.0),
        tl.load(table + 3 * NUM_PARAMETERS + column, mask=exists, other=1.0),
        tl.load(table + 4 * NUM_PARAMETERS + column, mask=exists, other=0.0),
    )
    tl.store(grad + sound * NUM_PARAMETERS + column, found * slope, mask=exists)
