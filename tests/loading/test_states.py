"""Whatever a state from outside holds: it is refused and named, or is the position it says."""

from itertools import chain, islice

import pytest
from anything import JSON, changed, refusal
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule import Split, SynthConfig, SynthDataModule, Voice
from synth_datamodule.loading import SoundSet
from synth_datamodule.loading.loader import SoundLoader

TINY = {"sample_rate": 1000, "buffer_size_seconds": 0.01, "control_rate": 1000}
VOICE = Voice(SynthConfig(**TINY), pinned={"keyboard.midi_f0": 60.0})
SETS = {
    "shuffled": SoundSet(Split.train, 10, shuffle=True),
    "in short epochs": SoundSet(Split.train, 25, sounds_per_epoch=10, shuffle=True, seed=3),
    "fresh": SoundSet(Split.train, 25, sounds_per_epoch=10, shuffle=True, fresh_epochs=True),
}
PLACE = ("epoch", "sounds_done", "steps_done")
# Numbers next to those of a position.
VALUES = st.integers(0, 12) | JSON
ANY = settings(max_examples=200, deadline=None, derandomize=True)


def loader(kind, batch_size=4, drop_last=False):
    return SoundLoader(SETS[kind], VOICE, batch_size, drop_last)


def heard(batches):
    return list(chain.from_iterable(numbers.index.tolist() for numbers in batches))


@st.composite
def loaders(draw):
    """Return a loader after some batches, perhaps gone on with from batches of another size."""
    kind, drop_last = draw(st.sampled_from([*SETS])), draw(st.booleans())
    first = loader(kind, draw(st.integers(1, 4)), drop_last)
    for _ in range(draw(st.integers(0, 1))):
        heard(first)
    heard(islice(first, draw(st.integers(0, 5))))
    second = loader(kind, draw(st.integers(1, 4)), drop_last)
    second.load_state_dict(first.state_dict())
    if SETS[kind].has_epoch(second.state_dict()["epoch"]):
        heard(islice(second, draw(st.integers(0, 2))))
    return kind, second


def rest_of(kind, position, batch_size, drop_last):
    """Return the sounds from a position to the end of its epoch."""
    left = 10 - position["sounds_done"]
    if drop_last:
        left -= (10 - position.get("dealt_sounds", 0)) % batch_size
    stop = position["sounds_done"] + max(left, 0)
    return SETS[kind].numbers(position["epoch"], position["sounds_done"], stop).tolist()


@ANY
@given(loaders())
def test_a_state_is_one_that_a_loader_takes(made):
    kind, loader_of_it = made
    state = loader_of_it.state_dict()
    other = loader(kind, loader_of_it.batch_size, loader_of_it.drop_last)
    other.load_state_dict(state)
    assert other.state_dict() == state
    assert SETS[kind].has_epoch(state["epoch"]) or state["sounds_done"] == 0
    if SETS[kind].has_epoch(state["epoch"]):
        assert heard(other) == rest_of(kind, state, other.batch_size, other.drop_last)


@ANY
@given(st.data(), loaders(), st.integers(1, 4))
def test_a_changed_state_is_refused_by_name_or_is_the_position_that_it_says(data, made, batch_size):
    kind, loader_of_it = made
    state, way = data.draw(changed(loader_of_it.state_dict(), VALUES))
    other = loader(kind, batch_size, loader_of_it.drop_last)
    heard(islice(other, 2))
    before = other.state_dict()
    if said := refusal(other.load_state_dict, state):
        assert any(repr(name)[1:-1] in said for name in way)
        assert other.state_dict() == before
        following = loader(kind, batch_size, other.drop_last)
        following.load_state_dict(before)
        other.load_state_dict(before)
        assert heard(following) == heard(other)
        return
    found = other.state_dict()
    assert [found[name] for name in PLACE] == [state[name] for name in PLACE]
    if SETS[kind].has_epoch(found["epoch"]):
        assert heard(other) == rest_of(kind, found, batch_size, other.drop_last)
    else:
        with pytest.raises(ValueError, match="train sounds ran out"):
            heard(other)


MODULE = SynthDataModule(
    4, train_sounds=10, val_sounds=1, test_sounds=1, pinned={"keyboard.midi_f0": 60.0}, **TINY
)


def states_of_the_module():
    """Return its states after 0 to 3 batches."""
    states = []
    for batches in range(4):
        one = MODULE.train_dataloader()
        one.set_epoch(1)
        heard(islice(one, batches))
        states.append(MODULE.state_dict())
    return states


STATES = states_of_the_module()


@ANY
@given(st.data(), st.sampled_from(STATES))
def test_a_changed_state_of_a_module_is_refused_by_name_or_is_the_position_that_it_says(
    data, state
):
    state, way = data.draw(changed(state, VALUES))
    MODULE.load_state_dict(STATES[1])
    if said := refusal(MODULE.load_state_dict, state):
        assert any(repr(name)[1:-1] in said for name in [*way, "epoch"])
        assert MODULE.state_dict() == STATES[1]
        return
    one = MODULE.train_dataloader()
    position = one.state_dict()
    assert [position[name] for name in PLACE] == [state["train"][name] for name in PLACE]
    numbers = one.sounds.numbers(position["epoch"], position["sounds_done"], 10)
    assert heard(one) == numbers.tolist()


@ANY
@given(JSON)
def test_any_value_at_all_is_no_state(value):
    one = loader("shuffled")
    MODULE.load_state_dict(STATES[1])
    before = one.state_dict()
    assert refusal(one.load_state_dict, value)
    assert refusal(MODULE.load_state_dict, value)
    assert (one.state_dict(), MODULE.state_dict()) == (before, STATES[1])


@pytest.mark.filterwarnings("ignore:10 train sounds do not divide evenly")
def test_a_state_whose_last_sound_is_too_little_for_its_devices_is_taken_again():
    first = loader("shuffled", batch_size=3)
    heard(islice(first, 3))
    states = [first.state_dict()]
    for _ in range(2):
        on_four = SoundLoader(SETS["shuffled"], VOICE, 3, place=lambda: (0, 4))
        on_four.load_state_dict(states[-1])
        states.append(on_four.state_dict())
    assert states[1] == states[2]
    assert heard(on_four) == []
    assert on_four.state_dict()["epoch"] == 1


def test_an_order_is_said_once_and_its_numbers_are_the_same_by_any_spelling():
    state = STATES[1]
    order = {**state["order"], "start": 0.0, "pinned": {"keyboard.midi_f0": 60}}
    MODULE.load_state_dict({**state, "order": order})
    assert MODULE.state_dict() == state
    with pytest.raises(ValueError, match="got 'order in train' too"):
        MODULE.load_state_dict({**state, "train": {**state["train"], "order": order}})
    with pytest.raises(ValueError, match=r"^shuffle was 1 in the checkpoint and is True now"):
        MODULE.load_state_dict({**state, "order": {**order, "shuffle": 1}})


@pytest.mark.parametrize("epoch", [2, 3])
def test_there_is_no_position_within_an_epoch_whose_sounds_ran_out(epoch):
    state = {**loader("fresh").state_dict(), "epoch": epoch, "sounds_done": 4, "steps_done": 1}
    with pytest.raises(ValueError, match=f"this is epoch {epoch} counted from 0"):
        loader("fresh").load_state_dict(state)


def test_no_state_has_heard_more_cycles_than_epochs():
    with pytest.raises(ValueError, match="cycles must be a whole number >= 0 and <= 0, got 1"):
        loader("fresh").load_state_dict({**loader("fresh").state_dict(), "cycles": 1})
