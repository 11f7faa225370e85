"""Nebulae: those that come with the package, and the user's own files."""

import csv
import dataclasses
import json

import pytest
import torch

from synth_datamodule import SynthDataModule
from synth_datamodule.config import SynthConfig
from synth_datamodule.parameters.nebula import (
    apply_nebula,
    nebula_name,
    nebula_value,
    shipped_nebulae,
    write_nebula,
)
from synth_datamodule.parameters.table import ParameterRange, ParameterTable
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
        ("{}", ValueError, r"must hold an entry or more, it is empty$"),
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
            tuning(),
            ValueError,
            r"vco\.tuning must have the fields curve and symmetric, one or both, got \{\}$",
        ),
        (
            tuning(curve=0.5, symmetric=True, minimum=0),
            ValueError,
            r"vco\.tuning must have the fields curve and symmetric, one or both, got .*minimum",
        ),
        (
            json.dumps({**GOOD, "vco.tuning": 0.5}),
            ValueError,
            r"vco\.tuning must have the fields curve and symmetric, one or both, got 0\.5$",
        ),
        ("{'vco.tuning': ", ValueError, r"is not JSON: .* line 1 column 2"),
        ("", ValueError, r"is not JSON: Expecting value"),
        (b'{"vco.tuning\xff": 1}', ValueError, r"is not (JSON|UTF-8)"),
        ("[" * 100_000, ValueError, r"maximum recursion depth exceeded"),
        ("[]", ValueError, r"must hold an entry or more, it is empty$"),
        (
            "[1]",
            ValueError,
            r'must hold entries \{"name": \[module, parameter, field\], .*, got 1$',
        ),
        ("0.5", ValueError, r"must hold one JSON object, got a float$"),
    ],
    ids=[
        "unknown-name",
        "no-entry",
        "curve-0",
        "negative-curve",
        "curve-nan",
        "curve-a-word",
        "curve-null",
        "symmetric-1",
        "no-field",
        "field-unknown",
        "entry-a-number",
        "broken",
        "empty",
        "not-utf-8",
        "deep",
        "empty-list",
        "list-of-numbers",
        "number",
    ],
)
def test_an_error_in_a_file_names_the_file_and_the_fault(nebula_file, text, error, message):
    path = nebula_file(text)
    with pytest.raises(error, match=message) as caught:
        apply_nebula(path, RANGES)
    assert str(caught.value).startswith(f"nebula file {path}")


@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
@pytest.mark.parametrize(
    "name", ["missing.json", ".", 300 * "x"], ids=["missing", "folder", "long"]
)
def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path, kind, name):
    path = tmp_path / name
    message = "nebula must be 'default', 'drum' or the path of a JSON file, got "
    with pytest.raises(ValueError, match=message) as caught:
        apply_nebula(kind(path), RANGES)
    assert str(path)[:60] in str(caught.value)


@pytest.mark.parametrize("nebula", [None, 3, []], ids=str)
def test_a_nebula_is_a_name_or_a_path(nebula):
    message = "nebula must be a name, the path of a JSON file or its entries, got "
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
        ({}, r"^nebula must hold an entry or more, it is empty$"),
        ('{"vco.tuning": 1, "vco.tuning": 2}', r"these names occur twice: vco.tuning$"),
        ({**GOOD, "vco.tuning": {"curve": {1, 2}}}, "must hold entries of JSON's types"),
        ({1: GOOD["vco.tuning"], "1": GOOD["vco.tuning"]}, "a name must be a string, got 1$"),
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


def test_a_shipped_nebula_is_for_the_voice_alone():
    with pytest.raises(ValueError, match=r"nebula 'drum' names parameters that this synth lacks: "):
        apply_nebula("drum", RANGES)


@pytest.mark.parametrize(
    ("entry", "changed"),
    [
        ({"curve": 0.25}, {"curve": 0.25}),
        ({"symmetric": True}, {"symmetric": True}),
        ({"curve": 2, "symmetric": True}, {"curve": 2, "symmetric": True}),
    ],
    ids=["curve", "symmetric", "both"],
)
def test_what_a_nebula_does_not_name_keeps_its_own_curve(nebula_file, entry, changed):
    entries = {"adsr.attack": entry}
    expected = (RANGES[0], dataclasses.replace(RANGES[1], **changed))
    for nebula in (entries, json.dumps(entries), nebula_file(json.dumps(entries))):
        assert apply_nebula(nebula, RANGES) == expected


