"""Sounds to hear, and torchaudio's absence."""

import math
import sys
from contextlib import contextmanager

import pytest
import torch

from synth_datamodule.features.transforms import transforms


@pytest.fixture
def tone():
    """Return a maker of sines."""

    def make(hertz, sample_rate, seconds=1.0):
        time = torch.arange(int(sample_rate * seconds)) / sample_rate
        return torch.sin(2 * math.pi * hertz * time)

    return make


class _Refuse:
    """A finder of modules for which importing torchaudio ends in an error."""

    def __init__(self, error):
        self.error = error

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torchaudio":
            raise self.error
        return None


@pytest.fixture
def torchaudio_refused():
    """Return a context in which ``import torchaudio`` raises an error."""

    @contextmanager
    def refused(error):
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
                patch.delitem(sys.modules, name)
            patch.setattr(sys, "meta_path", [_Refuse(error), *sys.meta_path])
            transforms.cache_clear()
            yield
        transforms.cache_clear()

    yield refused
    transforms.cache_clear()
