import pytest

from synth_datamodule.reporting import bold, markdown_table, print_table


def printed_lines(capsys):
    lines = capsys.readouterr().out.splitlines()
    return [line[1:].rstrip() for line in lines if line.strip()]


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


def test_numbers_stand_to_the_right_and_words_to_the_left(capsys):
    rows = [["test", 1024, "1.5x", "0.25 ± 0.01"], ["validation", 8, "-", "12 %"]]
    print_table(["split", "sounds", "times", "share"], rows)
    heading, _, first, second = printed_lines(capsys)
    assert heading == "split       sounds  times  share"
    assert first == "test          1024   1.5x  0.25 ± 0.01"
    assert second == "validation       8      -  12 %"


@pytest.mark.parametrize(
    "cell", ["12,345", "-0.5", "+3", "1e-08", "1.2e+10", "99.9 %", "50%", "nan"]
)
def test_a_number_is_known_as_one(cell):
    assert "---:" in markdown_table(["value"], [[cell], ["-"], [""]])


@pytest.mark.parametrize("cell", ["synth1M1/test/896e", "2cnn", "1.5 s", "-", "", "e5", "1-2"])
def test_a_word_is_known_as_one(cell):
    assert "---:" not in markdown_table(["value"], [[cell]])


def test_a_printed_cell_is_never_cut_and_never_markup(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    citation = "synth1M1/test/" + "0123456789abcdef" * 20
    print_table(["split", "[b]name[/b]"], [[citation, "[red]:smile:[/red]\x1b[2J"]])
    heading, _, row = printed_lines(capsys)
    assert heading.split() == ["split", "[b]name[/b]"]
    assert row.split() == [citation, "[red]:smile:[/red]\\x1b[2J"]


def test_a_cell_of_two_lines_is_printed_as_two(capsys):
    print_table(["split", "sounds"], [["val\nsynth1M1/val", 1024]], show_header=False)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [["val", "1024"], ["synth1M1/val"]]


def test_a_style_is_seen_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    print_table(["split", "audio"], [["val", "same"], ["test", "other"]], styles=[None, "bold red"])
    heading, _, same, other = printed_lines(capsys)
    assert "\x1b[1;31m" in other
    assert "\x1b[1;31m" not in same + heading


@pytest.mark.parametrize("table", [print_table, markdown_table])
def test_a_row_has_a_cell_for_every_column(table):
    with pytest.raises(ValueError, match="argument 3 is shorter than argument"):
        table(["a", "b"], [[1, 2], [1]])


def test_sides_can_be_given():
    assert markdown_table(["a", "b"], [["x", 1]], align="rl").splitlines()[1] == "| ---: | --- |"


@pytest.mark.parametrize(
    ("cell", "shown"),
    {
        "a|b": r"a\|b",
        "two\nlines\r\nhere": "two lines here",
        "`code`": r"\`code\`",
        "<img src=x>": r"\<img src=x>",
        "a * b**c": r"a \* b\*\*c",
        "vco_1.tuning": "vco_1.tuning",
        "_emphasis_ and __init__": r"\_emphasis\_ and \_\_init\_\_",
        "[link](x)": r"\[link](x)",
        r"C:\|": r"C:\\\|",
        "&lt;": r"\&lt;",
        "~~gone~~": r"\~\~gone\~\~",
        "a\x1b[2J": r"a\\x1b\[2J",
    }.items(),
)
def test_a_cell_shows_what_it_holds(cell, shown):
    heading, _, row = markdown_table([cell], [[cell]]).splitlines()
    assert heading == row == f"| {shown} |"


def test_a_cell_is_bold_and_what_it_holds_is_no_markup():
    row = markdown_table(["x", "y"], [[bold("a*b"), bold("0.25")]]).splitlines()[2]
    assert row == r"| **a\*b** | **0.25** |"
