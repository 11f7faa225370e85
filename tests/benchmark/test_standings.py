import os
from dataclasses import replace

import pytest

from synth_datamodule.benchmark.standings import gather
from synth_datamodule.benchmark.task import PARTS


@pytest.fixture
def folder(made_up, tmp_path):
    """Return a function that writes results and returns their folder."""

    def write(*results):
        for number, result in enumerate(results):
            result.write(tmp_path / f"{number:02}.json", overwrite=True)
        return tmp_path

    return write


def test_runs_of_one_candidate_under_one_budget_stand_together(made_up, folder):
    standings, left_out = gather(
        folder(
            made_up("cnn", seed=2, error=0.25),
            made_up("mlp", seed=0, error=0.15),
            made_up("cnn", seed=0, error=0.20),
            made_up("cnn", seed=0, budget="gpu", device="cuda"),
            made_up("cnn", seed=0, device="cuda"),
            made_up("mine.Model", learned="elsewhere"),
        )
    )
    assert left_out == []
    assert [standing.label for standing in standings] == [
        "mlp, cpu",
        "cnn, cpu",
        "cnn, cpu on cuda",
        "cnn, gpu",
        "mine.Model, its own",
    ]
    assert [result.seed for result in standings[1].results] == [0, 2]


def test_the_nearest_to_its_targets_stands_first_under_each_budget(made_up, folder):
    standings, _ = gather(
        folder(
            made_up("a", error=0.3),
            made_up("b", error=0.1, budget="gpu", device="cuda"),
            made_up("c", error=0.2),
        )
    )
    assert [standing.candidate for standing in standings] == ["c", "a", "b"]


def test_mean_and_deviation_are_over_seeds(made_up, folder):
    (standing,), _ = gather(folder(*(made_up("cnn", seed, (seed + 1) / 10) for seed in range(3))))

    def error(result):
        return result.metrics.parameter_error

    assert standing.mean(error) == pytest.approx(0.2)
    assert standing.deviation(error) == pytest.approx(0.1)
    errors = {**dict.fromkeys(PARTS, 0.2), "keyboard.midi_f0": 0.1}
    assert standing.mean_errors() == pytest.approx(errors)
    (alone,), _ = gather(folder(*(made_up("cnn", 0) for _ in range(3))))
    assert alone.mean(lambda result: result.seconds["matching"]) == 60.0
    assert alone.deviation(error) is None


def test_what_cannot_be_compared_is_left_out_with_its_reason(made_up, folder, tmp_path):
    standings, left_out = gather(
        folder(
            made_up("cnn"),
            made_up("mlp", is_comparable=False),
            made_up("cnn", error=0.1),
            made_up("cnn", seed=1, version=3),
            made_up("cnn", seed=2, test_set="synth1M1/test/0123456789abcdef"),
            made_up("cnn", seed=3, train_sounds=99),
            replace(made_up("cnn", seed=4), budget="tpu"),
        )
    )
    assert [standing.candidate for standing in standings] == ["cnn"]
    assert [result.metrics.parameter_error for result in standings[0].results] == [0.25]
    for reason, words in zip(
        left_out,
        (
            "01.json is a trial run",
            "02.json repeats a seed of 'cnn'",
            "03.json must be a result",
            "(test_set, test_sounds): 'synth1M1/test/0123456789abcdef', 1024",
            "05.json had another budget (budget, train_sounds): 'cpu', 99",
            "06.json had another budget (budget, train_sounds): 'tpu', 16384",
        ),
        strict=True,
    ):
        assert words in reason


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(NotADirectoryError, match="there is no folder"):
        gather(tmp_path / "nowhere")


def test_what_is_no_result_ends_no_table(made_up, folder, tmp_path):
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    (tmp_path / "nowhere.json").symlink_to(tmp_path / "nothing")
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(100_000_000)
    standings, left_out = gather(folder(made_up("cnn")))
    assert len(standings) == 1
    assert [line.partition(".json")[2][:20] for line in left_out] == [
        " cannot be read: Is ",
        " must be a file of a",
        " cannot be read: No ",
        " must be a result of",
        " must be a file, it ",
    ]


def test_errors_of_other_parameters_are_left_out(made_up, folder):
    metrics = replace(made_up("b").metrics, parameter_error_of={"keyboard": 0.1})
    standings, left_out = gather(folder(made_up("b", metrics=metrics), made_up("a")))
    assert [standing.candidate for standing in standings] == ["a"]
    words = "00.json has the errors of other parameters (metrics.parameter_error_of): 'adsr_1'"
    assert words in left_out[0]


def test_each_version_has_standings_of_its_own(made_up, made_up_first, folder):
    results = made_up("a"), made_up_first("b"), made_up_first("c", seed=1)
    for version, candidates in ((1, {"b", "c"}), (2, {"a"})):
        standings, left_out = gather(folder(*results), version)
        assert {standing.candidate for standing in standings} == candidates
        assert left_out == []
