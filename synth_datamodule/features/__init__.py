"""What a model hears: features of audio, computed on its device."""

from synth_datamodule.features.loudness import Levels, levels
from synth_datamodule.features.resampling import Resample
from synth_datamodule.features.spectra import MFCC, LogMel

__all__ = ["MFCC", "Levels", "LogMel", "Resample", "levels"]
