"""From five control signals to audio, on the GPU: a program a sound, tile after tile."""

import triton
import triton.language as tl

from synth_datamodule.kernels.triton_formulas import v


@triton.jit
def _octave(pitch, left, share, lowest, highest):
    here = tl.load(pitch + left)
    step = tl.load(pitch + left + 1) - here
    return v.octave(share, here, step, lowest, highest)


@triton.jit
def _gain(gain, left, share):
    here = tl.load(gain + left)
    step = tl.load(gain + left + 1) - here
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
    """Turn a sound's control signals into audio ``[B, N]`` and its peak's bits ``[B]``.

    Positions are given for whole tiles. What the last tile computes beyond the sound is not kept.
    """
    sound = tl.program_id(0).to(tl.int64)
    values += sound * NUM_PARAMETERS
    pitches += sound * 2 * num_frames
    gains += sound * 3 * num_frames
    audio += sound * num_samples
    row = tl.load(rows + sound)
    # The gains of a sound whose row does not exist are NaN: any other row will do.
    noise += tl.where((row >= 0) & (row < NUM_ROWS), row, 0) * num_samples
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
        left = tl.load(lefts + m)
        share = tl.load(remainders + m).to(tl.float64) * share_per_step
        steps_1 = v.phase_step(_octave(pitches, left, share, lowest, highest))
        steps_2 = v.phase_step(_octave(pitches + num_frames, left, share, lowest, highest))
        half_1 = v.half_cycles(tl.cumsum(steps_1, 0) + phase_1, SHIFT)
        half_2 = v.half_cycles(tl.cumsum(steps_2, 0) + phase_2, SHIFT)
        phase_1 += tl.sum(steps_1, 0)
        phase_2 += tl.sum(steps_2, 0)
        wave_1 = v.flipped(v.sine(v.fold(half_1)), v.flip(half_1))
        wave_2 = v.square_saw_wave(v.fold(half_2), v.flip(half_2), steep, shape, level)
        single = share.to(tl.float32)
        y = v.mixed(
            wave_1,
            _gain(gains, left, single),
            wave_2,
            _gain(gains + num_frames, left, single),
            tl.load(noise + m, mask=inside),
            _gain(gains + 2 * num_frames, left, single),
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
