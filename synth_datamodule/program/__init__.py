"""Programs: any patch as a list of exact steps, which the same bits follow from on every device."""

from synth_datamodule.program.builder import Builder, Signal, Unknown
from synth_datamodule.program.program import Program, Step

__all__ = ["Builder", "Program", "Signal", "Step", "Unknown"]
