"""From five control signals to audio, on the GPU: a program a tile of a sound."""

import triton
import triton.language as tl

from synth_datamodule.kernels.gpu.formulas import constant, v

# A tile tells its sum of phase steps and the news that it is there in one word: READY plus the sum.
# One store makes both visible at once, so no order among a GPU's writes is asked for. A step is
# below 2**51 units (plan.py) and a tile has 2**10 samples, so a sum is below 2**61, and a word that
# was told is never 0, which means "not yet". READY is not taken off again: 2**62 units are whole
# cycles (2**bits units each), and only a phase's lower bits are used, wherever its total wraps.
READY = constant(2**62)


@triton.jit
def octave_at(pitch, left, share, lowest, highest):
    """Return a pitch between two control samples, clamped, in octaves."""
    here = tl.load(pitch + left)
    step = tl.load(pitch + left + 1) - here
    return v.octave(share, here, step, lowest, highest)


@triton.jit
def control_at(control, left, share):
    """Return a gain between two control samples, or a pitch that is not clamped.

    ``share`` has the type of the signal: float32 for a gain, float64 for a pitch.
    """
    here = tl.load(control + left)
    step = tl.load(control + left + 1) - here
    return v.between(share, here, step)


@triton.jit
def phases_before(sums_1, sums_2, tile, WINDOW: tl.constexpr):
    """Return the sums of both phases' steps in all earlier tiles, waiting until each has told."""
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
    steps_1 = v.phase_step(octave_at(pitches, left, share, lowest, highest))
    steps_2 = v.phase_step(octave_at(pitches + num_frames, left, share, lowest, highest))
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
    gain_1 = control_at(gains, left, single)
    gain_2 = control_at(gains + num_frames, left, single)
    gain_3 = control_at(gains + 2 * num_frames, left, single)
    steep = tl.load(values + v.STEEPNESS).to(tl.float32)
    shape = tl.load(values + v.VCO_2 + 3).to(tl.float32)
    level = tl.load(values + v.LEVEL).to(tl.float32)

    SHIFT: tl.constexpr = BITS - 33
    before_1, before_2 = phases_before(sums, sums + num_tiles, tile, WINDOW)
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
