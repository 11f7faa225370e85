"""Parameters: names, ranges, curves and units, and nebulae, which bend the curves."""

from synth_datamodule.parameters.nebula import apply_nebula, shipped_nebulae, write_nebula
from synth_datamodule.parameters.own import OwnParameters
from synth_datamodule.parameters.ranges import ParameterRange
from synth_datamodule.parameters.synthax import from_synthax, to_synthax
from synth_datamodule.parameters.table import ParameterTable

__all__ = [
    "OwnParameters",
    "ParameterRange",
    "ParameterTable",
    "apply_nebula",
    "from_synthax",
    "shipped_nebulae",
    "to_synthax",
    "write_nebula",
]
