"""Sweeps: many runs of one experiment, each with other settings, all on the same sounds."""

from synth_datamodule.sweeps.experiment import Experiment
from synth_datamodule.sweeps.optuna_sweep import sweep
from synth_datamodule.sweeps.plots import write_plots
from synth_datamodule.sweeps.ray_sweep import ray_sweep
from synth_datamodule.sweeps.space import Choice, Range, search_space

__all__ = ["Choice", "Experiment", "Range", "ray_sweep", "search_space", "sweep", "write_plots"]
