"""Steps that no program has: a sound's peak is found, divided by, and what is left is filled."""

from synth_datamodule.kernels.cpu import audio
from synth_datamodule.kernels.cpu.program.calling import (
    INPUTS,
    OUT,
    STATE,
    doubles,
    integers,
    singles,
    together,
)
from synth_datamodule.kernels.exact.arithmetic import ONE, ZERO, ZERO_32
from synth_datamodule.kernels.exact.operations import bits64, from_bits64, int32
from synth_datamodule.kernels.exact.parts import POSITIVE_64


def peak_single(row: int, start: int, count: int) -> None:
    """Find the bits of the largest magnitude so far."""
    state = integers(row, STATE, 1)
    peak = int32(0 if start == 0 else state[0])
    state[0] = audio.peak_of(peak, singles(row, INPUTS, count))


def peak_double(row: int, start: int, count: int) -> None:
    """Find the bits of the largest magnitude so far."""
    state, signal = integers(row, STATE, 1), doubles(row, INPUTS, count)
    peak = 0 if start == 0 else state[0]
    for j in range(count):
        peak = max(peak, bits64(signal[j]) & POSITIVE_64)
    state[0] = peak


def normalize_single(row: int, start: int, count: int) -> None:
    """Divide by the peak where it exceeds 1."""
    audio.normalize(singles(row, OUT, count), int32(integers(row, STATE, 1)[0]))


def normalize_double(row: int, start: int, count: int) -> None:
    """Divide by the peak where it exceeds 1."""
    signal, largest = doubles(row, OUT, count), from_bits64(integers(row, STATE, 1)[0])
    if largest > ONE:
        for j in range(count):
            signal[j] = signal[j] / largest


def silence_single(row: int, start: int, count: int) -> None:
    """Fill what is left of a sound."""
    out = singles(row, OUT, count)
    for j in range(count):
        out[j] = ZERO_32


def silence_double(row: int, start: int, count: int) -> None:
    """Fill what is left of a sound."""
    out = doubles(row, OUT, count)
    for j in range(count):
        out[j] = ZERO


STEPS = together(
    "ends",
    *(peak_single, peak_double, normalize_single, normalize_double, silence_single, silence_double),
)
