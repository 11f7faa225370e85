"""The parts of an instrument, one per file: the pure function first, then its module."""

from synth_datamodule.modules.adsr import ADSR, adsr_envelope
from synth_datamodule.modules.audio_mixer import AudioMixer, normalize_if_clipping
from synth_datamodule.modules.base import SynthModule, Values
from synth_datamodule.modules.crossfade import CrossfadeKnob
from synth_datamodule.modules.fm_vco import FmVCO, fm_frequency
from synth_datamodule.modules.keyboard import MonophonicKeyboard
from synth_datamodule.modules.lfo import LFO, lfo_shapes, lfo_signal
from synth_datamodule.modules.modulation_mixer import ModulationMixer
from synth_datamodule.modules.noise import Noise
from synth_datamodule.modules.phase import midi_to_hz, oscillator_cycles
from synth_datamodule.modules.recurrence import linear_recurrence
from synth_datamodule.modules.selectors import HardModeSelector, SoftModeSelector
from synth_datamodule.modules.sine_vco import SineVCO
from synth_datamodule.modules.square_saw_vco import SquareSawVCO, num_partials, square_saw
from synth_datamodule.modules.state_variable_filter import (
    StateVariableFilter,
    resonance_to_q,
    state_variable_filter,
)
from synth_datamodule.modules.upsample import ControlRateUpsample, upsample
from synth_datamodule.modules.vca import VCA, ControlRateVCA
from synth_datamodule.modules.vco import VCO, modulated_pitch

__all__ = [
    "ADSR",
    "LFO",
    "VCA",
    "VCO",
    "AudioMixer",
    "ControlRateUpsample",
    "ControlRateVCA",
    "CrossfadeKnob",
    "FmVCO",
    "HardModeSelector",
    "ModulationMixer",
    "MonophonicKeyboard",
    "Noise",
    "SineVCO",
    "SoftModeSelector",
    "SquareSawVCO",
    "StateVariableFilter",
    "SynthModule",
    "Values",
    "adsr_envelope",
    "fm_frequency",
    "lfo_shapes",
    "lfo_signal",
    "linear_recurrence",
    "midi_to_hz",
    "modulated_pitch",
    "normalize_if_clipping",
    "num_partials",
    "oscillator_cycles",
    "resonance_to_q",
    "square_saw",
    "state_variable_filter",
    "upsample",
]
