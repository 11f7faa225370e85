"""What a synth's parameters leave undetermined: its symmetries, and coordinates without them."""

from synth_datamodule.symmetry.base import Symmetry
from synth_datamodule.symmetry.invariants import UNITS, Invariants

__all__ = ["UNITS", "Invariants", "Symmetry"]
