"""A split of two blocks of short sounds, which is what most of these tests verify."""

import json
import math

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


@pytest.fixture
def alterations():
    """Return a function that alters each value in a JSON text, one at a time."""

    def of(text, but):
        paths = [path for path in leaves(json.loads(text)) if path[0] not in but]
        assert len(paths) > 100
        for path in paths:
            document = json.loads(text)
            part = document
            for key in path[:-1]:
                part = part[key]
            part[path[-1]] = altered(part[path[-1]])
            yield path, json.dumps(document)

    return of


def leaves(document, path=()):
    """Yield the path of every value in a JSON document that holds no others."""
    parts = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in parts:
        if isinstance(value, (dict, list)) and value:
            yield from leaves(value, (*path, key))
        else:
            yield *path, key


def altered(value):
    """Return another value of the same kind, as a hand or a bad disk would leave it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return ("B" if value[:1] == "A" else "A") + value[1:]
    if isinstance(value, float):
        return math.nextafter(value, math.inf)
    return 1 if value in (None, {}) else value + 1
