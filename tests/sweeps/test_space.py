import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_datamodule.sweeps.space import Choice, Range, read_words, search_space


def test_a_list_is_a_choice_and_low_to_high_a_range():
    space = search_space(
        {
            "model.width": [8, 16],
            "data.seed": {"low": 0, "high": 9},
            "model.learning_rate": {"low": 1, "high": 2.5, "log": True},
        }
    )
    assert space == {
        "model.width": Choice((8, 16)),
        "data.seed": Range(0, 9),
        "model.learning_rate": Range(1.0, 2.5, log=True),
    }
    assert [values.is_whole for values in list(space.values())[1:]] == [True, False]


@given(st.floats(1e-300, 1e300).map(repr) | st.floats(1e-300, 1e300).map("{:e}".format))
def test_a_number_is_a_number_however_it_is_written(text):
    # PyYAML takes 1e-4 for a word.
    assert read_words([f"a={text}", f"b=[{text}]"]) == {"a": float(text), "b": [float(text)]}


def test_words_stay_words():
    words = ["a=drum", "b=true", "c=null", "d=nan", "e=[inf, x]", "f=2026-01-01"]
    read = read_words(words[:-1])
    assert read == {"a": "drum", "b": True, "c": None, "d": "nan", "e": ["inf", "x"]}


def test_files_name_settings_by_sections_or_dots_and_the_later_goes_before(tmp_path):
    file = tmp_path / "space.yaml"
    file.write_text("model:\n  width: [8]\n  rate: {low: 1e-3, high: 1}\ndata.seed: [1]\n")
    assert read_words([str(file), "model.width=[4]"]) == {
        "model.width": [4],
        "model.rate": {"low": 1e-3, "high": 1},
        "data.seed": [1],
    }


@pytest.mark.parametrize(
    ("described", "error", "message"),
    [
        ({}, ValueError, "at least one setting"),
        ([1], TypeError, "a space must name settings"),
        ({"a": 3}, TypeError, "a must be a list of values, or {low"),
        ({"a": []}, TypeError, "a must be a list of values"),
        ({"a": [[1]]}, TypeError, "a value of a must be a number, a word"),
        ({"a": {"low": 1}}, ValueError, "a range of a must give low and high"),
        ({"a": {"low": 1, "high": 2, "step": 1}}, ValueError, "must give low and high"),
        ({"a": {"low": 2, "high": 2}}, ValueError, "low < high, got low 2 and high 2"),
        ({"a": {"low": 0, "high": 2, "log": True}}, ValueError, "0 < low < high"),
        ({"a": {"low": "x", "high": 2}}, TypeError, "a: low must be a finite number"),
        ({"a": {"low": 1, "high": 2, "log": "yes"}}, TypeError, "a: log must be True or False"),
    ],
)
def test_what_is_no_space_is_refused(described, error, message):
    with pytest.raises(error, match=message):
        search_space(described)


@pytest.mark.parametrize(
    ("text", "message"), [("a: [", "is not YAML"), ("3", "must name settings, got 3")]
)
def test_what_a_file_does_not_say_is_refused(tmp_path, text, message):
    file = tmp_path / "space.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_words([str(file)])
    with pytest.raises(OSError, match=r"none\.yaml"):
        read_words([str(tmp_path / "none.yaml")])
