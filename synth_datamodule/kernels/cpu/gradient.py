"""Back from the gradient of audio to that of the control signals, on the CPU.

Nothing is kept from the forward pass: a sound's phases are computed again, front to back, and its
gradients, back to front, in pieces that stay in the cache.
"""

import numpy as np
import numpy.typing as npt

from synth_datamodule.kernels.cpu.audio import Singles, Words, mix, peak_of
from synth_datamodule.kernels.cpu.lines import (
    BLOCK,
    PIECES,
    ROW,
    Floats,
    cut,
    first_sample,
    lines_3,
    octaves_2,
    steps_of,
)
from synth_datamodule.kernels.cpu.phases import folded, summed_2, to_steps
from synth_datamodule.kernels.exact.arithmetic import (
    ONE,
    ONE_32,
    POSITIVE_32,
    SIGN_32,
    ZERO,
    flipped,
    fold32,
    sine,
)
from synth_datamodule.kernels.exact.formulas import MIDI_MAX, between, octave_offset, octaves
from synth_datamodule.kernels.exact.operations import (
    Number,
    bits32,
    float32,
    float64,
    fma,
    from_bits32,
    int32,
)
from synth_datamodule.kernels.exact.slopes import cycles_per_octave, sine_slope, square_saw_slopes
from synth_datamodule.numerics.compiled import kernel, stage

# Rows of work: 0 and 1 the gradient by each phase, 2 to 4 by each gain, 5 by steep, 6 by shape.
_ROWS = 7


@stage
def _forward(
    pitches: Floats,
    gains: Singles,
    bounds: tuple[float, float],
    phases: tuple[int, int],
    bits: int,
    wave: tuple[np.float32, np.float32, np.float32],
    noise: Singles,
    halves: Words,
    signs: Words,
    mixture: Singles,
) -> Number:
    """Fill the folded phases and the mixture before it is normalised; return its peak."""
    num_samples, num_frames = mixture.shape[0], pitches.shape[1]
    ramp, pieces = np.empty(ROW), np.empty(PIECES, np.int64)
    for j in range(ROW):
        ramp[j] = float64(j)
    steps = steps_of(num_frames, num_samples)
    pitch_1, pitch_2 = np.empty(ROW), np.empty(ROW)
    steps_1, steps_2 = np.empty(ROW, np.int64), np.empty(ROW, np.int64)
    gain_1, gain_2 = np.empty(ROW, np.float32), np.empty(ROW, np.float32)
    gain_3 = np.empty(ROW, np.float32)
    phase_1, phase_2 = phases
    peak = np.int32(0)
    for start in range(0, num_samples, BLOCK):
        stop = min(start + BLOCK, num_samples)
        count = stop - start
        cut(start, count, num_frames, num_samples, pieces)
        octaves_2(pieces, ramp, steps, pitches[0], bounds, pitches[1], bounds, pitch_1, pitch_2)
        lines_3(pieces, ramp, steps, gains[0], gains[1], gains[2], gain_1, gain_2, gain_3)
        to_steps(pitch_1, steps_1[:count])
        to_steps(pitch_2, steps_2[:count])
        phase_1, phase_2 = summed_2(phase_1, phase_2, steps_1[:count], steps_2[:count])
        halves_1, signs_1 = halves[start:stop], signs[start:stop]
        halves_2 = halves[num_samples + start : num_samples + stop]
        signs_2 = signs[num_samples + start : num_samples + stop]
        folded(steps_1, bits - 33, halves_1, signs_1)
        folded(steps_2, bits - 33, halves_2, signs_2)
        out = mixture[start:stop]
        row = noise[start:stop]
        mix((halves_1, signs_1), (halves_2, signs_2), wave, gain_1, gain_2, gain_3, row, out)
        peak = peak_of(peak, out)
    return from_bits32(peak)


@stage
def _through_peak(grad: Singles, mixture: Singles, peak: float) -> tuple[float, float]:
    """Return how normalisation changes a gradient: a factor, and a term at the peak.

    Normalised audio is ``z[m] = y[m]/p`` with ``p = |y[k]|``, the magnitude of the largest sample
    k. With ``g`` the gradient by z, each y[m] gets ``g[m]/p`` directly. All of z also depend on p:
    ``dz[m]/dp = -y[m]/p**2``, together ``-(sum g y)/p**2``, and ``dp/dy[k] = sign(y[k])``. So the
    peak pulls at its own sample by ``-sign(y[k]) (sum g y)/p**2`` beside. Several samples of one
    height share that equally, as ``torch.amax`` does. The sign is put on where the term is used.
    """
    if peak <= ONE_32:
        return ONE_32, float32(0.0)
    total, count = 0.0, 0
    for m in range(grad.shape[0]):
        total += float64(grad[m]) * float64(mixture[m])
        count += from_bits32(int32(bits32(mixture[m]) & POSITIVE_32)) == peak
    wide = float64(peak)
    return float32(ONE / wide), float32(-total / (wide * wide * count))


