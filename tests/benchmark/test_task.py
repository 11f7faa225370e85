import numpy as np
import pytest
import torch

from synth_datamodule import Split
from synth_datamodule.benchmark.task import BUDGETS, PARTS, TEST_SET, TEST_SOUNDS, VAL_SOUNDS, Run
from synth_datamodule.matching.metrics import error_rows


def train_numbers(run):
    return [
        number for numbers in run.data().train_dataloader() for number in numbers.index.tolist()
    ]


def test_the_test_and_validation_sounds_are_the_same_whatever_the_run():
    for run in (Run("cnn"), Run("cnn", seed=7), Run("cnn", budget="gpu", device="cpu")):
        data = run.data()
        for split, wanted in ((Split.val, VAL_SOUNDS), (Split.test, TEST_SOUNDS)):
            numbers = data.sounds(split).numbers(0, 0, wanted)
            assert numbers.tolist() == split.sounds(np.arange(wanted)).tolist()
            assert len(data.sounds(split)) == wanted


def test_the_test_set_is_rendered_to_the_bit_on_any_machine():
    assert Run("cnn").data().fingerprint("test") == TEST_SET


def test_the_parts_are_those_of_the_tasks_synth():
    names = Run("cnn").data().parameter_names
    rows = error_rows(names, torch.zeros(len(names)), torch.zeros(len(names)))
    assert [row.name for row in rows] == [*PARTS, "all"]


def test_a_seed_chooses_the_train_sounds_and_none_comes_twice():
    runs = [Run("cnn", seed=seed) for seed in (0, 0, 1)]
    first, again, other = map(train_numbers, runs)
    assert first == again
    assert len(set(first)) == len(first) == BUDGETS["cpu"].train_sounds
    assert len(set(first) & set(other)) < len(first) / 10
    assert {Split.of(number) for number in first} == {Split.train}


def test_a_budget_is_one_epoch_of_full_batches():
    for name, budget in BUDGETS.items():
        data = Run("cnn", budget=name, device="cpu").data()
        assert len(data.sounds("train")) == budget.train_sounds
        assert budget.train_sounds % budget.batch_size == 0
        assert data.batch_size == budget.batch_size


def test_the_sounds_are_torchsynths_default_voice():
    data = Run("cnn").data()
    assert (data.num_samples, data.sample_rate, data.num_parameters) == (176400, 44100, 78)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "sound-matching-v2_mlp_cpu_seed0"),
        (
            {"seed": 3, "train_sounds": 2**14, "test_sounds": 1024},
            "sound-matching-v2_mlp_cpu_seed3",
        ),
        ({"budget": "gpu", "device": "cpu"}, "sound-matching-v2_mlp_gpu-on-cpu_seed0"),
        ({"version": 1}, "sound-matching-v1_mlp_cpu_seed0"),
        ({"test_sounds": 8}, "sound-matching-v2_mlp_cpu_seed0_trial"),
        ({"train_sounds": 8}, "sound-matching-v2_mlp_cpu_seed0_trial"),
    ],
)
def test_a_name_says_what_defines_the_run(settings, name):
    run = Run("mlp", **settings)
    assert run.name == name
    assert run.is_comparable == (not name.endswith("_trial"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"budget": "tpu"}, "budget must be one of 'cpu', 'gpu', got 'tpu'"),
        ({"seed": -1}, "seed must be a whole number >= 0"),
        ({"train_sounds": 0}, "train_sounds must be a whole number >= 1 and <= 16384, got 0"),
        ({"train_sounds": 2**14 + 1}, "train_sounds must be a whole number >= 1 and <= 16384"),
        ({"test_sounds": 1025}, "test_sounds must be a whole number >= 1 and <= 1024"),
        ({"version": 3}, "version must be a whole number >= 1 and <= 2, got 3"),
        ({"device": "meta"}, "device must be 'cpu' or a CUDA device, got 'meta'"),
        ({"device": "cuda:99"}, "device must be there, got 'cuda:99'"),
    ],
)
def test_what_is_no_run_of_this_task_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Run("cnn", **settings)


@pytest.mark.parametrize("name", ["retrieve+refine", "my.Model+refine", "a+b+c"])
def test_methods_that_follow_each_other_make_a_name(name):
    assert Run(name).name == f"sound-matching-v2_{name}_cpu_seed0"


@pytest.mark.parametrize("name", ["+", "a+", "+a", "a++b", "a/b", "", "a b"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ValueError, match="candidate must be a baseline's name or an import path"):
        Run(name)
