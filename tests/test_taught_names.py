"""What users were taught to import stays importable, wherever the files lie now."""

import importlib

import pytest

TAUGHT = {
    "synth_datamodule": "AbstractSynth SynthConfig SynthDataModule SynthModule Split Voice part",
    "synth_datamodule.batch": "PairedBatch SynthBatch",
    "synth_datamodule.config": "SynthConfig",
    "synth_datamodule.corpus": "Split corpus_size is_train sound_number sound_numbers",
    "synth_datamodule.datamodule": "SynthDataModule",
    "synth_datamodule.features": "LogMel MFCC Resample levels",
    "synth_datamodule.identity": "SplitDefinition compare describe find_manifest verify",
    "synth_datamodule.loading": "Rendering SoundLoader SoundNumbers SoundSet",
    "synth_datamodule.matching.inversion": "invert multi_resolution_stft search_along",
    "synth_datamodule.matching.metrics": "PITCH",
    "synth_datamodule.matching.model": "SoundMatcher",
    "synth_datamodule.matching.sweeps": "Choice Experiment Range ray_sweep search_space sweep",
    "synth_datamodule.matching.training": "quiet",
    "synth_datamodule.modules": "ADSR LFO VCA AudioMixer ControlRateUpsample MonophonicKeyboard",
    "synth_datamodule.modules.adsr": "ADSR adsr_envelope",
    "synth_datamodule.modules.lfo": "LFO lfo_signal",
    "synth_datamodule.modules.state_variable_filter": "StateVariableFilter",
    "synth_datamodule.parameters": "ParameterRange ParameterTable",
    "synth_datamodule.patch": "PatchValues part",
    "synth_datamodule.synths": "FilteredVoice FmVoice OneOscillator",
    "synth_datamodule.voice": "Voice",
}


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module in TAUGHT for name in TAUGHT[module].split()]
)
def test_a_taught_name_is_imported_from_where_it_was(module, name):
    assert hasattr(importlib.import_module(module), name)


def test_a_name_means_one_thing_wherever_it_is_imported_from():
    import synth_datamodule.matching.sweeps
    import synth_datamodule.patch
    import synth_datamodule.sweeps

    assert synth_datamodule.patch.part is synth_datamodule.part
    assert synth_datamodule.matching.sweeps.sweep is synth_datamodule.sweeps.sweep
