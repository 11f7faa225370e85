"""Fixtures of matching: a cache of the test's own, a short voice."""

import pytest

from synth_datamodule import SynthConfig, Voice


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def own_cache(cache, monkeypatch):
    """Let indexes be kept where no user's are, from test to test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


@pytest.fixture(scope="session")
def voice():
    return Voice(
        SynthConfig(sample_rate=8000, buffer_size_seconds=0.5, control_rate=400, no_grad=False)
    )
