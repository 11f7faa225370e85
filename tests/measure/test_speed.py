import statistics

import pytest
import torch

from synth_datamodule.measure import speed
from synth_datamodule.measure.peer import INSTALL
from synth_datamodule.measure.settings import Settings
from synth_datamodule.measure.speed import measure
from synth_datamodule.measure.start import Start

SMALL = {"sample_rate": 8000, "seconds": 0.1, "rounds": 3}


@pytest.fixture(autouse=True)
def start(monkeypatch):
    """Leave new processes to their own tests."""
    start = Start(2.0, 1.0, 3)
    monkeypatch.setattr(speed, "first_batches", lambda config, device: start)
    return start


def test_every_candidate_has_a_row_at_every_batch_size(start):
    backends = ("reference-float32", "fused", "reference")
    measured = measure(Settings(batch_sizes=(3, 2), backends=backends, accuracy_sounds=2, **SMALL))
    rows = measured.rows
    assert [(row.batch_size, row.candidate) for row in rows] == [
        (size, name) for size in (3, 2) for name in backends
    ]
    for row in rows:
        assert len(row.rounds) == 3
        assert row.seconds == statistics.median(row.rounds)
        assert row.sounds_per_second == row.batch_size / row.seconds
        assert row.realtime == pytest.approx(row.sounds_per_second * 0.1)
        assert row.output_bytes == 4 * 800 * row.batch_size
        assert row.distance.num_sounds == 2
        assert row.copy_share is None
    assert measured.start == start
    assert measured.copy_bandwidth == {}
    assert measured.notes == []


def test_the_reference_is_nearer_to_the_definition_than_float32():
    settings = Settings(batch_sizes=(32,), backends=("reference", "reference-float32"), **SMALL)
    exact, single = measure(settings).rows
    assert exact.distance.worst <= 2**-24 < single.distance.median


def test_no_more_sounds_are_compared_than_the_batch_holds():
    settings = Settings(batch_sizes=(3,), backends=("reference",), accuracy_sounds=9, **SMALL)
    assert measure(settings).rows[0].distance.num_sounds == 3


def test_a_candidate_that_does_not_run_says_why_and_the_others_are_measured(monkeypatch):
    def refuse(function):
        raise RuntimeError("no compiler here\nand more about it")

    monkeypatch.setattr(torch, "compile", refuse)
    settings = Settings(batch_sizes=(2,), backends=("compiled", "reference"), **SMALL)
    compiled, reference = measure(settings).rows
    assert compiled.reason == "RuntimeError: no compiler here"
    assert reference.seconds > 0


def test_each_batch_size_compiles_afresh(monkeypatch):
    done = []
    monkeypatch.setattr(torch.compiler, "reset", lambda: done.append("reset"))
    monkeypatch.setattr(torch, "compile", lambda function: done.append("compile") or function)
    backends = ("compiled", "compiled-float32", "reference")
    measure(Settings(batch_sizes=(2, 3), backends=backends, **SMALL))
    assert done == ["reset", "compile", "compile"] * 2


def test_without_torchsynth_the_others_are_measured_and_a_note_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(speed.PEERS, "torchsynth", lambda: f"torchsynth is not here: {INSTALL}")
    settings = Settings(batch_sizes=(2,), backends=("reference",), torchsynth=True, **SMALL)
    measured = measure(settings)
    assert [row.candidate for row in measured.rows] == ["reference"]
    assert measured.notes == [f"torchsynth is not here: {INSTALL}"]


def test_it_says_what_it_is_doing():
    said = []
    measure(Settings(batch_sizes=(2,), backends=("reference",), **SMALL), said.append)
    assert said[:3] == [
        "first batches of new processes",
        "batch 2: the definition",
        "batch 2: reference, first call",
    ]
    assert said[-1] == "batch 2: round 3 of 3"


@pytest.mark.gpu
def test_on_a_gpu_rows_are_held_against_its_copies():
    settings = Settings(batch_sizes=(32,), device="cuda", **SMALL)
    measured = measure(settings)
    assert list(measured.copy_bandwidth) == [32]
    for row in measured.rows:
        share = row.output_bytes / row.seconds / measured.copy_bandwidth[32]
        assert row.copy_share == pytest.approx(share)
        assert row.peak_bytes >= row.output_bytes
