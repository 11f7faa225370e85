"""An instrument of short sounds, its server, and who asks it."""

import pytest
from browser import browser, page  # noqa: F401  # fixtures
from playing_on import CONFIG, Client, running

from synth_datamodule import Voice
from synth_datamodule.playing.instrument import Instrument


@pytest.fixture(scope="session")
def instrument():
    return Instrument(Voice(CONFIG))


@pytest.fixture(scope="session")
def server(instrument):
    with running(instrument) as server:
        yield server


@pytest.fixture
def client(server):
    return Client(server)


@pytest.fixture
def given(instrument):
    """Return what a page sends of sound 312."""
    drawn = instrument.draw(312)
    return {"parameters": drawn["parameters"], "noise_row": drawn["noise_row"]}
