import pytest
import torch

from synth_datamodule.measure import timing
from synth_datamodule.measure.timing import take_turns, timed


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless told to go on."""

    class Clock:
        now = 0.0

        def go_on(self, seconds):
            self.now += seconds

    clock = Clock()
    monkeypatch.setattr(timing, "perf_counter", lambda: clock.now)
    return clock


def test_candidates_take_turns_and_every_other_round_goes_backwards():
    heard = []
    calls = {name: lambda number, name=name: heard.append((name, number)) for name in "abc"}
    take_turns(calls, 2)
    assert "".join(name for name, _ in heard) == "cbaabccba"
    assert [number for _, number in heard] == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_the_first_round_does_not_count(clock):
    def slow_at_first(number):
        clock.go_on(100.0 if number == 0 else number)

    assert take_turns({"a": slow_at_first}, 3) == {"a": [1.0, 2.0, 3.0]}


def test_dropping_a_result_is_not_timed(clock):
    class Result:
        def __del__(self):
            clock.go_on(100.0)

    def make(_):
        clock.go_on(1.0)
        return Result()

    assert take_turns({"a": make}, 2) == {"a": [1.0, 1.0]}


def test_a_gpu_is_waited_for_before_the_clock_starts_and_stops(clock, monkeypatch):
    waited = []

    def synchronize(device):
        waited.append(clock.now)
        clock.go_on(10.0)

    monkeypatch.setattr(torch.cuda, "synchronize", synchronize)
    seconds, result = timed(lambda: clock.go_on(1.0) or "done", torch.device("cuda"))
    assert (seconds, result) == (11.0, "done")
    assert waited == [0.0, 11.0]


def test_each_call_is_told_once_it_has_ended():
    said = []
    calls = {"a": lambda _: said.append("calls a"), "b": lambda _: said.append("calls b")}
    take_turns(calls, 1, done=said.append)
    assert said == ["calls b", "b", "calls a", "a", "calls a", "a", "calls b", "b"]
