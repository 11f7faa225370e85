import pytest

from synth_datamodule.reporting import complain, say, say_written


@pytest.mark.parametrize("text", ["[red]a[/red] :smile: https://a.b", "a" * 500, "±", ""])
def test_a_line_is_said_as_it_is(capsys, text):
    say(text)
    assert capsys.readouterr() == (f"{text}\n", "")


def test_words_of_a_file_move_no_cursor(capsys):
    say("a\x1b[2Jb\rc\udcff")
    assert capsys.readouterr().out == "a\\x1b[2Jb\\rc\\udcff\n"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("sounds must be >= 1, got 0"), "sounds must be >= 1, got 0"),
        (ValueError("two\n\n  lines\r\nof text\n"), "two lines of text"),
        (ValueError("a\x1b[2J"), "a\\x1b[2J"),
        (
            OSError(28, "a.wav cannot be written: No space left"),
            "a.wav cannot be written: No space left",
        ),
        (
            FileNotFoundError(2, "No such file or directory", "a.yaml"),
            "No such file or directory: 'a.yaml'",
        ),
        (OSError("no errno"), "no errno"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_an_error_is_one_line_on_standard_error(capsys, error, line):
    complain("render", error)
    assert capsys.readouterr() == ("", f"synth-datamodule render: error: {line}\n")


def test_a_missing_picture_is_said_once(capsys):
    say_written(["a.md", "a.wav"])
    printed = capsys.readouterr().out
    assert printed.startswith("written:\n  a.md\n  a.wav\n")
    assert printed.count("no picture: that needs matplotlib, pip install") == 1
    say_written(["a.md", "a.png"])
    assert capsys.readouterr().out == "written:\n  a.md\n  a.png\n"
    say_written(["a.md"], with_picture=False)
    assert capsys.readouterr().out == "written:\n  a.md\n"
