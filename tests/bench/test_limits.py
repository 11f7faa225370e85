import limits
import probe
import pytest

ROWS = [("share", "0.70"), ("two threads", "1.9")]


def page(text, kind="CPU", rows=ROWS, commit="abc"):
    return limits.remembered(text, kind, rows, "a machine", "2026-11-27", commit)


def test_a_run_is_remembered_above_those_before():
    once = page("# Speed\n\n")
    assert once == (
        "# Speed\n\n## CPU\n\n| date | commit | machine | share | two threads |\n"
        "| --- | --- | --- | --- | --- |\n| 2026-11-27 | abc | a machine | 0.70 | 1.9 |\n"
    )
    twice = page(once, commit="def")
    assert twice.count("## CPU") == 1
    assert twice.index("def") < twice.index("abc")
    assert twice.splitlines()[:6] == once.splitlines()[:6]


def test_devices_have_tables_of_their_own():
    both = page(page("# Speed\n\n"), "GPU", [("times realtime", "1,360,000")], "fed")
    assert [line for line in both.splitlines() if line.startswith("## ")] == ["## CPU", "## GPU"]
    again = page(both, commit="def")
    assert again.index("def") < again.index("abc") < again.index("## GPU") < again.index("fed")


def test_a_table_of_other_columns_stays():
    old = page("# Speed\n\n")
    new = page(old, rows=[("share", "0.71")], commit="def")
    assert new.index("def") < new.index("two threads") < new.index("abc")
    assert new.count("## CPU") == 2


def test_without_the_instructions_the_probe_is_left_out_and_that_is_said(monkeypatch, tmp_path):
    info = tmp_path / "cpuinfo"
    info.write_text("flags: avx2")
    monkeypatch.setattr(probe, "INFO", info)
    assert probe.why_no_probe() == "The probe is left out: it needs a processor with AVX-512"


@pytest.mark.skipif(bool(probe.why_no_probe()), reason=probe.why_no_probe())
def test_the_probe_takes_a_fraction_of_a_nanosecond_or_a_few(tmp_path):
    assert 0.1 < probe.nanoseconds(probe.compiled_probe(tmp_path), 2) < 1000
