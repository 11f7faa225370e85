"""Which compiled step has which name."""

from synth_datamodule.kernels.cpu.program import audio, controls, ends, filters, plain, values
from synth_datamodule.kernels.cpu.program.calling import CompiledStep

ALL = {**controls.STEPS, **audio.STEPS, **filters.STEPS, **plain.STEPS, **ends.STEPS}
"""Steps of signals by name, those that no program has too: pieces of blocks, peaks, silence."""
MODES = ("lowpass", "bandpass", "highpass")


def compiled_step(name: str, *, of_numbers: bool = False) -> CompiledStep:
    """Return a compiled step.

    Args:
        name: Name of the step, as ``calls`` has it.
        of_numbers: Whether it computes a number for each sound.
    """
    return (values.STEPS if of_numbers else ALL)[name]
