"""Every name is where torchsynth has it."""

import importlib

import pytest

from synth_datamodule import torchsynth

WHERE = {
    "config": {
        "BASE_REPRODUCIBLE_BATCH_SIZE", "DEFAULT_BATCH_SIZE", "SynthConfig",
        "N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY", "check_for_reproducibility",
    },
    "module": {
        "ADSR", "LFO", "VCA", "VCO", "AudioMixer", "ControlRateModule", "ControlRateUpsample",
        "ControlRateVCA", "CrossfadeKnob", "FmVCO", "HardModeSelector", "ModulationMixer",
        "MonophonicKeyboard", "Noise", "SineVCO", "SoftModeSelector", "SquareSawVCO", "SynthModule",
    },
    "parameter": {"ModuleParameter", "ModuleParameterRange"},
    "signal": {"Signal"},
    "synth": {"AbstractSynth", "Voice"},
    "util": {"fix_length", "midi_to_hz", "normalize", "normalize_if_clipping"},
}  # fmt: skip


@pytest.mark.parametrize("module", WHERE)
def test_names_are_where_torchsynth_has_them(module):
    found = importlib.import_module(f"synth_datamodule.torchsynth.{module}")
    for name in WHERE[module]:
        assert getattr(found, name) is getattr(torchsynth, name)


def test_the_package_exports_them_and_one_error():
    assert set(torchsynth.__all__) == set().union(*WHERE.values()) | {"RuleError"}
    assert torchsynth.__version__ == "1.0.2"
