import statistics
from functools import partial

import pytest
import torch

from synth_datamodule.measure import speed
from synth_datamodule.measure.candidates import make
from synth_datamodule.measure.speed import measure
from synth_datamodule.patching.recipe import SynthRecipe
from synth_datamodule.synths import OneOscillator

CPU = torch.device("cpu")
SHORT = SynthRecipe(sample_rate=8000, buffer_size_seconds=0.1)
BOTH = ("reference", "reference-float32")


def measured(names, batch_sizes, recipe=SHORT, device=CPU, **settings):
    candidates = {name: partial(make, name) for name in names}
    return measure(recipe, candidates, batch_sizes, device, **{"num_rounds": 3, **settings})


def test_every_candidate_has_a_row_at_every_batch_size():
    names = ("reference-float32", "fused", "reference")
    found = measured(names, (3, 2), accuracy_sounds=2)
    assert [(row.batch_size, row.candidate) for row in found.rows] == [
        (size, name) for size in (3, 2) for name in names
    ]
    for row in found.rows:
        assert len(row.rounds) == 3
        assert row.seconds == statistics.median(row.rounds)
        assert row.sounds_per_second == row.batch_size / row.seconds
        assert row.realtime == pytest.approx(row.sounds_per_second * 0.1)
        assert row.output_bytes == 4 * 800 * row.batch_size
        assert row.distance.num_sounds == 2
    assert (found.recipe, found.num_rounds, found.accuracy_sounds) == (SHORT, 3, 2)
    assert found.notes == ()


def test_the_reference_is_nearer_to_the_definition_than_float32():
    exact, single = measured(BOTH, (32,)).rows
    assert exact.distance.worst <= 2**-24 < single.distance.median


def test_no_more_sounds_are_compared_than_a_batch_holds():
    rows = measured(("reference",), (3, 5, 40), accuracy_sounds=9).rows
    assert [row.distance.num_sounds for row in rows] == [3, 5, 9]


def test_any_synth_is_measured_against_its_own_definition():
    recipe = SynthRecipe(OneOscillator, sample_rate=8000, buffer_size_seconds=0.1)
    (row,) = measured(("reference",), (2,), recipe).rows
    assert row.distance.worst <= 2**-24


def test_a_candidate_with_sounds_of_its_own_has_no_distance():
    one, other = measured(BOTH, (2,), other_sounds={"reference"}).rows
    assert one.distance is None
    assert other.distance.num_sounds == 2


def test_a_candidate_that_does_not_run_says_why_and_the_others_are_measured(monkeypatch):
    def refuse(function):
        raise RuntimeError("no compiler here\nand more about it")

    monkeypatch.setattr(torch, "compile", refuse)
    compiled, reference = measured(("compiled", "reference"), (2,)).rows
    assert compiled.reason == "RuntimeError: no compiler here"
    assert reference.seconds > 0


def test_each_batch_size_compiles_afresh(monkeypatch):
    done = []
    monkeypatch.setattr(torch.compiler, "reset", lambda: done.append("reset"))
    monkeypatch.setattr(torch, "compile", lambda function: done.append("compile") or function)
    measured(("compiled", "compiled-float32", "reference"), (2, 3))
    assert done == ["reset", "compile", "compile"] * 2


@pytest.mark.parametrize("names", [BOTH, ("compiled", "reference")], ids=["all", "one-fails"])
def test_progress_ends_where_it_said_it_would(names, monkeypatch):
    def refuse(function):
        raise RuntimeError("no compiler here")

    monkeypatch.setattr(torch, "compile", refuse)
    shown = []

    class Progress:
        def __init__(self, description, total):
            shown.append([description, total])

        def __enter__(self):
            return lambda steps, description: shown.append([description, steps])

        def __exit__(self, *raised):
            pass

    monkeypatch.setattr(speed, "progress", Progress)
    measured(names, (2, 3))
    (first, total), *steps = shown
    assert first == "the definition"
    assert total == sum(number for _, number in steps) == 5 * 2 * 6
    assert steps[0] == [f"batch 2: {names[0]}", 0]


@pytest.mark.gpu
def test_on_a_gpu_a_result_and_its_memory_are_the_gpus():
    found = measured(("fused", *BOTH), (32,), device=torch.device("cuda"))
    assert found.machine.device == torch.cuda.get_device_name()
    for row in found.rows:
        assert row.peak_bytes >= row.output_bytes
