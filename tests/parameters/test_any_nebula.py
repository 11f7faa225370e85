"""Whatever a nebula from outside holds: it is refused and named, or is curves that can be used."""

import json

import pytest
import torch
from anything import JSON, changed, refusal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth_datamodule.parameters.nebula import apply_nebula, nebula_name, nebula_value
from synth_datamodule.parameters.table import ParameterRange, ParameterTable

RANGES = (
    ParameterRange("vco.tuning", -24.0, 24.0, unit="semitones"),
    ParameterRange("adsr.attack", 0.0, 2.0, curve=0.5, unit="s"),
    ParameterRange("noise.level", 0.0, 1.0),
)
GOOD = {
    "vco.tuning": {"curve": 0.25, "symmetric": True},
    "adsr.attack": {"curve": 2, "symmetric": False},
    "noise.level": {"curve": 1.5, "symmetric": False},
}
ANY = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
U = torch.tensor([0.0, 2**-24, 0.25, 0.5 - 2**-24, 0.5, 0.5 + 2**-24, 0.75, 1 - 2**-24, 1.0])


@ANY
@given(st.data(), JSON | st.floats() | st.integers(1, 100).map(float))
def test_a_changed_nebula_is_refused_by_name_or_has_curves_of_numbers(data, value):
    entries, way = data.draw(changed(GOOD, st.just(value)))
    if said := refusal(apply_nebula, entries, RANGES):
        assert any(repr(name)[1:-1][:40] in said for name in way)
        return
    found = apply_nebula(entries, RANGES)
    values = ParameterTable(found).to_physical(U.double()[:, None].expand(-1, len(found)))
    assert bool((values.diff(dim=0) >= 0).all())
    for parameter, column in zip(found, values.T, strict=True):
        assert column[0] == parameter.minimum
        assert column[-1] == parameter.maximum
        assert bool(column.isfinite().all())


@ANY
@given(st.data(), JSON)
def test_entries_are_one_value_in_any_order_and_by_any_spelling(data, value):
    entries, _ = data.draw(changed(GOOD, st.just(value)))
    turned = {
        name: dict(reversed(entry.items())) if isinstance(entry, dict) else entry
        for name, entry in reversed(entries.items())
    }
    text = str(nebula_value(entries))
    assert nebula_value(text) == nebula_value(turned) == text
    assert nebula_value(json.dumps(turned, indent=1, ensure_ascii=True)) == text
    assert nebula_name(text) == nebula_name(nebula_value(turned))


@ANY
@given(curve=st.integers(-(2**53) + 1, 2**53 - 1), name=st.text(max_size=10))
def test_a_whole_number_is_one_value_with_a_point_or_without(curve, name):
    one, other = ({name: {"curve": number}} for number in (curve, float(curve)))
    assert nebula_value(one) == nebula_value(other)


@ANY
@given(value=JSON | changed(GOOD).map(lambda pair: pair[0]))
def test_entries_and_their_file_are_one_nebula_or_both_refused(value, tmp_path):
    path = tmp_path / "n"
    path.write_text(json.dumps(value))
    of_a_file = refusal(apply_nebula, path, RANGES)
    if not isinstance(value, dict):
        # A list is torchsynth's form.
        rule = "" if isinstance(value, list) else "one JSON object"
        assert of_a_file.startswith(f"nebula file {path} must hold {rule}")
        # Words may name a shipped nebula or a file; there are none such here.
        assert refusal(apply_nebula, value, RANGES)
        return
    of_entries = refusal(apply_nebula, value, RANGES)
    assert refusal(apply_nebula, json.dumps(value), RANGES) == of_entries
    assert of_a_file == of_entries.replace("nebula", f"nebula file {path}", 1)
    if not of_entries:
        assert apply_nebula(path, RANGES) == apply_nebula(value, RANGES)


@ANY
@given(
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp500"]),
    stop=st.integers(0, 500),
    more=st.binary(max_size=3),
)
def test_bytes_that_are_no_whole_json_in_utf_8_are_refused(tmp_path, encoding, stop, more):
    whole = json.dumps(GOOD).encode(encoding)
    path = tmp_path / "n"
    path.write_bytes(whole[:stop] + more + (b"" if stop % 2 else whole[stop:]))
    if said := refusal(apply_nebula, path, RANGES):
        assert said.startswith(f"nebula file {path}")
    else:
        entries = json.loads(path.read_bytes().decode())
        assert apply_nebula(path, RANGES) == apply_nebula(entries, RANGES)


@pytest.mark.parametrize("name", ["vco.tuning", "curve"])
def test_a_name_that_is_there_twice_is_refused(tmp_path, name):
    text = json.dumps(GOOD).replace(f'"{name}": ', f'"{name}": 1, "{name}": ', 1)
    (tmp_path / "n").write_text(text)
    for nebula in (text, tmp_path / "n"):
        assert refusal(apply_nebula, nebula, RANGES).endswith(f"these names occur twice: {name}")


@pytest.mark.parametrize("opened", ["[", '{"a": '])
@pytest.mark.parametrize("place", ["all", "vco.tuning", "curve"])
def test_ten_thousand_brackets_are_refused(tmp_path, opened, place):
    closed = "]" if opened == "[" else "}"
    deep = opened * 10_000 + "1" + closed * 10_000
    whole = {"all": "", "vco.tuning": '{"vco.tuning": ', "curve": '{"vco.tuning": {"curve": '}[
        place
    ]
    text = whole + deep + "}" * whole.count("{")
    (tmp_path / "n").write_text(text)
    for nebula in (text, tmp_path / "n"):
        assert refusal(apply_nebula, nebula, RANGES)
    nested = 1
    for _ in range(10_000):
        nested = [nested] if opened == "[" else {"a": nested}
    entry = nested if place == "vco.tuning" else {"curve": nested, "symmetric": True}
    entries = nested if place == "all" else {**GOOD, "vco.tuning": entry}
    assert refusal(apply_nebula, entries, RANGES)
