"""Back from the gradient of audio to that of the control signals, on the CPU.

Nothing is kept from the forward pass, and a sound's phases are formulas of its pitches: a block at
a time that stays in the cache, back to front, a loop a stage.
"""

import numpy as np
import numpy.typing as npt

from synth_datamodule.kernels.cpu.advance import (
    BY_BEND,
    BY_LEVEL,
    LANES,
    NUM_ROWS,
    Singles,
    Words,
    advance,
    filled,
    most_pieces,
    pieces_of,
)
from synth_datamodule.kernels.cpu.audio import peak_of
from synth_datamodule.kernels.cpu.lines import BLOCK, Floats, Integers
from synth_datamodule.kernels.exact.arithmetic import (
    ONE_32,
    POSITIVE_32,
    SIGN_32,
    ZERO,
    flipped,
    sine,
)
from synth_datamodule.kernels.exact.formulas import (
    MIDI_MAX,
    between,
    mixed,
    octave_offset,
    octaves,
    square_saw_wave,
)
from synth_datamodule.kernels.exact.operations import (
    bits32,
    float32,
    float64,
    fma,
    from_bits32,
    int32,
    where,
)
from synth_datamodule.kernels.exact.slopes import sine_slope, square_saw_slopes
from synth_datamodule.numerics.compiled import kernel, stage, summing

# Rows of work, float32. A sample's share of the way between two control samples; three gains; how
# both phases grow with the level and the bend of a pitch; the gradient by the sample; by both
# phases; by three gains; by steep and by shape.
_SHARE, _GAINS, _LEVEL, _BEND, _GRAD, _BY_PHASE, _BY_GAIN = 0, 1, 4, 6, 8, 9, 11
_BY_STEEP, _BY_SHAPE = 14, 15
_ROWS, _WIDTH = 16, BLOCK + LANES


@stage
def _gains(
    first: int,
    stop: int,
    num_gains: int,
    gains: Singles,
    per_sample: float,
    pieces: tuple[Integers, Integers, Floats],
    work: Singles,
) -> None:
    """Fill the shares and gains of some pieces."""
    starts, frames, shares = pieces
    rate = float32(per_sample)
    for p in range(first, stop):
        at, n = starts[p] - starts[first], frames[p]
        to = at + (starts[p + 1] - starts[p] + LANES - 1) // LANES * LANES
        share, begin = work[_SHARE, at:to], float32(shares[p])
        for j in range(share.shape[0]):
            share[j] = fma(float32(int32(j)), rate, begin)
        for k in range(num_gains):
            line, left = work[_GAINS + k, at:to], gains[k, n]
            rise = gains[k, n + 1] - left
            for j in range(line.shape[0]):
                line[j] = between(share[j], left, rise)


@stage
def _mix(
    halves: Singles,
    signs: Words,
    wave: tuple[np.float32, np.float32, np.float32],
    noise: Singles,
    work: Singles,
    out: Singles,
) -> None:
    steep, shape, level = wave
    h_1, h_2, sign_1, sign_2 = halves[0], halves[1], signs[0], signs[1]
    gain_1, gain_2, gain_3 = work[_GAINS], work[_GAINS + 1], work[_GAINS + 2]
    for j in range(out.shape[0]):
        wave_1 = flipped(sine(h_1[j]), sign_1[j])
        wave_2 = square_saw_wave(h_2[j], sign_2[j], steep, shape, level)
        out[j] = mixed(wave_1, gain_1[j], wave_2, gain_2[j], noise[j], gain_3[j])


@summing
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
    for m in range(mixture.shape[0]):
        total += float64(grad[m]) * float64(mixture[m])
        count += from_bits32(int32(bits32(mixture[m]) & POSITIVE_32)) == peak
    wide = float64(peak)
    return float32(1.0 / wide), float32(-total / (wide * wide * count))


@stage
def _through_normalisation(
    grad: Singles, mixture: Singles, normalisation: tuple[float, float, float], out: Singles
) -> None:
    peak, scale, at_peak = normalisation
    for j in range(grad.shape[0]):
        y = mixture[j]
        is_peak = from_bits32(int32(bits32(y) & POSITIVE_32)) == peak
        extra = where(is_peak, flipped(at_peak, int32(bits32(y) & SIGN_32)), float32(0.0))
        out[j] = fma(grad[j], scale, extra)


