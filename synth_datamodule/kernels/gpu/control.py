"""From a sound's parameters to its five control signals, on the GPU: a program a sound."""

import triton
import triton.language as tl

from synth_datamodule.kernels.gpu.formulas import v


@triton.jit
def values_of(parameters, table, parameter, exists, num_parameters):
    """Return a sound's parameters as they are given, and in their units."""
    u = tl.load(parameters + parameter, mask=exists, other=0.0)
    column = table + parameter
    value = v.value(
        u.to(tl.float64),
        tl.load(column, mask=exists, other=0.0),
        tl.load(column + num_parameters, mask=exists, other=0.0),
        tl.load(column + 2 * num_parameters, mask=exists, other=0.0),
        tl.load(column + 3 * num_parameters, mask=exists, other=1.0),
        tl.load(column + 4 * num_parameters, mask=exists, other=0.0),
    )
    return u, value


@triton.jit
def num_wrong(u):
    """Return how many parameters lie outside [0, 1]."""
    return tl.sum(tl.where((u >= 0.0) & (u <= 1.0), 0, 1), 0)


@triton.jit
def flaw_of(wrong, row, NUM_ROWS: tl.constexpr):
    """Return NaN if parameters are wrong or a row of noise does not exist, else 0."""
    # Reading values back to check them would stall: what is out of range becomes NaN, to be seen.
    row_exists = (row >= 0) & (row < NUM_ROWS)
    return tl.where((wrong > 0) | (row_exists == 0), float("nan"), 0.0)


@triton.jit
def envelope(frame, duration, attack, decay, sustain, release, alpha, rate, eps):
    """Return an ADSR at some frames."""
    attack_slope, decay_start, decay_slope, release_start, release_slope = v.adsr_ramps(
        duration, attack, decay, release, rate
    )
    out = v.rise(frame, v.ZERO, attack_slope, alpha, eps)
    out = out * v.held(v.fall(frame, decay_start, decay_slope, alpha, eps), sustain)
    return out * v.fall(frame, release_start, release_slope, alpha, eps)


@triton.jit
def adsr(frame, values, column, duration, rate, eps):
    """Return an ADSR at some frames, from a sound's values from a column on."""
    attack = tl.load(values + column)
    decay = tl.load(values + column + 1)
    sustain = tl.load(values + column + 2)
    release = tl.load(values + column + 3)
    alpha = tl.load(values + column + 4)
    return envelope(frame, duration, attack, decay, sustain, release, alpha, rate, eps)


@triton.jit
def lfo_steps(values, column, mod, cycles_per_hz):
    """Return an LFO's phase steps, from a sound's values from a column on."""
    frequency = tl.load(values + column)
    depth = tl.load(values + column + 1)
    return v.lfo_step(frequency, depth, mod, cycles_per_hz)


@triton.jit
def lfo_shares(values, column):
    """Return the shares of an LFO's shapes, the largest of its weights, and their powers' sum."""
    sin = tl.load(values + column + 3)
    tri = tl.load(values + column + 4)
    saw = tl.load(values + column + 5)
    rsaw = tl.load(values + column + 6)
    sqr = tl.load(values + column + 7)
    largest = v.larger(tri, sin)
    largest = v.larger(saw, largest)
    largest = v.larger(rsaw, largest)
    largest = v.larger(sqr, largest)
    sin = v.share_of(sin, largest)
    tri = v.share_of(tri, largest)
    saw = v.share_of(saw, largest)
    rsaw = v.share_of(rsaw, largest)
    sqr = v.share_of(sqr, largest)
    total = sin + tri + saw + rsaw + sqr
    return sin / total, tri / total, saw / total, rsaw / total, sqr / total, largest, total


@triton.jit
def _lfo(values, column, phase):
    sin, tri, saw, rsaw, sqr, _, _ = lfo_shares(values, column)
    return v.lfo_shape(phase, sin, tri, saw, rsaw, sqr)


@triton.jit
def matrix_mod(values, output: tl.constexpr, adsr_1, adsr_2, lfo_1, lfo_2):
    """Return one output of the matrix, from a sound's values."""
    weights = values + v.MATRIX + output
    w_1 = tl.load(weights)
    w_2 = tl.load(weights + 5)
    w_3 = tl.load(weights + 10)
    w_4 = tl.load(weights + 15)
    return v.weighted(adsr_1, adsr_2, lfo_1, lfo_2, w_1, w_2, w_3, w_4)


@triton.jit
def _store_constants(values, offset, midi_f0, BITS: tl.constexpr):
    zero = offset - offset
    tl.store(values + v.LOWEST, v.octaves(zero, offset))
    tl.store(values + v.HIGHEST, v.octaves(zero + v.MIDI_MAX, offset))
    depth = tl.load(values + v.VCO_2 + 1)
    steep = v.steepness(midi_f0 + tl.load(values + v.VCO_2) + v.larger(depth, v.ZERO))
    tl.store(values + v.STEEPNESS, steep.to(tl.float64))
    knob = tl.load(values + v.VCO_2 + 3)
    tl.store(values + v.LEVEL, v.ONE - knob * v.HALF)
    SCALE: tl.constexpr = 2.0**BITS
    QUARTER: tl.constexpr = 2 ** (BITS - 2)
    phase = v.fixed_phase(tl.load(values + v.VCO_1 + 2), SCALE) + QUARTER
    tl.store(values + v.PHASE_1, phase.to(tl.float64))
    phase = v.fixed_phase(tl.load(values + v.VCO_2 + 2), SCALE)
    tl.store(values + v.PHASE_2, phase.to(tl.float64))


