"""Parameters: names, ranges, curves and units, and nebulae, which bend the curves."""

from synth_datamodule.parameters.nebula import apply_nebula, shipped_nebulae
from synth_datamodule.parameters.table import ParameterRange, ParameterTable

__all__ = ["ParameterRange", "ParameterTable", "apply_nebula", "shipped_nebulae"]
