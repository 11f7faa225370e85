"""Answers: read, checked, put together."""

import json
import math

import pytest
import scipy.stats

from synth_datamodule.listening.intervals import (
    at_least,
    mean_interval,
    share_interval,
    student_t,
)
from synth_datamodule.listening.scoring import read_answers, score


def abx(path, rights, system="cnn", page="p", run=None):
    trials = [
        {"system": system, "a": "target", "b": "candidate", "x": "target", "answer": "ba"[right]}
        for right in rights
    ]
    held = {"version": 1, "test": "abx", "page": page, "run": run or path.stem, "trials": trials}
    path.write_text(json.dumps(held))
    return read_answers(path)


def ratings(path, *trials):
    held = {
        "version": 1, "test": "mushra", "page": "p", "run": path.stem,
        "trials": [
            {"ratings": [
                {"kind": "reference", "system": None, "rating": reference},
                {"kind": "anchor", "system": None, "rating": anchor},
                {"kind": "candidate", "system": "cnn", "rating": cnn},
            ]}
            for reference, anchor, cnn in trials
        ],
    }  # fmt: skip
    path.write_text(json.dumps(held))
    return read_answers(path)


@pytest.mark.parametrize(("right", "total"), [(0, 1), (1, 1), (3, 9), (16, 16), (510, 1000)])
def test_an_interval_of_a_share_is_clopper_and_pearsons(right, total):
    found = share_interval(right, total)
    exact = scipy.stats.binomtest(right, total).proportion_ci(method="exact")
    assert found == pytest.approx((right / total, exact.low, exact.high), abs=1e-9)


@pytest.mark.parametrize(("right", "total"), [(0, 4), (9, 10), (12, 16), (600, 1000)])
def test_p_is_the_binomial_tests(right, total):
    exact = scipy.stats.binomtest(right, total, alternative="greater").pvalue
    assert at_least(right, total) == pytest.approx(exact, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 30, 501])
def test_students_t_is_the_tables(degrees):
    assert student_t(degrees) == pytest.approx(scipy.stats.t.ppf(0.975, degrees), rel=1e-9)


def test_a_mean_of_one_value_has_no_interval():
    assert mean_interval([5.0]).value == 5
    assert math.isnan(mean_interval([5.0]).low)


def test_answers_of_all_listeners_are_counted_together(tmp_path):
    found = score([abx(tmp_path / "a.json", [1, 1, 0]), abx(tmp_path / "b.json", [1, 0])])
    (row,) = found.rows
    assert row[:3] == ("cnn", "3 of 5", "60.0%")
    assert "2 listeners" in found.notes[0]


def test_ratings_are_averaged_by_listener(tmp_path):
    one = ratings(tmp_path / "a.json", (100, 20, 60), (95, 0, 80))
    other = ratings(tmp_path / "b.json", (100, 30, 50), (100, 10, 50))
    found = score([one, other])
    rows = {row[0]: row[1:] for row in found.rows}
    assert rows["cnn"][0] == "60.0"  # of 70 and 50
    assert rows["cnn"][1] == "0.0 to 100.0"  # 60 +- 127
    assert rows["(anchor)"][0] == "15.0"


def test_a_listener_who_misses_the_reference_is_left_out_and_shown_both_ways(tmp_path):
    good = [ratings(tmp_path / f"{k}.json", (100, 0, 50 + k)) for k in range(3)]
    deaf = ratings(tmp_path / "deaf.json", (40, 90, 100))
    found = score([*good, deaf])
    assert found.header[-2:] == ("mean of all", "interval of all")
    rows = {row[0]: row[1:] for row in found.rows}
    assert (rows["cnn"][0], rows["cnn"][2]) == ("51.0", "63.2")
    assert "deaf.json" in found.notes[1]


def test_the_rule_is_15_percent_of_the_trials(tmp_path):
    def missed(times):
        trials = [(89, 0, 50)] * times + [(90, 0, 50)] * (20 - times)
        return score([ratings(tmp_path / f"{times}.json", *trials)]).notes[1]

    assert "nobody" in missed(3)
    assert "4.json" in missed(4)


def test_answers_to_another_page_are_refused(tmp_path):
    one, other = abx(tmp_path / "a.json", [1]), abx(tmp_path / "b.json", [1], page="q")
    with pytest.raises(ValueError, match=r"b.json must be of the page that .*a.json is of"):
        score([one, other])


def test_answers_that_are_given_twice_are_refused(tmp_path):
    one, other = (abx(tmp_path / f"{name}.json", [1], run="r") for name in "ab")
    with pytest.raises(ValueError, match="are the same answers"):
        score([one, other])


TRIAL = {"system": "cnn", "a": "target", "b": "candidate", "x": "target", "answer": "a"}


@pytest.mark.parametrize(
    "held",
    [
        [],
        {},
        None,
        {"version": 2, "test": "abx", "page": "p", "run": "r", "trials": [TRIAL]},
        {"version": 1, "test": "abc", "page": "p", "run": "r", "trials": [TRIAL]},
        {"version": 1, "test": "abx", "page": "p", "run": "r", "trials": []},
        {"version": 1, "test": "abx", "page": "p", "run": "r", "trials": [TRIAL | {"x": "no"}]},
        {"version": 1, "test": "abx", "page": "p", "run": "r", "trials": [TRIAL | {"b": "target"}]},
        {"version": 1, "test": "abx", "page": "p", "run": "r", "trials": [TRIAL | {"answer": 1}]},
        {"version": 1, "test": "abx", "page": "p", "run": "r", "trials": [TRIAL | {"system": 1}]},
        {"version": 1, "test": "mushra", "page": "p", "run": "r", "trials": [TRIAL]},
    ],
)
def test_what_is_no_file_of_answers_is_refused(tmp_path, held):
    path = tmp_path / "no.json"
    path.write_text(json.dumps(held))
    with pytest.raises(ValueError, match=r"no.json must hold the answers to a blind test"):
        read_answers(path)


@pytest.mark.parametrize("rating", [-1, 101, "x", None, True])
def test_a_rating_beyond_the_scale_is_refused(tmp_path, rating):
    with pytest.raises(ValueError, match="must hold the answers"):
        ratings(tmp_path / "no.json", (100, 0, rating))
