"""From five control signals to audio, on the CPU: blocks that stay in the cache, a loop a stage.

A loop that does one thing to flat arrays, indexed from 0, is one that LLVM turns into vector code.
"""

import numpy as np
import numpy.typing as npt

from synth_datamodule.kernels.exact.arithmetic import (
    ONE,
    ONE_32,
    POSITIVE_32,
    flip,
    flipped,
    fold,
    half_cycles,
    sine,
)
from synth_datamodule.kernels.exact.formulas import (
    between,
    mixed,
    octave,
    phase_step,
    square_saw_wave,
)
from synth_datamodule.kernels.exact.operations import (
    bits32,
    float32,
    float64,
    fma,
    from_bits32,
    int32,
    quotient32,
)
from synth_datamodule.numerics.compiled import stage

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.int32]

BLOCK = 1200
"""Samples at a time: 75 kB of work, in the second cache of any core."""
ROW = BLOCK + 32
"""A row of a work array; a segment's last vector may reach beyond the block."""
_LANES = 16


@stage
def first_sample(frame: int, num_frames: int, num_samples: int) -> int:
    """Return the first audio sample at or after a control sample."""
    return -(-frame * (num_samples - 1) // (num_frames - 1))


@stage
def expand(
    pitches: Floats,
    gains: Singles,
    bounds: tuple[float, float],
    start: int,
    stop: int,
    num_samples: int,
    ramp: Floats,
    octave_block: Floats,
    gain_block: Singles,
) -> None:
    """Interpolate the control signals over samples ``start ... stop - 1``.

    Control sample n lies at ``n (N - 1)/(C - 1)`` audio samples. Between two of them, in a segment,
    every signal is a straight line, so the block is walked segment by segment: within one, left
    value and step are constants of the loop, and nothing is looked up per sample. Sample m of
    segment n lies the share ``(m (C - 1) - n (N - 1))/(N - 1)`` beyond its left end. Its
    numerator is a whole number, exact in float64: ``beyond`` at the first sample, and ``C - 1``
    more with each.
    """
    lowest, highest = bounds
    last = pitches.shape[1] - 1
    frame_step, share_per_step = float64(last), ONE / float64(num_samples - 1)
    pitch_1, pitch_2 = pitches
    gain_1, gain_2, gain_3 = gains
    position = start
    while position < stop:
        n = min(position * last // (num_samples - 1), last - 1)
        end = stop
        if n < last - 1:
            end = min(stop, first_sample(n + 1, last + 1, num_samples))
        beyond = float64(position * last - n * (num_samples - 1))
        p_1, p_2 = pitch_1[n], pitch_2[n]
        dp_1, dp_2 = pitch_1[n + 1] - p_1, pitch_2[n + 1] - p_2
        g_1, g_2, g_3 = gain_1[n], gain_2[n], gain_3[n]
        dg_1, dg_2, dg_3 = gain_1[n + 1] - g_1, gain_2[n + 1] - g_2, gain_3[n + 1] - g_3
        to_octaves = octave_block[position - start :]
        to_gains = gain_block[position - start :]
        # Whole vectors: what they write too much, the next segment writes again.
        count = (end - position + _LANES - 1) // _LANES * _LANES
        for j in range(count):
            share = fma(ramp[j], frame_step, beyond) * share_per_step
            to_octaves[j] = octave(share, p_1, dp_1, lowest, highest)
            to_octaves[ROW + j] = octave(share, p_2, dp_2, lowest, highest)
        for j in range(count):
            share_32 = float32(fma(ramp[j], frame_step, beyond) * share_per_step)
            to_gains[j] = between(share_32, g_1, dg_1)
            to_gains[ROW + j] = between(share_32, g_2, dg_2)
            to_gains[2 * ROW + j] = between(share_32, g_3, dg_3)
        position = end


@stage
def oscillate(
    count: int,
    phases: tuple[int, int],
    shift: int,
    octave_block: Floats,
    phase_block: Integers,
    h_block: Singles,
    sign_block: Words,
) -> tuple[int, int]:
    """Turn octaves into phases, folded; return where the two phases have come to."""
    for j in range(ROW + count):
        phase_block[j] = phase_step(octave_block[j])
    phase_1, phase_2 = phases
    # One after another, 65 us of a sound's 350. Eight at a time by hand-made LLVM is 4 % faster in
    # all, and not worth its 80 lines.
    for j in range(count):
        phase_1 += phase_block[j]
        phase_2 += phase_block[ROW + j]
        phase_block[j] = phase_1
        phase_block[ROW + j] = phase_2
    for j in range(ROW + count):
        half = half_cycles(phase_block[j], shift)
        h_block[j] = fold(half)
        sign_block[j] = flip(half)
    return phase_1, phase_2


@stage
def mix(
    steep: np.float32,
    shape: np.float32,
    level: np.float32,
    h_block: Singles,
    sign_block: Words,
    gain_block: Singles,
    noise: Singles,
    audio: Singles,
) -> int:
    """Fill ``audio`` with the three signals, mixed; return the bits of its largest magnitude."""
    for j in range(audio.shape[0]):
        wave_1 = flipped(sine(h_block[j]), sign_block[j])
        wave_2 = square_saw_wave(h_block[ROW + j], sign_block[ROW + j], steep, shape, level)
        audio[j] = mixed(
            wave_1, gain_block[j], wave_2, gain_block[ROW + j], noise[j], gain_block[2 * ROW + j]
        )
    peak = np.int32(0)
    for j in range(audio.shape[0]):
        peak = max(peak, int32(bits32(audio[j]) & POSITIVE_32))
    return int(peak)


@stage
def normalize(audio: Singles, peak: int) -> None:
    """Divide by the peak where it exceeds 1."""
    largest = from_bits32(peak)
    if largest > ONE_32:
        for m in range(audio.shape[0]):
            audio[m] = quotient32(audio[m], largest)
