import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_datamodule.sweeps.space import Choice, Range, read_space, search_space


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
    # Plain YAML takes 1e-4 for a word.
    assert read_space([f"a=[{text}]"]) == {"a": Choice((float(text),))}


def test_words_stay_words():
    assert read_space(["a=[drum, true, null, nan, 2026-01-01]"]) == {
        "a": Choice(("drum", True, None, "nan", "2026-01-01"))
    }


def test_a_value_may_be_a_list_or_a_mapping_and_its_word_is_its_text():
    (choice,) = read_space(
        ["a=[[48, 60], {0: {keyboard.midi_f0: [60, 60]}, 5: {}}, null]"]
    ).values()
    stages = {0: {"keyboard.midi_f0": [60, 60]}, 5: {}}
    assert choice == Choice(([48, 60], stages, None))
    assert choice.words == ("[48, 60]", '{"0": {"keyboard.midi_f0": [60, 60]}, "5": {}}', None)
    assert [choice.value(word) for word in choice.words] == [*choice.values]


def test_files_name_settings_by_sections_or_dots_and_the_later_replaces(tmp_path):
    file = tmp_path / "space.yaml"
    text = "model:\n  width: [8]\n  rate: {low: 1e-3, high: 1}\ndata.seed: [1]\n"
    file.write_text(f"{text}seed_everything: {{low: 0, high: 9}}\n")
    assert read_space([str(file), "model.width=[4]"]) == {
        "model.width": Choice((4,)),
        "model.rate": Range(1e-3, 1.0),
        "data.seed": Choice((1,)),
        "seed_everything": Range(0, 9),
    }


@pytest.mark.parametrize(
    ("described", "error", "message"),
    [
        ({}, ValueError, "at least one setting"),
        ([1], TypeError, "a space must name settings"),
        ({"a": 3}, TypeError, "a must be a list of values, or {low"),
        ({"a": []}, TypeError, "a must be a list of values"),
        ({"a": [[object()]]}, TypeError, "a value of a must be a number, a word"),
        ({"a": [{1.5: 2}]}, TypeError, "a mapping of a must have words or whole numbers as keys"),
        ({"a": [[60, 62], (60, 62)]}, ValueError, "the values of a must all differ"),
        ({"a": [[60], "[60]"]}, ValueError, "the values of a must all differ"),
        ({"a": [{"b": [float("inf")]}]}, ValueError, "a value of a must be finite"),
        ({"a": [1, True]}, ValueError, "the values of a must all differ"),
        ({"a": [0.5, float("nan")]}, ValueError, "a value of a must be finite"),
        ({"a": {"low": 0, "high": 10**30}}, ValueError, "must lie within 2"),
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
        read_space([str(file)])
    with pytest.raises(OSError, match=r"none\.yaml"):
        read_space([str(tmp_path / "none.yaml")])
