"""From five control signals to audio, on the GPU: a program a tile of a sound."""

import triton
import triton.language as tl

from synth_datamodule.kernels.gpu.formulas import v


@triton.jit
def _octave(pitch, left, share, lowest, highest):
    here = tl.load(pitch + left)
    step = tl.load(pitch + left + 1) - here
    return v.octave(share, here, step, lowest, highest)


@triton.jit
def gain_at(gain, left, share):
    """Return a gain between two control samples."""
    here = tl.load(gain + left)
    step = tl.load(gain + left + 1) - here
    return v.between(share, here, step)


@triton.jit
def phases_before(sums_1, sums_2, tile, READY: tl.constexpr, WINDOW: tl.constexpr):
    """Add what the phases grow by in all earlier tiles, as soon as each has said it."""
    total_1 = tile.to(tl.int64) * 0
    total_2 = total_1
    for first in range(0, tile, WINDOW):
        t = first + tl.arange(0, WINDOW)
        earlier = t < tile
        found_1 = tl.load(sums_1 + t, mask=earlier, other=READY, volatile=True)
        found_2 = tl.load(sums_2 + t, mask=earlier, other=READY, volatile=True)
        while tl.min(tl.minimum(found_1, found_2), 0) == 0:
            found_1 = tl.load(sums_1 + t, mask=earlier, other=READY, volatile=True)
            found_2 = tl.load(sums_2 + t, mask=earlier, other=READY, volatile=True)
        total_1 += tl.sum(found_1, 0)
        total_2 += tl.sum(found_2, 0)
    return total_1, total_2


@triton.jit
def audio_kernel(
    values,
    rows,
    pitches,
    gains,
    noise,
    lefts,
    remainders,
    audio,
    sums,
    peaks,
    num_frames,
    num_samples,
    BITS: tl.constexpr,
    WIDTH: tl.constexpr,
    NUM_ROWS: tl.constexpr,
    SAMPLES: tl.constexpr,
    WINDOW: tl.constexpr,
):
    """Turn a sound's control signals into audio ``[B, N]`` and its peak's bits ``[B]``.

    A program computes one tile. It tells the others what its phases grow by, in ``sums``, 0 before,
    and adds up what earlier tiles told: they began before it, for a GPU begins programs in order.
    Positions are given for whole tiles; what the last computes beyond the sound is not kept.
    """
    sound = tl.program_id(0).to(tl.int64)
    tile = tl.program_id(1)
    num_tiles = tl.num_programs(1)
    values += sound * WIDTH
    pitches += sound * 2 * num_frames
    gains += sound * 3 * num_frames
    audio += sound * num_samples
    sums += sound * 2 * num_tiles
    lowest, highest = tl.load(values + v.LOWEST), tl.load(values + v.HIGHEST)
    share_per_step = v.ONE / (num_samples - 1).to(tl.float64)
    m = tile * SAMPLES + tl.arange(0, SAMPLES)
    left = tl.load(lefts + m)
    share = tl.load(remainders + m).to(tl.float64) * share_per_step
    steps_1 = v.phase_step(_octave(pitches, left, share, lowest, highest))
    steps_2 = v.phase_step(_octave(pitches + num_frames, left, share, lowest, highest))
    # Tiles add up to less than 2**62, and only a phase's lower bits matter: a flag in one word with
    # its number needs no order among writes.
    READY: tl.constexpr = 2**62
    tl.atomic_xchg(sums + tile, tl.sum(steps_1, 0) + READY, sem="relaxed")
    tl.atomic_xchg(sums + num_tiles + tile, tl.sum(steps_2, 0) + READY, sem="relaxed")
    phase_1 = tl.cumsum(steps_1, 0) + tl.load(values + v.PHASE_1).to(tl.int64)
    phase_2 = tl.cumsum(steps_2, 0) + tl.load(values + v.PHASE_2).to(tl.int64)

    row = tl.load(rows + sound)
    # The gains of a sound whose row does not exist are NaN: any other row will do.
    noise += tl.where((row >= 0) & (row < NUM_ROWS), row, 0) * num_samples
    inside = m < num_samples
    noise_here = tl.load(noise + m, mask=inside)
    single = share.to(tl.float32)
    gain_1 = gain_at(gains, left, single)
    gain_2 = gain_at(gains + num_frames, left, single)
    gain_3 = gain_at(gains + 2 * num_frames, left, single)
    steep = tl.load(values + v.STEEPNESS).to(tl.float32)
    shape = tl.load(values + v.VCO_2 + 3).to(tl.float32)
    level = tl.load(values + v.LEVEL).to(tl.float32)

    SHIFT: tl.constexpr = BITS - 33
    before_1, before_2 = phases_before(sums, sums + num_tiles, tile, READY, WINDOW)
    half_1 = v.half_cycles(phase_1 + before_1, SHIFT)
    half_2 = v.half_cycles(phase_2 + before_2, SHIFT)
    wave_1 = v.flipped(v.sine(v.fold(half_1)), v.flip(half_1))
    wave_2 = v.square_saw_wave(v.fold(half_2), v.flip(half_2), steep, shape, level)
    y = v.mixed(wave_1, gain_1, wave_2, gain_2, noise_here, gain_3)
    tl.store(audio + m, y, mask=inside)
    magnitude = tl.where(inside, v.bits32(y) & v.POSITIVE_32, 0)
    tl.atomic_max(peaks + sound, tl.max(magnitude, 0), sem="relaxed")


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
