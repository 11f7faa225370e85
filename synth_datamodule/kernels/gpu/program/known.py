"""Which formula computes which step of a program, for the kernel that takes any."""

from typing import Any

from synth_datamodule.exact import Formula
from synth_datamodule.kernels.exact.written import compiled
from synth_datamodule.kernels.gpu import control
from synth_datamodule.kernels.gpu.formulas import float32, in_triton, v
from synth_datamodule.kernels.gpu.program import audio, controls, plain
from synth_datamodule.program.builder import OWN
from synth_datamodule.program.program import DOUBLE, PHASE, SINGLE, WIDE, Step

FORMULAS = {
    "add": plain.added,
    "subtract": plain.subtracted,
    "multiply": plain.multiplied,
    "scale": plain.multiplied,
    "shift": plain.added,
    "copy": plain.same,
    "fill": plain.same,
    "narrow": float32,
    "normalize": plain.normalized,
    "octave": v.bent,
    "envelope": control.envelope,
    "affine": controls.affine,
    "gain": controls.gain,
    **{f"mix_{n}": getattr(plain, f"mixed_{n}") for n in range(1, 5)},
    **{f"weighted_{n}": getattr(controls, f"weighted_{n}") for n in range(1, 5)},
    f"sine_{SINGLE}": audio.sine_single,
    f"sine_{DOUBLE}": audio.sine_double,
    f"square_saw_{SINGLE}": audio.square_saw_single,
    f"square_saw_{DOUBLE}": audio.square_saw_double,
}
PHASES = {
    ("phase", PHASE): (v.phase_step, 0),
    ("phase", WIDE): (v.phase_step64, 0),
    ("fm", PHASE): (v.fm_step, 3),
    ("fm", WIDE): (v.fm_step, 3),
}
"""The steps of phases: a sample's step, and how many numbers it takes beside its signal."""


def formula(step: Step) -> Any:  # noqa: ANN401
    """Return the formula of a step of a program, a function that Triton compiles.

    Args:
        step: The step.
    """
    if step.kind == OWN:
        (own,) = step.data
        assert isinstance(own, Formula), "a program's own steps carry their formulas"
        return in_triton(compiled(own, "single" if step.rate == SINGLE else "double"))
    pairs = f"_{len(step.inputs) // 2}" if step.kind in ("mix", "weighted") else ""
    name = f"{step.kind}{pairs}"
    return FORMULAS[name] if name in FORMULAS else FORMULAS[f"{name}_{step.rate}"]
