"""Back from the gradient of audio to that of the control signals, on the GPU."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from synth_datamodule.kernels.gpu.audio import control_at, octave_at, phases_before
from synth_datamodule.kernels.gpu.formulas import v


def through_peak(grad: Tensor, mixture: Tensor, peak: Tensor) -> Tensor:
    """Return how normalisation changes a gradient; the formula stands in cpu/gradient.py.

    Args:
        grad: Gradient with respect to normalised audio. Shape ``[B, N]``.
        mixture: Audio before it was normalised. Shape ``[B, N]``.
        peak: Largest magnitude of each mixture. Shape ``[B]``.

    Returns:
        The peak (-1 where nothing clips), the factor for every sample, and what a sample at the
        peak gets beside, float32. Shape ``[B, 3]``.
    """
    clips, wide = peak > 1, peak.double()
    total = (grad.double() * mixture.double()).sum(1)
    count = (mixture.abs() == peak[:, None]).sum(1)
    at_peak = torch.where(clips, -total / (wide * wide * count), 0.0)
    scale = torch.where(clips, 1 / wide, 1.0)
    # No magnitude is -1: a sound that does not clip has no peak to pull at.
    return torch.stack((torch.where(clips, wide, -1.0), scale, at_peak), 1).to(torch.float32)


@triton.jit
def sample_gradient_kernel(
    values,
    rows,
    pitches,
    gains,
    noise,
    lefts,
    remainders,
    mixture,
    sums,
    normalisation,
    grad,
    by_gain,
    by_phase,
    totals,
    num_frames,
    num_samples,
    BITS: tl.constexpr,
    WIDTH: tl.constexpr,
    NUM_ROWS: tl.constexpr,
    SAMPLES: tl.constexpr,
    WINDOW: tl.constexpr,
):
    """Turn the gradient of audio into that of each sample's gains and phases.

    A program computes one tile, after audio_kernel has filled ``mixture`` ``[B, N]`` and ``sums``.
    ``by_phase`` ``[B, 2, N]`` holds what later samples of the tile add, too, and ``totals``
    ``[B, 4, T]`` the tile's sums by both phases, by steep and by shape.
    """
    sound = tl.program_id(0).to(tl.int64)
    tile = tl.program_id(1)
    num_tiles = tl.num_programs(1)
    values += sound * WIDTH
    pitches += sound * 2 * num_frames
    gains += sound * 3 * num_frames
    sums += sound * 2 * num_tiles
    by_gain += sound * 3 * num_samples
    by_phase += sound * 2 * num_samples
    totals += sound * 4 * num_tiles + tile
    lowest, highest = tl.load(values + v.LOWEST), tl.load(values + v.HIGHEST)
    share_per_step = v.ONE / (num_samples - 1).to(tl.float64)
    m = tile * SAMPLES + tl.arange(0, SAMPLES)
    inside = m < num_samples
    left = tl.load(lefts + m)
    share = tl.load(remainders + m).to(tl.float64) * share_per_step
    octave_1 = octave_at(pitches, left, share, lowest, highest)
    octave_2 = octave_at(pitches + num_frames, left, share, lowest, highest)
    before_1, before_2 = phases_before(sums, sums + num_tiles, tile, WINDOW)
    before_1 += tl.load(values + v.PHASE_1).to(tl.int64)
    before_2 += tl.load(values + v.PHASE_2).to(tl.int64)
    half_1 = v.half_cycles(tl.cumsum(v.phase_step(octave_1), 0) + before_1, BITS - 33)
    half_2 = v.half_cycles(tl.cumsum(v.phase_step(octave_2), 0) + before_2, BITS - 33)
    h_1, sign_1 = v.fold(half_1), v.flip(half_1)

    y = tl.load(mixture + sound * num_samples + m, mask=inside, other=0.0)
    peak = tl.load(normalisation + 3 * sound)
    scale = tl.load(normalisation + 3 * sound + 1)
    at_peak = tl.load(normalisation + 3 * sound + 2)
    extra = tl.where(tl.abs(y) == peak, tl.where(y < 0.0, -at_peak, at_peak), 0.0)
    d = tl.load(grad + sound * num_samples + m, mask=inside, other=0.0) * scale + extra
    d = tl.where(inside, d, 0.0)

    wave_1 = v.flipped(v.sine(h_1), sign_1)
    wave_2, phase_2, steep_2, shape_2 = v.square_saw_slopes(
        v.fold(half_2),
        v.flip(half_2),
        tl.load(values + v.STEEPNESS).to(tl.float32),
        tl.load(values + v.VCO_2 + 3).to(tl.float32),
        tl.load(values + v.LEVEL).to(tl.float32),
    )
    row = tl.load(rows + sound)
    noise += tl.where((row >= 0) & (row < NUM_ROWS), row, 0) * num_samples
    tl.store(by_gain + m, d * wave_1, mask=inside)
    tl.store(by_gain + num_samples + m, d * wave_2, mask=inside)
    noise_here = tl.load(noise + m, mask=inside, other=0.0)
    tl.store(by_gain + 2 * num_samples + m, d * noise_here, mask=inside)

    single = share.to(tl.float32)
    d_1 = (d * control_at(gains, left, single) * v.sine_slope(h_1, sign_1)).to(tl.float64)
    d_2 = d * control_at(gains + num_frames, left, single)
    tl.store(totals + 2 * num_tiles, tl.sum((d_2 * steep_2).to(tl.float64), 0))
    tl.store(totals + 3 * num_tiles, tl.sum((d_2 * shape_2).to(tl.float64), 0))
    d_2 = (d_2 * phase_2).to(tl.float64)
    tl.store(totals, tl.sum(d_1, 0))
    tl.store(totals + num_tiles, tl.sum(d_2, 0))
    tl.store(by_phase + m, tl.cumsum(d_1, 0, reverse=True).to(tl.float32), mask=inside)
    suffix_2 = tl.cumsum(d_2, 0, reverse=True).to(tl.float32)
    tl.store(by_phase + num_samples + m, suffix_2, mask=inside)


@triton.jit
def frame_gradient_kernel(
    values,
    pitches,
    firsts,
    lefts,
    remainders,
    by_gain,
    by_phase,
    later,
    grad_pitches,
    grad_gains,
    num_frames,
    num_samples,
    num_tiles,
    BITS: tl.constexpr,
    WIDTH: tl.constexpr,
    TILE: tl.constexpr,
    SAMPLES: tl.constexpr,
):
    """Gather the gradient of control signals, pitches ``[B, 2, C]`` and gains ``[B, 3, C]``.

    A program adds up the samples on both sides of one control sample, in one order. ``later``
    ``[B, 2, T]`` holds what the tiles after each add to the gradient by phase.
    """
    frame = tl.program_id(0)
    sound = tl.program_id(1).to(tl.int64)
    pitches += sound * 2 * num_frames
    by_gain += sound * 3 * num_samples
    by_phase += sound * 2 * num_samples
    later += sound * 2 * num_tiles
    grad_pitches += sound * 2 * num_frames + frame
    grad_gains += sound * 3 * num_frames + frame
    lowest = tl.load(values + sound * WIDTH + v.LOWEST)
    highest = tl.load(values + sound * WIDTH + v.HIGHEST)
    share_per_step = v.ONE / (num_samples - 1).to(tl.float64)
    UNIT: tl.constexpr = 2.0**-BITS
    first, end = tl.load(firsts + tl.maximum(frame - 1, 0)), tl.load(firsts + frame + 1)
    pitch_1 = tl.zeros([SAMPLES], tl.float64)
    pitch_2 = tl.zeros([SAMPLES], tl.float64)
    gain_1 = tl.zeros([SAMPLES], tl.float64)
    gain_2 = tl.zeros([SAMPLES], tl.float64)
    gain_3 = tl.zeros([SAMPLES], tl.float64)
    for start in range(first, end, SAMPLES):
        m = start + tl.arange(0, SAMPLES)
        inside = m < end
        left = tl.load(lefts + m, mask=inside, other=0)
        share = tl.load(remainders + m, mask=inside, other=0).to(tl.float64) * share_per_step
        weight = tl.where(inside, tl.where(left == frame, v.ONE - share, share), v.ZERO)
        tile = m // TILE
        slope = v.cycles_per_octave(control_at(pitches, left, share), lowest, highest, UNIT)
        suffix = tl.load(by_phase + m, mask=inside, other=0.0)
        suffix = suffix.to(tl.float64) + tl.load(later + tile, mask=inside, other=0.0)
        pitch_1 += weight * suffix * slope
        octave = control_at(pitches + num_frames, left, share)
        slope = v.cycles_per_octave(octave, lowest, highest, UNIT)
        suffix = tl.load(by_phase + num_samples + m, mask=inside, other=0.0)
        suffix = suffix.to(tl.float64) + tl.load(later + num_tiles + tile, mask=inside, other=0.0)
        pitch_2 += weight * suffix * slope
        gain_1 += weight * tl.load(by_gain + m, mask=inside, other=0.0).to(tl.float64)
        at = by_gain + num_samples + m
        gain_2 += weight * tl.load(at, mask=inside, other=0.0).to(tl.float64)
        at += num_samples
        gain_3 += weight * tl.load(at, mask=inside, other=0.0).to(tl.float64)
    tl.store(grad_pitches, tl.sum(pitch_1, 0))
    tl.store(grad_pitches + num_frames, tl.sum(pitch_2, 0))
    tl.store(grad_gains, tl.sum(gain_1, 0))
    tl.store(grad_gains + num_frames, tl.sum(gain_2, 0))
    tl.store(grad_gains + 2 * num_frames, tl.sum(gain_3, 0))
