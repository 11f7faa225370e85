"""Nebulae: those that come with the package, and the user's own files."""

import csv
import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_datamodule.config import SynthConfig
from synth_datamodule.parameters.nebula import (
    apply_nebula,
    nebula_name,
    nebula_value,
    shipped_nebulae,
)
from synth_datamodule.parameters.table import ParameterRange
from synth_datamodule.reporting import FromFile
from synth_datamodule.voice import Voice

RANGES = (
    ParameterRange("vco.tuning", -24.0, 24.0, unit="semitones"),
    ParameterRange("adsr.attack", 0.0, 2.0, curve=0.5, unit="s"),
)
GOOD = {
    "vco.tuning": {"curve": 0.25, "symmetric": True},
    "adsr.attack": {"curve": 2, "symmetric": False},
}


@pytest.fixture(scope="module")
def rows_of_csv(request):
    with (request.config.getoption("--golden") / "voice_parameters.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture
def nebula_file(tmp_path):
    """Return a function that writes a nebula file."""

    def write(text):
        path = tmp_path / "mine.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def tuning(**entry):
    return json.dumps({**GOOD, "vco.tuning": entry})


@pytest.mark.parametrize("name", shipped_nebulae())
def test_a_shipped_nebula_has_the_golden_curves(rows_of_csv, name):
    ranges = apply_nebula(name, Voice(SynthConfig()).parameter_table.ranges)
    curves = {
        parameter.name: (parameter.curve, parameter.symmetric is True) for parameter in ranges
    }
    assert curves == {
        f"{row['module']}.{row['parameter']}": (
            float(row[f"{name}_curve"]),
            row[f"{name}_symmetric"] == "1",
        )
        for row in rows_of_csv
    }


def test_default_and_drum_are_shipped_and_differ():
    assert shipped_nebulae() == ["default", "drum"]
    ranges = Voice(SynthConfig()).parameter_table.ranges
    assert apply_nebula("default", ranges) == ranges
    assert apply_nebula("drum", ranges) != ranges


@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
def test_a_file_changes_curves_and_nothing_else(nebula_file, kind):
    reversed_entries = dict(reversed(GOOD.items()))
    applied = apply_nebula(kind(nebula_file(json.dumps(reversed_entries))), RANGES)
    assert applied == (
        dataclasses.replace(RANGES[0], curve=0.25, symmetric=True),
        dataclasses.replace(RANGES[1], curve=2, symmetric=False),
    )


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (
            json.dumps({**GOOD, "vco_9.tuning": GOOD["vco.tuning"]}),
            ValueError,
            r"names parameters that this synth lacks: vco_9\.tuning$",
        ),
        (
            json.dumps({"vco.tuning": GOOD["vco.tuning"]}),
            ValueError,
            r"lacks 1 parameters: adsr\.attack$",
        ),
        (
            tuning(curve=0, symmetric=True),
            ValueError,
            r"curve of vco\.tuning must be a finite number > 0, got 0$",
        ),
        (
            tuning(curve=-0.5, symmetric=True),
            ValueError,
            r"curve of vco\.tuning must be a finite number > 0, got -0\.5$",
        ),
        (
            tuning(curve=float("nan"), symmetric=True),
            ValueError,
            r"curve of vco\.tuning must be a finite number, got nan$",
        ),
        (
            tuning(curve="0.5", symmetric=True),
            TypeError,
            r"curve of vco\.tuning must be a finite number, got '0\.5' \(str\)$",
        ),
        (
            tuning(curve=None, symmetric=True),
            TypeError,
            r"curve of vco\.tuning must be a finite number, got None \(NoneType\)$",
        ),
        (
            tuning(curve=0.5, symmetric=1),
            TypeError,
            r"symmetric of vco\.tuning must be True or False, got 1 \(int\)$",
        ),
        (
            tuning(curve=0.5),
            ValueError,
            r"vco\.tuning must have exactly the fields curve and symmetric, got \{'curve': 0\.5\}$",
        ),
        (
            tuning(curve=0.5, symmetric=True, minimum=0),
            ValueError,
            r"vco\.tuning must have exactly the fields curve and symmetric, got .*minimum",
        ),
        (
            json.dumps({**GOOD, "vco.tuning": 0.5}),
            ValueError,
            r"vco\.tuning must have exactly the fields curve and symmetric, got 0\.5$",
        ),
        ("{'vco.tuning': ", ValueError, r"is not JSON: .* line 1 column 2"),
        ("", ValueError, r"is not JSON: Expecting value"),
        (b'{"vco.tuning\xff": 1}', ValueError, r"is not (JSON|UTF-8)"),
        ("[" * 100_000, ValueError, r"maximum recursion depth exceeded"),
        ("[]", ValueError, r"must hold one JSON object, got a list$"),
        ("0.5", ValueError, r"must hold one JSON object, got a float$"),
    ],
    ids=[
        "unknown-name",
        "missing-name",
        "curve-0",
        "negative-curve",
        "curve-nan",
        "curve-a-word",
        "curve-null",
        "symmetric-1",
        "field-missing",
        "field-unknown",
        "entry-a-number",
        "broken",
        "empty",
        "not-utf-8",
        "deep",
        "list",
        "number",
    ],
)
def test_an_error_in_a_file_names_the_file_and_the_fault(nebula_file, text, error, message):
    path = nebula_file(text)
    with pytest.raises(error, match=message) as caught:
        apply_nebula(path, RANGES)
    assert str(caught.value).startswith(f"nebula file {path}")


