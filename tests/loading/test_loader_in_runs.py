"""A loader in a run, told by a Trainer's counts; tests/test_positions.py has the Trainers."""

import pickle
from itertools import islice
from types import SimpleNamespace

import pytest

from synth_datamodule import Split
from synth_datamodule.loading import SoundLoader, SoundSet


def numbers_of(loader):
    return [numbers.index.tolist() for numbers in loader]


class Run:
    """What a loader sees of a Trainer."""

    def __init__(self, monkeypatch, batches, accumulate=1, overfit=0):
        self.state = SimpleNamespace(fn="fit", stopped=False)
        self.num_training_batches, self.accumulate_grad_batches = batches, accumulate
        self.overfit_batches = overfit
        names = ("ready", "started", "processed", "completed")
        self.total, self.current = (SimpleNamespace(**dict.fromkeys(names, 0)) for _ in range(2))
        self.epochs = SimpleNamespace(processed=0)
        self.fit_loop = SimpleNamespace(
            epoch_loop=SimpleNamespace(
                batch_progress=SimpleNamespace(
                    total=self.total, current=self.current, is_last_batch=False
                )
            ),
            epoch_progress=SimpleNamespace(current=self.epochs),
        )
        self.asks = self.in_step = False
        monkeypatch.setattr(
            "synth_datamodule.loading.loader.asking_trainer",
            lambda: (self, self.in_step) if self.asks else None,
        )

    def count(self, steps):
        for counts in (self.total, self.current):
            for name in vars(counts):
                setattr(counts, name, getattr(counts, name) + steps)

    def begin(self, loader):
        """Begin an epoch and return its batches."""
        for name in vars(self.current):
            setattr(self.current, name, 0)
        batches = iter(loader)

        def asked():
            while True:
                self.asks = True
                numbers = next(batches, None)
                self.asks = False
                if numbers is None:
                    return
                yield numbers.index.tolist()

        return asked()

    def train(self, loader, steps=None):
        heard = []
        for index in islice(self.begin(loader), steps or self.num_training_batches):
            heard.append(index)
            self.count(1)
        if steps is None:
            self.epochs.processed += 1
        return heard


def position_of(loader):
    state = loader.state_dict()
    return state["epoch"], state["sounds_done"], state.get("comes_again"), state.get("cycles")


def test_in_a_run_the_position_is_behind_the_last_step_not_behind_the_last_batch(
    voice, monkeypatch
):
    loader = SoundLoader(SoundSet(Split.train, 8), voice, 2)
    run = Run(monkeypatch, 4)
    batches = run.begin(loader)
    next(batches), next(batches)
    assert position_of(loader) == (0, 0, None, None)
    assert loader.trainer is run
    run.count(1)
    assert position_of(loader) == (0, 2, None, None)
    run.count(1)
    next(batches), next(batches)
    run.count(2)
    assert position_of(loader) == (1, 0, None, None)


def test_a_step_that_fetches_its_batches_itself_is_through_with_all_of_them(voice, monkeypatch):
    loader = SoundLoader(SoundSet(Split.train, 12), voice, 2)
    run = Run(monkeypatch, 3)
    run.in_step = True
    batches = run.begin(loader)
    next(batches), next(batches)
    assert position_of(loader) == (0, 0, None, None)
    run.count(1)
    assert position_of(loader) == (0, 4, None, None)


@pytest.mark.parametrize("steps", [4, 5])
def test_batches_of_a_step_that_is_not_through_come_again(voice, monkeypatch, steps):
    first, second = (SoundLoader(SoundSet(Split.train, 24), voice, 2) for _ in range(2))
    run = Run(monkeypatch, 12, accumulate=3)
    run.train(first, steps)
    assert position_of(first) == (0, 6, steps - 3, None)
    second.load_state_dict(first.state_dict())
    resumed = Run(monkeypatch, 12, accumulate=3)
    resumed.total.processed = steps
    batches = resumed.begin(second)
    resumed.current.processed = steps
    assert next(batches) == [6, 7]
    assert (resumed.total.processed, resumed.current.processed) == (3, 3)
    assert position_of(second) == (0, 6, None, None)
    resumed.count(2)
    third = Run(monkeypatch, 12)
    assert next(third.begin(second)) == [0, 1]
    assert third.total.processed == 0


def test_a_run_that_goes_on_behind_a_whole_step_takes_nothing_back(voice, monkeypatch):
    loader = SoundLoader(SoundSet(Split.train, 8), voice, 2)
    loader.load_state_dict({"epoch": 0, "sounds_done": 2, "steps_done": 1})
    run = Run(monkeypatch, 4)
    run.count(1)
    assert next(run.begin(loader)) == [2, 3]
    assert run.total.processed == 1


def test_an_epoch_of_a_run_that_is_cut_short_is_followed_by_the_next(voice, monkeypatch):
    loader = SoundLoader(SoundSet(Split.train, 12, sounds_per_epoch=6), voice, 2)
    run = Run(monkeypatch, 2)
    assert run.train(loader) == [[0, 1], [2, 3]]
    assert position_of(loader) == (1, 0, None, None)
    assert run.train(loader) == [[6, 7], [8, 9]]
    assert position_of(loader) == (2, 0, None, None)


