import pytest

from synth_datamodule.benchmark.leaderboard import COLUMNS, HEARD_COLUMNS, markdown
from synth_datamodule.benchmark.standings import Standing
from synth_datamodule.benchmark.task import PARTS
from synth_datamodule.measure.machine import Machine


@pytest.fixture
def standings(made_up_first):
    return [
        Standing("cnn", "cpu", "cpu", (made_up_first("cnn", 0, 0.1), made_up_first("cnn", 1, 0.2))),
        Standing("middle", "cpu", "cpu", (made_up_first("middle", error=0.25, learned="nothing"),)),
        Standing("cnn", "gpu", "cuda", (made_up_first("cnn", error=0.01, budget="gpu"),)),
    ]


def table(text, number):
    """Return the cells of a text's table, its heading first."""
    blocks = [block for block in text.split("\n\n") if block.startswith("|")]
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in blocks[number].splitlines()
    ]
    assert {len(line) for line in lines} == {len(lines[0])}
    return [lines[0], *lines[2:]]


def test_a_line_says_who_how_good_and_how_long(standings):
    heading, cnn, middle, _ = table(markdown(standings, version=1), 0)
    assert dict(zip(heading, cnn, strict=True)) == {
        "candidate": "cnn",
        "budget": "cpu",
        "sounds heard": "16,384",
        "seeds": "2",
        "parameter error": "**0.1500 ± 0.0707**",
        "pitch, semitones": "**15.00 ± 7.07**",
        "within a quarter tone": "1.5% ± 0.7%",
        "log-mel, dB": "**6.00 ± 2.83**",
        "STFT": "**1.800 ± 0.849**",
        "seconds": "90.0",
    }
    assert dict(zip(heading, middle, strict=True))["sounds heard"] == "-"
    assert dict(zip(heading, middle, strict=True))["parameter error"] == "0.2500"


def test_the_best_of_each_column_is_bold_under_each_budget(standings):
    heading, cnn, middle, alone = table(markdown(standings, version=1), 0)
    for name in COLUMNS:
        place = heading.index(name)
        bold = [line[place].startswith("**") for line in (cnn, middle, alone)]
        assert bold == (
            [False, True, False] if name == "within a quarter tone" else [True, False, False]
        )


def test_equals_are_none_the_best(made_up_first):
    same = [Standing(name, "cpu", "cpu", (made_up_first(name),)) for name in ("a", "b")]
    assert "**" not in markdown(same, version=1)


def test_there_is_an_error_for_each_module(standings):
    heading, pitch, keyboard, *others = table(markdown(standings, version=1), 1)
    assert heading == ["parameters of", "cnn, cpu", "middle, cpu", "cnn, gpu"]
    assert pitch == ["keyboard.midi_f0", "0.0750", "0.1250", "0.0050"]
    assert keyboard == ["keyboard", "0.1500", "0.2500", "0.0100"]
    assert [name for name, *_ in others] == list(PARTS[2:])


def test_below_stand_the_machines_and_what_was_left_out(standings):
    text = markdown(standings, ["x.json is a trial run"], 1)
    assert table(text, 2) == [
        ["measured on", "candidates"],
        [
            "An EPYC, 2 threads; Python 3.11.7, torch 2.14.1",
            "cnn, cpu; middle, cpu; cnn, gpu",
        ],
    ]
    assert table(text, 3) == [["left out"], ["x.json is a trial run"]]
    assert "left out" not in markdown(standings, version=1)


def test_a_folder_without_results_says_so():
    assert markdown([]) == "no results of sound-matching, version 2\n"


def test_what_files_say_is_no_markup(made_up_first):
    machine = Machine("<b>A | GPU", "A CPU", 2, {"torch": "[2](x)"})
    text = markdown(
        [Standing("a|*b*", "cpu", "cpu", (made_up_first("a|*b*", machine=machine),))],
        ["one\ntwo | `three`"],
        1,
    )
    assert "| a\\|\\*b\\* | cpu |" in text
    assert "| parameters of | a\\|\\*b\\*, cpu |" in text
    assert "| \\<b>A \\| GPU; A CPU, 2 threads; torch \\[2](x) | a\\|\\*b\\*, cpu |" in text
    assert "| one two \\| \\`three\\` |" in text


def test_version_2_tells_what_is_heard_intervals_and_the_medians_errors(made_up):
    text = markdown(
        [
            Standing("a", "cpu", "cpu", (made_up("a", 0, 0.1), made_up("a", 1, 0.2))),
            Standing("b", "cpu", "cpu", (made_up("b"),)),
        ]
    )
    heading, first, _ = table(text, 0)
    assert heading[4:-3] == list(HEARD_COLUMNS)
    line = dict(zip(heading, first, strict=True))
    assert line["heard pitch"] == "**85.0% ± 7.1%**"
    assert line["MSS, dB"] == "**0.15 ± 0.07**"
    assert (line["renders"], line["seconds"], line["a target"]) == ("400", "60.0", "-")
    heading, first, _ = table(text, 1)
    assert dict(zip(heading, first, strict=True))["log-mel, dB"] == "0.14 to 0.17"
    heading, first, _ = table(text, 2)
    assert dict(zip(heading, first, strict=True))["canonical"] == "0.1500 / 0.2500"


def test_the_time_of_a_target_is_told_where_every_run_has_it(made_up):
    seconds = {"matching": 60.0, "measuring": 30.0, "a target": 0.5}
    told, untold = made_up("a", seconds=seconds), made_up("a", 1)
    for results, shown in (((told,), "0.500"), ((told, untold), "-")):
        heading, line = table(markdown([Standing("a", "cpu", "cpu", results)]), 0)
        assert dict(zip(heading, line, strict=True))["a target"] == shown
