"""Sweeps under the name that they were first taught by; see ``synth_datamodule.sweeps``."""

from synth_datamodule.sweeps import (
    Choice,
    Experiment,
    Range,
    ray_sweep,
    search_space,
    sweep,
    write_plots,
)

__all__ = ["Choice", "Experiment", "Range", "ray_sweep", "search_space", "sweep", "write_plots"]
