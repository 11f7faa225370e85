"""What the tests of loaders share."""

import pytest

from synth_datamodule import SynthConfig, Voice


@pytest.fixture(scope="module")
def voice():
    """Return a Voice of short sounds; a file may have one of its own."""
    return Voice(SynthConfig(sample_rate=8000, buffer_size_seconds=0.25, control_rate=200))
