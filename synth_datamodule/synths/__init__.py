"""Worked synths: how one of your own is written, and instruments to use as they are."""

from synth_datamodule.synths.filtered_voice import FilteredVoice
from synth_datamodule.synths.fm_voice import FmVoice
from synth_datamodule.synths.one_oscillator import OneOscillator

__all__ = ["FilteredVoice", "FmVoice", "OneOscillator"]