def test_a_run_that_overfits_hears_one_epoch_again_and_again(voice, monkeypatch):
    loader = SoundLoader(SoundSet(Split.train, 12, sounds_per_epoch=4), voice, 2)
    loader.load_state_dict({"epoch": 1, "sounds_done": 0, "steps_done": 0})
    run = Run(monkeypatch, 2, overfit=2)
    assert run.train(loader) == run.train(loader) == [[4, 5], [6, 7]]
    assert position_of(loader) == (1, 0, None, None)
    run.num_training_batches = 1
    assert run.train(loader) == run.train(loader) == [[4, 5]]
    assert position_of(loader) == (1, 0, None, None)
    loader.load_state_dict({"epoch": 1, "sounds_done": 2, "steps_done": 1})
    run = Run(monkeypatch, 2, overfit=2)
    assert run.train(loader) == [[6, 7]]
    assert run.train(loader) == [[4, 5], [6, 7]]


def test_a_run_that_overfits_goes_on_where_it_was_and_then_hears_its_epoch_from_the_beginning(
    voice, monkeypatch
):
    loader = SoundLoader(SoundSet(Split.train, 16, sounds_per_epoch=8), voice, 2)
    loader.load_state_dict({"epoch": 1, "sounds_done": 2, "steps_done": 1})
    run = Run(monkeypatch, 2, overfit=2)
    assert run.train(loader) == [[10, 11], [12, 13]]
    assert run.train(loader) == run.train(loader) == [[8, 9], [10, 11]]


def test_a_loader_that_a_run_cycles_through_counts_its_own_epochs(voice, monkeypatch):
    sounds = SoundSet(Split.train, 100, sounds_per_epoch=4)
    loader = SoundLoader(sounds, voice, 2)
    run = Run(monkeypatch, 3)
    heard = [*islice(run.begin(loader), 2)]
    run.count(2)
    assert run.current.processed == 2
    run.asks = True
    heard += [numbers.index.tolist() for numbers in islice(loader, 1)]
    run.asks = False
    assert heard == [[0, 1], [2, 3], [4, 5]]
    assert position_of(loader) == (1, 0, None, 1)
    run.count(1)
    run.epochs.processed += 1
    assert position_of(loader) == (2, 0, None, 1)
    state = loader.state_dict()
    assert run.train(loader)[0] == [8, 9]
    resumed, again = SoundLoader(sounds, voice, 2), Run(monkeypatch, 3)
    resumed.load_state_dict(state)
    again.epochs.processed = 1
    assert again.train(resumed, 1) == [[8, 9]]
    assert position_of(resumed) == (2, 2, None, 1)
    third = SoundLoader(sounds, voice, 2)
    third.load_state_dict(resumed.state_dict())
    again.asks = True
    resumed.set_epoch(2)
    again.asks = False
    assert position_of(resumed)[0] == 3
    run = Run(monkeypatch, 3)
    run.epochs.processed = 1
    assert run.train(third, 1) == [[10, 11]]


def test_a_look_at_the_loader_of_a_run_moves_nothing_and_begins_where_its_epoch_did(
    voice, monkeypatch
):
    loader = SoundLoader(SoundSet(Split.train, 8, sounds_per_epoch=4, fresh_epochs=True), voice, 1)
    run = Run(monkeypatch, 4)
    run.train(loader)
    run.train(loader, 3)
    before = loader.state_dict()
    assert numbers_of(loader) == [[4], [5], [6], [7]]
    assert loader.state_dict() == before
    run = Run(monkeypatch, 4)
    run.train(loader)
    run.train(loader)
    assert numbers_of(loader) == [[0], [1], [2], [3]]
    assert position_of(loader) == (2, 0, None, None)


@pytest.mark.parametrize("overfit", [0, 2])
def test_a_run_begins_at_the_beginning_whatever_was_taken_before(voice, monkeypatch, overfit):
    loader = SoundLoader(SoundSet(Split.train, 8, sounds_per_epoch=4), voice, 2)
    assert numbers_of(loader) == [[0, 1], [2, 3]]
    next(iter(loader))
    assert Run(monkeypatch, 2, overfit=overfit).train(loader, 1) == [[0, 1]]


def test_whoever_takes_batches_after_a_run_begins_at_the_beginning(voice, monkeypatch):
    loader = SoundLoader(SoundSet(Split.train, 8), voice, 2)
    run = Run(monkeypatch, 4)
    run.train(loader, 3)
    assert pickle.loads(pickle.dumps(loader)).trainer is None
    assert pickle.loads(pickle.dumps(loader)).state_dict()["sounds_done"] == 6
    assert Run(monkeypatch, 4).train(loader, 1) == [[0, 1]]
    run = Run(monkeypatch, 4)
    run.train(loader, 2)
    run.state.stopped = True
    assert numbers_of(loader) == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert loader.trainer is None
