"""From phases and gains to audio, on the CPU: blocks that stay in the cache, a loop a stage.

A loop that does one thing to flat arrays, indexed from 0, is one that LLVM turns into vector code.
"""

import numpy as np
import numpy.typing as npt

from synth_datamodule.kernels.exact.arithmetic import ONE_32, POSITIVE_32, flipped, fold32, sine
from synth_datamodule.kernels.exact.formulas import mixed, square_saw_wave
from synth_datamodule.kernels.exact.operations import (
    Number,
    bits32,
    from_bits32,
    int32,
    quotient32,
)
from synth_datamodule.numerics.compiled import stage

Singles = npt.NDArray[np.float32]
Words = npt.NDArray[np.int32]


@stage
def mix(
    phase_1: tuple[Words, Words],
    phase_2: tuple[Words, Words],
    wave: tuple[Number, Number, Number],
    gain_1: Singles,
    gain_2: Singles,
    gain_3: Singles,
    noise: Singles,
    audio: Singles,
) -> None:
    """Fill ``audio`` with a sine, a wave between square and saw, and a signal, at their gains."""
    steep, shape, level = wave
    halves_1, signs_1 = phase_1
    halves_2, signs_2 = phase_2
    for j in range(audio.shape[0]):
        wave_1 = flipped(sine(fold32(halves_1[j])), signs_1[j])
        wave_2 = square_saw_wave(fold32(halves_2[j]), signs_2[j], steep, shape, level)
        audio[j] = mixed(wave_1, gain_1[j], wave_2, gain_2[j], noise[j], gain_3[j])


@stage
def peak_of(peak: np.int32, audio: Singles) -> np.int32:
    """Return the bits of the largest magnitude, of those before and of ``audio``."""
    for j in range(audio.shape[0]):
        peak = max(peak, int32(bits32(audio[j]) & POSITIVE_32))
    return peak


@stage
def normalize(audio: Singles, peak: int) -> None:
    """Divide by the peak where it exceeds 1."""
    largest = from_bits32(peak)
    if largest > ONE_32:
        for m in range(audio.shape[0]):
            audio[m] = quotient32(audio[m], largest)
