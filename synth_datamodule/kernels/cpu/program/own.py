"""Steps of formulas of one's own, compiled where a program first has them on a machine."""

import functools
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from synth_datamodule.exact import Formula
from synth_datamodule.kernels.cpu.program import calling
from synth_datamodule.kernels.cpu.program.calling import CompiledStep
from synth_datamodule.kernels.exact.operations import float32
from synth_datamodule.kernels.exact.written import compiled, function_of
from synth_datamodule.numerics.compiled import stage
from synth_datamodule.program.program import SINGLE, VALUE, Step


def own_step(step: Step, rates: Sequence[str]) -> CompiledStep:
    """Return what computes the step of a formula.

    Args:
        step: The step.
        rates: Rates of the signals that it takes.
    """
    formula = step.data[0]
    assert isinstance(formula, Formula), "a program's own steps carry their formulas"
    precision = "single" if step.rate == SINGLE else "double"
    return _compiled(formula, precision, tuple(rate == VALUE for rate in rates))


@functools.lru_cache(maxsize=256)
def _compiled(formula: Formula, precision: str, numbers: tuple[bool, ...]) -> CompiledStep:
    words = {"formula": compiled(formula, precision)}
    looped = stage(function_of(_loop(numbers), words))
    known = {**vars(calling), "float32": float32, "loop": looped}
    step: Any = function_of(_step(precision, numbers), known, own_step.__code__.co_filename)
    # Kept on disk beside this file's own, under a name that tells all that it is made of.
    told = repr((formula.arity, formula.words, formula.result, precision, numbers))
    step.__qualname__ = f"own_{sha256(told.encode()).hexdigest()[:32]}"
    step.__module__ = __name__
    return CompiledStep(step)


def _loop(numbers: tuple[bool, ...]) -> str:
    """Source of the loop over samples; a number is the same for all."""
    names = [f"v{k}" for k in range(len(numbers))]
    given = [name if one else f"{name}[j]" for name, one in zip(names, numbers, strict=True)]
    return (
        f"def loop({', '.join(names)}, out):\n"
        "    for j in range(out.shape[0]):\n"
        f"        out[j] = formula({', '.join(given)})"
    )


def _step(precision: str, numbers: tuple[bool, ...]) -> str:
    """Source of the step around it."""
    number = "float32(number(row, {k}))" if precision == "single" else "number(row, {k})"
    signal = f"{precision}s(row, INPUTS + {{k}}, count)"
    given = [(number if one else signal).format(k=k) for k, one in enumerate(numbers)]
    return (
        f"def own(row, start, count):\n    loop({', '.join(given)}, {precision}s(row, OUT, count))"
    )