@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
@pytest.mark.parametrize("name", ["missing.json", "."], ids=["missing", "folder"])
def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path, kind, name):
    path = tmp_path / name
    message = "nebula must be 'default', 'drum' or the path of a JSON file, got "
    with pytest.raises(ValueError, match=message) as caught:
        apply_nebula(kind(path), RANGES)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("nebula", [None, 3, []], ids=str)
def test_a_nebula_is_a_name_or_a_path(nebula):
    message = f"nebula must be a name or the path of a JSON file, got {type(nebula).__name__}"
    with pytest.raises(TypeError, match=message):
        apply_nebula(nebula, RANGES)


def test_a_file_its_entries_and_their_text_are_one_nebula(nebula_file):
    path = nebula_file(json.dumps(GOOD))
    values = [nebula_value(one) for one in (path, GOOD, json.dumps(GOOD), str(nebula_value(GOOD)))]
    assert len({*values}) == len({nebula_name(value) for value in values}) == 1
    path.unlink()
    assert {apply_nebula(value, RANGES) for value in values} == {apply_nebula(GOOD, RANGES)}


def test_entries_are_one_value_in_any_order_and_by_any_spelling_of_a_number():
    tuning, attack = GOOD["vco.tuning"], {"symmetric": False, "curve": 2.0}
    assert nebula_value({"adsr.attack": attack, "vco.tuning": tuning}) == nebula_value(GOOD)
    other = nebula_value({**GOOD, "vco.tuning": {"curve": 0.25, "symmetric": False}})
    assert other != nebula_value(GOOD)
    assert nebula_name(other) != nebula_name(nebula_value(GOOD))


@pytest.mark.parametrize(
    ("nebula", "message"),
    [
        ({"vco.tuning": GOOD["vco.tuning"]}, r"^nebula lacks 1 parameters: adsr.attack$"),
        ('{"vco.tuning": 1, "vco.tuning": 2}', r"these names occur twice: vco.tuning$"),
        ({**GOOD, "vco.tuning": {"curve": {1, 2}}}, "must hold entries of JSON's types"),
    ],
)
def test_wrong_entries_are_refused_without_a_file(nebula, message):
    with pytest.raises(ValueError, match=message):
        apply_nebula(nebula, RANGES)


@pytest.mark.parametrize("kind", ["there", "../../../../etc/passwd"])
def test_no_file_is_opened_because_another_names_it(kind, nebula_file):
    path = str(nebula_file(json.dumps(GOOD))) if kind == "there" else kind
    with pytest.raises(ValueError, match=r"is named by another file, .* \(nebula=, --nebula\)$"):
        apply_nebula(FromFile(path), RANGES)
    assert nebula_value(FromFile("drum")) == "drum"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(value=JSON, where=st.sampled_from(["all", "entry", "curve", "symmetric", "more"]))
def test_any_value_in_any_place_is_refused_in_one_line_or_kept_by_the_text(value, where):
    tuning = {**GOOD["vco.tuning"]}
    if where in tuning:
        tuning[where] = value
    entries = {
        "all": value,
        "entry": {**GOOD, "vco.tuning": value},
        "more": {**GOOD, "more": value},
    }.get(where, {**GOOD, "vco.tuning": tuning})
    said, found = "", None
    try:
        # A text of something else than an object would be a name.
        found = apply_nebula(entries if isinstance(entries, dict) else [], RANGES)
    except (TypeError, ValueError) as error:
        said = str(error)
    assert bool(said) != bool(found)
    assert len(said.splitlines()) <= 1
    assert len(said) <= 300
    assert found is None or apply_nebula(str(nebula_value(entries)), RANGES) == found


def test_a_shipped_nebula_is_for_the_voice_alone():
    with pytest.raises(ValueError, match=r"nebula 'drum' names parameters that this synth lacks: "):
        apply_nebula("drum", RANGES)