@triton.jit
def control_kernel(
    parameters,
    rows,
    table,
    rates,
    values,
    pitches,
    gains,
    sums,
    peaks,
    num_frames,
    num_sums,
    BITS: tl.constexpr,
    NUM_PARAMETERS: tl.constexpr,
    NUM_ROWS: tl.constexpr,
    WIDTH: tl.constexpr,
    FRAMES: tl.constexpr,
    NUM_TILES: tl.constexpr,
):
    """Turn parameters ``[B, P]`` into values, pitches ``[B, 2, C]`` and gains ``[B, 3, C]``.

    Values ``[B, WIDTH]`` hold what is the same for all samples of a sound, too. Sums ``[B, S]`` and
    peaks ``[B]`` become 0, as the next kernel wants them.
    """
    sound = tl.program_id(0).to(tl.int64)
    values += sound * WIDTH
    tl.store(peaks + sound, 0)
    for first in range(0, num_sums, FRAMES):
        s = first + tl.arange(0, FRAMES)
        tl.store(sums + sound * num_sums + s, tl.zeros([FRAMES], tl.int64), mask=s < num_sums)
    parameter = tl.arange(0, WIDTH)
    exists = parameter < NUM_PARAMETERS
    given = parameters + sound * NUM_PARAMETERS
    u, value = values_of(given, table, parameter, exists, NUM_PARAMETERS)
    tl.store(values + parameter, value, mask=exists)
    flaw = flaw_of(num_wrong(u), tl.load(rows + sound), NUM_ROWS)
    # The values are read back one by one, by other threads than wrote them.
    tl.debug_barrier()
    rate = tl.load(rates + 1)
    eps = tl.load(rates + 2)
    offset = v.octave_offset(tl.load(rates), tl.load(rates + 3))
    cycles_per_hz = v.ONE / rate
    midi_f0 = tl.load(values + v.KEYBOARD)
    duration = tl.load(values + v.KEYBOARD + 1)
    _store_constants(values, offset, midi_f0, BITS)
    phase_1 = v.fixed_phase(tl.load(values + v.LFO_1 + 2), v.LFO_SCALE)
    phase_2 = v.fixed_phase(tl.load(values + v.LFO_2 + 2), v.LFO_SCALE)
    pitches += sound * 2 * num_frames
    gains += sound * 3 * num_frames
    for tile in range(NUM_TILES):
        n = tile * FRAMES + tl.arange(0, FRAMES)
        frame = n.to(tl.float64)
        inside = n < num_frames
        mod = adsr(frame, values, v.LFO_1_RATE, duration, rate, eps)
        steps_1 = tl.where(inside, lfo_steps(values, v.LFO_1, mod, cycles_per_hz), 0)
        mod = adsr(frame, values, v.LFO_2_RATE, duration, rate, eps)
        steps_2 = tl.where(inside, lfo_steps(values, v.LFO_2, mod, cycles_per_hz), 0)
        amp = adsr(frame, values, v.LFO_1_AMP, duration, rate, eps)
        lfo_1 = _lfo(values, v.LFO_1, tl.cumsum(steps_1, 0) + phase_1) * amp
        amp = adsr(frame, values, v.LFO_2_AMP, duration, rate, eps)
        lfo_2 = _lfo(values, v.LFO_2, tl.cumsum(steps_2, 0) + phase_2) * amp
        if NUM_TILES > 1:
            phase_1 += tl.sum(steps_1, 0)
            phase_2 += tl.sum(steps_2, 0)
        adsr_1 = adsr(frame, values, v.ADSR_1, duration, rate, eps)
        adsr_2 = adsr(frame, values, v.ADSR_2, duration, rate, eps)

        centre = v.octaves(midi_f0 + tl.load(values + v.VCO_1), offset)
        depth = tl.load(values + v.VCO_1 + 1) * v.TWELFTH
        mod = matrix_mod(values, 0, adsr_1, adsr_2, lfo_1, lfo_2)
        tl.store(pitches + n, v.fma(depth, mod, centre), mask=inside)
        centre = v.octaves(midi_f0 + tl.load(values + v.VCO_2), offset)
        depth = tl.load(values + v.VCO_2 + 1) * v.TWELFTH
        mod = matrix_mod(values, 2, adsr_1, adsr_2, lfo_1, lfo_2)
        tl.store(pitches + num_frames + n, v.fma(depth, mod, centre), mask=inside)

        amp = matrix_mod(values, 1, adsr_1, adsr_2, lfo_1, lfo_2)
        tl.store(gains + n, v.gain(tl.load(values + v.MIXER), amp) + flaw, mask=inside)
        amp = matrix_mod(values, 3, adsr_1, adsr_2, lfo_1, lfo_2)
        tl.store(
            gains + num_frames + n, v.gain(tl.load(values + v.MIXER + 1), amp) + flaw, mask=inside
        )
        amp = matrix_mod(values, 4, adsr_1, adsr_2, lfo_1, lfo_2)
        tl.store(
            gains + 2 * num_frames + n,
            v.gain(tl.load(values + v.MIXER + 2), amp) + flaw,
            mask=inside,
        )
