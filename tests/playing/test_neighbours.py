"""The nearest sounds: a sound is nearest to itself, and the index is bounded."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from synth_datamodule import SynthConfig, Voice
from synth_datamodule.playing.instrument import Instrument, Playable
from synth_datamodule.playing.neighbours import Neighbours


def sound_of(instrument, number):
    drawn = instrument.draw(number)
    return Playable(torch.tensor(drawn["parameters"]), drawn["noise_row"])


@pytest.fixture(scope="module")
def whole(instrument):
    neighbours = Neighbours(instrument, 12)
    with ThreadPoolExecutor(1) as maker:
        neighbours.build(maker.submit)
    return neighbours


@pytest.mark.parametrize("number", [0, 5, 11])
def test_a_sound_is_nearest_to_itself(instrument, whole, number):
    found = whole.nearest(sound_of(instrument, number))
    assert found["sounds"][0] == {"number": number, "decibels": 0.0}
    distances = [one["decibels"] for one in found["sounds"]]
    assert distances == sorted(distances)


def test_a_sound_a_little_changed_is_near_to_what_it_was(instrument, whole):
    sound = sound_of(instrument, 7)
    parameters = sound.parameters.clone()
    parameters[1] = (parameters[1] + 0.02).clamp(max=1)
    found = whole.nearest(Playable(parameters, sound.noise_row))
    assert found["sounds"][0]["number"] == 7


def test_an_index_that_is_not_whole_answers_with_what_it_has(instrument):
    neighbours = Neighbours(instrument, 12)
    sound = sound_of(instrument, 3)
    assert neighbours.nearest(sound) == {"ready": 0, "total": 12, "sounds": []}
    for _ in range(4):
        neighbours.add()
    found = neighbours.nearest(sound)
    assert (found["ready"], found["total"], len(found["sounds"])) == (4, 12, 4)


def test_an_index_that_is_ended_or_whose_thread_is_gone_is_not_built_on(instrument):
    ended = Neighbours(instrument, 12)
    ended.end()
    maker = ThreadPoolExecutor(1)
    ended.build(maker.submit)
    maker.shutdown()
    gone = Neighbours(instrument, 12)
    gone.build(maker.submit)
    assert (ended.ready, gone.ready) == (0, 0)


@pytest.mark.parametrize("seconds", [0.002, 0.01, 2.0])
def test_sounds_of_any_length_are_compared(seconds):
    config = SynthConfig(sample_rate=8000, buffer_size_seconds=seconds, control_rate=1000)
    instrument = Instrument(Voice(config))
    neighbours = Neighbours(instrument, 2)
    neighbours.add()
    found = neighbours.nearest(sound_of(instrument, 0))
    assert found["sounds"] == [{"number": 0, "decibels": 0.0}]
