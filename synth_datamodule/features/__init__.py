"""What a model hears: features of audio, computed on its device."""

from synth_datamodule.features.bs1770 import integrated_loudness
from synth_datamodule.features.loudness import Levels, levels
from synth_datamodule.features.normalizing import Normalize
from synth_datamodule.features.resampling import Resample
from synth_datamodule.features.spectra import MFCC, LogMel

__all__ = ["MFCC", "Levels", "LogMel", "Normalize", "Resample", "integrated_loudness", "levels"]
