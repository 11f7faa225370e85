"""The fused Voice on the CPU: one sound after another, from its parameters to its audio."""

import numpy as np
import numpy.typing as npt

from synth_datamodule.kernels.cpu.audio import (
    BLOCK,
    ROW,
    expand,
    first_sample,
    mix,
    normalize,
    oscillate,
)
from synth_datamodule.kernels.cpu.control import control_signals, to_values
from synth_datamodule.kernels.exact.arithmetic import ONE, ZERO, ZERO_32, larger
from synth_datamodule.kernels.exact.columns import KEYBOARD, VCO_1, VCO_2
from synth_datamodule.kernels.exact.formulas import (
    MIDI_MAX,
    fixed_phase,
    octave_offset,
    octaves,
    steepness,
)
from synth_datamodule.kernels.exact.operations import float32, float64
from synth_datamodule.numerics.compiled import kernel


@kernel
def render_sounds(
    u: npt.NDArray[np.float64],
    rows: npt.NDArray[np.int64],
    table: npt.NDArray[np.float64],
    noise: npt.NDArray[np.float32],
    sample_rate: float,
    control_rate: float,
    eps: float,
    num_frames: int,
    bits: int,
    audio: npt.NDArray[np.float32],
) -> None:
    """Fill ``audio`` ``[B, N]``.

    Args:
        u: Parameters in [0, 1]. Shape ``[B, P]``.
        rows: Row of the noise table of each sound. Shape ``[B]``.
        table: Minimum, width, maximum, exponent and symmetry of each parameter. Shape ``[5, P]``.
        noise: The noise table. Shape ``[32, N]``.
        sample_rate: Audio rate in hertz.
        control_rate: Control rate in hertz.
        eps: Number that keeps envelope ramps off zero, in control samples.
        num_frames: Control samples of a sound, C.
        bits: Bits of a phase's fraction.
        audio: Memory for the audio, filled. Shape ``[B, N]``.
    """
    num_samples = audio.shape[1]
    offset = octave_offset(sample_rate, float64(bits))
    bounds = octaves(ZERO, offset), octaves(MIDI_MAX, offset)
    scale, quarter = float64(1 << bits), 1 << (bits - 2)
    values = np.empty(u.shape[1])
    envelopes, lfos = np.empty((6, num_frames)), np.empty((2, num_frames))
    lfo_phase = np.empty(num_frames, np.int64)
    pitches, gains = np.empty((2, num_frames)), np.empty((3, num_frames), np.float32)
    ramp = np.empty(ROW)
    for j in range(ROW):
        ramp[j] = float64(j)
    octave_block, phase_block = np.empty(2 * ROW), np.empty(2 * ROW, np.int64)
    h_block, sign_block = np.empty(2 * ROW, np.float32), np.empty(2 * ROW, np.int32)
    gain_block = np.empty(3 * ROW, np.float32)
    for sound in range(u.shape[0]):
        to_values(u[sound], table, values)
        control_signals(
            values, control_rate, eps, offset, envelopes, lfos, lfo_phase, pitches, gains
        )
        tuning, depth, initial_phase, shape = values[VCO_2 : VCO_2 + 4]
        steep = steepness(values[KEYBOARD] + tuning + larger(depth, ZERO))
        level = float32(ONE - shape * 0.5)
        # A quarter ahead: the sine of it is the cosine that the first oscillator is.
        phases = (
            fixed_phase(values[VCO_1 + 2], scale) + quarter,
            fixed_phase(initial_phase, scale),
        )
        sounding = num_frames
        while (
            sounding > 0
            and gains[0, sounding - 1] == gains[1, sounding - 1] == gains[2, sounding - 1] == 0.0
        ):
            sounding -= 1
        end = (
            num_samples
            if sounding == num_frames
            else first_sample(sounding, num_frames, num_samples)
        )
        out, row = audio[sound], noise[rows[sound]]
        for m in range(end, num_samples):
            out[m] = ZERO_32
        peak = np.int32(0)
        for start in range(0, end, BLOCK):
            stop = min(start + BLOCK, end)
            expand(pitches, gains, bounds, start, stop, num_samples, ramp, octave_block, gain_block)
            phases = oscillate(
                stop - start, phases, bits - 33, octave_block, phase_block, h_block, sign_block
            )
            block_peak = mix(
                steep,
                float32(shape),
                level,
                h_block,
                sign_block,
                gain_block,
                row[start:stop],
                out[start:stop],
            )
            peak = max(peak, block_peak)
        normalize(out[:end], peak)
