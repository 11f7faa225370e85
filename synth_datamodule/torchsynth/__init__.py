"""torchsynth's public names over this package's modules, renderer and draws.

Code that says ``from torchsynth.synth import Voice`` says ``from synth_datamodule.torchsynth.synth
import Voice`` and runs, on any torch and Lightning that the package runs on. Parameters and labels
are torchsynth's bits, ``voice(batch_idx)`` has the bits of ``synth_datamodule.Voice``, and modules
agree with torchsynth within its float32 rounding. State lives in these classes alone; the rest of
the package takes parameters as an argument.
"""

from synth_datamodule.torchsynth.config import (
    BASE_REPRODUCIBLE_BATCH_SIZE,
    DEFAULT_BATCH_SIZE,
    N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY,
    SynthConfig,
    check_for_reproducibility,
)
from synth_datamodule.torchsynth.module import (
    ADSR,
    LFO,
    VCA,
    VCO,
    AudioMixer,
    ControlRateModule,
    ControlRateUpsample,
    ControlRateVCA,
    CrossfadeKnob,
    FmVCO,
    HardModeSelector,
    ModulationMixer,
    MonophonicKeyboard,
    Noise,
    SineVCO,
    SoftModeSelector,
    SquareSawVCO,
    SynthModule,
)
from synth_datamodule.torchsynth.parameter import ModuleParameter, ModuleParameterRange
from synth_datamodule.torchsynth.rules import RuleError
from synth_datamodule.torchsynth.signal import Signal
from synth_datamodule.torchsynth.synth import AbstractSynth, Voice
from synth_datamodule.torchsynth.util import (
    fix_length,
    midi_to_hz,
    normalize,
    normalize_if_clipping,
)

__version__ = "1.0.2"
"""The torchsynth whose names, draws and labels these are."""

__all__ = [
    "ADSR",
    "BASE_REPRODUCIBLE_BATCH_SIZE",
    "DEFAULT_BATCH_SIZE",
    "LFO",
    "N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY",
    "VCA",
    "VCO",
    "AbstractSynth",
    "AudioMixer",
    "ControlRateModule",
    "ControlRateUpsample",
    "ControlRateVCA",
    "CrossfadeKnob",
    "FmVCO",
    "HardModeSelector",
    "ModulationMixer",
    "ModuleParameter",
    "ModuleParameterRange",
    "MonophonicKeyboard",
    "Noise",
    "RuleError",
    "Signal",
    "SineVCO",
    "SoftModeSelector",
    "SquareSawVCO",
    "SynthConfig",
    "SynthModule",
    "Voice",
    "check_for_reproducibility",
    "fix_length",
    "midi_to_hz",
    "normalize",
    "normalize_if_clipping",
]
