"""A split of two blocks of short sounds, which is what most of these tests verify."""

import pytest

from synth_datamodule import Split, SynthConfig, Voice
from synth_datamodule.identity import SplitDefinition, describe
from synth_datamodule.loading import SoundSet

SHORT = SynthConfig(sample_rate=8000, buffer_size_seconds=0.125, control_rate=200)


@pytest.fixture
def voice():
    """A new voice of short sounds, to be damaged."""
    return Voice(SHORT)


@pytest.fixture(scope="session")
def split():
    """The first two test blocks: sounds 9216 to 10239 and 19456 to 20479."""
    return SplitDefinition.of("synth1M1", SoundSet(Split.test, 2048))


@pytest.fixture(scope="session")
def manifest(split):
    return describe(Voice(SHORT), split)


@pytest.fixture(scope="session")
def inexact(split):
    """A manifest of the modules, whose audio is held to stored windows."""
    return describe(Voice(SHORT, backend="reference"), split)


@pytest.fixture
def damage():
    """Return a function that makes a synth render one batch field otherwise."""

    def of(synth, sound, change):
        whole = synth.render_sounds

        def render_sounds(numbers, device=None):
            batch = whole(numbers, device)
            for row in (batch.index == sound).nonzero().flatten().tolist():
                change(batch, row)
            return batch

        synth.render_sounds = render_sounds
        return synth

    return of
