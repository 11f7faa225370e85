"""torchsynth's modules, under the name that they are imported by."""

from synth_datamodule.torchsynth.audio import (
    VCA,
    VCO,
    ControlRateUpsample,
    FmVCO,
    Noise,
    SineVCO,
    SquareSawVCO,
)
from synth_datamodule.torchsynth.base import ControlRateModule, SynthModule
from synth_datamodule.torchsynth.control import (
    ADSR,
    LFO,
    ControlRateVCA,
    CrossfadeKnob,
    MonophonicKeyboard,
)
from synth_datamodule.torchsynth.mixing import (
    AudioMixer,
    HardModeSelector,
    ModulationMixer,
    SoftModeSelector,
)

__all__ = [
    "ADSR",
    "LFO",
    "VCA",
    "VCO",
    "AudioMixer",
    "ControlRateModule",
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
    "SynthModule",
]
