"""Sweeps: many runs of one experiment, each with other settings, all on the same sounds."""

from synth_datamodule.matching.sweeps.experiment import Experiment
from synth_datamodule.matching.sweeps.optuna_sweep import sweep
from synth_datamodule.matching.sweeps.plots import write_plots
from synth_datamodule.matching.sweeps.ray_sweep import ray_sweep
from synth_datamodule.matching.sweeps.space import Choice, Range, search_space

__all__ = ["Choice", "Experiment", "Range", "ray_sweep", "search_space", "sweep", "write_plots"]
