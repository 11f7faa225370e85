"""Whatever a result file holds: it is refused and named, or stands in the table as it is."""

import json
import re
from dataclasses import replace
from functools import partial

import pytest
from anything import changed, refusal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth_datamodule.benchmark.leaderboard import HEARD_COLUMNS, PICTURE_SIZE, draw, markdown
from synth_datamodule.benchmark.results import compare, read
from synth_datamodule.benchmark.standings import Standing, gather
from synth_datamodule.reporting import picture

ANY = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def folder(made_up, tmp_path):
    """Return a folder of three results, few figures each, to be read quickly."""
    for number, name in enumerate("abc"):
        made = made_up(name)
        made = replace(made, per_sound={"log_mel": made.per_sound["log_mel"]})
        made.write(tmp_path / f"{number}.json")
    return tmp_path


def is_plain(text):
    """Return whether lines can be printed, and what tables hold is no markup but bold."""
    lines = text.split("\n")
    cells = [re.sub(r"\\.", "", line.replace("**", "")) for line in lines if line.startswith("|")]
    return all(map(str.isprintable, lines)) and not re.search(r"[`*[<&~]", "".join(cells))


def widths(text):
    """Return how many cells the lines of each table have."""
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    return [{re.sub(r"\\.", "", line).count("|") for line in lines} for lines in tables]


@ANY
@given(st.data(), st.sampled_from([0, 1, 2]))
def test_a_changed_result_is_refused_by_name_or_stands_as_it_is(folder, data, place):
    paths = sorted(folder.glob("*.json"))
    path, whole, other = paths[place], paths[place].read_text(), read(paths[place - 1])
    document, way = data.draw(changed(json.loads(whole)))
    try:
        path.write_text(json.dumps(document))
        said = refusal(read, path)
        standings, left_out = gather(folder)
        result = None if said else read(path)
    finally:
        path.write_text(whole)
    names = {standing.candidate for standing in standings}
    assert names >= {"a", "b", "c"} - {"abc"[place]}
    assert len(standings) + len(left_out) == 3
    assert len(left_out) <= 1
    text = markdown(standings, left_out)
    assert is_plain(text)
    assert all(len(cells) == 1 for cells in widths(text))
    for reason in (said, *left_out):
        assert len(reason) <= 300
        assert len(reason.splitlines()) <= 1
        named = ["sound-matching"] if way == ["task"] else [repr(name)[1:-1][:60] for name in way]
        assert not reason or any(name in reason for name in named)
    if said:
        assert left_out == [said]
        return
    compared, same = compare(result, other)
    assert not same
    assert is_plain(compared)
    assert [len(cells) for cells in widths(compared)] == [1]
    assert len(compared.partition("\n\n")[2].splitlines()) == 2  # of the guesses, of the sounds
    if left_out:
        return
    (standing,) = [one for one in standings if result in one.results]
    assert standing.results == (result,)
    figures = [f"{column.figure(result):{column.form}}" for column in HEARD_COLUMNS.values()]
    rows = [line for line in text.splitlines() if standing.place in line]
    assert any(all(figure in row for figure in figures) for row in rows)


@pytest.mark.parametrize("candidate", ["_mine.Model", "\ud800\n\x00", 300 * "x", r"$\frac$ \$_"])
def test_any_name_stands_in_the_picture(made_up, tmp_path, candidate):
    pytest.importorskip("matplotlib")
    standings = [Standing(candidate, "cpu", "cpu", (made_up(candidate),))]
    path = tmp_path / "p.png"
    assert picture(path, partial(draw, standings=standings), figsize=PICTURE_SIZE) == [path]


def test_a_label_is_in_the_legend_whatever_it_begins_with(made_up):
    figure = pytest.importorskip("matplotlib.figure").Figure(PICTURE_SIZE)
    draw(figure, [Standing("_mine.Model", "cpu", "cpu", (made_up("_mine.Model"),))])
    (legend,) = [axis.get_legend() for axis in figure.axes if axis.get_legend()]
    assert [text.get_text().strip() for text in legend.get_texts()] == ["_mine.Model, cpu"]


def test_the_largest_figures_and_none_at_all_stand_in_table_and_picture(folder, tmp_path):
    pytest.importorskip("matplotlib")
    for path, figure in zip(sorted(folder.glob("*.json")), (1e12, 0.0, 5e-324), strict=True):
        document = json.loads(path.read_text())
        for name in ("pitch_error", "log_mel", "stft"):
            document["metrics"][name] = figure
        document["per_sound"]["log_mel"] = [figure] * 1024
        document["seconds"] = {"matching": figure, "measuring": figure}
        path.write_text(json.dumps(document))
        standings, left_out = gather(folder)
        assert left_out == []
        assert all(len(cells) == 1 for cells in widths(markdown(standings)))
    path = tmp_path / "p.png"
    assert picture(path, partial(draw, standings=standings), figsize=PICTURE_SIZE) == [path]
