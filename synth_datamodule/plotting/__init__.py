"""Pictures of sounds and of what they are drawn from; matplotlib is optional."""

from synth_datamodule.plotting.batches import plot_batch
from synth_datamodule.plotting.distributions import plot_parameters
from synth_datamodule.plotting.sounds import plot_sound

__all__ = ["plot_batch", "plot_parameters", "plot_sound"]