def test_one_curve_in_code_makes_another_voice_and_the_same_one_if_it_is_its_own():
    config = SynthConfig(2, 8000, 0.05, 100)
    voice = Voice(config, nebula={"lfo_1.frequency": {"curve": 0.5}})
    plain = Voice(config)
    assert voice.parameter_table["lfo_1.frequency"].range.curve == 0.5
    differing = zip(voice.parameter_table.ranges, plain.parameter_table.ranges, strict=True)
    assert sum(one != other for one, other in differing) == 1
    same = Voice(config, nebula={"lfo_1.frequency": {"curve": 0.25}})
    assert same.parameter_table == plain.parameter_table
    assert torch.equal(same.render_sounds([3]).audio, plain.render_sounds([3]).audio)


def test_a_partial_nebula_is_in_recipe_checkpoint_and_fingerprint():
    small = {"sample_rate": 8000, "buffer_size_seconds": 0.05, "control_rate": 100}
    small["test_sounds"] = 4
    one = SynthDataModule(nebula={"lfo_1.frequency": {"curve": 0.5}}, **small)
    text = '{"lfo_1.frequency": {"curve": 0.5}}'
    assert one.nebula == text
    assert one.hparams["nebula"] == text
    assert one.recipe.nebula == text
    complete = Voice(SynthConfig()).parameter_table.nebula()
    complete["lfo_1.frequency"]["curve"] = 0.5
    other = SynthDataModule(nebula=complete, **small)
    plain = SynthDataModule(**small)
    prints = [dm.fingerprint("test") for dm in (one, other, plain)]
    assert prints[0] == prints[1] != prints[2]


def torchsynths(entries):
    """A nebula as torchsynth's save_hyperparameters writes it."""
    listed = [
        {"name": [*name.split("."), field], "value": value}
        for name, entry in entries.items()
        for field, value in entry.items()
    ]
    return json.dumps(listed, indent=True)


def test_torchsynths_own_file_is_the_same_nebula(nebula_file):
    path = nebula_file(torchsynths(GOOD))
    assert nebula_value(path) == nebula_value(GOOD)
    assert apply_nebula(path, RANGES) == apply_nebula(GOOD, RANGES)
    drum = Voice(SynthConfig(), "drum").parameter_table
    path = nebula_file(torchsynths(drum.nebula()))
    assert Voice(SynthConfig(), path).parameter_table == drum


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[{"name": ["vco", "tuning", "minimum"], "value": -12}]',
            r"vco\.tuning must have the fields .*, got 'minimum'; ranges= sets where values lie$",
        ),
        (
            '[{"name": ["vco", "tuning", "curve"], "value": 1}, '
            '{"name": ["vco", "tuning", "curve"], "value": 2}]',
            r"these names occur twice: vco\.tuning\.curve$",
        ),
        ('[{"name": ["vco", "tuning"], "value": 1}]', "must hold entries .*name.: ..vco., .tuning"),
        ('[{"name": ["vco", "tuning", "curve"]}]', "must hold entries"),
        ('[{"name": ["vco", "tuning", "curve"], "value": 0}]', r"curve of vco\.tuning must be"),
        ('[{"name": ["vco_9", "tuning", "curve"], "value": 1}]', r"lacks: vco_9\.tuning$"),
    ],
    ids=["minimum", "twice", "two-words", "no-value", "curve-0", "unknown"],
)
def test_a_fault_in_torchsynths_file_is_named(nebula_file, text, message):
    path = nebula_file(text)
    with pytest.raises(ValueError, match=message) as caught:
        apply_nebula(path, RANGES)
    assert str(caught.value).startswith(f"nebula file {path}")


@pytest.mark.parametrize("name", shipped_nebulae())
def test_a_written_nebula_is_read_as_the_same_curves(tmp_path, name):
    table = Voice(SynthConfig(), name).parameter_table
    path = write_nebula(tmp_path / "mine.json", table.ranges)
    assert json.loads(path.read_text()) == table.nebula()
    assert Voice(SynthConfig(), path).parameter_table == table
    before = path.read_bytes()
    assert write_nebula(path, table.ranges) == path  # the same bytes are no other file
    assert path.read_bytes() == before


def test_another_file_is_not_written_over_unless_asked(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="exists; --overwrite"):
        write_nebula(path, RANGES)
    assert path.read_text() == "mine"
    write_nebula(path, RANGES, overwrite=True)
    assert apply_nebula(path, RANGES) == RANGES


def test_a_tables_entries_are_its_curves_and_can_be_changed():
    table = ParameterTable(RANGES)
    entries = table.nebula()
    assert apply_nebula(entries, RANGES) == RANGES
    entries["vco.tuning"]["curve"] = 2.0
    assert table.nebula()["vco.tuning"]["curve"] == 1.0


def test_a_fixed_value_takes_a_curve_too():
    fixed = ParameterRange("vco.tuning", 3.0, 3.0)
    (bent,) = apply_nebula({"vco.tuning": GOOD["vco.tuning"]}, [fixed])
    assert ParameterTable([bent]).pinned == {"vco.tuning": 3.0}