@stage
def _backward(
    pitches: Floats,
    gains: Singles,
    bounds: tuple[float, float],
    unit: float,
    wave: tuple[np.float32, np.float32, np.float32],
    noise: Singles,
    halves: Words,
    signs: Words,
    mixture: Singles,
    normalisation: tuple[float, float, float],
    grad: Singles,
    grad_pitches: Floats,
    grad_gains: Floats,
    grad_constants: Floats,
) -> None:
    """Go back through a sound, segment by segment between two control samples."""
    num_samples, last = grad.shape[0], pitches.shape[1] - 1
    frame_step, share_per_step = float64(last), ONE / float64(num_samples - 1)
    shares, slopes = np.empty(BLOCK), np.empty(2 * BLOCK)
    work = np.empty(_ROWS * BLOCK, np.float32)
    suffix_1, suffix_2 = 0.0, 0.0
    stop = num_samples
    while stop > 0:
        n = min((stop - 1) * last // (num_samples - 1), last - 1)
        start = max(first_sample(n, last + 1, num_samples), stop - BLOCK)
        count = stop - start
        beyond = float64(start * last - n * (num_samples - 1))
        for j in range(count):
            shares[j] = fma(float64(j), frame_step, beyond) * share_per_step
        for k in range(2):
            left = pitches[k, n]
            step = pitches[k, n + 1] - left
            to_slopes = slopes[k * BLOCK :]
            for j in range(count):
                octave = fma(shares[j], step, left)
                to_slopes[j] = cycles_per_octave(octave, bounds[0], bounds[1], unit)
        _by_sample(
            wave,
            shares,
            gains[:2, n : n + 2],
            halves[start:stop],
            halves[num_samples + start :],
            signs[start:stop],
            signs[num_samples + start :],
            mixture[start:stop],
            noise[start:stop],
            grad[start:stop],
            normalisation,
            work,
        )
        suffix_1 = _to_frames(suffix_1, count, shares, slopes, work, grad_pitches[0, n : n + 2])
        suffix_2 = _to_frames(
            suffix_2, count, shares, slopes[BLOCK:], work[BLOCK:], grad_pitches[1, n : n + 2]
        )
        for k in range(3):
            total, shared = 0.0, 0.0
            by_gain = work[(2 + k) * BLOCK :]
            for j in range(count):
                total += by_gain[j]
                shared += shares[j] * by_gain[j]
            grad_gains[k, n] += total - shared
            grad_gains[k, n + 1] += shared
        for k in range(2):
            total = 0.0
            by_constant = work[(5 + k) * BLOCK :]
            for j in range(count):
                total += by_constant[j]
            grad_constants[2 + k] += total
        stop = start
    grad_constants[0] += suffix_1
    grad_constants[1] += suffix_2


@stage
def _by_sample(
    wave: tuple[np.float32, np.float32, np.float32],
    shares: Floats,
    gains: Singles,
    halves_1: Words,
    halves_2: Words,
    sign_1: Words,
    sign_2: Words,
    mixture: Singles,
    noise: Singles,
    grad: Singles,
    normalisation: tuple[float, float, float],
    work: Singles,
) -> None:
    """Fill ``work`` with the gradient with respect to what each sample is computed from."""
    steep, shape, level = wave
    peak, scale, at_peak = normalisation
    g_1, g_2 = gains[0, 0], gains[1, 0]
    dg_1, dg_2 = gains[0, 1] - g_1, gains[1, 1] - g_2
    by_phase_1, by_phase_2 = work[0:], work[BLOCK:]
    by_gain_1, by_gain_2, by_gain_3 = work[2 * BLOCK :], work[3 * BLOCK :], work[4 * BLOCK :]
    by_steep, by_shape = work[5 * BLOCK :], work[6 * BLOCK :]
    for j in range(grad.shape[0]):
        y = mixture[j]
        is_peak = from_bits32(int32(bits32(y) & POSITIVE_32)) == peak
        extra = flipped(at_peak, int32(bits32(y) & SIGN_32)) if is_peak else float32(0.0)
        d = fma(grad[j], scale, extra)
        share = float32(shares[j])
        h_1, h_2 = fold32(halves_1[j]), fold32(halves_2[j])
        wave_1 = flipped(sine(h_1), sign_1[j])
        wave_2, phase_2, steep_2, shape_2 = square_saw_slopes(h_2, sign_2[j], steep, shape, level)
        d_2 = d * between(share, g_2, dg_2)
        by_phase_1[j] = d * between(share, g_1, dg_1) * sine_slope(h_1, sign_1[j])
        by_phase_2[j] = d_2 * phase_2
        by_gain_1[j] = d * wave_1
        by_gain_2[j] = d * wave_2
        by_gain_3[j] = d * noise[j]
        by_steep[j] = d_2 * steep_2
        by_shape[j] = d_2 * shape_2


@stage
def _to_frames(
    suffix: float,
    count: int,
    shares: Floats,
    slopes: Floats,
    by_phase: Singles,
    grad_pitch: Floats,
) -> float:
    """Add a segment's gradient by pitch to its two control samples.

    A phase step moves all samples after it, so its gradient is the sum of theirs, the suffix.
    Returns that sum from the segment's start on.
    """
    total, shared = 0.0, 0.0
    for j in range(count - 1, -1, -1):
        suffix += by_phase[j]
        by_octave = suffix * slopes[j]
        total += by_octave
        shared += shares[j] * by_octave
    grad_pitch[0] += total - shared
    grad_pitch[1] += shared
    return suffix


@kernel
def audio_gradients(
    pitches: npt.NDArray[np.float64],
    gains: npt.NDArray[np.float32],
    phases: npt.NDArray[np.int64],
    steeps: npt.NDArray[np.float32],
    shapes: npt.NDArray[np.float32],
    rows: npt.NDArray[np.int64],
    noise: npt.NDArray[np.float32],
    sample_rate: float,
    bits: int,
    grad_audio: npt.NDArray[np.float32],
    grad_pitches: npt.NDArray[np.float64],
    grad_gains: npt.NDArray[np.float64],
    grad_constants: npt.NDArray[np.float64],
) -> None:
    """Add to the gradients of the control signals and of what is constant in a sound.

    Args:
        pitches: Pitches in octaves: log2 of the phase step in units. Shape ``[B, 2, C]``.
        gains: Gains of both oscillators and the noise. Shape ``[B, 3, C]``.
        phases: Initial phases in units of ``2**-bits`` cycles. Shape ``[B, 2]``.
        steeps: Steepness of the second oscillator. Shape ``[B]``.
        shapes: Shape knob of the second oscillator, in [0, 1]. Shape ``[B]``.
        rows: Row of the noise table of each sound. Shape ``[B]``.
        noise: The noise table. Shape ``[32, N]``.
        sample_rate: Audio rate in hertz.
        bits: Bits of a phase's fraction.
        grad_audio: Gradient with respect to the audio. Shape ``[B, N]``.
        grad_pitches: Memory that the gradient by pitch is added to. Shape ``[B, 2, C]``.
        grad_gains: Memory that the gradient by gain is added to. Shape ``[B, 3, C]``.
        grad_constants: Memory that the gradient by both initial phases in cycles, by steepness and
            by shape is added to. Shape ``[B, 4]``.
    """
    num_sounds, num_samples = grad_audio.shape
    offset = octave_offset(sample_rate, float64(bits))
    bounds = octaves(ZERO, offset), octaves(MIDI_MAX, offset)
    halves = np.empty(2 * num_samples, np.int32)
    signs = np.empty(2 * num_samples, np.int32)
    mixture = np.empty(num_samples, np.float32)
    for sound in range(num_sounds):
        shape = shapes[sound]
        level = ONE_32 - shape * float32(0.5)
        row, grad = noise[rows[sound]], grad_audio[sound]
        peak = _forward(
            pitches[sound],
            gains[sound],
            bounds,
            (phases[sound, 0], phases[sound, 1]),
            bits,
            (steeps[sound], shape, level),
            row,
            halves,
            signs,
            mixture,
        )
        scale, at_peak = _through_peak(grad, mixture, peak)
        _backward(
            pitches[sound],
            gains[sound],
            bounds,
            float64(2.0) ** -bits,
            (steeps[sound], shape, level),
            row,
            halves,
            signs,
            mixture,
            (peak, scale, at_peak),
            grad,
            grad_pitches[sound],
            grad_gains[sound],
            grad_constants[sound],
        )