@stage
def _through_sine(grad: Singles, halves: Singles, signs: Words, work: Singles) -> None:
    gain, by_phase, by_gain = work[_GAINS], work[_BY_PHASE], work[_BY_GAIN]
    for j in range(grad.shape[0]):
        h, sign = halves[j], signs[j]
        by_gain[j] = grad[j] * flipped(sine(h), sign)
        by_phase[j] = grad[j] * gain[j] * sine_slope(h, sign)


@stage
def _through_square_saw(
    grad: Singles,
    halves: Singles,
    signs: Words,
    wave: tuple[np.float32, np.float32, np.float32],
    work: Singles,
) -> None:
    steep, shape, level = wave
    gain, by_phase, by_gain = work[_GAINS + 1], work[_BY_PHASE + 1], work[_BY_GAIN + 1]
    by_steep, by_shape = work[_BY_STEEP], work[_BY_SHAPE]
    for j in range(grad.shape[0]):
        h, sign = halves[j], signs[j]
        value, phase, steeper, shaped = square_saw_slopes(h, sign, steep, shape, level)
        d = grad[j] * gain[j]
        by_gain[j] = grad[j] * value
        by_phase[j] = d * phase
        by_steep[j] = d * steeper
        by_shape[j] = d * shaped


@stage
def _through_noise(grad: Singles, noise: Singles, work: Singles) -> None:
    by_gain = work[_BY_GAIN + 2]
    for j in range(grad.shape[0]):
        by_gain[j] = grad[j] * noise[j]


@summing
def _sum(x: Singles) -> float:
    total = float32(0.0)
    for j in range(x.shape[0]):
        total += x[j]
    wide: float = float64(total)
    return wide


@summing
def _to_pitch(
    first: int,
    stop: int,
    after: float,
    row: Floats,
    pieces: tuple[Integers, Integers, Floats],
    by_phase: Singles,
    by_level: Singles,
    by_bend: Singles,
    grad_pitch: Floats,
) -> float:
    """Add to the control samples at both ends of some pieces; return the sum of all from them on.

    A phase step moves all samples after it: what the pieces after one have, ``after``, it gets by
    all its steps at once.
    """
    starts, frames, _ = pieces
    for p in range(stop - 1, first - 1, -1):
        at, to = starts[p] - starts[first], starts[p + 1] - starts[first]
        d, of_level, of_bend = by_phase[at:to], by_level[at:to], by_bend[at:to]
        all_here, level, bend = float32(0.0), float32(0.0), float32(0.0)
        for j in range(d.shape[0]):
            all_here += d[j]
            level += d[j] * of_level[j]
            bend += d[j] * of_bend[j]
        next_end = float64(bend) + after * row[BY_BEND, p]
        grad_pitch[frames[p]] += float64(level) + after * row[BY_LEVEL, p] - next_end
        grad_pitch[frames[p] + 1] += next_end
        after += float64(all_here)
    return after


@summing
def _to_gain(
    first: int,
    stop: int,
    pieces: tuple[Integers, Integers, Floats],
    shares: Singles,
    by_gain: Singles,
    grad_gain: Floats,
) -> None:
    """Add to the control samples at both ends of some pieces."""
    starts, frames, _ = pieces
    for p in range(first, stop):
        at, to = starts[p] - starts[first], starts[p + 1] - starts[first]
        d, share = by_gain[at:to], shares[at:to]
        both, part = float32(0.0), float32(0.0)
        for j in range(d.shape[0]):
            both += d[j]
            part += share[j] * d[j]
        grad_gain[frames[p]] += float64(both) - float64(part)
        grad_gain[frames[p] + 1] += float64(part)


@stage
def _blocks_of(starts: Integers, blocks: Integers) -> int:
    """Fill the first piece of each block, and where the last one ends; return their number."""
    count, first = 0, 0
    for p in range(starts.shape[0] - 1):
        if p == 0 or starts[p + 1] - starts[first] > BLOCK:
            blocks[count], first = p, p
            count += 1
    blocks[count] = starts.shape[0] - 1
    return count


@kernel
def reach_one(audio: npt.NDArray[np.float32], reached: npt.NDArray[np.bool_]) -> None:
    """Fill whether a sound has a sample of 1 or more, or what is no number.

    Args:
        audio: Audio. Shape ``[B, N]``.
        reached: Memory of the answers. Shape ``[B]``.
    """
    for sound in range(audio.shape[0]):
        reached[sound] = peak_of(np.int32(0), audio[sound]) >= bits32(ONE_32)


