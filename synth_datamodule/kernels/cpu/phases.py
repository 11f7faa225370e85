"""From steps to phases, a block at a time: whole numbers, added up, then folded."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from synth_datamodule.kernels.exact.arithmetic import flip, half_cycles
from synth_datamodule.kernels.exact.formulas import phase_step
from synth_datamodule.kernels.exact.operations import int32
from synth_datamodule.numerics.compiled import stage

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.int32]


@stage
def to_steps(pitch: Floats, steps: Integers) -> None:
    """Fill a block's phase steps, from its pitch in octaves."""
    for j in range(steps.shape[0]):
        steps[j] = phase_step(pitch[j])


@stage
def summed_1(total: int, steps: Integers) -> int:
    """Turn steps into phases; return where the phase has come to.

    By eights, so that a sample does not wait for the one before it.
    """
    whole = steps.shape[0] // 8 * 8
    for j in range(0, whole, 8):
        a_0 = steps[j]
        a_1 = a_0 + steps[j + 1]
        a_2 = a_1 + steps[j + 2]
        a_3 = a_2 + steps[j + 3]
        b_0 = steps[j + 4]
        b_1 = b_0 + steps[j + 5]
        b_2 = b_1 + steps[j + 6]
        b_3 = b_2 + steps[j + 7]
        middle = total + a_3
        steps[j], steps[j + 1] = total + a_0, total + a_1
        steps[j + 2], steps[j + 3] = total + a_2, middle
        total = middle + b_3
        steps[j + 4], steps[j + 5] = middle + b_0, middle + b_1
        steps[j + 6], steps[j + 7] = middle + b_2, total
    for j in range(whole, steps.shape[0]):
        total += steps[j]
        steps[j] = total
    return total


@stage
def summed_2(total_a: int, total_b: int, steps_a: Integers, steps_b: Integers) -> tuple[int, int]:
    """Turn the steps of two oscillators into phases, side by side: neither waits for itself."""
    whole = steps_a.shape[0] // 4 * 4
    for j in range(0, whole, 4):
        a_0 = total_a + steps_a[j]
        a_1 = a_0 + steps_a[j + 1]
        a_2 = a_1 + steps_a[j + 2]
        total_a = a_2 + steps_a[j + 3]
        b_0 = total_b + steps_b[j]
        b_1 = b_0 + steps_b[j + 1]
        b_2 = b_1 + steps_b[j + 2]
        total_b = b_2 + steps_b[j + 3]
        steps_a[j], steps_a[j + 1], steps_a[j + 2], steps_a[j + 3] = a_0, a_1, a_2, total_a
        steps_b[j], steps_b[j + 1], steps_b[j + 2], steps_b[j + 3] = b_0, b_1, b_2, total_b
    for j in range(whole, steps_a.shape[0]):
        total_a += steps_a[j]
        total_b += steps_b[j]
        steps_a[j], steps_b[j] = total_a, total_b
    return total_a, total_b


@stage
def folded(phases: Integers, shift: int, halves: Words, signs: Words) -> None:
    """Keep each phase as its place in a half cycle, and the sign of its sine there."""
    for j in range(halves.shape[0]):
        half = half_cycles(phases[j], shift)
        halves[j] = int32(half)
        signs[j] = flip(half)
