"""The fused Voice on an NVIDIA GPU: four launches from sound numbers to audio."""

import triton
import triton.language as tl

from synth_datamodule.kernels import arithmetic, columns, formulas
from synth_datamodule.kernels.triton_words import in_triton

v = in_triton(arithmetic, formulas, columns)


@triton.jit
def _seeded(word, step):
    return (word ^ (word >> 30)) * 1812433253 + step.to(tl.uint32)


@triton.jit
def draw_kernel(
    numbers,
    column_of_draw,
    pinned,
    parameters,
    is_train,
    num_sounds,
    NUM_DRAWS: tl.constexpr,
    LANES: tl.constexpr,
):
    """Draw the parameters ``[B, P]`` of sounds by number, and is_train ``[B]``."""
    sound = tl.program_id(0) * LANES + tl.arange(0, LANES)
    inside = sound < num_sounds
    number = tl.load(numbers + sound, mask=inside, other=0)
    tl.store(is_train + sound, ((number // 1024) % 10 != 9).to(tl.uint8), mask=inside)
    # Draw k reads words k, k + 1 and k + 397 of the seeded state: two runs of the seeding, 397
    # steps apart, so that nothing is stored.
    low = number.to(tl.uint32)
    flaw = tl.where((number >= 0) & (number < 4294967296), 0.0, float("nan"))
    high = low
    for step in range(1, 398):
        high = _seeded(high, tl.full([], step, tl.int32))
    for draw in range(NUM_DRAWS):
        after = _seeded(low, tl.full([], draw + 1, tl.int32))
        joined = (low & 0x80000000) | (after & 0x7FFFFFFF)
        word = high ^ (joined >> 1) ^ ((joined & 1) * 0x9908B0DF)
        word ^= word >> 11
        word ^= (word << 7) & 0x9D2C5680
        word ^= (word << 15) & 0xEFC60000
        word ^= word >> 18
        column = tl.load(column_of_draw + draw)
        pin = tl.load(pinned + column)
        u = (word & 0xFFFFFF).to(tl.float32) * 5.9604644775390625e-08
        u = tl.where(pin == pin, pin, u) + flaw
        tl.store(parameters + sound.to(tl.int64) * NUM_DRAWS + column, u, mask=inside)
        low = after
        high = _seeded(high, tl.full([], draw + 398, tl.int32))


@triton.jit
def _envelope(frame, values, column, duration, rate, eps):
    attack = tl.load(values + column)
    decay = tl.load(values + column + 1)
    sustain = tl.load(values + column + 2)
    release = tl.load(values + column + 3)
    alpha = tl.load(values + column + 4)
    attack_slope, decay_start, decay_slope, release_start, release_slope = v.adsr_ramps(
        duration, attack, decay, release, rate
    )
    out = v.rise(frame, v.ZERO, attack_slope, alpha, eps)
    out = out * v.held(v.fall(frame, decay_start, decay_slope, alpha, eps), sustain)
    return out * v.fall(frame, release_start, release_slope, alpha, eps)


@triton.jit
def _lfo_steps(values, column, mod, cycles_per_hz):
    frequency = tl.load(values + column)
    depth = tl.load(values + column + 1)
    return v.lfo_step(frequency, depth, mod, cycles_per_hz)


@triton.jit
def _lfo(values, column, phase):
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
    return v.lfo_shape(phase, sin / total, tri / total, saw / total, rsaw / total, sqr / total)


@triton.jit
def _mod(values, output: tl.constexpr, adsr_1, adsr_2, lfo_1, lfo_2):
    weights = values + v.MATRIX + output
    w_1 = tl.load(weights)
    w_2 = tl.load(weights + 5)
    w_3 = tl.load(weights + 10)
    w_4 = tl.load(weights + 15)
    return v.weighted(adsr_1, adsr_2, lfo_1, lfo_2, w_1, w_2, w_3, w_4)


@triton.jit
def control_kernel(
    parameters,
    table,
    rates,
    values,
    pitches,
    gains,
    num_frames,
    NUM_PARAMETERS: tl.constexpr,
    WIDTH: tl.constexpr,
    FRAMES: tl.constexpr,
    NUM_TILES: tl.constexpr,
):
    """Turn parameters ``[B, P]`` into values, pitches ``[B, 2, C]`` and gains ``[B, 3, C]``."""
    sound = tl.program_id(0).to(tl.int64)
    values += sound * NUM_PARAMETERS
    parameter = tl.arange(0, WIDTH)
    exists = parameter < NUM_PARAMETERS
    u = tl.load(parameters + sound * NUM_PARAMETERS + parameter, mask=exists, other=0.0)
    column = table + parameter
    value = v.value(
        u.to(tl.float64),
        tl.load(column, mask=exists, other=0.0),
        tl.load(column + NUM_PARAMETERS, mask=exists, other=0.0),
        tl.load(column + 2 * NUM_PARAMETERS, mask=exists, other=0.0),
        tl.load(column + 3 * NUM_PARAMETERS, mask=exists, other=1.0),
        tl.load(column + 4 * NUM_PARAMETERS, mask=exists, other=0.0),
    )
    tl.store(values + parameter, value, mask=exists)
    # Reading values back to check them would stall: what is out of range becomes NaN, to be seen.
    wrong = tl.sum(tl.where((u >= 0.0) & (u <= 1.0), 0, 1), 0)
    flaw = tl.where(wrong > 0, float("nan"), 0.0)
    # The values are read back one by one, by other threads than wrote them.
    tl.debug_barrier()
    rate = tl.load(rates + 1)
    eps = tl.load(rates + 2)
    offset = v.octave_offset(tl.load(rates), tl.load(rates + 3))
    cycles_per_hz = v.ONE / rate
    midi_f0 = tl.load(values + v.KEYBOARD)
    duration = tl.load(values + v.KEYBOARD + 1)
    phase_1 = v.fixed_phase(tl.load(values + v.LFO_1 + 2), v.LFO_SCALE)
    phase_2 = v.fixed_phase(tl.load(values + v.LFO_2 + 2), v.LFO_SCALE)
    pitches += sound * 2 * num_frames
    gains += sound * 3 * num_frames
    for tile in range(NUM_TILES):
        n = tile * FRAMES + tl.arange(0, FRAMES)
        frame = n.to(tl.float64)
        inside = n < num_frames
        mod = _envelope(frame, values, v.LFO_1_RATE, duration, rate, eps)
        steps_1 = tl.where(inside, _lfo_steps(values, v.LFO_1, mod, cycles_per_hz), 0)
        mod = _envelope(frame, values, v.LFO_2_RATE, duration, rate, eps)
        steps_2 = tl.where(inside, _lfo_steps(values, v.LFO_2, mod, cycles_per_hz), 0)
        amp = _envelope(frame, values, v.LFO_1_AMP, duration, rate, eps)
        lfo_1 = _lfo(values, v.LFO_1, tl.cumsum(steps_1, 0) + phase_1) * amp
        amp = _envelope(frame, values, v.LFO_2_AMP, duration, rate, eps)
        lfo_2 = _lfo(values, v.LFO_2, tl.cumsum(steps_2, 0) + phase_2) * amp
        if NUM_TILES > 1:
            phase_1 += tl.sum(steps_1, 0)
            phase_2 += tl.sum(steps_2, 0)
        adsr_1 = _envelope(frame, values, v.ADSR_1, duration, rate, eps)
        adsr_2 = _envelope(frame, values, v.ADSR_2, duration, rate, eps)

        centre = v.octaves(midi_f0 + tl.load(values + v.VCO_1), offset)
        depth = tl.load(values + v.VCO_1 + 1) * v.TWELFTH
        mod = _mod(values, 0, adsr_1, adsr_2, lfo_1, lfo_2)
        tl.store(pitches + n, v.fma(depth, mod, centre), mask=inside)
        centre = v.octaves(midi_f0 + tl.load(values + v.VCO_2), offset)
        depth = tl.load(values + v.VCO_2 + 1) * v.TWELFTH
        mod = _mod(values, 2, adsr_1, adsr_2, lfo_1, lfo_2)
        tl.store(pitches + num_frames + n, v.fma(depth, mod, centre), mask=inside)

        amp = _mod(values, 1, adsr_1, adsr_2, lfo_1, lfo_2)
        tl.store(gains + n, v.gain(tl.load(values + v.MIXER), amp) + flaw, mask=inside)
        amp = _mod(values, 3, adsr_1, adsr_2, lfo_1, lfo_2)
        tl.store(
            gains + num_frames + n, v.gain(tl.load(values + v.MIXER + 1), amp) + flaw, mask=inside
        )
        amp = _mod(values, 4, adsr_1, adsr_2, lfo_1, lfo_2)
        tl.store(
            gains + 2 * num_frames + n,
            v.gain(tl.load(values + v.MIXER + 2), amp) + flaw,
            mask=inside,
        )


@triton.jit
def _octave(pitch, left, share, lowest, highest, inside):

    here = tl.load(pitch + left, mask=inside, other=0.0)
    step = tl.load(pitch + left + 1, mask=inside, other=0.0) - here
    return v.octave(share, here, step, lowest, highest)


@triton.jit
def _gain(gain, left, share, inside):
    here = tl.load(gain + left, mask=inside, other=0.0)
    step = tl.load(gain + left + 1, mask=inside, other=0.0) - here
    return v.between(share, here, step)


@triton.jit
def audio_kernel(
    values,
    rows,
    rates,
    pitches,
    gains,
    noise,
    lefts,
    remainders,
    audio,
    peaks,
    num_frames,
    num_samples,
    BITS: tl.constexpr,
    NUM_PARAMETERS: tl.constexpr,
    NUM_ROWS: tl.constexpr,
    SAMPLES: tl.constexpr,
):
    """Turn a sound's control signals into audio ``[B, N]`` and its peak's bits ``[B]``."""
    sound = tl.program_id(0).to(tl.int64)
    values += sound * NUM_PARAMETERS
    pitches += sound * 2 * num_frames
    gains += sound * 3 * num_frames
    audio += sound * num_samples
    row = tl.load(rows + sound)
    row_exists = (row >= 0) & (row < NUM_ROWS)
    noise += row * num_samples
    offset = v.octave_offset(tl.load(rates), tl.load(rates + 3))
    last = (num_samples - 1).to(tl.float64)
    share_per_step = v.ONE / last
    zero = last - last
    lowest, highest = v.octaves(zero, offset), v.octaves(zero + v.TOP_MIDI, offset)
    midi_f0 = tl.load(values + v.KEYBOARD)
    depth = tl.load(values + v.VCO_2 + 1)
    steep = v.steepness(midi_f0 + tl.load(values + v.VCO_2) + v.larger(depth, v.ZERO))
    knob = tl.load(values + v.VCO_2 + 3)
    level = (v.ONE - knob * v.HALF).to(tl.float32)
    shape = knob.to(tl.float32)
    SCALE: tl.constexpr = 2.0**BITS
    SHIFT: tl.constexpr = BITS - 33
    QUARTER: tl.constexpr = 2 ** (BITS - 2)
    phase_1 = v.fixed_phase(tl.load(values + v.VCO_1 + 2), SCALE) + QUARTER
    phase_2 = v.fixed_phase(tl.load(values + v.VCO_2 + 2), SCALE)
    peak = tl.zeros([SAMPLES], tl.int32)
    for start in range(0, num_samples, SAMPLES):
        m = start + tl.arange(0, SAMPLES)
        inside = m < num_samples
        left = tl.load(lefts + m, mask=inside, other=0)
        remainder = tl.load(remainders + m, mask=inside, other=0)
        share = remainder.to(tl.float64) * share_per_step
        octave_1 = _octave(pitches, left, share, lowest, highest, inside)
        octave_2 = _octave(pitches + num_frames, left, share, lowest, highest, inside)
        steps_1 = tl.where(inside, v.phase_step(octave_1), 0)
        steps_2 = tl.where(inside, v.phase_step(octave_2), 0)
        half_1 = v.half_cycles(tl.cumsum(steps_1, 0) + phase_1, SHIFT)
        half_2 = v.half_cycles(tl.cumsum(steps_2, 0) + phase_2, SHIFT)
        phase_1 += tl.sum(steps_1, 0)
        phase_2 += tl.sum(steps_2, 0)
        wave_1 = v.flipped(v.sine(v.fold(half_1)), v.flip(half_1))
        wave_2 = v.square_saw_wave(v.fold(half_2), v.flip(half_2), steep, shape, level)
        single = share.to(tl.float32)
        y = v.mixed(
            wave_1,
            _gain(gains, left, single, inside),
            wave_2,
            _gain(gains + num_frames, left, single, inside),
            tl.load(noise + m, mask=inside & row_exists, other=float("nan")),
            _gain(gains + 2 * num_frames, left, single, inside),
        )
        tl.store(audio + m, y, mask=inside)
        magnitude = tl.where(inside, v.bits32(y) & v.POSITIVE_32, 0)
        peak = tl.maximum(peak, magnitude)
    tl.store(peaks + sound, tl.max(peak, 0))


@triton.jit
def normalize_kernel(audio, peaks, num_samples, SAMPLES: tl.constexpr):
    """Divide by the peak where it exceeds 1."""
    sound = tl.program_id(0).to(tl.int64)
    largest = v.from_bits32(tl.load(peaks + sound))
    if largest > 1.0:
        m = tl.program_id(1) * SAMPLES + tl.arange(0, SAMPLES)
        inside = m < num_samples
        at = audio + sound * num_samples + m
        y = tl.load(at, mask=inside, other=0.0)
        tl.store(at, v.quotient32(y, largest), mask=inside)