@kernel
def audio_gradients(
    pitches: npt.NDArray[np.float64],
    gains: npt.NDArray[np.float32],
    phases: npt.NDArray[np.int64],
    steeps: npt.NDArray[np.float32],
    shapes: npt.NDArray[np.float32],
    ends: npt.NDArray[np.int64],
    clips: npt.NDArray[np.bool_],
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
        ends: Sample from which on a sound is silent, and its gradient of no use. Shape ``[B]``.
        clips: Whether a sound may have been normalised: what is known not to be takes half the
            time. Shape ``[B]``.
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
    num_frames = pitches.shape[2]
    offset = octave_offset(sample_rate, float64(bits))
    bounds, unit = (octaves(ZERO, offset), octaves(MIDI_MAX, offset)), float64(2.0) ** -bits
    most = most_pieces(num_frames, num_samples)
    starts, frames, shares = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most)
    num_pieces = pieces_of(num_frames, num_samples, starts, frames, shares)
    blocks = np.empty(num_pieces + 1, np.int64)
    num_blocks = _blocks_of(starts[: num_pieces + 1], blocks)
    per_sample = float64(num_frames - 1) / float64(num_samples - 1)
    lines, after = np.empty((2, NUM_ROWS, num_pieces)), np.empty(2)
    halves, signs = np.empty((2, _WIDTH), np.float32), np.empty((2, _WIDTH), np.int32)
    work = np.empty((_ROWS, _WIDTH), np.float32)
    mixture = np.empty(num_samples, np.float32)
    pieces = (starts, frames, shares)
    for sound in range(num_sounds):
        last = num_pieces
        while last > 0 and starts[last - 1] >= ends[sound]:
            last -= 1
        shape, row, grad = shapes[sound], noise[rows[sound]], grad_audio[sound]
        wave = steeps[sound], shape, ONE_32 - shape * float32(0.5)
        for k in range(2):
            phase = float64(phases[sound, k]) * unit
            advance(
                pitches[sound, k],
                bounds,
                unit,
                phase,
                per_sample,
                starts,
                frames[:last],
                shares,
                lines[k],
                halves[0],
                signs[0],
                work[_LEVEL],
                work[_BEND],
            )
            after[k] = ZERO
        peak, scale, at_peak = np.int32(0), ONE_32, float32(0.0)
        # Once forth, for the peak, where a sound may clip; then back.
        for turn in range(0 if clips[sound] else num_blocks, 2 * num_blocks):
            forth = turn < num_blocks
            block = turn if forth else 2 * num_blocks - 1 - turn
            first, stop = blocks[block], min(blocks[block + 1], last)
            if first >= stop:
                continue
            begin, end = starts[first], starts[stop]
            for k in range(2):
                filled(
                    first,
                    stop,
                    lines[k],
                    pitches[sound, k],
                    bounds,
                    unit,
                    per_sample,
                    pieces,
                    halves[k],
                    signs[k],
                    work[_LEVEL + k],
                    work[_BEND + k],
                )
            _gains(first, stop, 3 if forth else 2, gains[sound], per_sample, pieces, work)
            if forth:
                out = mixture[begin:end]
                _mix(halves, signs, wave, row[begin:end], work, out)
                peak = peak_of(peak, out)
                continue
            if clips[sound] and stop == last:
                scale, at_peak = _through_peak(grad, mixture[:end], from_bits32(peak))
            here = grad[begin:end]
            if from_bits32(peak) > ONE_32:
                here = work[_GRAD, : end - begin]
                normalisation = from_bits32(peak), scale, at_peak
                _through_normalisation(grad[begin:end], mixture[begin:end], normalisation, here)
            _through_sine(here, halves[0], signs[0], work)
            _through_square_saw(here, halves[1], signs[1], wave, work)
            grad_constants[sound, 2] += _sum(work[_BY_STEEP, : end - begin])
            grad_constants[sound, 3] += _sum(work[_BY_SHAPE, : end - begin])
            _through_noise(here, row[begin:end], work)
            for k in range(2):
                after[k] = _to_pitch(
                    first,
                    stop,
                    after[k],
                    lines[k],
                    pieces,
                    work[_BY_PHASE + k],
                    work[_LEVEL + k],
                    work[_BEND + k],
                    grad_pitches[sound, k],
                )
            for k in range(3):
                share, by_gain = work[_SHARE], work[_BY_GAIN + k]
                _to_gain(first, stop, pieces, share, by_gain, grad_gains[sound, k])
        grad_constants[sound, 0] += after[0]
        grad_constants[sound, 1] += after[1]
