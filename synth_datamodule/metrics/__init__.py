"""Metrics that papers on sound matching report: MSS, wMFCC, SOT and RMS."""

from synth_datamodule.metrics.distances import SoundDistances, SoundMetrics

__all__ = ["SoundDistances", "SoundMetrics"]
