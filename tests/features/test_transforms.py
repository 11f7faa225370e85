"""torchaudio where it imports, its twins where it does not, and no other error hidden."""

import os
import subprocess
import sys

import pytest
import torch

from synth_datamodule.features import MFCC, LogMel, Resample, twins
from synth_datamodule.features.transforms import transforms

# torchaudio 2.11.0's own, beside torch 2.15.0.
OTHER_CUDA = (
    "Detected that PyTorch and TorchAudio were compiled with different CUDA versions. PyTorch has "
    "CUDA version 13.2 whereas TorchAudio has CUDA version 13.0. Please install the TorchAudio "
    "version that matches your PyTorch version."
)
HEAR = """
import sys, torch
from synth_datamodule.features import MFCC, LogMel, Resample
audio = torch.load(sys.argv[1])
torch.save([feature(audio) for feature in (LogMel(16000), MFCC(16000), Resample(44100, 16000))],
           sys.argv[2])
"""


def test_every_feature_is_heard_silently_where_importing_torchaudio_raises(tmp_path):
    audio = torch.rand(2, 6000, generator=torch.Generator().manual_seed(0)) * 2 - 1
    torch.save(audio, tmp_path / "audio.pt")
    (tmp_path / "torchaudio").mkdir()
    (tmp_path / "torchaudio" / "__init__.py").write_text(f"raise RuntimeError({OTHER_CUDA!r})\n")
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", HEAR, "audio.pt", "heard.pt"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")
    heard = torch.load(tmp_path / "heard.pt")
    here = [LogMel(16000)(audio), MFCC(16000)(audio), Resample(44100, 16000)(audio)]
    for there, expected in zip(heard, here, strict=True):
        scale = expected.abs().max().item()
        torch.testing.assert_close(there, expected, atol=1e-6 * scale, rtol=0)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(OTHER_CUDA),
        ModuleNotFoundError("No module named 'torchaudio'"),
        OSError("_torchaudio.so: undefined symbol: _ZNK3c105Error4whatEv"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_torchaudio_that_does_not_import_has_its_twins_stand_in(error, torchaudio_refused):
    with torchaudio_refused(error):
        assert isinstance(LogMel(16000).spectrogram, twins.MelSpectrogram)
        assert isinstance(MFCC(16000).cepstrum, twins.MFCC)
        assert isinstance(Resample(44100, 16000).interpolation, twins.Resample)


def test_another_error_of_the_import_is_not_hidden(torchaudio_refused):
    with torchaudio_refused(SyntaxError("broken")), pytest.raises(SyntaxError, match="broken"):
        LogMel(16000)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("MelSpectrogram", lambda: LogMel(16000)),
        ("MFCC", lambda: MFCC(16000)),
        ("Resample", lambda: Resample(44100, 16000)),
    ],
)
def test_an_error_of_a_torchaudio_that_imports_is_not_hidden(name, make, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(transforms(), name, fail)
    with pytest.raises(RuntimeError, match="out of memory"):
        make()


def test_torchaudio_is_the_way_where_it_imports():
    library = pytest.importorskip("torchaudio.transforms", exc_type=(ImportError, RuntimeError))
    assert transforms() is library
