"""What importing the package does, and what it does not."""

import json
import subprocess
import sys

import pytest

import synth_datamodule

HEAVY = [
    "pytorch_lightning",
    "lightning",
    "lightning_fabric",
    "numba",
    "torchaudio",
    "matplotlib",
    "ray",
    "soundfile",
    "rich",
]

# Run in a fresh process: prints what the import loaded and which global state it changed.
PROBE = """
import json, os, random, sys, threading, warnings
import numpy, torch

def state():
    return {
        "default dtype": str(torch.get_default_dtype()),
        "default device": str(torch.get_default_device()),
        "grad mode": torch.is_grad_enabled(),
        "threads": torch.get_num_threads(),
        "interop threads": torch.get_num_interop_threads(),
        "python threads": threading.active_count(),
        "torch random state": torch.random.get_rng_state().tolist(),
        "numpy random state": numpy.random.get_state()[1].tolist(),
        "python random state": str(random.getstate()),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "matmul precision": torch.get_float32_matmul_precision(),
        "cudnn": (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic),
        "cuda": torch.cuda.is_initialized(),
        "environment": dict(os.environ),
    }

before = state()
already = set(sys.modules)
from synth_datamodule import Voice
after = state()
print(json.dumps({
    "loaded": sorted({name.split(".")[0] for name in set(sys.modules) - already}),
    "changed": [name for name in before if before[name] != after[name]],
}))
"""


@pytest.fixture(scope="module")
def fresh_import(tmp_path_factory):
    """Return what a fresh process tells about the import."""
    process = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=tmp_path_factory.mktemp("elsewhere"),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(process.stdout)


def test_the_import_loads_the_package_and_nothing_heavy(fresh_import):
    assert "synth_datamodule" in fresh_import["loaded"]
    assert not set(HEAVY) & set(fresh_import["loaded"])


def test_the_import_changes_no_global_state(fresh_import):
    assert fresh_import["changed"] == []


def test_the_command_loads_nothing_heavy_before_it_says_anything(tmp_path):
    script = (
        "import sys; from synth_datamodule.cli import main; assert main(['rendr']) == 2; "
        f"assert not {{'torch', 'numpy', *{HEAVY}}} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)


def test_a_class_has_its_public_name_whether_it_was_asked_for_by_it_or_not(tmp_path):
    script = (
        "from synth_datamodule.voice import Voice; "
        "from synth_datamodule.patching.naming import public_name; "
        "assert public_name(Voice) == 'synth_datamodule.Voice'"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)


@pytest.mark.parametrize("name", synth_datamodule.__all__)
def test_a_public_name_resolves_and_is_listed(name):
    public = getattr(synth_datamodule, name)
    assert isinstance(public, int) or public.__name__ == name
    assert name in dir(synth_datamodule)


def test_the_public_names_are_the_promised_ones():
    assert set(synth_datamodule.__all__) == {
        "DEFAULT_BATCH_SIZE",
        "BASE_REPRODUCIBLE_BATCH_SIZE",
        "N_BATCHSIZE_FOR_TRAIN_TEST_REPRODUCIBILITY",
        "SynthConfig",
        "check_for_reproducibility",
        "SynthModule",
        "Preset",
        "AbstractSynth",
        "Voice",
        "Split",
        "SynthBatch",
        "SynthDataModule",
        "part",
        "SoundLogger",
        "Match",
        "match",
        "plot_batch",
        "plot_parameters",
        "plot_sound",
    }


def test_another_name_is_an_attribute_error():
    message = "module 'synth_datamodule' has no attribute 'nonsense'"
    with pytest.raises(AttributeError, match=message):
        _ = synth_datamodule.nonsense


def test_rooms_are_attributes_of_the_package_before_anything_is_used():
    code = (
        "import synth_datamodule as s; s.modules.SineVCO, s.voice.Voice, s.config.SynthConfig; "
        "assert not hasattr(s, 'nonsense') and not hasattr(s, '__wrapped__')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
